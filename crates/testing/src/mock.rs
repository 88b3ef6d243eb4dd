//! Where made-up answers come from.

use crate::file::{MockProvider, MockType, ObjectOverride, OverrideKind};
use crate::read::as_object;
use formwork_diag::Diagnostics;
use formwork_hcl::{Attribute, Scope, evaluate};
use formwork_model::{ModuleInstance, ResourceInstance, ResourceMode, TargetAddress};
use formwork_value::Value;
use std::sync::Arc;

/// What answers in place of a provider.
#[derive(Clone, Debug)]
pub(crate) enum Answers {
    /// For all objects of a mocked provider.
    Mock(Arc<MockProvider>),
    /// For one object.
    Object(Arc<ObjectOverride>),
}

/// Given values for computed attributes.
pub(crate) struct Given<'a> {
    pub values: &'a Value,
    pub during_plan: bool,
}

impl Answers {
    /// What is given for objects of a type; of unmentioned types nothing.
    pub fn given<'a>(&'a self, mode: ResourceMode, kind: &str, nothing: &'a Value) -> Given<'a> {
        match self {
            Answers::Object(found) => Given { values: &found.values, during_plan: found.during_plan },
            Answers::Mock(mock) => {
                let types = if mode == ResourceMode::Managed { &mock.resources } else { &mock.data_sources };
                match types.get(kind) {
                    Some(found) => Given { values: &found.defaults, during_plan: found.during_plan },
                    None => Given { values: nothing, during_plan: false },
                }
            }
        }
    }
}

/// Overrides with the values that they have in a run.
pub(crate) fn settle_overrides(
    overrides: &[ObjectOverride],
    scope: &dyn Scope,
    problems: &mut Diagnostics,
) -> Vec<ObjectOverride> {
    let settle = |found: &ObjectOverride| match &found.later {
        None => found.clone(),
        Some(given) => ObjectOverride { values: settled(given, scope, problems), later: None, ..found.clone() },
    };
    overrides.iter().map(settle).collect()
}

/// A mocked provider with the values that it has in a run.
pub(crate) fn settle_mock(mock: &MockProvider, scope: &dyn Scope, problems: &mut Diagnostics) -> MockProvider {
    let mut mock = mock.clone();
    mock.overrides = settle_overrides(&mock.overrides, scope, problems);
    for found in mock.resources.values_mut().chain(mock.data_sources.values_mut()) {
        if let MockType { later: Some(given), .. } = found {
            found.defaults = settled(given, scope, problems);
            found.later = None;
        }
    }
    mock
}

fn settled(given: &Attribute, scope: &dyn Scope, problems: &mut Diagnostics) -> Value {
    let evaluated = evaluate(&given.expr, scope);
    let failed = evaluated.diagnostics.has_errors();
    problems.extend(evaluated.diagnostics);
    if failed { Value::empty_object() } else { as_object(given, evaluated.value.unmark_deep().0, problems) }
}

/// The overrides that count for a run: its own before those of the file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overrides {
    ranks: Vec<Vec<Arc<ObjectOverride>>>,
}

impl Overrides {
    pub fn new(run: &[ObjectOverride], file: &[ObjectOverride]) -> Overrides {
        let share = |overrides: &[ObjectOverride]| overrides.iter().cloned().map(Arc::new).collect();
        Overrides { ranks: vec![share(run), share(file)] }
    }

    /// The same with those of a mocked provider, which come last.
    pub fn with_mock(&self, mock: &MockProvider) -> Overrides {
        let mut overrides = self.clone();
        overrides.ranks.push(mock.overrides.iter().cloned().map(Arc::new).collect());
        overrides
    }

    /// The override of an object: one for the instance goes before one for the resource.
    pub fn of(&self, address: &ResourceInstance) -> Option<&Arc<ObjectOverride>> {
        let is_exact =
            |target: &TargetAddress| matches!(target, TargetAddress::Instance(instance) if instance == address);
        // As in the reference, without a key it is about all instances of the resource, but not of modules around it.
        let is_whole = |target: &TargetAddress| match target {
            TargetAddress::Resource(resource) => *resource == address.resource(),
            _ => false,
        };
        let find = |fits: &dyn Fn(&TargetAddress) -> bool| {
            self.ranks.iter().find_map(|rank| rank.iter().find(|found| fits(&found.target)))
        };
        find(&is_exact).or_else(|| find(&is_whole))
    }

    /// Module instances with the outputs that stand for them.
    pub fn modules(&self) -> impl Iterator<Item = (&ModuleInstance, &ObjectOverride)> {
        self.all().filter_map(|found| match (&found.target, found.kind) {
            (TargetAddress::Module(module), OverrideKind::Module) => Some((module, found)),
            _ => None,
        })
    }

    /// All, the strongest first.
    pub fn all(&self) -> impl Iterator<Item = &ObjectOverride> {
        self.ranks.iter().flatten().map(|found| &**found)
    }
}
