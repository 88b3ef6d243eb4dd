//! Versions 1 to 3 of the format: attributes are flat maps, modules are nested by path, resources are keyed by
//! `TYPE.NAME` or `TYPE.NAME.INDEX` (fact sheet `state-v4.md` 11).

use super::StateFileError;
use super::read::json_error;
use formwork_model::{
    AbsResource, ConfigResource, DeposedKey, InstanceKey, InstanceState, ModulePath, ObjectState, ObjectStatus,
    OutputState, ProviderAddress, ProviderConfigAddress, RawState, Resource, ResourceMode, ResourceState, State,
    StateSnapshot, TargetAddress,
};
use formwork_value::{Str, Type, Value, convert, json};
use serde::Deserialize;
use serde_json::Value as Json;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Deserialize)]
struct File<'a> {
    terraform_version: Option<String>,
    serial: Option<u64>,
    lineage: Option<String>,
    #[serde(borrow)]
    modules: Option<Vec<Module<'a>>>,
}

#[derive(Deserialize)]
struct Module<'a> {
    path: Option<Vec<String>>,
    /// Version 1: plain texts; later: objects with type and value.
    #[serde(borrow)]
    outputs: Option<BTreeMap<String, &'a RawValue>>,
    resources: Option<BTreeMap<String, OldResource>>,
}

#[derive(Deserialize)]
struct Output<'a> {
    #[serde(borrow)]
    value: Option<&'a RawValue>,
    sensitive: Option<bool>,
}

#[derive(Deserialize)]
struct OldResource {
    #[serde(rename = "type")]
    kind: Option<String>,
    depends_on: Option<Vec<String>>,
    primary: Option<OldInstance>,
    deposed: Option<Vec<OldInstance>>,
    /// Version 1: tainted objects stood apart.
    tainted: Option<Vec<OldInstance>>,
    provider: Option<String>,
}

#[derive(Deserialize)]
struct OldInstance {
    id: Option<String>,
    attributes: Option<BTreeMap<String, String>>,
    meta: Option<BTreeMap<String, Json>>,
    tainted: Option<bool>,
}

pub(super) fn decode(text: &str, version: u64) -> Result<StateSnapshot, StateFileError> {
    let file: File<'_> = serde_json::from_str(text).map_err(|error| json_error(text, &error))?;
    let mut state = State::default();
    for module in file.modules.unwrap_or_default() {
        let path = module.path.unwrap_or_default();
        let calls = path.strip_prefix(["root".to_owned()].as_slice()).unwrap_or(&path);
        let path = ModulePath(calls.iter().map(|name| Str::from(name.as_str())).collect());
        if path.is_root() {
            for (name, output) in module.outputs.unwrap_or_default() {
                let output = read_output(&name, output)?;
                state.outputs.insert(name.into(), output);
            }
        }
        for (key, resource) in module.resources.unwrap_or_default() {
            read_resource(&mut state, &path, &key, resource, version)?;
        }
    }
    Ok(StateSnapshot {
        lineage: file.lineage.unwrap_or_default().into(),
        serial: file.serial.unwrap_or_default(),
        terraform_version: file.terraform_version.unwrap_or_default().into(),
        state,
    })
}

fn read_output(name: &str, text: &RawValue) -> Result<OutputState, StateFileError> {
    let invalid = |error: &dyn std::fmt::Display| StateFileError::invalid(format!("output {name:?}"), error);
    if text.get().starts_with('"') {
        let value: String = serde_json::from_str(text.get()).map_err(|e| invalid(&e))?;
        return Ok(OutputState { value: Value::from(value), sensitive: false });
    }
    let output: Output<'_> = serde_json::from_str(text.get()).map_err(|e| invalid(&e))?;
    let value = json::decode_plain(output.value.map_or("null", RawValue::get)).map_err(|e| invalid(&e))?;
    let value = convert(&value, &collection_type(&value.ty())).unwrap_or(value);
    Ok(OutputState { value, sensitive: output.sensitive.unwrap_or_default() })
}

/// Languages of that time had only lists and maps: what has elements of one type is taken for one.
fn collection_type(ty: &Type) -> Type {
    let element = |types: Vec<&Type>| {
        let (first, others) = types.split_first()?;
        others.iter().all(|other| other == first).then(|| Arc::new(collection_type(first)))
    };
    match ty {
        Type::Tuple(items) => element(items.iter().collect()).map(Type::List),
        Type::Object(object) => element(object.attributes.values().collect()).map(Type::Map),
        _ => None,
    }
    .unwrap_or_else(|| ty.clone())
}

fn read_resource(
    state: &mut State,
    module: &ModulePath,
    key: &str,
    old: OldResource,
    version: u64,
) -> Result<(), StateFileError> {
    let invalid = |reason: &str| StateFileError::invalid(format!("resource {key:?}"), reason);
    let (resource, index) = parse_key(key).ok_or_else(|| invalid("the key has no meaning"))?;
    let address = AbsResource { module: module.without_keys(), resource };
    if !is_address(&address.to_string()) {
        return Err(invalid("the key is no address"));
    }
    let provider = provider_of(module, &address.resource, old.provider.as_deref(), old.kind.as_deref())?;
    if ProviderConfigAddress::parse(&provider.to_string()).as_ref() != Ok(&provider) {
        return Err(invalid("its provider has no name that could be one"));
    }
    let depends_on = old.depends_on.unwrap_or_default();
    let mut dependencies: Vec<ConfigResource> = depends_on.iter().filter_map(|d| dependency(module, d)).collect();
    dependencies.sort();
    dependencies.dedup();
    let mut instance = InstanceState::default();
    if let Some(primary) = old.primary {
        instance.current = object(primary, false, &dependencies, version)?;
    }
    let tainted = old.tainted.unwrap_or_default().into_iter().map(|i| (i, true));
    let deposed = old.deposed.unwrap_or_default().into_iter().map(|i| (i, false));
    for (number, (old, tainted)) in tainted.chain(deposed).enumerate() {
        if let Some(object) = object(old, tainted, &dependencies, version)? {
            // Old files have no keys; the place in the file serves as one.
            instance.deposed.insert(DeposedKey(format!("{:08x}", number + 1).into()), object);
        }
    }
    if instance.is_empty() {
        return Ok(());
    }
    let text = || address.instance(index.clone()).to_string();
    let entry = state
        .resources
        .entry(address.clone())
        .or_insert_with(|| ResourceState { provider, instances: Default::default() });
    match entry.instances.insert(index.clone(), instance) {
        Some(_) => Err(StateFileError::Duplicate { address: text() }),
        None => Ok(()),
    }
}

/// Splits `[data.]TYPE.NAME[.INDEX]`.
fn parse_key(key: &str) -> Option<(Resource, InstanceKey)> {
    let (mode, rest) = match key.strip_prefix("data.") {
        Some(rest) => (ResourceMode::Data, rest),
        None => (ResourceMode::Managed, key),
    };
    let parts: Vec<&str> = rest.split('.').collect();
    match parts.as_slice() {
        [kind, name] if !kind.is_empty() && !name.is_empty() => {
            Some((Resource::new(mode, *kind, *name), InstanceKey::None))
        }
        [kind, name, index] if !kind.is_empty() && !name.is_empty() => {
            Some((Resource::new(mode, *kind, *name), InstanceKey::Int(index.parse().ok()?)))
        }
        _ => None,
    }
}

/// The provider as the file names it, or the one that the type implies; without namespace, as that time had none.
fn provider_of(
    module: &ModulePath,
    resource: &Resource,
    written: Option<&str>,
    kind: Option<&str>,
) -> Result<ProviderConfigAddress, StateFileError> {
    let Some(text) = written.filter(|text| !text.is_empty()) else {
        let name = kind.unwrap_or(&resource.kind).split('_').next().unwrap_or_default();
        let provider = match name {
            "terraform" => ProviderAddress::builtin("terraform"),
            name => ProviderAddress::new(ProviderAddress::DEFAULT_HOST, "-", name),
        };
        return Ok(ProviderConfigAddress { module: module.clone(), provider, alias: None, key: InstanceKey::None });
    };
    let text = if text.contains("provider.") { text.to_owned() } else { format!("provider.{text}") };
    let mut address = ProviderConfigAddress::parse(&text)
        .map_err(|error| StateFileError::invalid(format!("the provider of {resource}"), error))?;
    address.provider.name = address.provider.name.to_lowercase().into();
    if &*address.provider.name == "terraform" {
        address.provider = ProviderAddress::builtin("terraform");
    }
    Ok(address)
}

/// A dependency on a resource of the same module; those on whole modules are left out.
fn dependency(module: &ModulePath, text: &str) -> Option<ConfigResource> {
    let text = text.strip_suffix(".*").unwrap_or(text);
    let (resource, _) = parse_key(text)?;
    let dependency = ConfigResource { module: module.clone(), resource };
    is_address(&dependency.to_string()).then_some(dependency)
}

/// Files of that time hold keys that nobody checked: what is no address of today could be written, but not read again.
fn is_address(text: &str) -> bool {
    matches!(TargetAddress::parse(text), Ok(TargetAddress::Resource(_) | TargetAddress::Instance(_)))
}

fn object(
    old: OldInstance,
    tainted: bool,
    dependencies: &[ConfigResource],
    version: u64,
) -> Result<Option<Arc<ObjectState>>, StateFileError> {
    let id = old.id.unwrap_or_default();
    let mut attributes = old.attributes.unwrap_or_default();
    if id.is_empty() && attributes.is_empty() {
        return Ok(None);
    }
    if version < 3 {
        mark_maps(&mut attributes);
    }
    if !id.is_empty() {
        attributes.insert("id".into(), id);
    }
    let mut meta = old.meta.unwrap_or_default();
    let schema_version = match meta.remove("schema_version") {
        Some(Json::String(text)) => text.parse().unwrap_or_default(),
        Some(Json::Number(number)) => number.as_u64().unwrap_or_default(),
        _ => 0,
    };
    let private = if meta.is_empty() {
        Vec::new()
    } else {
        serde_json::to_vec(&meta).map_err(|error| StateFileError::invalid("meta", error))?
    };
    let tainted = tainted || old.tainted.unwrap_or_default();
    Ok(Some(Arc::new(ObjectState {
        schema_version,
        attributes: RawState::Flatmap(attributes.into_iter().map(|(k, v)| (k.into(), v.into())).collect()),
        sensitive: Vec::new(),
        private,
        identity_schema_version: 0,
        identity: None,
        status: if tainted { ObjectStatus::Tainted } else { ObjectStatus::Ready },
        dependencies: dependencies.to_vec(),
        create_before_destroy: false,
    })))
}

/// Before version 3 the number of elements of a map was kept under `NAME.#` like that of a list; now it is `NAME.%`.
/// A map shows by a key that is not a number.
fn mark_maps(attributes: &mut BTreeMap<String, String>) {
    let counts: Vec<String> = attributes.keys().filter_map(|k| k.strip_suffix(".#").map(str::to_owned)).collect();
    for name in counts {
        let prefix = format!("{name}.");
        let is_map = attributes
            .range(prefix.clone()..)
            .map_while(|(key, _)| key.strip_prefix(&prefix))
            .filter_map(|rest| rest.split('.').next())
            .any(|part| part != "#" && part.parse::<i64>().is_err());
        if is_map && let Some(count) = attributes.remove(&format!("{name}.#")) {
            attributes.insert(format!("{name}.%"), count);
        }
    }
}
