//! `workspace new`.

use super::{check_free, check_name, has_workspace, select};
use crate::arguments::{Arguments, Flag};
use crate::backend::LocalFlags;
use crate::commands::{Command, GENERAL};
use crate::current::Current;
use crate::exit::Exit;
use crate::machine::{MachineEntropy, random_id};
use crate::session::Session;
use crate::state_access::{LOCK_FLAGS, LockFlags, session_problem, store_problem, with_state};
use formwork_backend::{StateSession, state_file};
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::StateSnapshot;

pub static COMMAND: Command = Command {
    name: "workspace new",
    arguments: "NAME",
    summary: "Make a workspace and select it.",
    description: "Makes a workspace, with an empty state or a copy of a state file, and selects it.",
    flags: &[GENERAL, LOCK_FLAGS, &[Flag::value("state", "FILE", "Begin with a copy of this state file.")]],
    positional: (1, 1),
    run,
};

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let name = arguments.at(0).unwrap_or_default();
    check_free(session)?;
    check_name(name)?;
    let lock = LockFlags::of(arguments)?;
    let current = Current::of(session, &LocalFlags::default())?;
    session.block_on(async {
        let backend = current.backend(session).await?;
        if has_workspace(&**backend, name).await? {
            let detail = format!("Select it with: formwork workspace select {name}");
            return Err(Diagnostic::error(format!("Workspace {name:?} exists already"), detail).into());
        }
        backend.create_workspace(name, &random_id(&MachineEntropy)).await.map_err(|error| store_problem(&error))?;
        // It is there from now on, even if the file turns out to be no state.
        select(session, name)?;
        let Some(snapshot) = arguments.value("state").map(read_state).transpose()? else { return Ok(()) };
        let place = current.place_of(session, name).await?;
        with_state(session, &place, &lock, "workspace-new", async |state: &mut StateSession| {
            state.write_snapshot(snapshot).await.map_err(|error| session_problem(&error))
        })
        .await
    })?;
    session.say(&format!(
        "Made and selected the workspace {name:?}. Its state is its own: other workspaces' objects are unknown in it."
    ));
    Ok(Exit::Success)
}

fn read_state(path: &str) -> Result<StateSnapshot, Diagnostics> {
    let unreadable = |problem: String| {
        let detail = format!("{path} cannot be read as a state: {problem}.");
        Diagnostics::from(Diagnostic::error("Unreadable state", detail).blame(Blame::Environment))
    };
    let bytes = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    state_file::decode(&bytes).map_err(|error| unreadable(error.to_string()))
}
