//! `version`.

use super::{Command, GENERAL};
use crate::arguments::{Arguments, Flag};
use crate::exit::Exit;
use crate::session::Session;
use formwork_diag::Diagnostics;
use formwork_model::{FORMWORK_VERSION, TERRAFORM_VERSION};

pub static COMMAND: Command = Command {
    name: "version",
    arguments: "",
    summary: "Show the versions of Formwork and of the selected providers.",
    description: "Shows Formwork's version, the version of Terraform whose language, state format and plugin protocol \
                  it follows, and the provider versions that the lock file of this directory selects.",
    flags: &[GENERAL, &[Flag::switch("json", "Print one JSON object.")]],
    positional: (0, 0),
    run,
};

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    session.output.line(&format!("Formwork v{FORMWORK_VERSION}, compatible with Terraform v{TERRAFORM_VERSION}"));
    Ok(Exit::Success)
}
