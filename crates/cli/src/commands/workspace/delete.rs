//! `workspace delete`.

use super::{check_name, has_workspace};
use crate::arguments::{Arguments, Flag};
use crate::backend::LocalFlags;
use crate::commands::{Command, GENERAL};
use crate::current::Current;
use crate::data_dir::DEFAULT_WORKSPACE;
use crate::exit::Exit;
use crate::session::Session;
use crate::state_access::{LOCK_FLAGS, LockFlags, store_problem, with_state};
use formwork_backend::StateSession;
use formwork_diag::{Diagnostic, Diagnostics};

pub static COMMAND: Command = Command {
    name: "workspace delete",
    arguments: "NAME",
    summary: "Delete a workspace.",
    description: "Deletes a workspace that is not selected, with its state. A state that still has objects is only \
                  deleted with -force; the objects then go on existing without anybody knowing them.",
    flags: &[GENERAL, LOCK_FLAGS, &[Flag::switch("force", "Delete it even if its state has objects.")]],
    positional: (1, 1),
    run,
};

fn refused(detail: String) -> Diagnostics {
    Diagnostic::error("Cannot delete the workspace", detail).into()
}

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let name = arguments.at(0).unwrap_or_default();
    check_name(name)?;
    if name == DEFAULT_WORKSPACE {
        return Err(refused("The default workspace always exists.".to_owned()));
    }
    let lock = LockFlags::of(arguments)?;
    let force = arguments.switch("force");
    let current = Current::of(session, &LocalFlags::default())?;
    session.block_on(async {
        if !has_workspace(&**current.backend(session).await?, name).await? {
            return Err(refused(format!("There is no workspace named {name:?}.")));
        }
        if current.workspace == name {
            return Err(refused(format!("{name:?} is selected. Select another workspace first.")));
        }
        let place = current.place_of(session, name).await?;
        with_state(session, &place, &lock, "workspace-delete", async |state: &mut StateSession| {
            if let (false, Some(problem)) = (force, objection(state)) {
                return Err(refused(format!("{problem}, or give -force.")));
            }
            // Under the lock, so that no run begins in between.
            let backend = current.backend(session).await?;
            backend.delete_workspace(name).await.map_err(|error| store_problem(&error))
        })
        .await
    })?;
    session.say(&format!("Deleted the workspace {name:?}."));
    Ok(Exit::Success)
}

/// What the workspace still has.
fn objection(state: &StateSession) -> Option<String> {
    let objects = state.snapshot().map_or(0, |snapshot| snapshot.state.instances().count());
    if objects > 0 {
        return Some(format!("Its state has {objects} objects. Destroy them first"));
    }
    let doubt = state.in_doubt().first()?;
    Some(format!(
        "Nobody knows whether {} exists, because a run was killed while it was being created. Select the workspace and \
         run \"formwork settle\" first",
        doubt.address
    ))
}
