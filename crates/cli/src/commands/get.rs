//! `get`.

use super::{Command, GENERAL};
use crate::arguments::{Arguments, Flag};
use crate::exit::Exit;
use crate::initialization::{InitOptions, find_modules};
use crate::session::Session;
use formwork_diag::Diagnostics;

pub static COMMAND: Command = Command {
    name: "get",
    arguments: "",
    summary: "Install the modules that are called.",
    description: "Does the part of init that concerns modules.",
    flags: &[GENERAL, &[Flag::switch("update", "Look for newer versions."), Flag::value("test-directory", "DIR", "")]],
    positional: (0, 0),
    run,
};

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let test_dir = arguments.value("test-directory").map(str::to_owned);
    let options = InitOptions { upgrade: arguments.switch("update"), test_dir, talk: true, ..InitOptions::default() };
    let (_, warnings) = find_modules(session, &options)?;
    session.report(&warnings);
    Ok(Exit::Success)
}
