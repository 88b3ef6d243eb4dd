//! The states that the runs of a file work on, and evaluators over them.

use crate::file::RunBlock;
use crate::providers::UnderTest;
use crate::variables::RunVariables;
use formwork_eval::{Environment, Evaluator, ReferenceGraph};
use formwork_model::{
    DeposedKey, LeftObject, Plan, ProviderAddress, ProviderSchema, RawState, ResourceInstance, ResourceMode, State,
    StateSnapshot,
};
use formwork_object::with_schema_marks;
use formwork_value::{Marks, PathMarks, Str, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a run worked with, so that its objects can be destroyed the same way.
#[derive(Clone)]
pub(crate) struct Equipment {
    pub under_test: Arc<UnderTest>,
    pub variables: RunVariables,
}

/// A state, with the run that wrote it last.
pub(crate) struct RunState {
    pub snapshot: StateSnapshot,
    /// Position and block of that run.
    pub last: (usize, RunBlock),
    pub equipment: Equipment,
}

/// States by what names them: a key, the source of a module, or nothing for that of the root module.
#[derive(Default)]
pub(crate) struct States(BTreeMap<Option<Str>, RunState>);

impl States {
    /// The state as it is now.
    pub fn snapshot(&self, key: &Option<Str>) -> StateSnapshot {
        self.0.get(key).map(|state| state.snapshot.clone()).unwrap_or_default()
    }

    pub fn put(&mut self, key: Option<Str>, state: RunState) {
        self.0.insert(key, state);
    }

    /// All states with something to destroy, the last written first.
    pub fn into_last_first(self) -> Vec<RunState> {
        let mut states: Vec<RunState> =
            self.0.into_values().filter(|s| !left_objects(&s.snapshot.state).is_empty()).collect();
        states.sort_by_key(|state| std::cmp::Reverse(state.last.0));
        states
    }
}

/// Objects that have to be destroyed.
pub(crate) fn left_objects(state: &State) -> Vec<LeftObject> {
    let managed = state.instances().filter(|(address, ..)| address.resource.mode == ResourceMode::Managed);
    let objects = managed.flat_map(|(address, _, instance)| {
        let current = instance.current.is_some().then(|| (address.clone(), None));
        let deposed: Vec<(ResourceInstance, Option<DeposedKey>)> =
            instance.deposed.keys().map(|key| (address.clone(), Some(key.clone()))).collect();
        current.into_iter().chain(deposed)
    });
    objects.collect()
}

type Schemas = BTreeMap<ProviderAddress, Arc<ProviderSchema>>;

/// An evaluator that knows what a plan has found out.
pub(crate) fn planned_evaluator(
    under_test: &UnderTest,
    variables: &RunVariables,
    environment: Environment,
    schemas: &Schemas,
    plan: &Plan,
) -> Evaluator {
    let values = plan.planned_values.iter().map(|(address, value)| (address.clone(), value.clone()));
    filled(under_test, variables, environment, schemas, values)
}

/// An evaluator that knows the objects of a state.
pub(crate) fn stored_evaluator(
    under_test: &UnderTest,
    variables: &RunVariables,
    environment: Environment,
    schemas: &Schemas,
    state: &State,
) -> Evaluator {
    let values = state.instances().filter_map(|(address, resource, instance)| {
        let schemas = schemas.get(&resource.provider.provider)?;
        let schema = schemas.resource(address.resource.mode, &address.resource.kind)?;
        let object = instance.current.as_ref()?;
        let RawState::Json(text) = &object.attributes else { return None };
        let value = json::decode_state(text, &schema.block.implied_type()).ok()?;
        let mark = |path: &formwork_value::Path| PathMarks { path: path.clone(), marks: Marks::SENSITIVE };
        let value = value.with_path_marks(&object.sensitive.iter().map(mark).collect::<Vec<_>>());
        Some((address, with_schema_marks(&schema.block, &value)))
    });
    let evaluator = filled(under_test, variables, environment, schemas, values);
    evaluator.settle();
    evaluator
}

/// An evaluator whose instances have these values. What is wrong with them was reported by the plan and the apply.
fn filled(
    under_test: &UnderTest,
    variables: &RunVariables,
    environment: Environment,
    schemas: &Schemas,
    values: impl Iterator<Item = (ResourceInstance, Value)>,
) -> Evaluator {
    let config = Arc::new(under_test.config.clone());
    let evaluator = Evaluator::new(config.clone(), variables.values.clone(), environment);
    for (provider, schema) in schemas {
        evaluator.add_schema(provider.clone(), schema.clone());
    }
    evaluator.set_instances(&ReferenceGraph::build(&config), values);
    evaluator
}
