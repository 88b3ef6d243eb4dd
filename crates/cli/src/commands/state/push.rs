//! `state push`.

use crate::arguments::{Arguments, Flag};
use crate::backend::LocalFlags;
use crate::commands::{Command, GENERAL};
use crate::current::Current;
use crate::exit::Exit;
use crate::session::Session;
use crate::state_access::{LOCK_FLAGS, LockFlags, session_problem, with_state};
use formwork_backend::{StatePlace, StateSession, state_file};
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::StateSnapshot;
use std::io::Read;
use std::sync::Arc;

pub static COMMAND: Command = Command {
    name: "state push",
    arguments: "FILE|-",
    summary: "Replace the state by one from a file.",
    description: "Writes a state file (or what stands on standard input) as the state of this workspace. A state of \
                  another lineage, or an older one, is refused unless -force is given.",
    flags: &[
        GENERAL,
        LOCK_FLAGS,
        &[
            Flag::switch("force", "Write it even if lineage or serial say that it does not belong here."),
            Flag::switch("ignore-remote-version", ""),
        ],
    ],
    positional: (1, 1),
    run,
};

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let new = read(arguments.at(0).unwrap_or_default())?;
    let lock = LockFlags::of(arguments)?;
    let force = arguments.switch("force");
    let current = Current::of(session, &LocalFlags::default())?;
    session.block_on(async {
        let place = StatePlace { replacement: Some(Arc::new(new.clone())), ..current.place(session).await? };
        with_state(session, &place, &lock, "state-push", async |state: &mut StateSession| {
            let old = state.snapshot();
            if !force && let Some(problem) = old.and_then(|old| objection(old, &new)) {
                let detail = format!("{problem} Nothing was written. If this is the right state, give -force.");
                return Err(Diagnostic::error("The state does not belong here", detail).into());
            }
            let mut new = new;
            if let Some(old) = old {
                // Source: Terraform 1.11.4, which counts the replacement itself.
                let differs = u64::from(!old.state.is_empty() && !state_file::same_content(&old.state, &new.state));
                new.serial += differs;
                if force {
                    // Also what was planned on the state that is replaced must be seen to be stale.
                    new.serial = new.serial.max(old.serial + differs);
                }
            }
            state.replace(new).await.map_err(|error| session_problem(&error))
        })
        .await
    })?;
    Ok(Exit::Success)
}

fn read(path: &str) -> Result<StateSnapshot, Diagnostics> {
    let mut bytes = Vec::new();
    let result = match path {
        "-" => std::io::stdin().lock().read_to_end(&mut bytes).map(|_| ()),
        path => std::fs::read(path).map(|read| bytes = read),
    };
    let unreadable = |problem: String| {
        let detail = format!("{path} cannot be read as a state: {problem}.");
        Diagnostics::from(Diagnostic::error("Unreadable state", detail).blame(Blame::Environment))
    };
    result.map_err(|error| unreadable(error.to_string()))?;
    state_file::decode(&bytes).map_err(|error| unreadable(error.to_string()))
}

fn objection(old: &StateSnapshot, new: &StateSnapshot) -> Option<String> {
    // Nothing is lost where nothing is.
    if old.state.is_empty() {
        return None;
    }
    if !old.lineage.is_empty() && old.lineage != new.lineage {
        return Some(format!("Its lineage is {}, that of the state there is {}.", new.lineage, old.lineage));
    }
    if old.serial > new.serial {
        return Some(format!("Its serial is {}, that of the state there is {}.", new.serial, old.serial));
    }
    let same_serial = old.serial == new.serial && !state_file::same_content(&old.state, &new.state);
    same_serial.then(|| format!("It differs from the state there, though both have serial {}.", new.serial))
}
