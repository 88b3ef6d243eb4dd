//! How far a change has come.

use formwork_model::{
    Action, DeposedKey, ObjectState, ObjectStatus, OperationId, OperationKind, Plan, ResourceChange, Schema, State,
};
use formwork_object::{Deviation, check_compatible, compare_objects, decode_object};
use formwork_value::Value;
use std::collections::BTreeSet;

/// How far a change has come.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Standing {
    Before,
    After,
    /// Before and after look the same.
    Either,
    /// Of a replacement that destroys first: the old object is gone, and there is no new one.
    Removed,
    /// Of a replacement that creates first: the old object is deposed, and there is no new one.
    Deposed,
    /// Of a replacement that creates first: the new object is there, and the old one is still there.
    Created,
    /// The new object is not complete.
    Half {
        /// The first half of a replacement is done: the old object is gone.
        removed: bool,
    },
    /// An update stopped on its way.
    Partly,
    /// Something else has changed the object.
    Elsewhere(Deviation),
}

impl Standing {
    /// Whether the change's operation of that number is done; `None` if the state cannot tell.
    pub fn is_done(&self, nth: usize) -> Option<bool> {
        match self {
            Standing::After => Some(true),
            Standing::Either => None,
            Standing::Removed | Standing::Created | Standing::Half { removed: true } => Some(nth == 0),
            Standing::Half { removed: false }
            | Standing::Before
            | Standing::Deposed
            | Standing::Partly
            | Standing::Elsewhere(_) => Some(false),
        }
    }
}

/// What is compared.
struct Look<'a> {
    change: &'a ResourceChange,
    schema: Option<&'a Schema>,
    /// As the plan took it, and as the state had it before the refresh.
    before: [Option<&'a ObjectState>; 2],
    now: Option<&'a ObjectState>,
    /// Nothing but the plan's own run has touched the state.
    exact: bool,
    /// What is known of each operation.
    finished: Vec<bool>,
}

/// How far a change has come, by the state. Errors: its object is something else.
pub(super) fn standing(
    plan: &Plan,
    change: &ResourceChange,
    operations: &[usize],
    now: &State,
    known: Option<&BTreeSet<OperationId>>,
) -> Result<Standing, Deviation> {
    let schemas = plan.schemas.get(&change.provider.provider);
    let resource = &change.address.resource;
    let schema = schemas.and_then(|schemas| schemas.resource(resource.mode, &resource.kind));
    let deposed = change.deposed.as_ref();
    let finished = |at: &usize| known.is_some_and(|k| u32::try_from(*at).is_ok_and(|at| k.contains(&OperationId(at))));
    let look = Look {
        change,
        schema: schema.map(|schema| &**schema),
        before: [
            object(&plan.prior.state, &change.address, deposed),
            object(&plan.previous.state, &change.previous_address, deposed),
        ],
        now: object(now, &change.address, deposed),
        exact: known.is_some(),
        finished: operations.iter().map(finished).collect(),
    };
    match change.action {
        Action::NoOp => look.expect_before(),
        Action::Create => look.create(),
        Action::Update => look.update(),
        Action::Delete | Action::Forget => look.delete(),
        Action::Read => Ok(look.read()),
        Action::DeleteThenCreate | Action::ForgetThenCreate => look.replace(),
        Action::CreateThenDelete => {
            let key = operations.iter().find_map(|at| match &plan.execution.operations.get(*at)?.kind {
                OperationKind::CreateReplacement { depose_as } => Some(depose_as),
                _ => None,
            });
            look.replace_first(now, key)
        }
    }
}

pub(super) fn object<'a>(
    state: &'a State,
    address: &formwork_model::ResourceInstance,
    deposed: Option<&DeposedKey>,
) -> Option<&'a ObjectState> {
    let instance = state.instance(address)?;
    match deposed {
        None => instance.current.as_deref(),
        Some(key) => instance.deposed.get(key).map(|object| &**object),
    }
}

impl Look<'_> {
    fn same(&self, found: Option<&ObjectState>) -> bool {
        let is = |expected: &Option<&ObjectState>| match (expected, found) {
            (None, None) => true,
            (Some(expected), Some(found)) => compare_objects(self.schema, expected, found).is_empty(),
            _ => false,
        };
        // What the refresh found may not have been stored.
        let [prior, previous] = &self.before;
        is(prior) || (previous.is_some() && is(previous))
    }

    fn is_ready(&self) -> bool {
        self.now.is_some_and(|now| now.status == ObjectStatus::Ready)
    }

    fn is_tainted(&self) -> bool {
        self.now.is_some_and(|now| now.status == ObjectStatus::Tainted)
    }

    /// What is not as planned of the object that is there now.
    fn unplanned(&self, now: &ObjectState) -> Vec<(formwork_value::Path, String)> {
        let root =
            || vec![(formwork_value::Path::root(), "cannot be read by the schema that the plan was made with".into())];
        let Some(schema) = self.schema else { return root() };
        let Some(value) = decode_object(schema, now) else { return root() };
        let ((planned, mut marks), (value, more)) = (self.change.after.unmark_deep(), value.unmark_deep());
        marks.extend(more);
        check_compatible(&schema.block, &planned, &value, &marks)
    }

    fn fits(&self) -> bool {
        self.is_ready() && self.now.is_some_and(|now| self.unplanned(now).is_empty())
    }

    /// True if each attribute is as before, or as planned: where an update, or a creation, has stopped.
    fn is_between(&self, before: Option<&ObjectState>) -> bool {
        if self.exact {
            return true;
        }
        let (Some(schema), Some(now)) = (self.schema, self.now) else { return false };
        let Some(value) = decode_object(schema, now) else { return false };
        let before = before.and_then(|before| decode_object(schema, before)).map(|value| value.unmark_deep().0);
        let value = value.unmark_deep().0;
        let unplanned = self.unplanned(now);
        let first = |path: &formwork_value::Path| match path.0.first() {
            Some(formwork_value::PathStep::Attribute(name)) => Some(name.clone()),
            _ => None,
        };
        let as_before = |name: &formwork_value::Str| match (value.get(name), before.as_ref().map(|b| b.get(name))) {
            (Some(value), Some(Some(before))) => value == before,
            (Some(value), None) => is_empty(value),
            _ => false,
        };
        unplanned.iter().all(|(path, _)| first(path).is_some_and(|name| as_before(&name)))
    }

    fn deviation(&self) -> Deviation {
        let (address, deposed) = (&self.change.address, self.change.deposed.as_ref());
        let problems = match (self.before.iter().flatten().next(), self.now) {
            (None, None) => vec!["is not there".into()],
            (Some(_), None) => vec!["is not there any more".into()],
            (None, Some(now)) => {
                let mut problems = formwork_object::compare_lines(self.unplanned(now));
                if now.status == ObjectStatus::Tainted {
                    problems.push("is marked as tainted".into());
                }
                problems
            }
            (Some(before), Some(now)) => compare_objects(self.schema, before, now),
        };
        Deviation { address: address.clone(), deposed: deposed.cloned(), problems }
    }

    fn expect_before(&self) -> Result<Standing, Deviation> {
        if self.same(self.now) { Ok(Standing::Before) } else { Err(self.deviation()) }
    }

    fn create(&self) -> Result<Standing, Deviation> {
        Ok(match self.now {
            None => Standing::Before,
            Some(_) if self.is_ready() && self.exact || self.fits() => Standing::After,
            Some(_) if self.is_tainted() && self.is_between(None) => Standing::Half { removed: false },
            // The refresh found that it is gone, but that was not stored.
            Some(_) if self.same(self.now) => Standing::Before,
            Some(_) => return Err(self.deviation()),
        })
    }

    fn update(&self) -> Result<Standing, Deviation> {
        let [prior, _] = self.before;
        let same_status = prior.map(|p| p.status) == self.now.map(|n| n.status);
        Ok(match (self.same(self.now), self.fits()) {
            _ if self.exact && self.finished.first() == Some(&true) => Standing::After,
            (true, _) if self.exact => Standing::Before,
            (true, true) => Standing::Either,
            (true, false) => Standing::Before,
            (false, true) if self.change.after.is_wholly_known() => Standing::After,
            // It may have stopped before something that was not known; who is done already does nothing the second time.
            (false, true) => Standing::Either,
            (false, false) if same_status && self.is_between(prior) => Standing::Partly,
            (false, false) => return Err(self.deviation()),
        })
    }

    fn delete(&self) -> Result<Standing, Deviation> {
        match self.now {
            None => Ok(Standing::After),
            // What is left of a destruction that failed is destroyed all the same.
            Some(_) if self.exact => Ok(Standing::Before),
            Some(_) => self.expect_before(),
        }
    }

    fn read(&self) -> Standing {
        match self.now {
            _ if self.exact => {
                if self.finished.first() == Some(&true) && self.now.is_some() {
                    Standing::After
                } else {
                    Standing::Before
                }
            }
            None => Standing::Before,
            // It has no effect: who cannot tell reads again.
            Some(now) if self.same(Some(now)) || !self.fits() => Standing::Either,
            Some(_) => Standing::After,
        }
    }

    fn replace(&self) -> Result<Standing, Deviation> {
        let same = self.same(self.now);
        Ok(match self.now {
            None => Standing::Removed,
            Some(_) if self.exact && self.finished.first() != Some(&true) => Standing::Before,
            Some(_) if self.exact && self.is_ready() => Standing::After,
            Some(_) if self.exact => Standing::Half { removed: true },
            Some(_) if same && self.fits() => Standing::Either,
            Some(_) if same => Standing::Before,
            Some(_) if self.fits() => Standing::After,
            Some(_) if self.is_tainted() && self.is_between(None) => Standing::Half { removed: true },
            Some(_) => return Err(self.deviation()),
        })
    }

    fn replace_first(&self, now: &State, key: Option<&DeposedKey>) -> Result<Standing, Deviation> {
        let old = key.and_then(|key| object(now, &self.change.address, Some(key)));
        let Some(old) = old else {
            return match (self.same(self.now), self.fits()) {
                _ if self.exact && self.finished.iter().all(|f| *f) && self.is_ready() => Ok(Standing::After),
                (true, true) if !self.exact => Ok(Standing::Either),
                (true, _) => Ok(Standing::Before),
                (false, true) => Ok(Standing::After),
                (false, false) => Err(self.deviation()),
            };
        };
        if !self.same(Some(old)) && !self.exact {
            return Err(Deviation::of(&self.change.address, key, "is not the object that was to be replaced"));
        }
        Ok(match self.now {
            None => Standing::Deposed,
            Some(_) if self.fits() || self.exact && self.is_ready() => Standing::Created,
            Some(_) if self.is_tainted() && self.is_between(None) => Standing::Half { removed: false },
            Some(_) => return Err(self.deviation()),
        })
    }
}

fn is_empty(value: &Value) -> bool {
    value.is_null()
        || value.as_sequence().is_some_and(<[Value]>::is_empty)
        || value.as_mapping().is_some_and(|parts| parts.values().all(is_empty))
}
