//! Provisioners.

use crate::stage::{Configured, Stage};
use formwork_config::{OnFailure, ProvisionerBlock, ResourceBlock, When, connection_schema, provisioner_schema};
use formwork_diag::{Diagnostic, Severity};
use formwork_eval::decode_block;
use formwork_hcl::{Body, Scope};
use formwork_model::{Event, ProvisionerRequest, ResourceInstance};
use formwork_value::Value;

pub(crate) fn has_create_time(block: &ResourceBlock) -> bool {
    block.provisioners.iter().any(|p| p.when == When::Create)
}

/// Runs the creation-time provisioners of a new object. True if none fails (or may).
pub(crate) async fn run_create_time(
    stage: &Stage<'_>,
    configured: &Configured,
    address: &ResourceInstance,
    value: &Value,
) -> bool {
    run_all(stage, configured, address, value, When::Create).await
}

/// Runs the destroy-time provisioners of an object that is about to go.
pub(crate) async fn run_destroy_time(stage: &Stage<'_>, address: &ResourceInstance, value: &Value) -> bool {
    match stage.configured(address) {
        Some(configured) => run_all(stage, &configured, address, value, When::Destroy).await,
        None => true,
    }
}

async fn run_all(
    stage: &Stage<'_>,
    configured: &Configured,
    address: &ResourceInstance,
    value: &Value,
    when: When,
) -> bool {
    for provisioner in configured.block.provisioners.iter().filter(|p| p.when == when) {
        let good = run(stage, configured, address, value, provisioner).await;
        if !good && provisioner.on_failure == OnFailure::Fail {
            return false;
        }
    }
    true
}

async fn run(
    stage: &Stage<'_>,
    configured: &Configured,
    address: &ResourceInstance,
    value: &Value,
    provisioner: &ProvisionerBlock,
) -> bool {
    let scope = stage.scope(configured, address).with_self(value.clone());
    let (config, problems) =
        decode_block(&provisioner.body, &provisioner_schema(&provisioner.kind).unwrap_or_default(), &scope);
    let failed = problems.has_errors();
    stage.report(problems.into_iter().map(|p| p.address(address)).collect());
    if failed {
        return false;
    }
    let connection = connection(configured, provisioner, &scope);
    let kind = &provisioner.kind;
    let events = stage.inputs.events;
    events.emit(Event::ProvisionStarted { address: address.clone(), provisioner: kind.clone() });
    let secret = config.marks_deep().is_sensitive() || connection.marks_deep().is_sensitive();
    let output = |line: &str| {
        let line = if secret { "(output suppressed due to sensitive value in config)" } else { line };
        events.emit(Event::ProvisionOutput { address: address.clone(), provisioner: kind.clone(), line: line.into() });
    };
    let request = ProvisionerRequest { address: address.clone(), kind: kind.clone(), config, connection };
    match stage.inputs.provisioner.run(request, &output).await {
        Ok(()) => {
            events.emit(Event::ProvisionFinished { address: address.clone(), provisioner: kind.clone() });
            true
        }
        Err(message) => {
            events.emit(Event::ProvisionFailed { address: address.clone(), provisioner: kind.clone() });
            let detail = if secret {
                "The error message is not shown, because the provisioner's configuration has sensitive values."
                    .to_string()
            } else {
                message
            };
            let mut diagnostic = Diagnostic::error(format!("{kind} provisioner error"), detail)
                .at(provisioner.header_span)
                .address(address);
            if provisioner.on_failure == OnFailure::Continue {
                diagnostic.severity = Severity::Warning;
            }
            stage.report_one(diagnostic);
            false
        }
    }
}

/// The connection: the provisioner's own, else the resource's. Null if there is none.
fn connection(configured: &Configured, provisioner: &ProvisionerBlock, scope: &dyn Scope) -> Value {
    let evaluate = |body: &Body| decode_block(body, &connection_schema(), scope).0;
    let own = provisioner.connection.as_ref().map(evaluate);
    let outer = configured.block.connection.as_ref().map(evaluate);
    match (own, outer) {
        (None, None) => Value::null(connection_schema().implied_type()),
        (Some(value), None) | (None, Some(value)) => value,
        (Some(own), Some(outer)) => {
            let merged = own.as_mapping().into_iter().flatten().map(|(name, value)| {
                let value = if value.is_null() { outer.get(name).unwrap_or(value) } else { value };
                (name.clone(), value.clone())
            });
            Value::object(merged)
        }
    }
}
