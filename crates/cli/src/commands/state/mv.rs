//! `state mv`.

use super::{EDIT_FLAGS, edit_flags, no_state, parse_target};
use crate::arguments::{Arguments, Flag};
use crate::backend::{BackendSettings, LocalFlags};
use crate::commands::{Command, GENERAL};
use crate::current::Current;
use crate::data_dir::DEFAULT_WORKSPACE;
use crate::exit::Exit;
use crate::session::Session;
use crate::state_access::{LOCK_FLAGS, LockFlags, session_problem, with_state};
use crate::state_edit::relocate;
use formwork_backend::{StatePlace, StateSession};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::{State, TargetAddress};
use std::path::PathBuf;

pub static COMMAND: Command = Command {
    name: "state mv",
    arguments: "SOURCE DESTINATION",
    summary: "Give an object in the state another address.",
    description: "Moves an instance, a whole resource or a module to another address in the state, without touching \
                  the objects themselves. A moved block in the configuration does the same for everybody who uses it.",
    flags: &[
        GENERAL,
        LOCK_FLAGS,
        EDIT_FLAGS,
        &[
            Flag::switch("dry-run", "Only say what would be moved."),
            Flag::value("state-out", "FILE", "Move into this state file. For the local backend only."),
            Flag::value("backup-out", "FILE", "Where the state from before of -state-out goes."),
        ],
    ],
    positional: (2, 2),
    run,
};

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let from = parse_target(arguments.at(0).unwrap_or_default())?;
    let to = parse_target(arguments.at(1).unwrap_or_default())?;
    let lock = LockFlags::of(arguments)?;
    let dry_run = arguments.switch("dry-run");
    let source = LocalFlags { state_out: None, ..edit_flags(session, arguments) };
    let current = Current::of(session, &source)?;
    let other = arguments.value("state-out").map(|path| other_state(session, arguments, path));
    session.block_on(async {
        let place = current.place(session).await?;
        let other = match other {
            Some(other) => Some(other.place(session).await?),
            None => None,
        };
        with_state(session, &place, &lock, "state-mv", async |state: &mut StateSession| match &other {
            None => within(session, state, &from, &to, dry_run).await,
            Some(other) => between(session, state, other, &lock, (&from, &to), dry_run).await,
        })
        .await
    })?;
    Ok(Exit::Success)
}

/// A state file that is named on the command line.
fn other_state(session: &Session, arguments: &Arguments, path: &str) -> Current {
    let backup = edit_flags(session, arguments).backup;
    let flags = LocalFlags { state: Some(PathBuf::from(path)), backup, ..LocalFlags::default() };
    Current::new(BackendSettings::default(), DEFAULT_WORKSPACE.to_owned(), &flags)
}

fn refused(problem: &str) -> Diagnostics {
    Diagnostic::error("Cannot move in the state", format!("Nothing was moved: {problem}.")).into()
}

async fn within(
    session: &Session,
    state: &mut StateSession,
    from: &TargetAddress,
    to: &TargetAddress,
    dry_run: bool,
) -> Result<(), Diagnostics> {
    let mut new = state.snapshot().ok_or_else(no_state)?.state.clone();
    let pairs = relocate(&mut new, None, from, to).map_err(|problem| refused(&problem))?;
    tell(session, &pairs, dry_run);
    if dry_run { Ok(()) } else { state.write(new).await.map_err(|error| session_problem(&error)) }
}

/// The destination is written first: an object in both states is better than one in none.
async fn between(
    session: &Session,
    state: &mut StateSession,
    other: &StatePlace,
    lock: &LockFlags,
    (from, to): (&TargetAddress, &TargetAddress),
    dry_run: bool,
) -> Result<(), Diagnostics> {
    let mut source = state.snapshot().ok_or_else(no_state)?.state.clone();
    with_state(session, other, lock, "state-mv", async |target: &mut StateSession| {
        let mut new = target.snapshot().map_or_else(State::default, |snapshot| snapshot.state.clone());
        let pairs = relocate(&mut source, Some(&mut new), from, to).map_err(|problem| refused(&problem))?;
        tell(session, &pairs, dry_run);
        if dry_run {
            return Ok(());
        }
        target.write(new).await.map_err(|error| session_problem(&error))
    })
    .await?;
    if dry_run { Ok(()) } else { state.write(source).await.map_err(|error| session_problem(&error)) }
}

fn tell(
    session: &Session,
    pairs: &[(formwork_model::ResourceInstance, formwork_model::ResourceInstance)],
    dry_run: bool,
) {
    for (from, to) in pairs {
        let verb = if dry_run { "Would move" } else { "Moved" };
        session.say(&format!("{verb} {from} to {to}"));
    }
}
