//! `force-unlock`.

use super::{Command, GENERAL};
use crate::arguments::{Arguments, Flag};
use crate::backend::LocalFlags;
use crate::current::Current;
use crate::exit::Exit;
use crate::prompt::confirm;
use crate::session::Session;
use formwork_diag::{Blame, Diagnostic, Diagnostics};

pub static COMMAND: Command = Command {
    name: "force-unlock",
    arguments: "LOCK-ID",
    summary: "Release a lock that a broken command has left.",
    description: "Removes the lock of this workspace's state. Only do this if the command that took the lock is surely \
                  gone: two commands that change one state at the same time lose objects. The id stands in the \
                  message about the lock.",
    flags: &[GENERAL, &[Flag::switch("force", "Do not ask.")]],
    positional: (1, 1),
    run,
};

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let id = arguments.at(0).unwrap_or_default();
    let current = Current::of(session, &LocalFlags::default())?;
    let question = "Do you really want to release the lock? Nobody else may be working with this state.";
    if !arguments.switch("force") && !confirm(session, question) {
        session.say("The lock was left as it is.");
        return Ok(Exit::Error);
    }
    session.block_on(async {
        let store = current.place(session).await?.store;
        store.force_unlock(id).await.map_err(|error| {
            Diagnostics::from(Diagnostic::error("Cannot release the lock", error.to_string()).blame(Blame::Environment))
        })
    })?;
    session.say("The lock is released.");
    Ok(Exit::Success)
}
