//! Planned changes and drift as messages.

use super::line;
use crate::json::value::write_known;
use crate::json::writer::JsonWriter;
use formwork_model::{Action, ActionReason, InstanceKey, ResourceChange, ResourceInstance};

/// Writes the object that stands for a resource instance in messages.
pub(super) fn address(w: &mut JsonWriter, of: &ResourceInstance) {
    w.object(|w| {
        w.key("addr").string(&of.to_string());
        w.key("module").string(&of.module.to_string());
        w.key("resource").string(&format!("{}{}", of.resource, of.key));
        w.key("implied_provider").string(of.resource.implied_provider());
        w.key("resource_type").string(&of.resource.kind);
        w.key("resource_name").string(&of.resource.name);
        w.key("resource_key");
        match &of.key {
            InstanceKey::None => w.null(),
            InstanceKey::Int(n) => w.unsigned(*n),
            InstanceKey::String(s) => w.string(s),
        }
    });
}

/// Name of an operation of an apply.
pub(super) fn operation_name(action: Action) -> &'static str {
    match action {
        Action::NoOp => "noop",
        Action::Create => "create",
        Action::Read => "read",
        Action::Update => "update",
        Action::DeleteThenCreate | Action::CreateThenDelete | Action::ForgetThenCreate => "replace",
        Action::Delete => "delete",
        Action::Forget => "remove",
    }
}

/// Name of what happens to an output.
pub(super) fn output_action(action: Action) -> &'static str {
    operation_name(action)
}

fn change_action(change: &ResourceChange) -> &'static str {
    match change.action {
        Action::NoOp if change.is_moved() => "move",
        Action::NoOp if change.importing.is_some() => "import",
        action => operation_name(action),
    }
}

/// Messages have shorter names for the reasons of replacements than documents.
fn reason_name(reason: ActionReason) -> Option<&'static str> {
    match reason {
        ActionReason::ReplaceBecauseTainted => Some("tainted"),
        ActionReason::ReplaceByRequest => Some("requested"),
        ActionReason::ReplaceByTriggers => Some("replace_triggered_by"),
        ActionReason::ReplaceBecauseCannotUpdate => Some("cannot_update"),
        other => other.name(),
    }
}

/// A `planned_change` or `resource_drift` message.
pub(super) fn write_planned_change(kind: &str, change: &ResourceChange, at: &str) -> String {
    let action = change_action(change);
    let message = if kind == "resource_drift" {
        format!("{}: Drift detected ({action})", change.address)
    } else {
        format!("{}: Plan to {action}", change.address)
    };
    line("info", &message, at, |w| {
        w.key("change").object(|w| {
            address(w.key("resource"), &change.address);
            if change.is_moved() {
                address(w.key("previous_resource"), &change.previous_address);
            }
            w.key("action").string(action);
            if let Some(reason) = reason_name(change.reason) {
                w.key("reason").string(reason);
            }
            if let Some(importing) = &change.importing {
                w.key("importing").object(|w| match (&importing.id, &importing.identity) {
                    (Some(id), _) => w.key("id").string(id),
                    (None, Some(identity)) => write_known(w.key("identity"), identity),
                    (None, None) => w.key("unknown").bool(true),
                });
            }
            if let Some(text) = &change.generated_config {
                w.key("generated_config").string(text);
            }
        });
        w.key("type").string(kind);
    })
}
