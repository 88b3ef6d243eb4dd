//! Root outputs.

use crate::planner::Planner;
use formwork_eval::{Item, ItemAddress, ModuleId};
use formwork_model::{Action, ModulePath, OutputChange, OutputState, PlanMode};
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
        let old = before.get(&name).cloned();
        if destroy && (old.is_none() || limited)
            || block.is_some() && (limited && !wanted(planner, &name) || failed(planner, &name))
        {
            continue;
        }
        let prior = old.as_ref().map_or_else(
            || Value::null(Type::Dynamic),
            |o| {
                if o.sensitive { o.value.clone().with_marks(Marks::SENSITIVE) } else { o.value.clone() }
            },
        );
        let after = match block {
            Some(_) if !destroy => planner.evaluator.output(ModuleId::ROOT, &name).unwrap_or_else(|_| Value::dynamic()),
            _ => Value::null(Type::Dynamic),
        };
        let was_sensitive = old.as_ref().is_some_and(|o| o.sensitive);
        let sensitive = was_sensitive || block.is_some_and(|b| b.sensitive && !destroy);
        let is_sensitive = block.is_some_and(|b| b.sensitive);
        let mut action = action(old.is_some(), &prior, &after, was_sensitive, is_sensitive);
        if action == Action::Delete && block.is_some() && !destroy {
            action = Action::Update;
        }
        out.push(OutputChange { name, action, before: prior, after, sensitive });
    }
    out
}

/// What of the new outputs is known already, as the state before apply has it.
pub(crate) fn record_known(planner: &Planner<'_>, changes: &[OutputChange]) {
    let Some(root) = planner.inputs.config.modules.get(&ModulePath::root()) else { return };
    if planner.mode() == PlanMode::Destroy {
        return;
    }
    let outputs = &mut planner.work.borrow_mut().state.outputs;
    for change in changes.iter().filter(|c| c.after.is_wholly_known()) {
        let Some(block) = root.outputs.get(&change.name) else { continue };
        if change.after.is_null() {
            outputs.remove(&change.name);
        } else {
            let state = OutputState { value: change.after.unmark_deep().0, sensitive: block.sensitive };
            outputs.insert(change.name.clone(), state);
        }
    }
}

fn wanted(planner: &Planner<'_>, name: &Str) -> bool {
    planner.scope.wants_item(&planner.graph, &address(name))
}

/// True if errors kept the output from being evaluated.
fn failed(planner: &Planner<'_>, name: &Str) -> bool {
    planner.work.borrow().failed.contains(&address(name))
}

fn address(name: &Str) -> ItemAddress {
    ItemAddress { module: ModulePath::root(), item: Item::Output(name.clone()) }
}

fn action(existed: bool, before: &Value, after: &Value, was_sensitive: bool, is_sensitive: bool) -> Action {
    if after.is_null() {
        return if existed && !before.is_null() { Action::Delete } else { Action::NoOp };
    }
    if !existed {
        return Action::Create;
    }
    let (old, _) = before.unmark_deep();
    let (new, _) = after.unmark_deep();
    let same = old == new && new.is_wholly_known() && was_sensitive == is_sensitive;
    if same { Action::NoOp } else { Action::Update }
}
