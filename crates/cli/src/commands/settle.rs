//! `settle`.

use super::{Command, GENERAL};
use crate::arguments::{Arguments, Flag};
use crate::backend::LocalFlags;
use crate::current::Current;
use crate::exit::Exit;
use crate::session::Session;
use crate::state_access::{LOCK_FLAGS, LockFlags, session_problem, with_state};
use formwork_backend::StateSession;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::ResourceInstance;

pub static COMMAND: Command = Command {
    name: "settle",
    arguments: "[ADDRESS]",
    summary: "Say what became of an object whose creation was cut off.",
    description: "If a run is killed while an object is being created, nobody knows whether it exists, and planning its \
                  address stops until you say so. Without an address this lists such objects. To take over an object \
                  that exists, give its id to \"formwork import\": that settles it as well.",
    flags: &[
        GENERAL,
        LOCK_FLAGS,
        &[
            Flag::switch("retry", "It does not exist: it may be created again."),
            Flag::switch("forget", "It exists and shall be left alone: another one may be created."),
        ],
    ],
    positional: (0, 1),
    run,
};

fn invalid(detail: String) -> Diagnostics {
    Diagnostic::error("Invalid command line", detail).into()
}

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let address = arguments.at(0).map(|text| {
        ResourceInstance::parse(text).map_err(|error| invalid(format!("{text:?} names no instance: {error}.")))
    });
    let address = address.transpose()?;
    if address.is_some() && arguments.switch("retry") == arguments.switch("forget") {
        return Err(invalid("With an address, give -retry or -forget, and not both.".to_owned()));
    }
    let lock = LockFlags::of(arguments)?;
    let current = Current::of(session, &LocalFlags::default())?;
    session.block_on(async {
        let place = current.place(session).await?;
        with_state(session, &place, &lock, "settle", async |state: &mut StateSession| {
            let Some(address) = address else {
                list(session, state);
                return Ok(());
            };
            let doubts: Vec<_> = state.in_doubt().iter().filter(|doubt| doubt.address == address).cloned().collect();
            if doubts.is_empty() {
                let detail = format!("Nothing about {address} is in doubt.");
                return Err(Diagnostic::error("Nothing to settle", detail).into());
            }
            for doubt in doubts {
                state.settle(&doubt).await.map_err(|error| session_problem(&error))?;
            }
            let meaning = match arguments.switch("forget") {
                true => "what may exist is left alone, and the next apply may create another one",
                false => "the next apply may create it",
            };
            session.say(&format!("{address} is settled: {meaning}."));
            Ok(())
        })
        .await
    })?;
    Ok(Exit::Success)
}

fn list(session: &Session, state: &StateSession) {
    if state.in_doubt().is_empty() {
        session.say("Nothing is in doubt.");
    }
    for doubt in state.in_doubt() {
        let planned = doubt.planned.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
        session.say(&format!("{}{planned}", doubt.address));
    }
}
