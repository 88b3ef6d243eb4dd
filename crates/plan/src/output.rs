//! Root outputs.

use crate::planner::Planner;
use formwork_eval::ModuleId;
use formwork_model::{Action, ModulePath, OutputChange, PlanMode};
use formwork_value::{Marks, Str, Type, Value};
use std::collections::BTreeSet;

/// What will become of the root outputs.
pub(crate) fn plan_outputs(planner: &Planner<'_>) -> Vec<OutputChange> {
    let Some(root) = planner.inputs.config.modules.get(&ModulePath::root()).cloned() else { return Vec::new() };
    let before = &planner.inputs.previous.state.outputs;
    let destroy = planner.mode() == PlanMode::Destroy;
    let limited = planner.scope.is_limited();
    let mut names: BTreeSet<Str> = before.keys().cloned().collect();
    names.extend(root.outputs.keys().cloned());
    let mut out = Vec::new();
    for name in names {
        let block = root.outputs.get(&name);
        let old = before.get(&name);
        if destroy && old.is_none() || limited && !wanted(planner, &name) && block.is_some() {
            continue;
        }
        let prior = old.map_or_else(
            || Value::null(Type::Dynamic),
            |o| {
                if o.sensitive { o.value.clone().with_marks(Marks::SENSITIVE) } else { o.value.clone() }
            },
        );
        let after = match block {
            Some(_) if !destroy => planner.evaluator.output(ModuleId::ROOT, &name).unwrap_or_else(|_| Value::dynamic()),
            _ => Value::null(Type::Dynamic),
        };
        let sensitive = old.is_some_and(|o| o.sensitive) || block.is_some_and(|b| b.sensitive && !destroy);
        let is_sensitive = block.is_some_and(|b| b.sensitive);
        let mut action = action(old.is_some(), &prior, &after, old.is_some_and(|o| o.sensitive), is_sensitive);
        if action == Action::Delete && block.is_some() && !destroy {
            action = Action::Update;
        }
        out.push(OutputChange { name, action, before: prior, after, sensitive });
    }
    out
}

fn wanted(planner: &Planner<'_>, name: &Str) -> bool {
    let item = formwork_eval::Item::Output(name.clone());
    let address = formwork_eval::ItemAddress { module: ModulePath::root(), item };
    planner.scope.wants_item(&planner.graph, &address)
}

fn action(existed: bool, before: &Value, after: &Value, was_sensitive: bool, is_sensitive: bool) -> Action {
    if after.is_null() {
        return if existed { Action::Delete } else { Action::NoOp };
    }
    if !existed {
        return Action::Create;
    }
    let (old, _) = before.unmark_deep();
    let (new, _) = after.unmark_deep();
    let same = old == new && new.is_wholly_known() && was_sensitive == is_sensitive;
    if same { Action::NoOp } else { Action::Update }
}
