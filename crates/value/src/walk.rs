//! Whole-tree operations: type, knownness, marks, rebuilding.

use crate::conform::is_of;
use crate::refine::set_length_bounds;
use crate::unify::settle_anew;
use crate::value::Kind;
use crate::{Marks, Number, ObjectType, Path, PathMarks, PathStep, Refinements, Str, Type, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

impl Value {
    /// The exact type of the value; builds the type of objects and tuples (linear in their size).
    pub fn ty(&self) -> Type {
        match self.kind() {
            Kind::Null(ty) | Kind::Unknown(ty, _) => ty.clone(),
            Kind::Bool(_) => Type::Bool,
            Kind::Number(_) => Type::Number,
            Kind::String(_) => Type::String,
            Kind::List(c) => Type::list(c.element.clone()),
            Kind::Set(c) => Type::set(c.element.clone()),
            Kind::Map(m) => Type::map(m.element.clone()),
            Kind::Object(attributes) => Type::Object(Arc::new(ObjectType {
                attributes: attributes.iter().map(|(name, value)| (name.clone(), value.ty())).collect(),
                optional: BTreeSet::new(),
            })),
            Kind::Tuple(items) => Type::tuple(types_of(items)),
        }
    }

    /// True if no inner value is unknown. Takes no walk.
    pub fn is_wholly_known(&self) -> bool {
        self.extent().wholly_known
    }

    /// Union of the marks of the value and all inner values. Takes no walk.
    pub fn marks_deep(&self) -> Marks {
        self.extent().marks
    }

    /// Inner values one level down, in order.
    pub fn children(&self) -> Box<dyn Iterator<Item = &Value> + '_> {
        match self.kind() {
            Kind::List(c) | Kind::Set(c) => Box::new(c.items.iter()),
            Kind::Tuple(items) => Box::new(items.iter()),
            Kind::Map(m) => Box::new(m.items.values()),
            Kind::Object(attributes) => Box::new(attributes.values()),
            _ => Box::new(std::iter::empty()),
        }
    }

    /// Takes all marks off, and tells where they were. Shares what carries no marks.
    pub fn unmark_deep(&self) -> (Value, Vec<PathMarks>) {
        let mut found = Vec::new();
        if self.marks_deep().is_none() {
            return (self.clone(), found);
        }
        let value = self.collect_marks(&mut Path::root(), &mut found);
        (value, found)
    }

    fn collect_marks(&self, path: &mut Path, found: &mut Vec<PathMarks>) -> Value {
        let (value, marks) = self.clone().unmark();
        if !marks.is_none() {
            found.push(PathMarks { path: path.clone(), marks });
        }
        let rebuilt = value.rebuild(&mut |step, child| {
            if child.marks_deep().is_none() {
                return None;
            }
            path.0.push(step());
            let bare = child.collect_marks(path, found);
            path.0.pop();
            Some(bare)
        });
        rebuilt.unwrap_or(value)
    }

    /// Replaces unknown inner values by null of their type (for results that must be stored anyway).
    pub fn unknown_as_null(&self) -> Value {
        self.replace_unknowns().unwrap_or_else(|| self.clone())
    }

    fn replace_unknowns(&self) -> Option<Value> {
        match self.kind() {
            Kind::Unknown(ty, _) => Some(Value::null(ty.clone()).with_marks(self.marks())),
            _ => self.rebuild(&mut |_, child| child.replace_unknowns()),
        }
    }

    /// The value with some children replaced; `None` if none is. The replacements are of the same type. The marks of
    /// the root stay.
    fn rebuild(&self, replace: Replace<'_>) -> Option<Value> {
        let rebuilt = match self.kind() {
            Kind::List(c) => Value::list(c.element.clone(), rebuild_items(&c.items, replace)?),
            Kind::Set(c) => Value::set(c.element.clone(), rebuild_set_items(&c.items, replace)?),
            Kind::Tuple(items) => Value::tuple(rebuild_items(items, replace)?),
            Kind::Map(m) => {
                let step = |name: &Str| PathStep::Index(Value::from(Kind::String(name.clone())));
                Value::map(m.element.clone(), rebuild_entries(&m.items, &step, replace)?)
            }
            Kind::Object(attributes) => {
                let step = |name: &Str| PathStep::Attribute(name.clone());
                Value::object_map(rebuild_entries(attributes, &step, replace)?)
            }
            _ => return None,
        };
        Some(rebuilt.with_marks(self.marks()))
    }

    /// Visits the value and all inner values, parents first. The visitor says whether to descend.
    pub fn walk(&self, visit: &mut dyn FnMut(&Path, &Value) -> bool) {
        self.walk_at(&mut Path::root(), visit);
    }

    fn walk_at(&self, path: &mut Path, visit: &mut dyn FnMut(&Path, &Value) -> bool) {
        if !visit(path, self) {
            return;
        }
        let mut descend = |step: PathStep, child: &Value| {
            path.0.push(step);
            child.walk_at(path, visit);
            path.0.pop();
        };
        match self.kind() {
            Kind::List(c) => c.items.iter().enumerate().for_each(|(i, v)| descend(index_step(i), v)),
            Kind::Tuple(items) => items.iter().enumerate().for_each(|(i, v)| descend(index_step(i), v)),
            Kind::Set(c) => c.items.iter().for_each(|v| descend(PathStep::Index(v.clone()), v)),
            Kind::Map(m) => m.items.iter().for_each(|(k, v)| descend(key_step(k), v)),
            Kind::Object(o) => o.iter().for_each(|(k, v)| descend(PathStep::Attribute(k.clone()), v)),
            _ => {}
        }
    }

    /// Rebuilds the value bottom-up: children first, then the node itself goes through `change`. Collections keep
    /// their element type unless it no longer holds, then it is unified anew.
    pub fn transform<E>(&self, change: &mut dyn FnMut(&Path, Value) -> Result<Value, E>) -> Result<Value, E> {
        self.transform_at(&mut Path::root(), change)
    }

    fn transform_at<E>(
        &self,
        path: &mut Path,
        change: &mut dyn FnMut(&Path, Value) -> Result<Value, E>,
    ) -> Result<Value, E> {
        let mut inner = |step: PathStep, child: &Value| {
            path.0.push(step);
            let changed = child.transform_at(path, change);
            path.0.pop();
            changed
        };
        let rebuilt = match self.kind() {
            Kind::List(c) => {
                let items = c.items.iter().enumerate().map(|(i, v)| inner(index_step(i), v));
                let (element, items) = settle_anew(&c.element, items.collect::<Result<_, E>>()?);
                Value::list(element, items)
            }
            Kind::Set(c) => {
                let items = c.items.iter().map(|v| inner(PathStep::Index(v.clone()), v));
                let (element, items) = settle_anew(&c.element, items.collect::<Result<_, E>>()?);
                Value::set(element, items)
            }
            Kind::Map(m) => {
                let items = m.items.iter().map(|(k, v)| inner(key_step(k), v));
                let (element, items) = settle_anew(&m.element, items.collect::<Result<_, E>>()?);
                Value::map(element, m.items.keys().cloned().zip(items).collect())
            }
            Kind::Tuple(items) => {
                let items = items.iter().enumerate().map(|(i, v)| inner(index_step(i), v));
                Value::tuple(items.collect::<Result<Vec<_>, E>>()?)
            }
            Kind::Object(attributes) => {
                let items = attributes.iter().map(|(k, v)| Ok((k.clone(), inner(PathStep::Attribute(k.clone()), v)?)));
                Value::object_map(items.collect::<Result<_, E>>()?)
            }
            _ => return change(path, self.clone()),
        };
        change(path, rebuilt.with_marks(self.marks()))
    }

    /// Number of elements, with the marks of the collection: a known number, or an unknown one with bounds (sets with
    /// unknown elements, unknown collections). `None` for null and for types without a length.
    pub fn length(&self) -> Option<Value> {
        let exact = |n: usize| Value::from(Number::from(n));
        let length = match self.kind() {
            Kind::List(c) => exact(c.items.len()),
            Kind::Set(c) => match set_length_bounds(&c.items) {
                (min, max) if min == max => Value::from(Number::from(max)),
                (min, max) => unknown_length(Some(min), Some(max)),
            },
            Kind::Map(m) => exact(m.items.len()),
            Kind::Object(attributes) => exact(attributes.len()),
            Kind::Tuple(items) => exact(items.len()),
            Kind::Unknown(Type::Object(o), _) => exact(o.attributes.len()),
            Kind::Unknown(Type::Tuple(types), _) => exact(types.len()),
            Kind::Unknown(Type::Dynamic, _) => unknown_length(None, None),
            Kind::Unknown(ty, refinements) if ty.is_collection() => {
                let bounds = refinements.as_deref();
                unknown_length(bounds.and_then(|r| r.min_length), bounds.and_then(|r| r.max_length))
            }
            _ => return None,
        };
        Some(length.with_marks(self.marks()))
    }
}

fn unknown_length(min: Option<u64>, max: Option<u64>) -> Value {
    let refinements = Refinements {
        min: Some((Number::from(min.unwrap_or(0)), true)),
        max: max.map(|n| (Number::from(n), true)),
        ..Refinements::not_null()
    };
    Value::unknown_refined(Type::Number, refinements)
}

fn index_step(index: usize) -> PathStep {
    PathStep::Index(Value::from(Number::from(index)))
}

fn key_step(key: &Str) -> PathStep {
    PathStep::Index(Value::from(Kind::String(key.clone())))
}

/// Gives the replacement of a child, if it has one, from the child and a way to get the step to it.
type Replace<'a> = &'a mut dyn FnMut(&dyn Fn() -> PathStep, &Value) -> Option<Value>;

fn rebuild_items(items: &[Value], replace: Replace<'_>) -> Option<Vec<Value>> {
    let mut rebuilt: Option<Vec<Value>> = None;
    for (index, item) in items.iter().enumerate() {
        if let Some(new) = replace(&|| index_step(index), item)
            && let Some(slot) = rebuilt.get_or_insert_with(|| items.to_vec()).get_mut(index)
        {
            *slot = new;
        }
    }
    rebuilt
}

fn rebuild_set_items(items: &[Value], replace: Replace<'_>) -> Option<Vec<Value>> {
    let mut changed = false;
    let rebuilt = items
        .iter()
        .map(|item| {
            let new = replace(&|| PathStep::Index(item.clone()), item);
            changed |= new.is_some();
            new.unwrap_or_else(|| item.clone())
        })
        .collect();
    changed.then_some(rebuilt)
}

fn rebuild_entries(
    entries: &BTreeMap<Str, Value>,
    step: &dyn Fn(&Str) -> PathStep,
    replace: Replace<'_>,
) -> Option<BTreeMap<Str, Value>> {
    let mut rebuilt: Option<BTreeMap<Str, Value>> = None;
    for (key, item) in entries {
        if let Some(new) = replace(&|| step(key), item) {
            rebuilt.get_or_insert_with(|| entries.clone()).insert(key.clone(), new);
        }
    }
    rebuilt
}

/// Structural equality: same kinds, types, unknowns and refinements, marks included.
impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        self.marks() == other.marks() && same_kind(self.kind(), other.kind())
    }
}

fn same_kind(a: &Kind, b: &Kind) -> bool {
    match (a, b) {
        (Kind::Null(a), Kind::Null(b)) => a == b,
        (Kind::Unknown(a, a_known), Kind::Unknown(b, b_known)) => a == b && a_known == b_known,
        (Kind::Bool(a), Kind::Bool(b)) => a == b,
        (Kind::Number(a), Kind::Number(b)) => a == b,
        (Kind::String(a), Kind::String(b)) => a == b,
        (Kind::List(a), Kind::List(b)) | (Kind::Set(a), Kind::Set(b)) => {
            Arc::ptr_eq(a, b) || (a.element == b.element && a.items == b.items)
        }
        (Kind::Map(a), Kind::Map(b)) => Arc::ptr_eq(a, b) || (a.element == b.element && a.items == b.items),
        (Kind::Object(a), Kind::Object(b)) => Arc::ptr_eq(a, b) || a == b,
        (Kind::Tuple(a), Kind::Tuple(b)) => Arc::ptr_eq(a, b) || a == b,
        _ => false,
    }
}

/// The types of values; neighbours of one type share it.
fn types_of(items: &[Value]) -> Vec<Type> {
    let mut types: Vec<Type> = Vec::with_capacity(items.len());
    for item in items {
        let same = types.last().filter(|last| is_of(item, last)).cloned();
        types.push(same.unwrap_or_else(|| item.ty()));
    }
    types
}
