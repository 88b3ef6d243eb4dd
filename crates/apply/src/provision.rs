//! Provisioners.

use crate::stage::{Configured, Stage};
use formwork_config::{OnFailure, ProvisionerBlock, ResourceBlock, When, connection_schema, provisioner_schema};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_eval::{InstanceScope, ModuleId, Repetition, decode_block};
use formwork_hcl::{Body, Scope};
use formwork_model::{Event, ProvisionerRequest, ResourceInstance};
use formwork_value::{Marks, Value};

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
    let scope = stage.scope(configured, address).with_self(value.clone());
    let block = &configured.block;
    run_all(stage, &block.provisioners, block.connection.as_ref(), &scope, address, When::Create).await
}

/// Runs the destroy-time provisioners of an object that is about to go: those of its block, or of the `removed` block that
/// stands for it.
pub(crate) async fn run_destroy_time(stage: &Stage<'_>, address: &ResourceInstance, value: &Value) -> bool {
    if let Some(configured) = stage.configured(address) {
        let scope = stage.scope(&configured, address).with_self(value.clone());
        let block = &configured.block;
        return run_all(stage, &block.provisioners, block.connection.as_ref(), &scope, address, When::Destroy).await;
    }
    let Some(block) = stage.inputs.config.removed(address) else { return true };
    let repetition = Repetition::of_key(&address.key);
    let scope = stage.evaluator.module_scope(ModuleId::ROOT).with_repetition(&repetition).with_self(value.clone());
    run_all(stage, &block.provisioners, block.connection.as_ref(), &scope, address, When::Destroy).await
}

async fn run_all(
    stage: &Stage<'_>,
    provisioners: &[ProvisionerBlock],
    connection: Option<&Body>,
    scope: &InstanceScope<'_>,
    address: &ResourceInstance,
    when: When,
) -> bool {
    for provisioner in provisioners.iter().filter(|p| p.when == when) {
        let Some(request) = request(stage, provisioner, connection, scope, address) else { return false };
        let good = run(stage, provisioner, request).await;
        if !good && provisioner.on_failure == OnFailure::Fail {
            return false;
        }
    }
    true
}

/// The evaluated arguments and connection. `None`: they have errors, which `on_failure` does not excuse.
fn request(
    stage: &Stage<'_>,
    provisioner: &ProvisionerBlock,
    connection: Option<&Body>,
    scope: &InstanceScope<'_>,
    address: &ResourceInstance,
) -> Option<ProvisionerRequest> {
    let schema = provisioner_schema(&provisioner.kind).unwrap_or_default();
    let (config, mut problems) = decode_block(&provisioner.body, &schema, scope);
    let (connection, more) = merged_connection(connection, provisioner, scope);
    problems.extend(more);
    let failed = problems.has_errors();
    stage.report(problems.into_iter().map(|p| p.address(address)).collect());
    let kind = provisioner.kind.clone();
    (!failed).then(|| ProvisionerRequest { address: address.clone(), kind, config, connection })
}

async fn run(stage: &Stage<'_>, provisioner: &ProvisionerBlock, request: ProvisionerRequest) -> bool {
    let (address, kind) = (&request.address.clone(), &provisioner.kind);
    let events = stage.inputs.events;
    events.emit(Event::ProvisionStarted { address: address.clone(), provisioner: kind.clone() });
    let suppressed = suppression(request.config.marks_deep() | request.connection.marks_deep());
    let output = |line: &str| {
        let line = suppressed.unwrap_or(line);
        events.emit(Event::ProvisionOutput { address: address.clone(), provisioner: kind.clone(), line: line.into() });
    };
    let (config, connection) = (request.config.unmark_deep().0, request.connection.unmark_deep().0);
    let request = ProvisionerRequest { config, connection, ..request.clone() };
    match stage.inputs.provisioner.run(request, &output).await {
        Ok(()) => {
            events.emit(Event::ProvisionFinished { address: address.clone(), provisioner: kind.clone() });
            true
        }
        Err(message) => {
            events.emit(Event::ProvisionFailed { address: address.clone(), provisioner: kind.clone() });
            if provisioner.on_failure == OnFailure::Fail {
                let detail = if suppressed.is_some() {
                    "The error message is not shown, because the provisioner's configuration has sensitive or ephemeral values."
                        .into()
                } else {
                    message
                };
                stage.report_one(
                    Diagnostic::error(format!("{kind} provisioner error"), detail)
                        .at(provisioner.header_span)
                        .address(address),
                );
            }
            false
        }
    }
}

/// What is said instead of each line of output, if the configuration has values that the output could show. The
/// ecosystem's words.
fn suppression(marks: Marks) -> Option<&'static str> {
    match (marks.is_sensitive(), marks.contains(Marks::EPHEMERAL)) {
        (true, true) => Some("(output suppressed due to sensitive, ephemeral value in config)"),
        (true, false) => Some("(output suppressed due to sensitive value in config)"),
        (false, true) => Some("(output suppressed due to ephemeral value in config)"),
        (false, false) => None,
    }
}

/// The connection: the provisioner's own, else the resource's. Null if there is none.
fn merged_connection(outer: Option<&Body>, provisioner: &ProvisionerBlock, scope: &dyn Scope) -> (Value, Diagnostics) {
    let body = match (outer, &provisioner.connection) {
        (None, None) => return (Value::null(connection_schema().implied_type()), Diagnostics::new()),
        (Some(body), None) | (None, Some(body)) => body.clone(),
        (Some(outer), Some(own)) => outer.overridden_by(own),
    };
    decode_block(&body, &connection_schema(), scope)
}
