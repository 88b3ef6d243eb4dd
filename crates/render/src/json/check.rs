//! Results of checks.

use super::writer::JsonWriter;
use formwork_model::{AbsResource, CheckKind, CheckObject, CheckResult, CheckStatus, InstanceKey, ResourceInstance};

/// Writes results sorted by address (plan-formats.md 5).
pub(crate) fn write_checks(w: &mut JsonWriter, checks: &[CheckResult]) {
    let mut sorted: Vec<&CheckResult> = checks.iter().collect();
    sorted.sort_by(|a, b| a.address.config.cmp(&b.address.config));
    w.array(|w| sorted.iter().for_each(|check| write_check(w, check)));
}

fn write_check(w: &mut JsonWriter, check: &CheckResult) {
    w.object(|w| {
        write_static_address(w.key("address"), check);
        w.key("status").string(status_name(check.status));
        if let Some(objects) = check.objects.as_ref().filter(|objects| !objects.is_empty()) {
            let mut sorted: Vec<&CheckObject> = objects.iter().collect();
            sorted.sort_by(|a, b| a.address.cmp(&b.address));
            w.key("instances").array(|w| sorted.iter().for_each(|o| write_object(w, check.address.kind, o)));
        }
    });
}

/// Keys are in alphabetical order here.
fn write_static_address(w: &mut JsonWriter, check: &CheckResult) {
    let text = &*check.address.config;
    let resource = AbsResource::parse(text).ok().filter(|_| check.address.kind == CheckKind::Resource);
    w.object(|w| {
        w.key("kind").string(match check.address.kind {
            CheckKind::Resource => "resource",
            CheckKind::Output => "output_value",
            CheckKind::Check => "check",
            CheckKind::Variable => "var",
        });
        match &resource {
            Some(resource) => {
                w.key("mode").string(resource.resource.mode.name());
                write_module(w, &resource.module.to_string());
                w.key("name").string(&resource.resource.name);
                w.key("to_display").string(text);
                w.key("type").string(&resource.resource.kind);
            }
            None => {
                let (module, name) = split_address(text);
                write_module(w, module);
                w.key("name").string(name);
                w.key("to_display").string(text);
            }
        }
    });
}

fn write_module(w: &mut JsonWriter, module: &str) {
    if !module.is_empty() {
        w.key("module").string(module);
    }
}

fn write_object(w: &mut JsonWriter, kind: CheckKind, object: &CheckObject) {
    let instance = ResourceInstance::parse(&object.address).ok().filter(|_| kind == CheckKind::Resource);
    w.object(|w| {
        w.key("address").object(|w| {
            match &instance {
                Some(instance) => {
                    match &instance.key {
                        InstanceKey::None => {}
                        InstanceKey::Int(n) => w.key("instance_key").unsigned(*n),
                        InstanceKey::String(s) => w.key("instance_key").string(s),
                    }
                    write_module(w, &instance.module.to_string());
                }
                None => write_module(w, split_address(&object.address).0),
            }
            w.key("to_display").string(&object.address);
        });
        w.key("status").string(status_name(object.status));
        if !object.failures.is_empty() {
            w.key("problems").array(|w| {
                object.failures.iter().for_each(|m| w.object(|w| w.key("message").string(m)));
            });
        }
    });
}

/// Module and name of `module.m["k"].output.x`; names have no dots.
fn split_address(text: &str) -> (&str, &str) {
    let (front, name) = text.rsplit_once('.').unwrap_or(("", text));
    let module = front.rsplit_once('.').map_or("", |(module, _kind)| module);
    (module, name)
}

fn status_name(status: CheckStatus) -> &'static str {
    match status {
        CheckStatus::Pass => "pass",
        CheckStatus::Unknown => "unknown",
        CheckStatus::Fail => "fail",
        CheckStatus::Error => "error",
    }
}
