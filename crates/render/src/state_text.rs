//! States for people.

use crate::json::StateViewError;
use crate::sensitive::SchemaMarks;
use crate::style::TextOptions;
use crate::view::{object_body, object_note, stored_output};
use formwork_model::{
    DeposedKey, ModuleInstance, ObjectState, ProviderAddress, ProviderSchema, ResourceInstance, State,
};
use std::sync::Arc;

/// Renders all objects and outputs, as `show` does (plan-formats.md 11.5).
///
/// Errors: as [`crate::json_state`].
pub fn state_text(
    state: &State,
    schema_of: &dyn Fn(&ProviderAddress) -> Option<Arc<ProviderSchema>>,
    options: TextOptions,
) -> Result<String, StateViewError> {
    if state.is_empty() {
        return Ok("The state file is empty. No resources are represented.\n".into());
    }
    let mut marks = SchemaMarks::new(schema_of);
    let mut out = String::new();
    let mut module = ModuleInstance::root();
    for (address, resource, instance) in state.instances() {
        let objects = instance.current.iter().map(|object| (None, object));
        for (deposed, object) in objects.chain(instance.deposed.iter().map(|(key, object)| (Some(key), object))) {
            let provider = &resource.provider.provider;
            if !out.is_empty() {
                out.push_str(if address.module == module { "\n" } else { "\n\n" });
            }
            module = address.module.clone();
            out.push_str(&object_text(&address, provider, object, deposed, &mut marks, options)?);
        }
    }
    if !state.outputs.is_empty() {
        out.push_str("\n\nOutputs:\n\n");
        for (name, output) in &state.outputs {
            stored_output(name, output).write_terminal(&mut out, options);
            out.push('\n');
        }
    }
    Ok(out)
}

/// Renders the current object of an instance, as `state show` does; `None` if there is none.
///
/// Errors: as [`crate::json_state`].
pub fn instance_text(
    state: &State,
    address: &ResourceInstance,
    schema_of: &dyn Fn(&ProviderAddress) -> Option<Arc<ProviderSchema>>,
    options: TextOptions,
) -> Result<Option<String>, StateViewError> {
    let Some(resource) = state.resource(&address.resource()) else { return Ok(None) };
    let Some(object) = state.object(address) else { return Ok(None) };
    let mut marks = SchemaMarks::new(schema_of);
    object_text(address, &resource.provider.provider, object, None, &mut marks, options).map(Some)
}

/// Renders the addresses of all instances, one a line, as `state list` does.
pub fn state_list_text<'a>(addresses: impl IntoIterator<Item = &'a ResourceInstance>) -> String {
    addresses.into_iter().map(|address| format!("{}\n", crate::escape::escape_line(&address.to_string()))).collect()
}

fn object_text(
    address: &ResourceInstance,
    provider: &ProviderAddress,
    object: &ObjectState,
    deposed: Option<&DeposedKey>,
    marks: &mut SchemaMarks<'_>,
    options: TextOptions,
) -> Result<String, StateViewError> {
    let body = object_body(address, provider, object, marks)?;
    let address = address.to_string();
    let note = object_note(deposed, object.status);
    Ok(format!("# {}:{note}\n{}\n", crate::escape::escape_line(&address), body.terminal(options)))
}
