//! Encoding.

use crate::json_text::JsonWriter;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use formwork_model::{
    AbsResource, CheckKind, CheckResult, CheckStatus, DeposedKey, InstanceKey, ObjectState, ObjectStatus, OutputState,
    RawState, ResourceState, State, StateSnapshot, TERRAFORM_VERSION,
};
use formwork_value::{Path, PathStep, Str, Value, json, type_to_json};
use std::collections::BTreeMap;

/// Bytes reserved for everything of an object but its attributes.
const OBJECT_FRAME: usize = 512;

/// Encodes a snapshot as Terraform 1.11.4 writes it: indentation, order of keys and elements, escapes, final newline.
///
/// An output whose value JSON cannot carry (infinity) is left out: losing it is better than losing the state.
pub fn encode(snapshot: &StateSnapshot) -> Vec<u8> {
    let mut out = JsonWriter::with_capacity(size_hint(&snapshot.state));
    out.open(b'{');
    out.number_member("version", 4);
    out.string_member("terraform_version", TERRAFORM_VERSION);
    out.number_member("serial", snapshot.serial);
    out.string_member("lineage", &snapshot.lineage);
    write_content(&mut out, &snapshot.state);
    out.close(b'}');
    let mut bytes = out.into_bytes();
    bytes.push(b'\n');
    bytes
}

pub(super) fn size_hint(state: &State) -> usize {
    let objects = state.resources.values().flat_map(|r| r.instances.values()).flat_map(|i| i.current.iter());
    objects.fold(4096, |sum, object| {
        // Indentation adds about a third.
        sum + OBJECT_FRAME + if let RawState::Json(text) = &object.attributes { text.len() * 3 / 2 } else { 0 }
    })
}

/// Everything but the header.
fn write_content(out: &mut JsonWriter, state: &State) {
    out.key("outputs");
    out.open(b'{');
    for (name, output) in &state.outputs {
        write_output(out, name, output);
    }
    out.close(b'}');
    out.key("resources");
    out.open(b'[');
    for (module, address, resource) in sorted(&state.resources) {
        write_resource(out, &module, address, resource);
    }
    out.close(b']');
    out.key("check_results");
    if state.checks.is_empty() {
        out.token("null");
    } else {
        out.open(b'[');
        state.checks.iter().for_each(|check| write_check(out, check));
        out.close(b']');
    }
}

fn write_output(out: &mut JsonWriter, name: &str, output: &OutputState) {
    let ty = output.value.ty();
    let Ok(value) = json::encode(&output.value, &ty) else { return };
    out.key(name);
    out.open(b'{');
    out.key("value");
    out.json(&value);
    out.key("type");
    out.json(&type_to_json(&ty));
    if output.sensitive {
        out.key("sensitive");
        out.token("true");
    }
    out.close(b'}');
}

/// Resources with the text of their module, in the file's order: by module, mode, type and name as plain text. The
/// model orders modules by their keys, so only states with modules need sorting.
fn sorted(resources: &BTreeMap<AbsResource, ResourceState>) -> Vec<(String, &AbsResource, &ResourceState)> {
    let mut list: Vec<_> = resources.iter().map(|(a, r)| (a.module.to_string(), a, r)).collect();
    list.sort_by(|(module, a, _), (other, b, _)| module.cmp(other).then_with(|| a.resource.cmp(&b.resource)));
    list
}

fn write_resource(out: &mut JsonWriter, module: &str, address: &AbsResource, resource: &ResourceState) {
    out.element();
    out.open(b'{');
    if !module.is_empty() {
        out.string_member("module", module);
    }
    out.string_member("mode", address.resource.mode.name());
    out.string_member("type", &address.resource.kind);
    out.string_member("name", &address.resource.name);
    // Where instances belong to instances of a provider, each tells its own (as OpenTofu has it).
    let each_has_own = resource.instances.values().any(|instance| !instance.provider_key.is_none());
    if !each_has_own {
        out.string_member("provider", &resource.provider.to_string());
    }
    out.key("instances");
    out.open(b'[');
    for (key, instance) in &resource.instances {
        let provider = each_has_own.then(|| resource.provider.instance(instance.provider_key.clone()).to_string());
        if let Some(object) = &instance.current {
            write_object(out, key, None, provider.as_deref(), object);
        }
        for (deposed, object) in &instance.deposed {
            write_object(out, key, Some(deposed), provider.as_deref(), object);
        }
    }
    out.close(b']');
    out.close(b'}');
}

fn write_object(
    out: &mut JsonWriter,
    key: &InstanceKey,
    deposed: Option<&DeposedKey>,
    provider: Option<&str>,
    object: &ObjectState,
) {
    out.element();
    out.open(b'{');
    match key {
        InstanceKey::None => {}
        InstanceKey::Int(index) => out.number_member("index_key", *index),
        InstanceKey::String(text) => out.string_member("index_key", text),
    }
    if object.status == ObjectStatus::Tainted {
        out.string_member("status", "tainted");
    }
    if let Some(key) = deposed {
        out.string_member("deposed", &key.0);
    }
    if let Some(provider) = provider {
        out.string_member("provider", provider);
    }
    out.number_member("schema_version", object.schema_version);
    match &object.attributes {
        RawState::Json(text) => {
            out.key("attributes");
            out.json(text);
        }
        RawState::Flatmap(entries) => write_flatmap(out, entries),
    }
    out.key("sensitive_attributes");
    out.open(b'[');
    object.sensitive.iter().for_each(|path| write_path(out, path));
    out.close(b']');
    if let Some(identity) = &object.identity {
        out.number_member("identity_schema_version", object.identity_schema_version);
        out.key("identity");
        out.json(identity);
    }
    if !object.private.is_empty() {
        out.string_member("private", &STANDARD.encode(&object.private));
    }
    if !object.dependencies.is_empty() {
        out.key("dependencies");
        out.open(b'[');
        for dependency in &object.dependencies {
            out.element();
            out.string(&dependency.to_string());
        }
        out.close(b']');
    }
    if object.create_before_destroy {
        out.key("create_before_destroy");
        out.token("true");
    }
    out.close(b'}');
}

fn write_flatmap(out: &mut JsonWriter, entries: &[(Str, Str)]) {
    out.key("attributes_flat");
    out.open(b'{');
    for (key, value) in entries.iter().map(|(k, v)| (k, v)).collect::<BTreeMap<_, _>>() {
        out.string_member(key, value);
    }
    out.close(b'}');
}

fn write_path(out: &mut JsonWriter, path: &Path) {
    out.element();
    out.open(b'[');
    for step in &path.0 {
        out.element();
        out.open(b'{');
        match step {
            PathStep::Attribute(name) => {
                out.string_member("type", "get_attr");
                out.string_member("value", name);
            }
            PathStep::Index(key) => {
                out.string_member("type", "index");
                out.key("value");
                write_index(out, key);
            }
        }
        out.close(b'}');
    }
    out.close(b']');
}

/// A key with its type beside it.
fn write_index(out: &mut JsonWriter, key: &Value) {
    let ty = key.ty();
    out.open(b'{');
    out.key("value");
    out.json(&json::encode(key, &ty).unwrap_or_else(|_| "null".into()));
    out.key("type");
    out.json(&type_to_json(&ty));
    out.close(b'}');
}

fn write_check(out: &mut JsonWriter, check: &CheckResult) {
    let kind = match check.address.kind {
        CheckKind::Resource => "resource",
        CheckKind::Output => "output",
        CheckKind::Check => "check",
        CheckKind::Variable => "var",
    };
    out.element();
    out.open(b'{');
    out.string_member("object_kind", kind);
    out.string_member("config_addr", &check.address.config);
    out.string_member("status", status_name(check.status));
    out.key("objects");
    match &check.objects {
        None => out.token("null"),
        Some(objects) => {
            out.open(b'[');
            for object in objects {
                out.element();
                out.open(b'{');
                out.string_member("object_addr", &object.address);
                out.string_member("status", status_name(object.status));
                write_failures(out, &object.failures);
                out.close(b'}');
            }
            out.close(b']');
        }
    }
    out.close(b'}');
}

fn write_failures(out: &mut JsonWriter, failures: &[Str]) {
    if failures.is_empty() {
        return;
    }
    out.key("failure_messages");
    out.open(b'[');
    for failure in failures {
        out.element();
        out.string(failure);
    }
    out.close(b']');
}

fn status_name(status: CheckStatus) -> &'static str {
    match status {
        CheckStatus::Pass => "pass",
        CheckStatus::Unknown => "unknown",
        CheckStatus::Fail => "fail",
        CheckStatus::Error => "error",
    }
}
