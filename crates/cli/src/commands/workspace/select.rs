//! `workspace select`.

use super::{check_free, check_name, check_supported, select};
use crate::arguments::{Arguments, Flag};
use crate::backend::LocalFlags;
use crate::commands::{Command, GENERAL};
use crate::current::Current;
use crate::exit::Exit;
use crate::machine::{MachineEntropy, random_id};
use crate::session::Session;
use crate::state_access::store_problem;
use formwork_diag::{Diagnostic, Diagnostics, nearest};

pub static COMMAND: Command = Command {
    name: "workspace select",
    arguments: "NAME",
    summary: "Select another workspace.",
    description: "Selects the workspace that the commands after this one use.",
    flags: &[GENERAL, &[Flag::switch("or-create", "Make the workspace if it does not exist.")]],
    positional: (1, 1),
    run,
};

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let name = arguments.at(0).unwrap_or_default();
    check_free(session)?;
    check_name(name)?;
    let current = Current::of(session, &LocalFlags::default())?;
    if current.workspace == name {
        return Ok(Exit::Success);
    }
    session.block_on(async {
        let backend = current.backend(session).await?;
        check_supported(&**backend)?;
        let names = backend.workspaces().await.map_err(|error| store_problem(&error))?;
        if names.iter().any(|other| other == name) {
            return Ok(());
        }
        if arguments.switch("or-create") {
            return backend
                .create_workspace(name, &random_id(&MachineEntropy))
                .await
                .map_err(|error| store_problem(&error));
        }
        let hint = nearest(name, names.iter().map(String::as_str)).map(|near| format!(" Did you mean {near:?}?"));
        let detail = format!("Make it with: formwork workspace new {name}.{}", hint.unwrap_or_default());
        Err(Diagnostic::error(format!("Workspace {name:?} doesn't exist"), detail).into())
    })?;
    select(session, name)?;
    session.say(&format!("Selected the workspace {name:?}."));
    Ok(Exit::Success)
}
