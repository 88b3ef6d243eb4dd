//! `state pull`.

use crate::arguments::Arguments;
use crate::backend::LocalFlags;
use crate::commands::{Command, GENERAL, MANY};
use crate::current::Current;
use crate::exit::Exit;
use crate::session::Session;
use formwork_backend::state_file::encode;
use formwork_diag::Diagnostics;

pub static COMMAND: Command = Command {
    name: "state pull",
    arguments: "",
    summary: "Print the state.",
    description: "Prints the whole state of this workspace as JSON in format 4, secrets included.",
    flags: &[GENERAL],
    // As in the reference, more arguments are of no interest.
    positional: (0, MANY),
    run,
};

fn run(session: &Session, _: &Arguments) -> Result<Exit, Diagnostics> {
    let current = Current::of(session, &LocalFlags::default())?;
    if let Some(snapshot) = session.block_on(async { current.read(session).await })? {
        session.output.print(&String::from_utf8_lossy(&encode(&snapshot)));
    }
    Ok(Exit::Success)
}
