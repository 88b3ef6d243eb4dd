//! `get`.

use super::{Command, GENERAL};
use crate::arguments::{Arguments, Flag};
use crate::exit::Exit;
use crate::initialization::{InitOptions, install_modules};
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
    let options = InitOptions { upgrade: arguments.switch("update"), talk: true, ..InitOptions::default() };
    install_modules(session, &options)?;
    Ok(Exit::Success)
}
