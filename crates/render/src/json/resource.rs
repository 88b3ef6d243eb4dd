//! The tree of modules with their resources, as planned values and states show it.

use super::change::write_index;
use super::value::{write_known, write_sensitive};
use super::writer::JsonWriter;
use formwork_model::{DeposedKey, ModuleInstance, ProviderAddress, ResourceInstance};
use formwork_value::Value;
use std::collections::BTreeMap;

/// Modules nested deeper are shown within the module at this depth.
const MAX_MODULE_DEPTH: usize = 200;

/// What is shown of an object.
pub(super) struct ResourceView<'a> {
    pub(super) address: &'a ResourceInstance,
    pub(super) provider: &'a ProviderAddress,
    pub(super) schema_version: u64,
    /// With marks.
    pub(super) value: &'a Value,
    pub(super) depends_on: Vec<String>,
    pub(super) tainted: bool,
    pub(super) deposed: Option<&'a DeposedKey>,
}

/// Finished resources by module.
#[derive(Default)]
pub(super) struct ModuleTree {
    resources: Vec<String>,
    /// By address.
    children: BTreeMap<String, ModuleTree>,
}

impl ModuleTree {
    /// Adds a resource behind those that its module has already.
    pub(super) fn add(&mut self, module: &ModuleInstance, resource: &ResourceView<'_>) {
        let mut w = JsonWriter::new();
        write_resource(&mut w, resource);
        self.module(module).resources.push(w.finish());
    }

    /// The module, which is there from now on.
    pub(super) fn module(&mut self, module: &ModuleInstance) -> &mut ModuleTree {
        let mut tree = self;
        let mut address = String::new();
        for step in module.0.iter().take(MAX_MODULE_DEPTH) {
            let separator = if address.is_empty() { "" } else { "." };
            address.push_str(&format!("{separator}module.{}{}", step.name, step.key));
            tree = tree.children.entry(address.clone()).or_default();
        }
        tree
    }

    /// Writes the module; the root has no address.
    pub(super) fn write(&self, w: &mut JsonWriter, address: Option<&str>) {
        w.object(|w| {
            if !self.resources.is_empty() {
                w.key("resources").array(|w| self.resources.iter().for_each(|r| w.raw(r)));
            }
            if let Some(address) = address {
                w.key("address").string(address);
            }
            if !self.children.is_empty() {
                w.key("child_modules").array(|w| {
                    for (address, child) in &self.children {
                        child.write(w, Some(address));
                    }
                });
            }
        });
    }
}

fn write_resource(w: &mut JsonWriter, view: &ResourceView<'_>) {
    let resource = &view.address.resource;
    w.object(|w| {
        w.key("address").string(&view.address.to_string());
        w.key("mode").string(resource.mode.name());
        w.key("type").string(&resource.kind);
        w.key("name").string(&resource.name);
        write_index(w, &view.address.key);
        w.key("provider_name").string(&view.provider.to_string());
        w.key("schema_version").unsigned(view.schema_version);
        // Left out if there is nothing to tell.
        if view.value.as_mapping().is_some_and(|m| m.values().any(Value::is_known)) {
            write_known(w.key("values"), view.value);
        }
        write_sensitive(w.key("sensitive_values"), view.value);
        if !view.depends_on.is_empty() {
            w.key("depends_on").strings(view.depends_on.iter().map(String::as_str));
        }
        if view.tainted {
            w.key("tainted").bool(true);
        }
        if let Some(key) = view.deposed {
            w.key("deposed_key").string(&key.0);
        }
    });
}
