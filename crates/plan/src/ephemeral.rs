//! Ephemeral resources: opened while planning if everything that they need is known, closed at the end.

use crate::check;
use crate::planner::Planner;
use crate::resource::Wanted;
use formwork_config::ResourceBlock;
use formwork_eval::{Expansion, ModuleId, decode_block};
use formwork_model::{AbsResource, ProviderConfigAddress, Schema};
use formwork_object::{open_ephemeral, planned_data};
use formwork_value::{Marks, Value};

/// Opens an instance, or leaves its value unknown for now.
pub(crate) async fn plan_instance(planner: &Planner<'_>, wanted: Wanted<'_>) {
    let address = &wanted.address;
    let Some(provider_address) = planner.provider_address(&wanted) else {
        set_value(planner, &wanted, Value::dynamic());
        return;
    };
    let Some(schema) = planner.schema(&provider_address, address) else { return };
    set_value(planner, &wanted, Value::unknown(schema.block.implied_type()));
    if !planner.scope.reads(&planner.graph, address) {
        return;
    }
    if !planner.has_provider_instance(&provider_address, address) {
        return;
    }
    let Some(provider) = planner.provider(&provider_address).await else { return };
    let Some(config) = evaluate(planner, &wanted, &provider_address, &schema) else { return };
    if !config.is_wholly_known() {
        set_value(planner, &wanted, planned_data(&schema.block, &config.unmark_deep().0));
        return;
    }
    let (value, open, problems) = {
        let _turn = planner.turns.begin().await;
        open_ephemeral(&provider, &schema, address, &config).await
    };
    if let Some(open) = open {
        planner.upkeep.keep_open(open);
    }
    planner.report(wanted.block.located(problems, &wanted.address));
    if let Some(value) = value {
        set_value(planner, &wanted, value.clone());
        check::resource_after(planner, &wanted, &value);
    }
}

/// The value goes to those who refer to it, and nowhere else: plans are stored.
fn set_value(planner: &Planner<'_>, wanted: &Wanted<'_>, value: Value) {
    let (resource, key) = (&wanted.address.resource, wanted.address.key.clone());
    planner.evaluator.set_instance(wanted.module, resource, key, value.with_marks(Marks::EPHEMERAL));
}

/// The configuration; `None` if it has errors.
fn evaluate(
    planner: &Planner<'_>,
    wanted: &Wanted<'_>,
    provider: &ProviderConfigAddress,
    schema: &Schema,
) -> Option<Value> {
    let evaluator = &planner.evaluator;
    let (config, reads) = evaluator.record(|| {
        evaluator.read_expansion(&wanted.expansion_reads);
        evaluator.read_repetitions(wanted.module);
        planner.read_provider_key(provider, wanted);
        evaluator.read_depends_on(wanted.module, &wanted.block.depends_on);
        let good = check::resource_before(planner, wanted);
        let (value, problems) = decode_block(&wanted.block.body, &schema.block, &planner.instance_scope(wanted));
        let failed = problems.has_errors();
        planner.report(wanted.block.located(problems, &wanted.address));
        Some(value).filter(|_| good && !failed)
    });
    planner.report(evaluator.take_problems());
    planner.work.borrow_mut().reads.insert(wanted.address.clone(), reads);
    config
}

/// In destroy mode they are opened as well: providers may be configured with them.
pub(crate) async fn destroy(planner: &Planner<'_>, block: &ResourceBlock, module: ModuleId, address: &AbsResource) {
    let (expansion, reads) = planner.evaluator.resource_expansion(module, &address.resource);
    // What cannot be evaluated any more must not hinder the destroy.
    drop(planner.evaluator.take_problems());
    if matches!(expansion, Expansion::Unknown { .. }) || planner.inputs.previous.state.is_empty() {
        return;
    }
    for key in expansion.keys() {
        let address = address.instance(key);
        let wanted = Wanted { block, module, address, expansion: expansion.clone(), expansion_reads: reads.clone() };
        plan_instance(planner, wanted).await;
    }
}
