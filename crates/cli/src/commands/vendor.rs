//! `vendor`.

use super::{Command, GENERAL};
use crate::arguments::Arguments;
use crate::exit::Exit;
use crate::initialization::{VENDOR_DIR, vendor_modules};
use crate::session::Session;
use formwork_diag::Diagnostics;

pub static COMMAND: Command = Command {
    name: "vendor",
    arguments: "",
    summary: "Copy modules from elsewhere beside the configuration.",
    description: "Installs the modules that are called, and copies the packages of those that come from registries, \
                  repositories and servers to vendor/modules. From then on init takes them from there instead of the \
                  network, as long as they are what the lock file says. Packages that are no longer called are removed.",
    flags: &[GENERAL],
    positional: (0, 0),
    run,
};

fn run(session: &Session, _: &Arguments) -> Result<Exit, Diagnostics> {
    let keys = vendor_modules(session)?;
    for key in &keys {
        session.say(&format!("- {key} in {VENDOR_DIR}/{key}"));
    }
    match keys.len() {
        0 => session.say("No module comes from elsewhere, so there is nothing to copy."),
        _ => session.say(&format!("\nCommit {VENDOR_DIR} together with the lock file.")),
    }
    Ok(Exit::Success)
}
