//! `taint` and `untaint`.

use super::{Command, GENERAL};
use crate::arguments::{Arguments, Flag};
use crate::backend::LocalFlags;
use crate::current::Current;
use crate::exit::Exit;
use crate::session::Session;
use crate::state_access::{LOCK_FLAGS, LockFlags, session_problem, with_state};
use formwork_backend::StateSession;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::{ObjectState, ObjectStatus, ResourceInstance, ResourceMode, State};
use std::sync::Arc;

const FLAGS: &[Flag] = &[
    Flag::switch("allow-missing", "Succeed even if there is no such object."),
    Flag::value("state", "FILE", "Read this state file. For the local backend only."),
    Flag::value("state-out", "FILE", "Write this state file. For the local backend only."),
    Flag::value("backup", "FILE", "Where the state from before goes; - for nowhere."),
    Flag::switch("ignore-remote-version", ""),
];

pub static TAINT: Command = Command {
    name: "taint",
    arguments: "ADDRESS",
    summary: "Mark an object to be replaced by the next apply.",
    description: "Marks an object in the state as damaged, so that the next plan replaces it. \"plan -replace=ADDRESS\" \
                  does the same without changing the state first.",
    flags: &[GENERAL, LOCK_FLAGS, FLAGS],
    positional: (1, 1),
    run: |session, arguments| run(session, arguments, "taint", ObjectStatus::Tainted),
};

pub static UNTAINT: Command = Command {
    name: "untaint",
    arguments: "ADDRESS",
    summary: "Take the mark of taint from an object.",
    description: "Takes back what \"taint\" or a failed creation has done: the object is not replaced any more.",
    flags: &[GENERAL, LOCK_FLAGS, FLAGS],
    positional: (1, 1),
    run: |session, arguments| run(session, arguments, "untaint", ObjectStatus::Ready),
};

fn run(session: &Session, arguments: &Arguments, operation: &str, status: ObjectStatus) -> Result<Exit, Diagnostics> {
    let text = arguments.at(0).unwrap_or_default();
    let address = ResourceInstance::parse(text).map_err(|error| {
        Diagnostics::from(Diagnostic::error("Invalid address", format!("{text:?} names no instance: {error}.")))
    })?;
    if address.resource.mode != ResourceMode::Managed {
        let detail = format!("{address} is not managed, so there is nothing to replace.");
        return Err(Diagnostic::error("Only managed objects can be tainted", detail).into());
    }
    let lock = LockFlags::of(arguments)?;
    let allow_missing = arguments.switch("allow-missing");
    let current = Current::of(session, &LocalFlags::of(arguments))?;
    session.block_on(async {
        let place = current.place(session).await?;
        with_state(session, &place, &lock, operation, async |state: &mut StateSession| {
            let mut new = state.snapshot().map(|snapshot| snapshot.state.clone()).unwrap_or_default();
            match set_status(&mut new, &address, status) {
                Ok(()) => {}
                Err(problem) if allow_missing => {
                    session.report(&Diagnostic::warning("No such object in the state", problem).into());
                    return Ok(());
                }
                Err(problem) => return Err(Diagnostic::error("Cannot change the mark", problem).into()),
            }
            state.write(new).await.map_err(|error| session_problem(&error))?;
            let done = if status == ObjectStatus::Tainted { "is marked as tainted" } else { "is no longer tainted" };
            session.say(&format!("{address} {done}."));
            Ok(())
        })
        .await
    })?;
    Ok(Exit::Success)
}

fn set_status(state: &mut State, address: &ResourceInstance, status: ObjectStatus) -> Result<(), String> {
    let instance = state
        .resources
        .get_mut(&address.resource())
        .and_then(|resource| resource.instances.get_mut(&address.key))
        .ok_or_else(|| format!("The state has no object at {address}."))?;
    let current = instance.current.as_mut().ok_or_else(|| format!("{address} has only deposed objects."))?;
    if status == ObjectStatus::Ready && current.status == ObjectStatus::Ready {
        return Err(format!("{address} is not tainted."));
    }
    *current = Arc::new(ObjectState { status, ..ObjectState::clone(current) });
    Ok(())
}
