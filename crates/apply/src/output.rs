//! Root outputs after the walk.

use crate::ApplyInputs;
use crate::stage::Stage;
use formwork_eval::ModuleId;
use formwork_model::{ModulePath, OutputState, PlanMode, ResourceMode, State};
use formwork_value::Str;
use std::collections::{BTreeMap, BTreeSet};

/// Evaluates root outputs with the final values. An output that needs what has failed or was not begun stays as it was.
pub(crate) fn update(stage: &Stage<'_>) {
    let plan = &stage.inputs.plan;
    let Some(root) = stage.inputs.config.modules.get(&ModulePath::root()) else { return };
    if plan.options.mode == PlanMode::Destroy {
        return;
    }
    let planned: BTreeSet<&Str> = plan.outputs.iter().map(|o| &o.name).collect();
    for (name, block) in root.outputs.iter().filter(|(n, _)| planned.contains(n)) {
        let (value, reads) = stage.evaluator.record(|| stage.evaluator.output(ModuleId::ROOT, name));
        if stage.has_unfinished(&reads) {
            continue;
        }
        match value {
            Ok(value) => {
                let (value, _) = value.unmark_deep();
                let is_known = value.is_wholly_known();
                let problems = stage.evaluator.take_problems();
                let is_refused = problems.has_errors();
                stage.report(problems);
                if is_refused {
                    continue;
                }
                if is_known && value.is_null() {
                    stage.outputs.borrow_mut().insert(name.clone(), None);
                } else if is_known || plan.options.mode == PlanMode::RefreshOnly || !stage.has_failed() {
                    // What a refresh alone cannot tell, or `format` with an untyped null, is null.
                    let state = OutputState { value: value.unknown_as_null(), sensitive: block.sensitive };
                    stage.outputs.borrow_mut().insert(name.clone(), Some(state));
                }
            }
            Err(problems) => stage.report(problems),
        }
    }
}

/// The outputs of the new state: evaluated ones, the others as they were; none after a full destroy.
pub(crate) fn take(state: &mut State, inputs: &ApplyInputs<'_>, evaluated: BTreeMap<Str, Option<OutputState>>) {
    let plan = &inputs.plan;
    if plan.destroys_all() {
        state.resources.retain(|address, _| address.resource.mode != ResourceMode::Data);
    }
    for change in &plan.outputs {
        match evaluated.get(&change.name) {
            Some(None) => {
                state.outputs.remove(&change.name);
            }
            Some(Some(output)) => {
                state.outputs.insert(change.name.clone(), output.clone());
            }
            None if change.after.is_null() => {
                state.outputs.remove(&change.name);
            }
            None => {}
        }
    }
}
