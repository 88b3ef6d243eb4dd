//! The JSON state, format version 1.0.

use super::check::write_checks;
use super::resource::{ModuleTree, ResourceView};
use super::value::write_known;
use super::writer::JsonWriter;
use crate::sensitive::SchemaMarks;
use crate::stored::{decode_object, stored_schema};
use formwork_model::{
    DeposedKey, ObjectState, ObjectStatus, OutputState, ProviderAddress, ProviderConfigAddress, ProviderSchema,
    ResourceInstance, State, StateSnapshot,
};
use formwork_value::Str;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Why a state cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateViewError {
    /// Address of the object concerned.
    pub address: String,
    pub message: String,
}

impl fmt::Display for StateViewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.address, self.message)
    }
}

impl std::error::Error for StateViewError {}

/// The document of `show -json` for a state (plan-formats.md 3), without a final newline.
///
/// Errors: an object without a schema, of another schema version than the schema's, or that the schema cannot decode.
pub fn json_state(
    snapshot: &StateSnapshot,
    schema_of: &dyn Fn(&ProviderAddress) -> Option<Arc<ProviderSchema>>,
) -> Result<String, StateViewError> {
    let mut w = JsonWriter::new();
    write_state(&mut w, &snapshot.state, &snapshot.terraform_version, schema_of, true)?;
    Ok(w.finish())
}

/// Writes the document; plans show the prior state without its checks.
pub(super) fn write_state(
    w: &mut JsonWriter,
    state: &State,
    terraform_version: &str,
    schema_of: &dyn Fn(&ProviderAddress) -> Option<Arc<ProviderSchema>>,
    with_checks: bool,
) -> Result<(), StateViewError> {
    let tree = state_tree(state, schema_of)?;
    w.object(|w| {
        w.key("format_version").string("1.0");
        if state.is_empty() {
            return;
        }
        let version = if terraform_version.is_empty() { formwork_model::TERRAFORM_VERSION } else { terraform_version };
        w.key("terraform_version").string(version);
        w.key("values").object(|w| {
            if !state.outputs.is_empty() {
                write_outputs(w.key("outputs"), &state.outputs);
            }
            tree.write(w.key("root_module"), None);
        });
        if with_checks && !state.checks.is_empty() {
            write_checks(w.key("checks"), &state.checks);
        }
    });
    Ok(())
}

/// The values alone: of resources, and of root outputs.
pub(crate) fn write_state_values(
    w: &mut JsonWriter,
    state: &State,
    schema_of: &dyn Fn(&ProviderAddress) -> Option<Arc<ProviderSchema>>,
) -> Result<(), StateViewError> {
    let tree = state_tree(state, schema_of)?;
    tree.write(w.key("root_module"), None);
    if !state.outputs.is_empty() {
        write_outputs(w.key("root_module_outputs"), &state.outputs);
    }
    Ok(())
}

fn write_outputs(w: &mut JsonWriter, outputs: &BTreeMap<Str, OutputState>) {
    w.object(|w| {
        for (name, output) in outputs {
            w.key(name).object(|w| {
                w.key("sensitive").bool(output.sensitive);
                write_known(w.key("value"), &output.value);
                w.key("type").ty(&output.value.ty());
            });
        }
    });
}

fn state_tree(
    state: &State,
    schema_of: &dyn Fn(&ProviderAddress) -> Option<Arc<ProviderSchema>>,
) -> Result<ModuleTree, StateViewError> {
    let mut tree = ModuleTree::default();
    let mut marks = SchemaMarks::new(schema_of);
    for (address, _) in state.resources.iter().filter(|(_, resource)| resource.instances.is_empty()) {
        tree.module(&address.module);
    }
    for (address, resource, instance) in state.instances() {
        if let Some(object) = &instance.current {
            add_object(&mut tree, &mut marks, &address, &resource.provider, object, None)?;
        }
        for (key, object) in &instance.deposed {
            add_object(&mut tree, &mut marks, &address, &resource.provider, object, Some(key))?;
        }
    }
    Ok(tree)
}

fn add_object(
    tree: &mut ModuleTree,
    marks: &mut SchemaMarks<'_>,
    address: &ResourceInstance,
    provider: &ProviderConfigAddress,
    object: &ObjectState,
    deposed: Option<&DeposedKey>,
) -> Result<(), StateViewError> {
    let schema = stored_schema(marks, address, &provider.provider)?;
    let value = decode_object(address, object, &schema)?;
    let value = marks.apply(&value, &provider.provider, &address.resource);
    let view = ResourceView {
        address,
        provider: &provider.provider,
        schema_version: object.schema_version,
        value: &value,
        depends_on: object.dependencies.iter().map(ToString::to_string).collect(),
        tainted: object.status == ObjectStatus::Tainted,
        deposed,
    };
    tree.add(&address.module, &view);
    Ok(())
}
