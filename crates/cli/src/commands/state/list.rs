//! `state list`.

use super::{STATE_FLAG, no_state, parse_target};
use crate::arguments::{Arguments, Flag};
use crate::backend::LocalFlags;
use crate::commands::{Command, GENERAL, MANY};
use crate::current::Current;
use crate::exit::Exit;
use crate::session::Session;
use crate::state_edit::covered;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::{InstanceState, RawState, ResourceInstance, StateSnapshot};
use std::collections::BTreeSet;

pub static COMMAND: Command = Command {
    name: "state list",
    arguments: "[ADDRESS...]",
    summary: "List the objects in the state.",
    description: "Prints the address of every object in the state, one a line. Addresses of modules, resources or \
                  instances limit the list to what they cover.",
    flags: &[GENERAL, STATE_FLAG, &[Flag::value("id", "ID", "List only objects whose id is this.")]],
    positional: (0, MANY),
    run,
};

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let current = Current::of(session, &LocalFlags::of(arguments))?;
    let snapshot = session.block_on(async { current.read(session).await })?.ok_or_else(no_state)?;
    let wanted = wanted(&snapshot, &arguments.positional)?;
    let mut listed: Vec<(ResourceInstance, &InstanceState)> = snapshot
        .state
        .instances()
        .filter(|(address, _, _)| wanted.as_ref().is_none_or(|wanted| wanted.contains(address)))
        .map(|(address, _, instance)| (address, instance))
        .collect();
    if let Some(id) = arguments.value("id") {
        listed.retain(|(_, instance)| has_id(instance, id));
    }
    // Modules by depth, as users expect the root module first.
    listed.sort_by_key(|(address, _)| (address.module.0.len(), address.clone()));
    let text: String = listed.iter().map(|(address, _)| format!("{address}\n")).collect();
    session.output.print(&text);
    Ok(Exit::Success)
}

fn wanted(snapshot: &StateSnapshot, addresses: &[String]) -> Result<Option<BTreeSet<ResourceInstance>>, Diagnostics> {
    if addresses.is_empty() {
        return Ok(None);
    }
    let mut wanted = BTreeSet::new();
    for text in addresses {
        let found = covered(&snapshot.state, &parse_target(text)?);
        if found.is_empty() {
            let detail = format!("The state has no object that {text} covers.");
            return Err(Diagnostic::error("No such object in the state", detail).into());
        }
        wanted.extend(found);
    }
    Ok(Some(wanted))
}

fn has_id(instance: &InstanceState, id: &str) -> bool {
    let Some(object) = &instance.current else { return false };
    match &object.attributes {
        RawState::Json(text) => {
            let json: Option<serde_json::Value> = serde_json::from_str(text).ok();
            json.is_some_and(|json| json.get("id").and_then(serde_json::Value::as_str) == Some(id))
        }
        RawState::Flatmap(entries) => entries.iter().any(|(key, value)| &**key == "id" && &**value == id),
    }
}
