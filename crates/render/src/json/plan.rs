//! The JSON plan, format version 1.2.

use super::change::{write_output_change, write_path, write_resource_change};
use super::check::write_checks;
use super::configuration::write_configuration;
use super::invocation::write_invocations;
use super::resource::{ModuleTree, ResourceView};
use super::state::{StateViewError, write_state};
use super::value::write_known;
use super::writer::JsonWriter;
use crate::sensitive::SchemaMarks;
use formwork_model::{Action, OutputChange, Plan, PlanMode, ProviderAddress, ProviderSchema, TERRAFORM_VERSION};
use formwork_value::{Str, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The document of `show -json` for a plan (plan-formats.md 1), without a final newline.
///
/// Errors: the prior state has an object that the plan's schemas cannot decode.
pub fn json_plan(plan: &Plan) -> Result<String, StateViewError> {
    let schema_of = |address: &ProviderAddress| -> Option<Arc<ProviderSchema>> { plan.schemas.get(address).cloned() };
    let mut marks = SchemaMarks::new(&schema_of);
    let mut prior = JsonWriter::new();
    if !plan.prior.state.is_empty() {
        write_state(&mut prior, &plan.prior.state, TERRAFORM_VERSION, &schema_of, false)?;
    }
    let prior = prior.finish();
    let mut w = JsonWriter::new();
    w.object(|w| {
        w.key("format_version").string("1.2");
        w.key("terraform_version").string(TERRAFORM_VERSION);
        write_variables(w, plan);
        write_planned_values(w.key("planned_values"), plan, &mut marks);
        write_changes(w, plan, &mut marks);
        write_invocations(w, plan);
        if !prior.is_empty() {
            w.key("prior_state").raw(&prior);
        }
        write_configuration(w.key("configuration"), &plan.config);
        write_relevant_attributes(w, plan);
        if !plan.checks.is_empty() {
            write_checks(w.key("checks"), &plan.checks);
        }
        w.key("timestamp").string(&plan.timestamp);
        w.key("applyable").bool(plan.applyable);
        w.key("complete").bool(plan.complete);
        w.key("errored").bool(plan.errored);
    });
    Ok(w.finish())
}

/// The changes alone: of resources and outputs, drift, and what was relevant.
pub(crate) fn write_plan_changes(w: &mut JsonWriter, plan: &Plan) {
    let schema_of = |address: &ProviderAddress| -> Option<Arc<ProviderSchema>> { plan.schemas.get(address).cloned() };
    write_changes(w, plan, &mut SchemaMarks::new(&schema_of));
    write_relevant_attributes(w, plan);
}

fn write_variables(w: &mut JsonWriter, plan: &Plan) {
    // Variables that the plan does not keep show with their default.
    let defaults =
        plan.config.root.variables.iter().filter_map(|(name, variable)| Some((name, variable.default.as_ref()?)));
    let all: BTreeMap<&Str, &Value> = defaults.chain(&plan.variables).collect();
    if all.is_empty() {
        return;
    }
    w.key("variables").object(|w| {
        for (name, value) in all {
            w.key(name).object(|w| write_known(w.key("value"), value));
        }
    });
}

fn write_planned_values(w: &mut JsonWriter, plan: &Plan, marks: &mut SchemaMarks<'_>) {
    let mut changes: Vec<_> = plan
        .changes
        .iter()
        .filter(|c| c.action != Action::Delete && c.deposed.is_none())
        .map(|c| (c.address.to_string(), c))
        .collect();
    // The reference sorts these by their text: `a[10]` comes before `a[2]`.
    changes.sort_by(|a, b| a.0.cmp(&b.0));
    let mut tree = ModuleTree::default();
    for (_, change) in changes {
        let provider = &change.provider.provider;
        let value = marks.apply(&change.after, provider, &change.address.resource);
        let view = ResourceView {
            address: &change.address,
            provider,
            schema_version: marks.schema(provider, &change.address.resource).map_or(0, |s| s.version),
            value: &value,
            depends_on: Vec::new(),
            tainted: false,
            deposed: None,
        };
        tree.add(&change.address.module, &view);
    }
    let outputs: Vec<&OutputChange> = plan.outputs.iter().filter(|o| o.action != Action::Delete).collect();
    w.object(|w| {
        if !outputs.is_empty() {
            w.key("outputs").object(|w| outputs.iter().for_each(|output| write_planned_output(w, output)));
        }
        tree.write(w.key("root_module"), None);
    });
}

fn write_planned_output(w: &mut JsonWriter, output: &OutputChange) {
    w.key(&output.name).object(|w| {
        w.key("sensitive").bool(output.sensitive);
        if output.after.is_wholly_known() {
            w.key("type").ty(&output.after.ty());
            write_known(w.key("value"), &output.after);
        }
    });
}

fn write_changes(w: &mut JsonWriter, plan: &Plan, marks: &mut SchemaMarks<'_>) {
    let refresh_only = plan.options.mode == PlanMode::RefreshOnly;
    let drift: Vec<_> = plan.drift.iter().filter(|c| refresh_only || c.action != Action::NoOp).collect();
    if !drift.is_empty() {
        w.key("resource_drift").array(|w| drift.iter().for_each(|c| write_resource_change(w, c, marks)));
    }
    let is_data_delete = |c: &&formwork_model::ResourceChange| {
        c.action == Action::Delete && c.address.resource.mode == formwork_model::ResourceMode::Data
    };
    let changes: Vec<_> = plan.changes.iter().filter(|c| !is_data_delete(c)).collect();
    if !changes.is_empty() {
        w.key("resource_changes").array(|w| changes.iter().for_each(|c| write_resource_change(w, c, marks)));
    }
    if !plan.outputs.is_empty() {
        w.key("output_changes").object(|w| {
            for output in &plan.outputs {
                write_output_change(w.key(&output.name), output);
            }
        });
    }
}

fn write_relevant_attributes(w: &mut JsonWriter, plan: &Plan) {
    if plan.relevant_attributes.is_empty() {
        return;
    }
    w.key("relevant_attributes").array(|w| {
        for relevant in &plan.relevant_attributes {
            w.object(|w| {
                w.key("resource").string(&format!("{}{}", relevant.resource, relevant.key));
                write_path(w.key("attribute"), &relevant.attribute);
            });
        }
    });
}
