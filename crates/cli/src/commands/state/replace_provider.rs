//! `state replace-provider`.

use super::{EDIT_FLAGS, edit_flags, no_state};
use crate::arguments::{Arguments, Flag};
use crate::commands::{Command, GENERAL};
use crate::current::Current;
use crate::exit::Exit;
use crate::prompt::answer;
use crate::session::Session;
use crate::state_access::{LOCK_FLAGS, LockFlags, session_problem, with_state};
use formwork_backend::StateSession;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::ProviderAddress;

pub static COMMAND: Command = Command {
    name: "state replace-provider",
    arguments: "FROM TO",
    summary: "Let another provider take over objects in the state.",
    description: "Changes the provider of all resources in the state that belong to FROM. Both are source addresses \
                  such as registry.terraform.io/hashicorp/aws; TO must understand the objects of FROM.",
    flags: &[GENERAL, LOCK_FLAGS, EDIT_FLAGS, &[Flag::switch("auto-approve", "Do not ask.")]],
    positional: (2, 2),
    run,
};

fn parse(text: &str) -> Result<ProviderAddress, Diagnostics> {
    ProviderAddress::parse(text).map_err(|error| {
        Diagnostic::error("Invalid provider address", format!("{text:?} is no provider address: {error}.")).into()
    })
}

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let from = parse(arguments.at(0).unwrap_or_default())?;
    let to = parse(arguments.at(1).unwrap_or_default())?;
    let lock = LockFlags::of(arguments)?;
    let approved = arguments.switch("auto-approve");
    let current = Current::of(session, &edit_flags(session, arguments))?;
    session.block_on(async {
        let place = current.place(session).await?;
        with_state(session, &place, &lock, "state-replace-provider", async |state: &mut StateSession| {
            let mut new = state.snapshot().ok_or_else(no_state)?.state.clone();
            let mut changed = Vec::new();
            for (address, resource) in new.resources.iter_mut() {
                if resource.provider.provider == from {
                    resource.provider.provider = to.clone();
                    changed.push(address.to_string());
                }
            }
            if changed.is_empty() {
                session.say("No matching resources found.");
                return Ok(Exit::Success);
            }
            session.say(&format!("Resources of {from} that {to} takes over:\n\n  {}\n", changed.join("\n  ")));
            if !approved {
                match answer(session, "Do you want to make these changes?") {
                    Some(true) => {}
                    refusal => {
                        session.say("Nothing was changed.");
                        return Ok(if refusal.is_some() { Exit::Success } else { Exit::Error });
                    }
                }
            }
            state.write(new).await.map_err(|error| session_problem(&error))?;
            session.say(&format!("Changed the provider of {} resources.", changed.len()));
            Ok(Exit::Success)
        })
        .await
    })
}
