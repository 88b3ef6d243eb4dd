//! `workspace show`.

use crate::arguments::Arguments;
use crate::commands::{Command, GENERAL};
use crate::exit::Exit;
use crate::session::Session;
use formwork_diag::Diagnostics;

pub static COMMAND: Command = Command {
    name: "workspace show",
    arguments: "",
    summary: "Print the name of the selected workspace.",
    description: "Prints the name of the selected workspace.",
    flags: &[GENERAL],
    positional: (0, 0),
    run,
};

fn run(session: &Session, _: &Arguments) -> Result<Exit, Diagnostics> {
    session.output.line(&session.data_dir().workspace(&session.environment));
    Ok(Exit::Success)
}
