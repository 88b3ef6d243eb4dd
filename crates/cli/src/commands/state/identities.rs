//! `state identities`.

use super::list::{has_id, listed};
use super::{STATE_FLAG, no_state};
use crate::arguments::{Arguments, Flag};
use crate::backend::LocalFlags;
use crate::commands::{Command, GENERAL, MANY};
use crate::current::Current;
use crate::exit::Exit;
use crate::session::Session;
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use serde_json::{Map, Value};

pub static COMMAND: Command = Command {
    name: "state identities",
    arguments: "[ADDRESS...]",
    summary: "Show what identifies the objects in the state.",
    description: "Prints one JSON object: for the address of each object in the state that has an identity, the identity. \
                  Addresses of modules, resources or instances limit it to what they cover. There is no form but JSON.",
    flags: &[
        GENERAL,
        STATE_FLAG,
        &[
            Flag::value("id", "ID", "Show only objects whose id is this."),
            Flag::switch("json", "Has to be given, as in Terraform."),
        ],
    ],
    positional: (0, MANY),
    run,
};

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    if !arguments.switch("json") {
        let detail = "\"state identities\" prints JSON only: say so with -json.";
        return Err(Diagnostic::error("Invalid command line", detail).into());
    }
    let current = Current::of(session, &LocalFlags::of(arguments))?;
    let snapshot = session.block_on(async { current.read(session).await })?.ok_or_else(no_state)?;
    let id = arguments.value("id");
    let mut identities = Map::new();
    for address in listed(&snapshot, &arguments.positional)? {
        let Some(instance) = snapshot.state.instance(&address) else { continue };
        let object = instance.current.as_ref().filter(|_| id.is_none_or(|id| has_id(instance, id)));
        let Some(text) = object.and_then(|object| object.identity.as_ref()) else { continue };
        let identity: Value = serde_json::from_str(text).map_err(|error| {
            let detail = format!("The identity of {address} in the state cannot be read: {error}.");
            Diagnostic::error("Damaged state", detail).blame(Blame::Environment)
        })?;
        identities.insert(address.to_string(), identity);
    }
    identities.sort_keys();
    session.output.line(&format!("{:#}", Value::Object(identities)));
    Ok(Exit::Success)
}
