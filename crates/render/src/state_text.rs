//! States for people.

use crate::attribute_name::attribute_name;
use crate::diff::{Pair, block_diff, is_legacy, typed_diff};
use crate::json::StateViewError;
use crate::plan_text::{Mode, write_diff};
use crate::sensitive::SchemaMarks;
use crate::stored::{decode_object, stored_schema};
use crate::style::TextOptions;
use formwork_model::{
    DeposedKey, ModuleInstance, ObjectState, ObjectStatus, ProviderAddress, ProviderSchema, ResourceInstance,
    ResourceMode, State,
};
use formwork_value::quote;
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
            out.push_str(&format!("{} = ", attribute_name(name)));
            if output.sensitive {
                out.push_str("(sensitive value)");
            } else {
                let pair = Pair::new(&output.value, &output.value);
                write_diff(&mut out, &typed_diff(&pair, &output.value.ty()), 0, value_mode(options));
            }
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

fn value_mode(options: TextOptions) -> Mode {
    Mode { show_unchanged: true, hide_symbols: true, ..Mode::of(options) }
}

fn object_text(
    address: &ResourceInstance,
    provider: &ProviderAddress,
    object: &ObjectState,
    deposed: Option<&DeposedKey>,
    marks: &mut SchemaMarks<'_>,
    options: TextOptions,
) -> Result<String, StateViewError> {
    let schema = stored_schema(marks, address, provider)?;
    let value = marks.apply(&decode_object(address, object, &schema)?, provider, &address.resource);
    let mut pair = Pair::new(&value, &value);
    pair.legacy = is_legacy(&schema.block);
    let note = match (deposed, object.status) {
        (Some(key), _) => format!(" (deposed object {key})"),
        (None, ObjectStatus::Tainted) => " (tainted)".into(),
        (None, ObjectStatus::Ready) => String::new(),
    };
    let block = if address.resource.mode == ResourceMode::Data { "data" } else { "resource" };
    let address_text = address.to_string();
    let mut out = format!(
        "# {}:{note}\n{block} {} {} ",
        crate::escape::escape_line(&address_text),
        quote(&address.resource.kind),
        quote(&address.resource.name)
    );
    write_diff(&mut out, &block_diff(&pair, &schema.block), 0, value_mode(options));
    out.push('\n');
    Ok(out)
}
