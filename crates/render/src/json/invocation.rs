//! Planned invocations of actions.

use super::value::{write_known, write_sensitive, write_unknown};
use super::writer::JsonWriter;
use crate::view::invocation_schema;
use formwork_model::{Invocation, InvocationCause, Plan, with_schema_marks};

/// `action_invocations`. Source: JSON plan format of Terraform 1.14.
pub(super) fn write_invocations(w: &mut JsonWriter, plan: &Plan) {
    if plan.invocations.is_empty() {
        return;
    }
    // Those that were asked for come first.
    let asked = plan.invocations.iter().filter(|i| i.cause == InvocationCause::Request);
    let triggered = plan.invocations.iter().filter(|i| i.cause != InvocationCause::Request);
    w.key("action_invocations").array(|w| asked.chain(triggered).for_each(|i| write_invocation(w, plan, i)));
}

fn write_invocation(w: &mut JsonWriter, plan: &Plan, invocation: &Invocation) {
    let value = match invocation_schema(plan, invocation) {
        Some(schema) => with_schema_marks(schema, &invocation.config),
        None => invocation.config.clone(),
    };
    let action = &invocation.action;
    w.object(|w| {
        w.key("address").string(&action.to_string());
        w.key("type").string(&action.action.kind);
        w.key("name").string(&action.action.name);
        write_known(w.key("config_values"), &value);
        write_sensitive(w.key("config_sensitive"), &value);
        write_unknown(w.key("config_unknown"), &value);
        w.key("provider_name").string(&invocation.provider.provider.to_string());
        match &invocation.cause {
            InvocationCause::Trigger { resource, event, block, index } => {
                w.key("lifecycle_action_trigger").object(|w| {
                    w.key("triggering_resource_address").string(&resource.to_string());
                    w.key("action_trigger_event").string(event.name());
                    w.key("action_trigger_block_index").unsigned(*block as u64);
                    w.key("actions_list_index").unsigned(*index as u64);
                });
            }
            InvocationCause::Request => w.key("invoke_action_trigger").object(|_| {}),
        }
    });
}
