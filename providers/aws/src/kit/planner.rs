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
    /// The provider's default tags, where they are known.
    pub default_tags: Option<&'a BTreeMap<String, String>>,
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
    session: Option<&'a Session>,
    prior: Option<&'a Object>,
    config: &'a Value,
) -> Plan<'a> {
    let mut planner = Planner { legacy: spec.legacy, replace: Vec::new() };
    let before = prior.map(Object::attributes);
    let attributes = planner.body(&spec.body, before, config, &Path::root());
    let replace = planner.replace;
    let mut planned = Object::from_value(ty, &Value::object_map(attributes));
    let default_tags = session.filter(|session| !session.has_unknown_tags).map(|session| &session.default_tags);
    if spec.tagged {
        let own = planned.value("tags").cloned().unwrap_or_else(|| Value::null(Type::map(Type::String)));
        planned.set("tags_all", tags::planned_all(default_tags, &own));
    }
    Plan { default_tags, prior, config, planned, replace }
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

/// Walks configuration and prior object, and collects what needs a new object.
struct Planner {
    legacy: bool,
    replace: Vec<Path>,
}

impl Planner {
    fn body(
        &mut self,
        body: &Body,
        prior: Option<&BTreeMap<Str, Value>>,
        config: &Value,
        at: &Path,
    ) -> BTreeMap<Str, Value> {
        let mut planned = BTreeMap::new();
        for (name, field) in &body.fields {
            let before = prior.and_then(|prior| prior.get(*name));
            let value = self.field(field, before, config.get(name));
            if field.forces_new && before.is_some_and(|before| *before != value) {
                self.replace.push(at.clone().attribute(*name));
            }
            planned.insert((*name).into(), value);
        }
        for (name, block) in &body.blocks {
            let before = prior.and_then(|prior| prior.get(*name));
            let path = at.clone().attribute(*name);
            let given = config.get(name).cloned().unwrap_or_else(|| Value::null(block.ty()));
            planned.insert((*name).into(), self.blocks(block, before, &given, &path));
        }
        planned
    }

    fn field(&self, field: &Field, prior: Option<&Value>, config: Option<&Value>) -> Value {
        // For hashicorp/aws, what is not set and what is empty is the same.
        let unset = prior.filter(|prior| self.legacy && is_zero(prior));
        let Some(given) = config.filter(|value| !value.is_null()) else {
            return match &field.default {
                Some(default) => default.clone(),
                None if field.attribute.computed => prior.cloned().unwrap_or_else(|| Value::unknown(field.ty())),
                None => unset.cloned().unwrap_or_else(|| Value::null(field.ty())),
            };
        };
        let given = match field.normal {
            Some(normal) if given.is_known() => normal(given),
            _ => given.clone(),
        };
        match (field.same, prior) {
            (Some(same), Some(prior)) if is_comparable(prior) && is_comparable(&given) && same(prior, &given) => {
                prior.clone()
            }
            _ => unset.filter(|_| is_zero(&given)).cloned().unwrap_or(given),
        }
    }

    fn blocks(&mut self, block: &BlockField, prior: Option<&Value>, config: &Value, at: &Path) -> Value {
        if !config.is_known() {
            return config.clone();
        }
        let is_absent = config.is_null() || config.as_sequence().is_some_and(<[Value]>::is_empty);
        if is_absent && block.computed {
            return prior.cloned().unwrap_or_else(|| Value::unknown(block.ty()));
        }
        let planned = match block.nesting {
            Nesting::Set => self.set(block, prior, config, at),
            Nesting::List => self.list(block, prior, config, at),
            _ if config.is_null() => config.clone(),
            _ => Value::object_map(self.body(&block.body, prior.and_then(Value::as_mapping), config, at)),
        };
        let keys = |value: &Value| -> Vec<Vec<Option<Value>>> {
            let key = |item: &Value| block.key.iter().map(|name| item.get(name).cloned()).collect();
            value.as_sequence().unwrap_or_default().iter().map(key).collect()
        };
        if block.forces_new && prior.is_some_and(|before| keys(before) != keys(&planned)) {
            self.replace.push(at.clone());
        }
        planned
    }

    fn list(&mut self, block: &BlockField, prior: Option<&Value>, config: &Value, at: &Path) -> Value {
        let before = prior.and_then(Value::as_sequence).unwrap_or_default();
        let items = config.as_sequence().unwrap_or_default().iter().enumerate().map(|(index, item)| {
            let before = before.get(index).and_then(Value::as_mapping);
            Value::object_map(self.body(&block.body, before, item, &element(at, index)))
        });
        Value::list(block.body.ty(), items.collect())
    }

    /// Elements find their prior selves by the key attributes.
    fn set(&mut self, block: &BlockField, prior: Option<&Value>, config: &Value, at: &Path) -> Value {
        let before = prior.and_then(Value::as_sequence).unwrap_or_default();
        let same_key = |a: &Value, b: &Value| block.key.iter().all(|name| a.get(name) == b.get(name));
        let outside = std::mem::take(&mut self.replace);
        let items = config.as_sequence().unwrap_or_default().iter().map(|item| {
            if !item.is_known() {
                return item.clone();
            }
            let old = before.iter().find(|old| same_key(old, item)).and_then(Value::as_mapping);
            Value::object_map(self.body(&block.body, old, item, at))
        });
        let planned = Value::set(block.body.ty(), items.collect());
        // A path cannot point into a set, so it is the set that has to be replaced.
        let inside = std::mem::replace(&mut self.replace, outside);
        if !inside.is_empty() {
            self.replace.push(at.clone());
        }
        planned
    }
}

fn is_comparable(value: &Value) -> bool {
    !value.is_null() && value.is_wholly_known()
}

/// True for what Terraform's older provider library cannot tell from null.
pub fn is_zero(value: &Value) -> bool {
    match value.kind() {
        Kind::Null(_) | Kind::Bool(false) => true,
        Kind::String(text) => text.is_empty(),
        Kind::Number(number) => number.is_zero(),
        Kind::List(items) | Kind::Set(items) => items.items.is_empty(),
        Kind::Map(map) => map.items.is_empty(),
        _ => false,
    }
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
        (Kind::Null(_), _) => is_zero(observed),
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
