//! `state show`.

use super::{STATE_FLAG, no_state};
use crate::arguments::Arguments;
use crate::backend::LocalFlags;
use crate::commands::{Command, GENERAL};
use crate::current::Current;
use crate::exit::Exit;
use crate::session::Session;
use crate::stored_schemas::stored_schemas;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::{ProviderAddress, ResourceInstance};
use formwork_render::instance_text;

pub static COMMAND: Command = Command {
    name: "state show",
    arguments: "ADDRESS",
    summary: "Show one object in the state.",
    description: "Shows the attributes of the object at an address, as the state holds them.",
    flags: &[GENERAL, STATE_FLAG],
    positional: (1, 1),
    run,
};

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let text = arguments.at(0).unwrap_or_default();
    let address = ResourceInstance::parse(text).map_err(|error| {
        Diagnostics::from(Diagnostic::error("Invalid address", format!("{text:?} names no instance: {error}.")))
    })?;
    let current = Current::of(session, &LocalFlags::of(arguments))?;
    let shown = session.block_on(async {
        let state = current.read(session).await?.ok_or_else(no_state)?.state;
        let schemas = stored_schemas(session, &state).await?;
        let schema_of = |provider: &ProviderAddress| schemas.get(provider).cloned();
        instance_text(&state, &address, &schema_of, session.text())
            .map_err(|error| Diagnostics::from(Diagnostic::error("The object cannot be shown", error.to_string())))
    })?;
    let shown = shown.ok_or_else(|| {
        let detail = format!("The state has no object at {address}. \"formwork state list\" shows all addresses.");
        Diagnostics::from(Diagnostic::error("No such object in the state", detail))
    })?;
    session.output.print(&shown);
    Ok(Exit::Success)
}
