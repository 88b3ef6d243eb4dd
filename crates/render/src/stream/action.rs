//! Messages about actions.

use super::change::address;
use super::line;
use crate::json::writer::JsonWriter;
use formwork_model::{ActionInstance, ActionProgress, InstanceKey, Invocation, InvocationCause};

/// What is told while an action is invoked.
pub(super) fn write_progress(
    action: &ActionInstance,
    cause: &InvocationCause,
    progress: &ActionProgress,
    at: &str,
) -> String {
    let (kind, text, value) = match progress {
        ActionProgress::Started => ("action_start", format!("Action started: {action}"), None),
        ActionProgress::Told(message) => {
            ("action_progress", format!("{action} - {message}"), Some(("message", message)))
        }
        ActionProgress::Finished => ("action_complete", format!("Action complete: {action}"), None),
        ActionProgress::Failed(message) => {
            ("action_errored", format!("Action errored: {action} - {message}"), Some(("error", message)))
        }
    };
    let message = match cause {
        InvocationCause::Trigger { resource, block, .. } if *progress == ActionProgress::Started => {
            format!("{resource}.trigger[{block}]: {text}")
        }
        InvocationCause::Trigger { resource, block, .. } => format!("{resource} ({block}): {text}"),
        InvocationCause::Request => text,
    };
    line("info", &message, at, |w| {
        w.key("hook").object(|w| {
            write_action(w.key("action"), action);
            if let Some((name, value)) = value {
                w.key(name).string(value);
            }
            match cause {
                InvocationCause::Trigger { resource, event, block, index } => w.key("lifecycle").object(|w| {
                    address(w.key("resource"), resource);
                    w.key("trigger_index").unsigned(*block as u64);
                    w.key("actions_index").unsigned(*index as u64);
                    w.key("trigger_event").string(event.name());
                }),
                InvocationCause::Request => w.key("invoke").object(|_| {}),
            }
        });
        w.key("type").string(kind);
    })
}

/// A `planned_action_invocation` message.
pub(super) fn write_planned(invocation: &Invocation, at: &str) -> String {
    let action = &invocation.action;
    let message = format!("planned action invocation: {}{}", action.action, action.key);
    line("info", &message, at, |w| {
        w.key("invocation").object(|w| {
            write_action(w.key("action_addr"), action);
            match &invocation.cause {
                InvocationCause::Trigger { resource, event, block, index } => {
                    w.key("lifecycle_trigger").object(|w| {
                        address(w.key("triggering_resource"), resource);
                        w.key("triggering_event").string(event.name());
                        w.key("action_trigger_block_index").unsigned(*block as u64);
                        w.key("actions_list_index").unsigned(*index as u64);
                    });
                }
                InvocationCause::Request => w.key("action_trigger").object(|_| {}),
            }
        });
        w.key("type").string("planned_action_invocation");
    })
}

fn write_action(w: &mut JsonWriter, action: &ActionInstance) {
    w.object(|w| {
        w.key("addr").string(&action.to_string());
        w.key("module").string(&action.module.to_string());
        w.key("action").string(&format!("{}{}", action.action, action.key));
        w.key("implied_provider").string(action.action.implied_provider());
        w.key("action_type").string(&action.action.kind);
        w.key("action_name").string(&action.action.name);
        w.key("action_key");
        match &action.key {
            InstanceKey::None => w.null(),
            InstanceKey::Int(n) => w.unsigned(*n),
            InstanceKey::String(s) => w.string(s),
        }
    });
}
