//! `state rm`.

use super::{EDIT_FLAGS, edit_flags, no_state, parse_target};
use crate::arguments::{Arguments, Flag};
use crate::commands::{Command, GENERAL, MANY};
use crate::current::Current;
use crate::exit::Exit;
use crate::session::Session;
use crate::state_access::{LOCK_FLAGS, LockFlags, session_problem, with_state};
use crate::state_edit::remove;
use formwork_backend::StateSession;
use formwork_diag::{Diagnostic, Diagnostics};

pub static COMMAND: Command = Command {
    name: "state rm",
    arguments: "ADDRESS...",
    summary: "Forget objects without destroying them.",
    description: "Takes objects out of the state. They go on existing, but Formwork does not know them any more.",
    flags: &[GENERAL, LOCK_FLAGS, EDIT_FLAGS, &[Flag::switch("dry-run", "Only say what would be forgotten.")]],
    positional: (1, MANY),
    run,
};

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let targets: Vec<_> = arguments.positional.iter().map(|text| parse_target(text)).collect::<Result<_, _>>()?;
    let lock = LockFlags::of(arguments)?;
    let dry_run = arguments.switch("dry-run");
    let current = Current::of(session, &edit_flags(session, arguments))?;
    session.block_on(async {
        let place = current.place(session).await?;
        with_state(session, &place, &lock, "state-rm", async |state: &mut StateSession| {
            let mut new = state.snapshot().ok_or_else(no_state)?.state.clone();
            let mut count = 0;
            for target in &targets {
                for address in remove(&mut new, target) {
                    session.say(&format!("{} {address}", if dry_run { "Would remove" } else { "Removed" }));
                    count += 1;
                }
            }
            if count == 0 {
                let detail = "No address covers an object in the state.";
                return Err(Diagnostic::error("Nothing to remove", detail).into());
            }
            if dry_run { Ok(()) } else { state.write(new).await.map_err(|error| session_problem(&error)) }
        })
        .await
    })?;
    Ok(Exit::Success)
}
