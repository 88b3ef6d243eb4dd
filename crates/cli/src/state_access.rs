//! Using the state of a workspace: locked, recovered, and let go on every path.

use crate::arguments::{Arguments, Flag};
use crate::interrupt::Urgency;
use crate::machine::{MachineEntropy, precise_timestamp, random_id};
use crate::session::Session;
use formwork_backend::{SessionError, StatePlace, StateSession};
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::{LockError, LockInfo, StoreError, TERRAFORM_VERSION, parse_duration};
use futures_util::FutureExt;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::pin::pin;
use std::time::Duration;
use tokio::time::Instant;

/// Flags of commands that lock the state.
pub const LOCK_FLAGS: &[Flag] = &[
    Flag::switch("lock", "Lock the state while working with it (default true)."),
    Flag::value("lock-timeout", "DURATION", "How long to wait for a lock that somebody else holds (default 0s)."),
];

/// Longest pause between two tries to lock.
const LONGEST_PAUSE: Duration = Duration::from_secs(16);

/// After this time of waiting the user is told.
const PATIENCE: Duration = Duration::from_millis(400);

/// How long what runs may take to its end after the second interrupt, before it is abandoned.
const GRACE: Duration = Duration::from_secs(3);

/// Whether and how patiently to lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockFlags {
    pub lock: bool,
    pub timeout: Duration,
    /// Nothing is written, not even what an interrupted run has left.
    pub only_reads: bool,
}

impl LockFlags {
    pub fn of(arguments: &Arguments) -> Result<LockFlags, Diagnostics> {
        let timeout = match arguments.value("lock-timeout") {
            None => Duration::ZERO,
            Some(text) => parse_duration(text).ok_or_else(|| {
                let detail = format!("-lock-timeout takes a duration such as 30s or 5m, not {text:?}.");
                Diagnostics::from(Diagnostic::error("Invalid command line", detail))
            })?,
        };
        Ok(LockFlags { lock: arguments.switch_or("lock", true), timeout, only_reads: false })
    }
}

/// Who locks, and for what.
pub fn lock_info(operation: &str) -> LockInfo {
    let host = nix::unistd::gethostname().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let user = nix::unistd::User::from_uid(nix::unistd::getuid()).ok().flatten().map(|user| user.name);
    LockInfo {
        id: random_id(&MachineEntropy).into(),
        operation: operation.into(),
        info: "".into(),
        who: format!("{}@{host}", user.unwrap_or_else(|| nix::unistd::getuid().to_string())).into(),
        version: TERRAFORM_VERSION.into(),
        created: precise_timestamp().into(),
        path: "".into(),
    }
}

/// Pauses between tries: 1, 2, 4, ... seconds, until the time is up.
struct Wait {
    started: Instant,
    timeout: Duration,
    pause: Duration,
    told: bool,
}

impl Wait {
    fn new(timeout: Duration) -> Wait {
        Wait { started: Instant::now(), timeout, pause: Duration::from_secs(1), told: false }
    }

    /// Waits for the next try; false if there is none. Only a lock that somebody holds is worth waiting for.
    async fn again(&mut self, session: &Session, error: &LockError) -> bool {
        if !matches!(error, LockError::Held { .. }) {
            return false;
        }
        let left = self.timeout.saturating_sub(self.started.elapsed());
        if left.is_zero() {
            return false;
        }
        if !self.told && self.timeout > PATIENCE {
            session.say("Waiting for the state lock. This may take a few moments...");
            self.told = true;
        }
        let pause = tokio::time::sleep(self.pause.min(left));
        match session.interrupts() {
            None => pause.await,
            Some(interrupts) => tokio::select! {
                () = pause => {}
                () = interrupts.reached(Urgency::Graceful) => return false,
            },
        }
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }
}

fn lock_problem(error: &LockError) -> Diagnostic {
    let mut detail = format!("Error message: {error}\n");
    if let LockError::Held { holder: Some(holder), .. } = error {
        detail.push_str(&format!(
            "Lock Info:\n  ID:        {}\n  Path:      {}\n  Operation: {}\n  Who:       {}\n  Version:   {}\n  \
             Created:   {}\n  Info:      {}\n",
            holder.id, holder.path, holder.operation, holder.who, holder.version, holder.created, holder.info
        ));
    }
    detail.push_str(match error {
        LockError::Held { .. } => {
            "\nOnly one command at a time may change the state. Wait for the other one, or give -lock-timeout to wait \
             here. A lock that a broken command has left is removed by \"formwork force-unlock ID\"."
        }
        _ => "\nNobody else holds the lock, but it cannot be taken here. Nothing was changed.",
    });
    Diagnostic::error("Error acquiring the state lock", detail).blame(Blame::Environment)
}

/// A store that failed.
pub fn store_problem(error: &StoreError) -> Diagnostics {
    Diagnostic::error("The state cannot be used", error.to_string()).blame(Blame::Environment).into()
}

/// A state session that failed.
pub fn session_problem(error: &SessionError) -> Diagnostics {
    match error {
        SessionError::Lock(error) => lock_problem(error).into(),
        other => Diagnostic::error("The state cannot be used", other.to_string()).blame(Blame::Environment).into(),
    }
}

/// Opens the state, waiting for its lock as the flags say.
async fn open(
    session: &Session,
    place: &StatePlace,
    flags: &LockFlags,
    operation: &str,
) -> Result<StateSession, Diagnostics> {
    let info = flags.lock.then(|| lock_info(operation));
    let lineage = random_id(&MachineEntropy);
    let mut wait = Wait::new(flags.timeout);
    loop {
        let opened = match flags.only_reads {
            true => StateSession::open_to_read(place.clone(), info.clone()).await,
            false => StateSession::open(place.clone(), info.clone(), lineage.as_str().into()).await,
        };
        match opened {
            Ok(state) => return Ok(state),
            Err(SessionError::Lock(error)) => {
                if !wait.again(session, &error).await {
                    return Err(lock_problem(&error).into());
                }
            }
            Err(error) => return Err(session_problem(&error)),
        }
    }
}

/// Works with the state of a place, and lets it go whatever happens: also after an interrupt, or a panic. `operation` is
/// what the lock says.
pub async fn with_state<T>(
    session: &Session,
    place: &StatePlace,
    flags: &LockFlags,
    operation: &str,
    work: impl AsyncFnOnce(&mut StateSession) -> Result<T, Diagnostics>,
) -> Result<T, Diagnostics> {
    // Who listens already decides what an interrupt means for the work.
    if session.interrupts().is_some() {
        return with_state_listening(session, place, flags, operation, work).await;
    }
    let work = async |state: &mut StateSession| {
        let Some(interrupts) = session.interrupts() else { return work(state).await };
        let mut work = pin!(work(state));
        tokio::select! {
            result = &mut work => return result,
            () = interrupts.reached(Urgency::Graceful) => session.say(
                "Interrupt received. The command is brought to its end. Interrupt again to stop without that.",
            ),
        }
        tokio::select! {
            result = &mut work => return result,
            () = interrupts.reached(Urgency::Now) => {}
        }
        tokio::time::timeout(GRACE, work).await.unwrap_or_else(|_| Err(interrupted()))
    };
    session.with_interrupts(with_state_listening(session, place, flags, operation, work)).await
}

async fn with_state_listening<T>(
    session: &Session,
    place: &StatePlace,
    flags: &LockFlags,
    operation: &str,
    work: impl AsyncFnOnce(&mut StateSession) -> Result<T, Diagnostics>,
) -> Result<T, Diagnostics> {
    let mut state = open(session, place, flags, operation).await?;
    let result = if session.is_interrupted() {
        Ok(Err(interrupted()))
    } else {
        report_recovery(session, &state);
        AssertUnwindSafe(work(&mut state)).catch_unwind().await
    };
    let closed = state.close().await;
    let result = result.unwrap_or_else(|panic| resume_unwind(panic));
    let Err(error) = closed else { return result };
    let detail = format!(
        "The work is done, but the lock could not be released: {error}\n\nRelease it with \"formwork force-unlock\"."
    );
    let problem = Diagnostic::error("Cannot release the state lock", detail).blame(Blame::Environment);
    match result {
        Ok(_) => Err(problem.into()),
        Err(mut diagnostics) => {
            diagnostics.push(problem);
            Err(diagnostics)
        }
    }
}

fn interrupted() -> Diagnostics {
    let detail = "The user interrupted the command. The lock on the state has been released.";
    Diagnostic::error("Interrupted", detail).blame(Blame::Environment).into()
}

/// Tells what an interrupted run had left. One that came to its end has left nothing.
fn report_recovery(session: &Session, state: &StateSession) {
    let Some(recovered) = state.recovered().filter(|recovered| !recovered.ended) else { return };
    let (results, open) = (recovered.results.len(), recovered.in_doubt.len());
    let mut detail = match results {
        0 if open == 0 => return,
        0 => "An earlier run was interrupted.".to_owned(),
        _ => format!(
            "An earlier run was interrupted before it could write the state. Its journal had {results} results, which \
             are part of the state now."
        ),
    };
    if open > 0 {
        detail.push_str(&format!(
            " Of {open} operations nobody knows the outcome: the next plan looks for it, and asks where it cannot."
        ));
    }
    session.report(&Diagnostic::warning("Recovered the results of an interrupted run", detail).into());
}
