//! `workspace list`.

use super::check_supported;
use crate::arguments::Arguments;
use crate::backend::LocalFlags;
use crate::commands::{Command, GENERAL};
use crate::current::Current;
use crate::exit::Exit;
use crate::session::Session;
use crate::state_access::store_problem;
use formwork_diag::Diagnostics;

pub static COMMAND: Command = Command {
    name: "workspace list",
    arguments: "",
    summary: "List the workspaces.",
    description: "Prints the names of all workspaces; an asterisk marks the selected one.",
    flags: &[GENERAL],
    positional: (0, 0),
    run,
};

fn run(session: &Session, _: &Arguments) -> Result<Exit, Diagnostics> {
    let current = Current::of(session, &LocalFlags::default())?;
    let names = session.block_on(async {
        let backend = current.backend(session).await?;
        check_supported(&**backend)?;
        backend.workspaces().await.map_err(|error| store_problem(&error))
    })?;
    let mark = |name: &String| if *name == current.workspace { "* " } else { "  " };
    let lines: String = names.iter().map(|name| format!("{}{name}\n", mark(name))).collect();
    session.output.print(&format!("{lines}\n"));
    if session.environment.workspace().is_some() {
        // Scripts look for these words.
        let text = "The active workspace is being overridden using the TF_WORKSPACE environment\nvariable.\n";
        session.output.print(&format!("\n\n{text}\n"));
    }
    Ok(Exit::Success)
}
