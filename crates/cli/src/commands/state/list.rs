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
    let listed = listed(&snapshot, &arguments.positional)?;
    let id = arguments.value("id");
    let is_wanted = |address: &&ResourceInstance| {
        id.is_none_or(|id| snapshot.state.instance(address).is_some_and(|instance| has_id(instance, id)))
    };
    let text: String = listed.iter().filter(is_wanted).map(|address| format!("{address}\n")).collect();
    session.output.print(&text);
    Ok(Exit::Success)
}

/// What is to be listed: for each address what it covers, in the order in which they were given.
pub(super) fn listed(snapshot: &StateSnapshot, addresses: &[String]) -> Result<Vec<ResourceInstance>, Diagnostics> {
    // Modules by depth, as users expect the root module first.
    let sort = |list: &mut Vec<ResourceInstance>| {
        list.sort_by(|a, b| (a.module.0.len(), a).cmp(&(b.module.0.len(), b)));
    };
    let mut listed: Vec<ResourceInstance> = Vec::new();
    if addresses.is_empty() {
        listed.extend(snapshot.state.instances().map(|(address, _, _)| address));
        sort(&mut listed);
    }
    for text in addresses {
        let found = covered(&snapshot.state, &parse_target(text)?);
        if found.is_empty() {
            let detail = format!("The state has no object that {text} covers.");
            return Err(Diagnostic::error("No such object in the state", detail).into());
        }
        let mut found: Vec<ResourceInstance> = found.into_iter().collect();
        sort(&mut found);
        listed.extend(found);
    }
    Ok(listed)
}

/// True if the current object has an attribute `id` of this value.
pub(super) fn has_id(instance: &InstanceState, id: &str) -> bool {
    let Some(object) = &instance.current else { return false };
    match &object.attributes {
        RawState::Json(text) => {
            let json: Option<serde_json::Value> = serde_json::from_str(text).ok();
            json.is_some_and(|json| json.get("id").and_then(serde_json::Value::as_str) == Some(id))
        }
        RawState::Flatmap(entries) => entries.iter().any(|(key, value)| &**key == "id" && &**value == id),
    }
}
