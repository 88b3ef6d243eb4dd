//! Finding out what there is before it is destroyed.
//!
//! As the reference does, a destroy that refreshes plans a normal run first: it reads objects and data sources, evaluates
//! outputs, and finds what keeps the configuration from being understood. What it wants to change does not matter. The
//! destroy is planned from the state that it leaves, and reads nothing more.

use crate::PlanInputs;
use crate::planner::{Course, empty_plan, look_at_all};
use formwork_diag::Diagnostics;
use formwork_model::{Plan, PlanMode, PlanOptions, StateSnapshot};

pub(crate) fn is_needed(inputs: &PlanInputs<'_>) -> bool {
    let options = &inputs.options;
    let state = &inputs.previous.state;
    options.mode == PlanMode::Destroy && options.refresh && !(state.resources.is_empty() && state.outputs.is_empty())
}

/// Plans a destroy from what there is.
pub(crate) async fn plan_destroy(inputs: &PlanInputs<'_>) -> (Plan, Diagnostics) {
    let first = with(inputs, inputs.previous.clone(), PlanMode::Normal, true);
    let found = match look_at_all(&first, Course::BeforeDestroy).await {
        Ok(planner) => planner.into_found(),
        Err(blank) => Err(blank.1),
    };
    // Warnings are about a run that will not be: those of the destroy itself count.
    let state = match found {
        Ok(state) => state,
        Err(problems) => return (empty_plan(inputs), problems),
    };
    let found = StateSnapshot { state, ..inputs.previous.clone() };
    // The providers have checked all blocks for the first one.
    let second = PlanInputs { validates: false, ..with(inputs, found, PlanMode::Destroy, false) };
    let (plan, problems) = match look_at_all(&second, Course::Destroy).await {
        Ok(planner) => planner.finish(),
        Err(blank) => *blank,
    };
    (Plan { options: inputs.options.clone(), previous: inputs.previous.clone(), ..plan }, problems)
}

fn with<'a>(inputs: &PlanInputs<'a>, previous: StateSnapshot, mode: PlanMode, refresh: bool) -> PlanInputs<'a> {
    PlanInputs {
        config: inputs.config.clone(),
        variables: inputs.variables.clone(),
        previous,
        providers: inputs.providers,
        environment: inputs.environment.clone(),
        events: inputs.events,
        clock: inputs.clock,
        options: PlanOptions { mode, refresh, ..inputs.options.clone() },
        backend: inputs.backend.clone(),
        lock_file: inputs.lock_file.clone(),
        is_kept: inputs.is_kept,
        validates: inputs.validates,
        cancelled: inputs.cancelled,
    }
}
