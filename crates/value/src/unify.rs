//! The common type of several types.

use crate::convert::convert_type;
use crate::value::Kind;
use crate::{ObjectType, Str, Type, Value, conforms, convert};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The type to which all the types convert, by the language's rules (fact sheet `language.md` 7.3); `None` if there
/// is none.
pub fn unify(types: &[Type]) -> Option<Type> {
    unify_refs(&types.iter().collect::<Vec<_>>())
}

fn unify_refs(types: &[&Type]) -> Option<Type> {
    let Some((first, rest)) = types.split_first() else { return Some(Type::Dynamic) };
    if rest.iter().all(|ty| ty == first) {
        return Some((*first).clone());
    }
    let count = Count::of(types);
    if count.objects > 0 && count.tuples > 0 {
        return None;
    }
    if count.dynamic > 0 && count.dynamic + count.primitives < types.len() {
        return Some(Type::Dynamic);
    }
    if count.maps == types.len() || count.lists == types.len() || count.sets == types.len() {
        return unify_elements(first, types);
    }
    if count.objects == types.len() {
        return unify_objects(types);
    }
    if count.tuples == types.len() {
        return unify_tuples(types);
    }
    if count.maps > 0 && count.maps + count.objects == types.len() {
        return unify_refs(&inner_types(types)).map(Type::map).or_else(|| most_general(types));
    }
    if count.lists > 0 && count.lists + count.tuples == types.len() {
        return unify_refs(&inner_types(types)).map(Type::list).or_else(|| most_general(types));
    }
    most_general(types)
}

#[derive(Default)]
struct Count {
    dynamic: usize,
    primitives: usize,
    lists: usize,
    sets: usize,
    maps: usize,
    objects: usize,
    tuples: usize,
}

impl Count {
    fn of(types: &[&Type]) -> Count {
        let mut count = Count::default();
        for ty in types {
            *match ty {
                Type::Dynamic => &mut count.dynamic,
                Type::String | Type::Number | Type::Bool => &mut count.primitives,
                Type::List(_) => &mut count.lists,
                Type::Set(_) => &mut count.sets,
                Type::Map(_) => &mut count.maps,
                Type::Object(_) => &mut count.objects,
                Type::Tuple(_) => &mut count.tuples,
            } += 1;
        }
        count
    }
}

/// Types one level down: of elements and of attributes.
fn inner_types<'a>(types: &[&'a Type]) -> Vec<&'a Type> {
    let mut inner: Vec<&Type> = Vec::new();
    for ty in types {
        match ty {
            Type::List(element) | Type::Set(element) | Type::Map(element) => inner.push(element),
            Type::Object(object) => inner.extend(object.attributes.values()),
            Type::Tuple(types) => inner.extend(types.iter()),
            _ => {}
        }
    }
    inner
}

/// Collections of one kind.
fn unify_elements(kind: &Type, types: &[&Type]) -> Option<Type> {
    let element = unify_refs(&inner_types(types))?;
    Some(match kind {
        Type::List(_) => Type::list(element),
        Type::Set(_) => Type::set(element),
        _ => Type::map(element),
    })
}

fn unify_objects(types: &[&Type]) -> Option<Type> {
    let objects: Vec<&ObjectType> =
        types.iter().filter_map(|ty| if let Type::Object(o) = ty { Some(&**o) } else { None }).collect();
    let first = objects.first()?;
    if objects.iter().any(|object| object.attributes.keys().ne(first.attributes.keys())) {
        return unify_refs(&inner_types(types)).map(Type::map);
    }
    let mut columns: BTreeMap<&Str, Vec<&Type>> = BTreeMap::new();
    for object in &objects {
        for (name, ty) in &object.attributes {
            columns.entry(name).or_default().push(ty);
        }
    }
    let attributes = columns.into_iter().map(|(name, types)| Some((name.clone(), unify_refs(&types)?)));
    Some(Type::Object(Arc::new(ObjectType {
        attributes: attributes.collect::<Option<_>>()?,
        optional: BTreeSet::new(),
    })))
}

fn unify_tuples(types: &[&Type]) -> Option<Type> {
    let tuples: Vec<&[Type]> =
        types.iter().filter_map(|ty| if let Type::Tuple(ts) = ty { Some(&**ts) } else { None }).collect();
    let length = tuples.first()?.len();
    if tuples.iter().any(|tuple| tuple.len() != length) {
        return unify_refs(&inner_types(types)).map(Type::list);
    }
    let columns = (0..length).map(|index| unify_refs(&tuples.iter().filter_map(|t| t.get(index)).collect::<Vec<_>>()));
    Some(Type::tuple(columns.collect::<Option<Vec<_>>>()?))
}

/// The most general of the types to which all others convert.
fn most_general(types: &[&Type]) -> Option<Type> {
    let mut candidates: Vec<&Type> = types.to_vec();
    candidates.sort_by_key(|ty| generality(ty));
    candidates.dedup();
    candidates.into_iter().find(|target| types.iter().all(|ty| convert_type(ty, target).is_some())).cloned()
}

/// Lower is more general.
fn generality(ty: &Type) -> u8 {
    match ty {
        Type::String => 0,
        Type::List(_) | Type::Map(_) => 1,
        Type::Set(_) => 2,
        Type::Object(_) | Type::Tuple(_) => 3,
        Type::Number | Type::Bool => 4,
        Type::Dynamic => 5,
    }
}

/// Elements of a collection whose declared element type may have dynamic parts: they get the type that all have in
/// common. Without one, the collection stays dynamic.
pub(crate) fn settle(declared: &Type, items: Vec<Value>) -> (Type, Vec<Value>) {
    if !declared.has_dynamic() || items.is_empty() {
        return (declared.clone(), items);
    }
    unified(&items).unwrap_or((Type::Dynamic, items))
}

/// As [`settle`], but the declared type is also kept if it holds.
pub(crate) fn settle_anew(declared: &Type, items: Vec<Value>) -> (Type, Vec<Value>) {
    if items.iter().all(|item| conforms(item, declared)) {
        return (declared.clone(), items);
    }
    unified(&items).unwrap_or((Type::Dynamic, items))
}

/// The common type of values, and the values converted to it.
pub(crate) fn unified(items: &[Value]) -> Option<(Type, Vec<Value>)> {
    // An untyped null goes with everything.
    let typed = items.iter().filter(|item| !matches!(item.kind(), Kind::Null(Type::Dynamic)));
    let types: Vec<Type> = typed.map(Value::ty).collect();
    let common = unify(&types)?;
    let converted = items.iter().map(|item| convert(item, &common)).collect::<Result<Vec<_>, _>>().ok()?;
    Some((common, converted))
}
