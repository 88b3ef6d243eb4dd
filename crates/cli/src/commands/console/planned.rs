//! The values that objects would have after an apply: what `-plan` evaluates with.

use crate::current::Current;
use crate::machine::MachineClock;
use crate::providers::Providers;
use crate::session::Session;
use formwork_config::Config;
use formwork_diag::Diagnostics;
use formwork_eval::{Environment, Phase};
use formwork_model::{Event, EventSink, PlanOptions, ResourceInstance, StateSnapshot};
use formwork_plan::PlanInputs;
use formwork_value::{Str, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A console shows values only.
struct Silent;

impl EventSink for Silent {
    fn emit(&self, _: Event) {}
}

/// Plans with the usual options, and keeps of the plan what there would be.
pub(super) async fn planned_values(
    session: &Session,
    config: &Arc<Config>,
    values: &BTreeMap<Str, Value>,
    current: &Current,
    previous: StateSnapshot,
    providers: &Providers,
    environment: &Environment,
) -> Result<BTreeMap<ResourceInstance, Value>, Diagnostics> {
    let cancelled = || session.is_interrupted();
    let inputs = PlanInputs {
        config: config.clone(),
        variables: values.clone(),
        previous,
        providers: &*providers.pool,
        environment: Environment { phase: Phase::Plan, ..environment.clone() },
        events: &Silent,
        validates: true,
        clock: &MachineClock::new(),
        options: PlanOptions { refresh: true, parallelism: PARALLELISM, ..PlanOptions::default() },
        backend: current.settings.record(&current.workspace),
        is_kept: false,
        lock_file: providers.lock_file.clone(),
        cancelled: &cancelled,
    };
    let (plan, problems) = formwork_plan::plan(&inputs).await;
    if problems.has_errors() { Err(problems) } else { Ok(plan.planned_values) }
}

/// Provider calls at once.
const PARALLELISM: usize = 10;
