//! `workspace show`.

use super::check_name;
use crate::arguments::Arguments;
use crate::commands::{Command, GENERAL, MANY};
use crate::exit::Exit;
use crate::session::Session;
use formwork_diag::Diagnostics;

pub static COMMAND: Command = Command {
    name: "workspace show",
    arguments: "",
    summary: "Print the name of the selected workspace.",
    description: "Prints the name of the selected workspace.",
    flags: &[GENERAL],
    // As in the reference, more arguments are of no interest.
    positional: (0, MANY),
    run,
};

fn run(session: &Session, _: &Arguments) -> Result<Exit, Diagnostics> {
    let name = session.data_dir().workspace(&session.environment);
    check_name(&name)?;
    session.output.line(&name);
    Ok(Exit::Success)
}
