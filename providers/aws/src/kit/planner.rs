//! Planned values and replacements, from the flags of the attributes.

use crate::kit::field::Field;
use crate::kit::object::{Attributes, Object, element, path};
use crate::kit::spec::{BlockField, Body, Spec};
use crate::kit::tags;
use crate::session::Session;
use formwork_model::Nesting;
use formwork_value::{Kind, Path, Str, Type, Value};
use std::collections::BTreeMap;

/// A plan in the making, for [`crate::kit::resource::Resource::plan`].
pub struct Plan<'a> {
    /// `None` if an object is to be created.
    pub prior: Option<&'a Object>,
    pub config: &'a Value,
    pub planned: Object,
    pub replace: Vec<Path>,
}

impl Plan<'_> {
    pub fn is_create(&self) -> bool {
        self.prior.is_none()
    }

    /// True if the attribute has, or may have, another value than before.
    pub fn changes(&self, name: &str) -> bool {
        self.prior.is_some_and(|prior| prior.value(name) != self.planned.value(name))
    }

    /// True if the configuration gives the attribute, perhaps unknown.
    pub fn configures(&self, name: &str) -> bool {
        self.config.has(name)
    }

    /// Plans an attribute that the configuration leaves open as unknown.
    pub fn unknown(&mut self, name: &str) {
        if !self.configures(name) {
            self.planned.set(name, Value::unknown(self.planned.type_of(name)));
        }
    }

    /// The new value of the attribute needs a new object.
    pub fn replace(&mut self, name: &str) {
        self.replace.push(path(name));
    }

    /// The attribute can be changed in place after all.
    pub fn keep(&mut self, name: &str) {
        self.replace.retain(|replaced| *replaced != path(name));
    }
}

/// Plans an object; the resource type's own refinement comes between this and [`finish`].
pub fn begin<'a>(
    spec: &Spec,
    ty: &Type,
    session: Option<&Session>,
    prior: Option<&'a Object>,
    config: &'a Value,
) -> Plan<'a> {
    let mut replace = Vec::new();
    let before = prior.map(Object::attributes);
    let attributes = plan_body(&spec.body, before, config, &Path::root(), &mut replace);
    let mut planned = Object::from_value(ty, &Value::object_map(attributes));
    if spec.tagged {
        let own = planned.value("tags").cloned().unwrap_or_else(|| Value::null(Type::map(Type::String)));
        planned.set(
            "tags_all",
            match session {
                Some(session) if !session.has_unknown_tags => tags::planned_all(&session.default_tags, &own),
                _ => Value::unknown_not_null(Type::map(Type::String)),
            },
        );
    }
    Plan { prior, config, planned, replace }
}

/// Makes computed values unknown that follow from changed ones.
pub fn finish(spec: &Spec, plan: &mut Plan<'_>) {
    if plan.is_create() {
        return;
    }
    for (name, field) in &spec.body.fields {
        if field.follows.iter().any(|cause| plan.changes(cause)) {
            plan.unknown(name);
        }
    }
}

fn plan_body(
    body: &Body,
    prior: Option<&BTreeMap<Str, Value>>,
    config: &Value,
    at: &Path,
    replace: &mut Vec<Path>,
) -> BTreeMap<Str, Value> {
    let mut planned = BTreeMap::new();
    for (name, field) in &body.fields {
        let before = prior.and_then(|prior| prior.get(*name));
        let value = plan_field(field, before, config.get(name));
        if field.forces_new && before.is_some_and(|before| *before != value) {
            replace.push(at.clone().attribute(*name));
        }
        planned.insert((*name).into(), value);
    }
    for (name, block) in &body.blocks {
        let before = prior.and_then(|prior| prior.get(*name));
        let path = at.clone().attribute(*name);
        let empty = || Value::null(block.ty());
        let given = config.get(name).cloned().unwrap_or_else(empty);
        planned.insert((*name).into(), plan_blocks(block, before, &given, &path, replace));
    }
    planned
}

fn plan_field(field: &Field, prior: Option<&Value>, config: Option<&Value>) -> Value {
    let null = || Value::null(field.ty());
    match config.filter(|value| !value.is_null()) {
        Some(given) => {
            let given = match field.normal {
                Some(normal) if given.is_known() => normal(given),
                _ => given.clone(),
            };
            match (field.same, prior) {
                (Some(same), Some(prior)) if is_comparable(prior) && is_comparable(&given) && same(prior, &given) => {
                    prior.clone()
                }
                _ => given,
            }
        }
        None => match &field.default {
            Some(default) => default.clone(),
            None if !field.attribute.computed => null(),
            None => prior.cloned().unwrap_or_else(|| Value::unknown(field.ty())),
        },
    }
}

fn is_comparable(value: &Value) -> bool {
    !value.is_null() && value.is_wholly_known()
}

fn plan_blocks(block: &BlockField, prior: Option<&Value>, config: &Value, at: &Path, replace: &mut Vec<Path>) -> Value {
    if !config.is_known() {
        return config.clone();
    }
    let is_absent = config.is_null() || config.as_sequence().is_some_and(<[Value]>::is_empty);
    if is_absent && block.computed {
        return prior.cloned().unwrap_or_else(|| Value::unknown(block.ty()));
    }
    let planned = match block.nesting {
        Nesting::Set => plan_set(block, prior, config, at, replace),
        Nesting::List => plan_list(block, prior, config, at, replace),
        _ if config.is_null() => config.clone(),
        _ => Value::object_map(plan_body(&block.body, prior.and_then(Value::as_mapping), config, at, replace)),
    };
    let keys = |value: &Value| -> Vec<Vec<Option<Value>>> {
        let key = |item: &Value| block.key.iter().map(|name| item.get(name).cloned()).collect();
        value.as_sequence().unwrap_or_default().iter().map(key).collect()
    };
    let differs = |before: &Value| keys(before) != keys(&planned);
    if block.forces_new && prior.is_some_and(differs) {
        replace.push(at.clone());
    }
    planned
}

fn plan_list(block: &BlockField, prior: Option<&Value>, config: &Value, at: &Path, replace: &mut Vec<Path>) -> Value {
    let before = prior.and_then(Value::as_sequence).unwrap_or_default();
    let items = config.as_sequence().unwrap_or_default().iter().enumerate().map(|(index, item)| {
        let before = before.get(index).and_then(Value::as_mapping);
        Value::object_map(plan_body(&block.body, before, item, &element(at, index), replace))
    });
    Value::list(block.body.ty(), items.collect())
}

/// Elements find their prior selves by the key attributes.
fn plan_set(block: &BlockField, prior: Option<&Value>, config: &Value, at: &Path, replace: &mut Vec<Path>) -> Value {
    let before = prior.and_then(Value::as_sequence).unwrap_or_default();
    let same_key = |a: &Value, b: &Value| block.key.iter().all(|name| a.get(name) == b.get(name));
    let mut inner = Vec::new();
    let items = config.as_sequence().unwrap_or_default().iter().map(|item| {
        if !item.is_known() {
            return item.clone();
        }
        let old = before.iter().find(|old| same_key(old, item)).and_then(Value::as_mapping);
        Value::object_map(plan_body(&block.body, old, item, at, &mut inner))
    });
    let planned = Value::set(block.body.ty(), items.collect());
    // A path cannot point into a set, so it is the set that has to be replaced.
    if !inner.is_empty() {
        replace.push(at.clone());
    }
    planned
}

/// Fills what is unknown in a plan from the configuration, which is known by the time of apply.
pub fn resolve(spec: &Spec, planned: &mut Object, config: &Value) {
    for (name, field) in &spec.body.fields {
        let open = planned.value(name).is_some_and(|value| !value.is_wholly_known());
        let given = config.get(name).filter(|given| !given.is_null() && given.is_wholly_known());
        if let (true, Some(given)) = (open, given) {
            planned.set(name, field.normal.map_or_else(|| given.clone(), |normal| normal(given)));
        }
    }
}

/// True if a value observed after an operation is one that was planned.
pub fn agrees(planned: &Value, observed: &Value) -> bool {
    match (planned.kind(), observed.kind()) {
        (Kind::Unknown(..), _) => true,
        (Kind::Object(a), Kind::Object(b)) => {
            a.iter().all(|(name, value)| b.get(name).is_some_and(|other| agrees(value, other)))
        }
        (Kind::List(a), Kind::List(b)) => {
            a.items.len() == b.items.len() && a.items.iter().zip(&b.items).all(|(a, b)| agrees(a, b))
        }
        (Kind::Set(a), Kind::Set(b)) if !planned.is_wholly_known() => {
            // Each planned element needs a partner; unknown parts keep this from being a plain comparison.
            a.items.iter().all(|item| b.items.iter().any(|other| agrees(item, other)))
        }
        _ => planned == observed,
    }
}
