//! Following paths into values.

use crate::value::Kind;
use crate::{Number, Path, PathError, PathMarks, PathStep, Type, Value};
use std::sync::Arc;

impl Value {
    /// The value at a path, with the marks of everything on the way. An unknown value on the way gives an unknown of
    /// the type at the path; a null on the way is an error, as is a step that does not exist.
    pub fn at_path(&self, path: &Path) -> Result<Value, PathError> {
        let mut current = self.clone();
        for (at, step) in path.0.iter().enumerate() {
            let marks = current.marks();
            let next = follow(&current, step).map_err(|message| PathError { at, message })?;
            current = next.with_marks(marks);
        }
        Ok(current)
    }

    /// Adds marks at paths. A path into a set, or past a null or unknown value, marks the deepest value on the way
    /// that exists. Paths that do not exist are ignored.
    pub fn with_path_marks(&self, marks: &[PathMarks]) -> Value {
        let mut value = self.clone();
        for mark in marks {
            mark_at(&mut value, &mark.path.0, mark);
        }
        value
    }
}

fn follow(value: &Value, step: &PathStep) -> Result<Value, String> {
    match (value.kind(), step) {
        (Kind::Null(_), _) => Err("the value on the way is null".to_owned()),
        (Kind::Unknown(ty, _), _) => Ok(Value::unknown(follow_type(ty, step)?)),
        (Kind::Object(_) | Kind::Map(_), PathStep::Attribute(name)) => {
            value.get(name).cloned().ok_or_else(|| format!("there is no attribute {:?}", &**name))
        }
        (Kind::Set(c), PathStep::Index(key)) => {
            let found = c.items.iter().find(|item| *item == key).cloned();
            found.ok_or_else(|| "the set has no such element".to_owned())
        }
        (_, PathStep::Index(key)) => {
            child(value, key).cloned().ok_or_else(|| format!("there is no element {}", Path::root().index(key.clone())))
        }
        (_, PathStep::Attribute(name)) => Err(format!("there is no attribute {:?}", &**name)),
    }
}

/// The element of a map, object, list or tuple.
fn child<'a>(value: &'a Value, key: &Value) -> Option<&'a Value> {
    match key.as_str() {
        Some(name) => value.get(name),
        None => match value.kind() {
            Kind::Set(_) => None,
            _ => value.as_sequence()?.get(key.as_number().and_then(Number::to_usize)?),
        },
    }
}

fn follow_type(ty: &Type, step: &PathStep) -> Result<Type, String> {
    let next = match (ty, step) {
        (Type::Dynamic, _) => Some(&Type::Dynamic),
        (Type::Object(_), PathStep::Attribute(name)) => ty.attribute(name),
        (Type::Map(element), PathStep::Attribute(_)) => Some(&**element),
        (Type::Object(_), PathStep::Index(key)) => key.as_str().and_then(|name| ty.attribute(name)),
        (Type::List(element) | Type::Set(element) | Type::Map(element), PathStep::Index(_)) => Some(&**element),
        (Type::Tuple(types), PathStep::Index(key)) => {
            key.as_number().and_then(Number::to_usize).and_then(|index| types.get(index))
        }
        _ => None,
    };
    next.cloned().ok_or_else(|| format!("a value of type {} has nothing there", ty.friendly_name()))
}

/// True if the path led to a value that exists.
fn mark_at(value: &mut Value, steps: &[PathStep], mark: &PathMarks) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        value.add_marks(mark.marks);
        return true;
    };
    let add = |inner: Option<&mut Value>| inner.is_some_and(|inner| mark_at(inner, rest, mark));
    match (value.kind_mut(), step) {
        (Kind::Null(_) | Kind::Unknown(..) | Kind::Set(_), _) => {
            value.add_marks(mark.marks);
            true
        }
        (Kind::Object(attributes), step) => match step_name(step) {
            Some(name) if attributes.contains_key(name) => {
                Arc::make_mut(attributes).add_marks(mark.marks, |attributes| add(attributes.get_mut(name)))
            }
            _ => false,
        },
        (Kind::Map(map), step) => match step_name(step) {
            Some(name) if map.items.contains_key(name) => {
                Arc::make_mut(map).items.add_marks(mark.marks, |items| add(items.get_mut(name)))
            }
            _ => false,
        },
        (Kind::List(list), PathStep::Index(key)) => match key.as_number().and_then(Number::to_usize) {
            Some(index) if index < list.items.len() => {
                Arc::make_mut(list).items.add_marks(mark.marks, |items| add(items.get_mut(index)))
            }
            _ => false,
        },
        (Kind::Tuple(items), PathStep::Index(key)) => match key.as_number().and_then(Number::to_usize) {
            Some(index) if index < items.len() => {
                Arc::make_mut(items).add_marks(mark.marks, |items| add(items.get_mut(index)))
            }
            _ => false,
        },
        _ => false,
    }
}

fn step_name(step: &PathStep) -> Option<&str> {
    match step {
        PathStep::Attribute(name) => Some(name),
        PathStep::Index(key) => key.as_str(),
    }
}
