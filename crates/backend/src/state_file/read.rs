//! Decoding.

use super::file::{Check, File, Head, Instance, Output, Resource, Step};
use super::names::Names;
use super::{StateFileError, legacy};
use crate::json_text::compact;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use formwork_model::{
    AbsResource, CheckKind, CheckObject, CheckResult, CheckStatus, CheckableAddress, DeposedKey, InstanceKey,
    InstanceState, ObjectState, ObjectStatus, OutputState, RawState, ResourceMode, ResourceState, State, StateSnapshot,
};
use formwork_value::{Path, Str, Type, json, type_from_json};
use serde_json::error::Category;
use serde_json::value::RawValue;
use std::sync::Arc;

pub(super) fn decode(bytes: &[u8]) -> Result<StateSnapshot, StateFileError> {
    if bytes.starts_with(b"tfstate") {
        return Err(StateFileError::Binary);
    }
    let text = std::str::from_utf8(bytes).map_err(|error| not_text(bytes, error.valid_up_to()))?;
    match serde_json::from_str::<File<'_>>(text) {
        Ok(File { encrypted_data: Some(_), version: None, .. }) => Err(StateFileError::Encrypted),
        Ok(file @ File { version: Some(4), .. }) => snapshot(file),
        Ok(File { version: Some(version @ 1..=3), .. }) => legacy::decode(text, version),
        Ok(File { version: Some(version), terraform_version, .. }) => {
            Err(StateFileError::UnsupportedVersion { version: version.to_string(), terraform_version })
        }
        Ok(File { version: None, .. }) => Err(StateFileError::NoVersion),
        Err(error) => diagnose(text, error),
    }
}

fn not_text(bytes: &[u8], valid: usize) -> StateFileError {
    let before = bytes.get(..valid).unwrap_or_default();
    let line = before.iter().filter(|b| **b == b'\n').count() + 1;
    let column = before.iter().rev().take_while(|b| **b != b'\n').count() + 1;
    StateFileError::Malformed { line, column, reason: "it is not UTF-8 text".into() }
}

/// Finds the most helpful error for a file that does not fit the layout of version 4. Old versions may differ from it.
fn diagnose(text: &str, error: serde_json::Error) -> Result<StateSnapshot, StateFileError> {
    if let Ok(head) = serde_json::from_str::<Head<'_>>(text) {
        let version = head.version.map(|v| v.get().trim_matches('"'));
        match version {
            None if head.encrypted_data.is_some() => return Err(StateFileError::Encrypted),
            None => return Err(StateFileError::NoVersion),
            Some("1" | "2" | "3") => return legacy::decode(text, version.and_then(|v| v.parse().ok()).unwrap_or(3)),
            Some("4") => {}
            Some(other) => {
                let terraform_version = head.terraform_version.map(|v| v.get().trim_matches('"').to_owned());
                return Err(StateFileError::UnsupportedVersion { version: other.to_owned(), terraform_version });
            }
        }
    }
    Err(json_error(text, &error))
}

pub(super) fn json_error(text: &str, error: &serde_json::Error) -> StateFileError {
    if error.classify() == Category::Eof {
        return StateFileError::Truncated { bytes: text.len() };
    }
    // The library's messages end with the position, which is told apart.
    let message = error.to_string();
    let reason = message.rsplit_once(" at line ").map_or(message.as_str(), |(reason, _)| reason).to_owned();
    StateFileError::Malformed { line: error.line(), column: error.column(), reason }
}

/// Versions of that program have been more than three numbers, and fewer.
fn is_version(text: &str) -> bool {
    let text = text.strip_prefix('v').unwrap_or(text);
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (numbers, rest) = text.split_at(end);
    let numbers = numbers.split('.').all(|number| !number.is_empty());
    numbers
        && (rest.is_empty() || rest.starts_with(['-', '+', '~']) || rest.starts_with(|c: char| c.is_ascii_alphabetic()))
}

fn snapshot(file: File<'_>) -> Result<StateSnapshot, StateFileError> {
    if let Some(version) = file.terraform_version.as_deref().filter(|v| !v.is_empty() && !is_version(v)) {
        return Err(StateFileError::invalid("terraform_version", format!("{version:?} is not a version")));
    }
    let mut names = Names::default();
    let mut state = State::default();
    for (name, output) in file.outputs.unwrap_or_default() {
        let output = read_output(&name, &output)?;
        state.outputs.insert(names.text(&name), output);
    }
    for resource in file.resources.unwrap_or_default() {
        read_resource(&mut state, &mut names, resource)?;
    }
    state.checks = file.check_results.unwrap_or_default().into_iter().filter_map(read_check).collect();
    Ok(StateSnapshot {
        lineage: file.lineage.unwrap_or_default().into(),
        serial: file.serial.unwrap_or_default(),
        terraform_version: file.terraform_version.unwrap_or_default().into(),
        state,
    })
}

fn read_output(name: &str, output: &Output<'_>) -> Result<OutputState, StateFileError> {
    let at = || format!("output {name:?}");
    let ty = match output.ty {
        Some(ty) => type_from_json(ty.get()).map_err(|reason| StateFileError::invalid(at(), reason))?,
        None => Type::Dynamic,
    };
    let text = output.value.map_or("null", RawValue::get);
    let value = json::decode(text, &ty).map_err(|error| StateFileError::invalid(at(), error))?;
    Ok(OutputState { value, sensitive: output.sensitive.unwrap_or_default() })
}

fn read_resource(state: &mut State, names: &mut Names, resource: Resource<'_>) -> Result<(), StateFileError> {
    let mode = match &*resource.mode {
        "managed" => ResourceMode::Managed,
        "data" => ResourceMode::Data,
        other => {
            let at = format!("resource {}.{}", resource.kind, resource.name);
            return Err(StateFileError::invalid(at, format!("mode {other:?} is neither \"managed\" nor \"data\"")));
        }
    };
    let address = AbsResource {
        module: names.module(&resource.module)?,
        resource: formwork_model::Resource { mode, kind: names.text(&resource.kind), name: names.text(&resource.name) },
    };
    let instances = resource.instances.unwrap_or_default();
    let provider = match &*resource.provider {
        "" => per_instance_provider(&address, &instances, names),
        text => names.provider(text).map(|provider| provider.config()),
    };
    let provider = match provider {
        // Nothing is lost without it.
        Err(_) if instances.is_empty() => return Ok(()),
        provider => provider?,
    };
    let entry = state
        .resources
        .entry(address.clone())
        .or_insert_with(|| ResourceState { provider, instances: Default::default() });
    for instance in instances {
        let key = read_key(&address, instance.index_key)?;
        let target = entry.instances.entry(key.clone()).or_default();
        if let Some(provider) = &instance.provider {
            target.provider_key = names.provider(provider)?.key;
        }
        add_object(target, instance, names, || address.instance(key.clone()).to_string())?;
    }
    Ok(())
}

/// The provider is noted with each instance if it has instances itself: all of one configuration.
fn per_instance_provider(
    address: &AbsResource,
    instances: &[Instance<'_>],
    names: &mut Names,
) -> Result<formwork_model::ProviderConfigAddress, StateFileError> {
    let mut providers = instances.iter().filter_map(|i| i.provider.as_deref());
    let first = providers.next().ok_or_else(|| StateFileError::invalid(address, "it has no provider"))?;
    let first = names.provider(first)?.config();
    for other in providers {
        if names.provider(other)?.config() != first {
            let reason = "its instances belong to different provider configurations";
            return Err(StateFileError::invalid(address, reason));
        }
    }
    Ok(first)
}

fn read_key(address: &AbsResource, key: Option<&RawValue>) -> Result<InstanceKey, StateFileError> {
    let Some(text) = key.map(RawValue::get) else { return Ok(InstanceKey::None) };
    if text.starts_with('"') {
        if let Ok(text) = serde_json::from_str::<String>(text) {
            return Ok(InstanceKey::String(text.into()));
        }
    } else if let Ok(number) = text.parse() {
        return Ok(InstanceKey::Int(number));
    }
    let reason = format!("{text} is not an instance key; keys are whole numbers and strings");
    Err(StateFileError::invalid(address, reason))
}

fn add_object(
    target: &mut InstanceState,
    instance: Instance<'_>,
    names: &mut Names,
    address: impl Fn() -> String + Clone,
) -> Result<(), StateFileError> {
    let deposed = instance.deposed.clone().filter(|key| !key.is_empty());
    let object = Arc::new(read_object(instance, names, address.clone())?);
    let taken = match deposed {
        None => target.current.replace(object).is_some(),
        Some(key) if key.len() != 8 => {
            let reason = format!("the deposed key {key:?} does not have 8 characters");
            return Err(StateFileError::invalid(address(), reason));
        }
        Some(key) => target.deposed.insert(DeposedKey(key.into()), object).is_some(),
    };
    if taken { Err(StateFileError::Duplicate { address: address() }) } else { Ok(()) }
}

fn read_object(
    instance: Instance<'_>,
    names: &mut Names,
    address: impl Fn() -> String,
) -> Result<ObjectState, StateFileError> {
    let invalid = |reason: String| StateFileError::invalid(address(), reason);
    let status = match instance.status.as_deref() {
        None | Some("") => ObjectStatus::Ready,
        Some("tainted") => ObjectStatus::Tainted,
        Some(other) => return Err(invalid(format!("the status {other:?} is not known"))),
    };
    let too_deep = || invalid("its attributes are nested too deeply".into());
    let attributes = match (instance.attributes, instance.attributes_flat) {
        (Some(text), _) => RawState::Json(compact(text.get()).ok_or_else(too_deep)?.into()),
        (None, Some(flat)) => RawState::Flatmap(flat.into_iter().map(|(k, v)| (k.into(), v.into())).collect()),
        (None, None) => RawState::Json("{}".into()),
    };
    let identity = instance.identity.map(|text| compact(text.get()).ok_or_else(too_deep)).transpose()?;
    let private = instance.private.unwrap_or_default();
    let private = STANDARD
        .decode(private.as_bytes())
        .map_err(|error| invalid(format!("the private data is not valid base64: {error}")))?;
    let paths = instance.sensitive_attributes.unwrap_or_default();
    let sensitive = paths.iter().map(|path| read_path(path)).collect::<Result<Vec<_>, _>>().map_err(invalid)?;
    let mut dependencies = Vec::new();
    for text in instance.dependencies.unwrap_or_default() {
        dependencies.push(names.dependency(&text)?);
    }
    Ok(ObjectState {
        schema_version: instance.schema_version.unwrap_or_default(),
        attributes,
        sensitive,
        private,
        identity_schema_version: instance.identity_schema_version.unwrap_or_default(),
        identity: identity.map(Str::from),
        status,
        dependencies,
        create_before_destroy: instance.create_before_destroy.unwrap_or_default(),
    })
}

fn read_path(steps: &[Step<'_>]) -> Result<Path, String> {
    steps.iter().try_fold(Path::root(), |path, step| {
        let text = step.value.map_or("null", RawValue::get);
        let failed = |error: &dyn std::fmt::Display| format!("a step of a sensitive path is not valid: {error}");
        match &*step.kind {
            "get_attr" => serde_json::from_str::<String>(text).map(|n| path.attribute(n)).map_err(|e| failed(&e)),
            "index" => json::decode(text, &Type::Dynamic).map(|key| path.index(key)).map_err(|e| failed(&e)),
            other => Err(failed(&format!("the type {other:?} is not known"))),
        }
    })
}

/// Unknown kinds are dropped, unknown statuses are `Unknown` (source: fact sheet `state-v4.md` 5).
fn read_check(check: Check) -> Option<CheckResult> {
    let kind = match check.object_kind.as_str() {
        "resource" => CheckKind::Resource,
        "output" => CheckKind::Output,
        "check" => CheckKind::Check,
        "var" => CheckKind::Variable,
        _ => return None,
    };
    let object = |object: super::file::CheckObject| CheckObject {
        address: object.object_addr.into(),
        status: read_status(&object.status),
        failures: object.failure_messages.unwrap_or_default().into_iter().map(Str::from).collect(),
    };
    Some(CheckResult {
        address: CheckableAddress { kind, config: check.config_addr.into() },
        status: read_status(&check.status),
        objects: check.objects.map(|objects| objects.into_iter().map(object).collect()),
    })
}

fn read_status(text: &str) -> CheckStatus {
    match text {
        "pass" => CheckStatus::Pass,
        "fail" => CheckStatus::Fail,
        "error" => CheckStatus::Error,
        _ => CheckStatus::Unknown,
    }
}
