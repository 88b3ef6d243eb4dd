//! Applying a plan, with the state in hand.

use crate::machine::{MachineClock, MachineEntropy, Provisioners, random_id};
use crate::planning::{Planned, Stopping, at_their_blocks, environment, machine_files};
use crate::progress::Progress;
use crate::resuming::SavedRun;
use crate::session::Session;
use crate::whole_file::write_private;
use async_trait::async_trait;
use formwork_apply::{ApplyInputs, ApplyOutcome};
use formwork_backend::journal::DEFAULT_RESERVE;
use formwork_backend::{FinishError, SessionError, StateSession, state_file};
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_eval::Phase;
use formwork_model::{EventSink, Journal, JournalEntry, JournalError, StateSnapshot};
use std::path::Path;
use std::sync::Arc;

/// Bytes in the journal for each operation: an intent and a result with an object of usual size.
const BYTES_PER_OPERATION: u64 = 4096;

/// Where a state goes that the backend did not take.
const ERRORED_STATE: &str = "errored.tfstate";

/// What was done. Problems have been reported.
pub struct Applied {
    pub outcome: ApplyOutcome,
    pub failed: bool,
    /// What took the time of a long run, for people.
    pub times: Option<String>,
}

/// Runs the plan's operations and stores the new state, whatever comes of them.
pub async fn apply_plan(
    session: &Session,
    planned: &Planned,
    workspace: &str,
    state: &mut StateSession,
) -> Result<Applied, Diagnostics> {
    let plan = &planned.plan;
    let files = machine_files(session);
    // What can fail comes before the journal: a run that never begins leaves none.
    let mut environment =
        environment(session, Phase::Apply, workspace, files, &planned.config, &planned.providers.pool).await?;
    environment.plan_timestamp = plan.timestamp.clone();
    let operations = plan.execution.operations.len() as u64;
    let journal: Arc<dyn Journal> = match operations {
        0 => Arc::new(NoJournal),
        _ => {
            let run = planned.saved.as_ref().map_or_else(|| random_id(&MachineEntropy), SavedRun::run_id);
            let reserve = DEFAULT_RESERVE + operations * BYTES_PER_OPERATION;
            let begun = state.begin_from(&plan.prior.state, run.as_str().into(), reserve).await;
            begun.map_err(|error| crate::state_access::session_problem(&error))?
        }
    };
    let provisioners = Arc::new(Provisioners::new(session.environment.get("HOME").map(str::to_owned)));
    let stopper = provisioners.clone();
    let stopping = Stopping::watch(session, &planned.providers, move || stopper.stop_all());
    let clock = MachineClock::new();
    let progress = match operations {
        0 => Progress::start(session),
        _ => Progress::start_apply(session, plan, workspace),
    };
    let cancelled = || session.is_interrupted();
    let inputs = ApplyInputs {
        plan: plan.clone(),
        config: planned.config.clone(),
        variables: planned.variables.clone(),
        providers: &*planned.providers.pool,
        environment,
        journal: &*journal,
        provisioner: &*provisioners,
        clock: &clock,
        events: &progress as &dyn EventSink,
        parallelism: plan.options.parallelism,
        done: planned.saved.as_ref().map(|saved| saved.done().to_vec()).unwrap_or_default(),
        cancelled: &cancelled,
    };
    let mut outcome = formwork_apply::apply(&inputs).await;
    let times = progress.conclude(workspace);
    drop((progress, stopping));
    outcome.diagnostics.extend(at_their_blocks(planned.providers.pool.take_warnings(), &planned.config));
    if cancelled() {
        let detail = format!(
            "The user interrupted the apply. What was done is in the state; {} operations were not begun.",
            outcome.skipped
        );
        outcome.diagnostics.push(Diagnostic::error("Apply was interrupted", detail).blame(Blame::Environment));
    }
    match (store(session, state, &outcome.snapshot).await, &planned.saved) {
        (Err(problems), _) => outcome.diagnostics.extend(problems),
        (Ok(()), Some(saved)) => saved.note(session, &outcome.finished, state.snapshot()),
        (Ok(()), None) => {}
    }
    planned.providers.pool.shutdown_all().await;
    let failed = outcome.diagnostics.has_errors();
    Ok(Applied { outcome, failed, times })
}

/// Stores the new state; if the backend does not take it, it goes into a file that can be pushed later.
pub async fn store(session: &Session, state: &mut StateSession, new: &StateSnapshot) -> Result<(), Diagnostics> {
    let (lineage, serial) = (state.lineage().clone(), state.snapshot().map_or(0, |snapshot| snapshot.serial));
    let error = match state.finish(new.state.clone()).await {
        Ok(()) => return Ok(()),
        Err(FinishError::NotCleared(error)) => return Err(not_cleared(&error)),
        Err(FinishError::NotWritten(error)) => error,
    };
    let snapshot = StateSnapshot { lineage, serial: serial + 1, ..new.clone() };
    let encoded = state_file::encode(&snapshot);
    // The file may hold secrets: only its owner may read it.
    let kept = match write_private(Path::new(ERRORED_STATE), &encoded) {
        Ok(()) => format!(
            "The state was written to {ERRORED_STATE} instead. When the cause is mended, store it with: formwork state \
             push {ERRORED_STATE}\n\nIf another state has taken the place of the one that the run began with, that \
             refuses until you say with -force that this file is the right one. Until then the journal stays."
        ),
        Err(other) => {
            session.output.print(&String::from_utf8_lossy(&encoded));
            format!(
                "It could not be written to {ERRORED_STATE} either ({other}), so it was printed. Put it into a file and \
                 store it with: formwork state push FILE"
            )
        }
    };
    let detail = format!("The new state could not be stored: {error}\n\n{kept}");
    Err(Diagnostic::error("Failed to save state", detail).blame(Blame::Environment).into())
}

fn not_cleared(error: &SessionError) -> Diagnostics {
    let detail = format!(
        "The new state is stored, but what was noted beside it during the run could not be brought up to date: {error}\n\n\
         Nothing is lost: mend the cause, and the next command that locks the state does it."
    );
    Diagnostic::error("Failed to end the run", detail).blame(Blame::Environment).into()
}

/// For plans without operations: nothing has an effect.
struct NoJournal;

#[async_trait]
impl Journal for NoJournal {
    async fn append(&self, entries: Vec<JournalEntry>) -> Result<(), JournalError> {
        match entries.is_empty() {
            true => Ok(()),
            false => Err(JournalError("an operation that is not in the plan wants to begin".to_owned())),
        }
    }
}
