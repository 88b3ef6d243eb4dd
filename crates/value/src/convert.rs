//! Conversion of values to types.

use crate::mismatch::mismatch;
use crate::unify::{settle, unified, unify};
use crate::value::Kind;
use crate::{Number, ObjectType, Path, PathStep, Refinements, Str, Type, Value, conforms};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// Why a value cannot be converted.
#[derive(Clone, Debug, PartialEq)]
pub struct ConvertError {
    /// Where in the value.
    pub path: Path,
    /// For users, e.g. `a number is required`.
    pub message: String,
}

impl ConvertError {
    fn new(message: impl Into<String>) -> ConvertError {
        ConvertError { path: Path::root(), message: message.into() }
    }

    fn inside(mut self, step: PathStep) -> ConvertError {
        self.path.0.insert(0, step);
        self
    }
}

impl fmt::Display for ConvertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_root() { f.write_str(&self.message) } else { write!(f, "{}: {}", self.path, self.message) }
    }
}

impl std::error::Error for ConvertError {}

/// Converts a value to a type constraint. Marks, nulls and unknowns are kept; attributes that are optional in the
/// constraint and absent become null (defaults are applied by the caller beforehand). `Dynamic` inside a collection
/// stands for the common type of the elements.
pub fn convert(value: &Value, ty: &Type) -> Result<Value, ConvertError> {
    convert_inner(value, ty).map_err(|error| {
        // What is wrong by type alone is told first and as a whole.
        let own = value.ty();
        if convert_type(&own, ty).is_none() { ConvertError::new(mismatch(&own, ty)) } else { error }
    })
}

fn convert_inner(value: &Value, ty: &Type) -> Result<Value, ConvertError> {
    if conforms(value, ty) {
        return Ok(value.clone());
    }
    let converted = match (value.kind(), ty) {
        (Kind::Null(own), _) => Value::null(converted_type(own, ty)?),
        (Kind::Unknown(own, refinements), _) => convert_unknown(own, refinements.as_deref(), ty)?,
        (Kind::Bool(b), Type::String) => Value::string(if *b { "true" } else { "false" }),
        (Kind::Number(n), Type::String) => Value::string(n.to_string()),
        (Kind::String(s), Type::Number) => {
            Value::from(Number::parse(s).map_err(|_| ConvertError::new("a number is required"))?)
        }
        (Kind::String(s), Type::Bool) => Value::from(parse_bool(s)?),
        (Kind::List(c) | Kind::Set(c), Type::List(_) | Type::Set(_)) => convert_sequence(&c.items, ty)?,
        (Kind::Tuple(items), Type::List(_) | Type::Set(_)) => convert_sequence(items, ty)?,
        (Kind::Tuple(items), Type::Tuple(types)) => convert_tuple(items, types)?,
        (Kind::Map(map), Type::Map(element)) => convert_mapping(&map.items, element)?,
        (Kind::Object(attributes), Type::Map(element)) => convert_mapping(attributes, element)?,
        (Kind::Object(attributes), Type::Object(object)) => convert_object(attributes, object, attribute_step)?,
        (Kind::Map(map), Type::Object(object)) => convert_object(&map.items, object, key_step)?,
        _ => return Err(ConvertError::new(mismatch(&value.ty(), ty))),
    };
    Ok(converted.with_marks(value.marks()))
}

fn converted_type(own: &Type, ty: &Type) -> Result<Type, ConvertError> {
    convert_type(own, ty).ok_or_else(|| ConvertError::new(mismatch(own, ty)))
}

fn convert_unknown(own: &Type, known: Option<&Refinements>, ty: &Type) -> Result<Value, ConvertError> {
    let target = converted_type(own, ty)?;
    let Some(known) = known else { return Ok(Value::unknown(target)) };
    let mut kept = Refinements { not_null: known.not_null, ..Refinements::default() };
    if let (Type::List(_) | Type::Set(_), Type::List(_) | Type::Set(_)) | (Type::Map(_), Type::Map(_)) = (own, &target)
    {
        // In a set, elements may turn out to be equal.
        let may_shrink = matches!((own, &target), (_, Type::Set(_)));
        kept.min_length = known.min_length.map(|n| if may_shrink { n.min(1) } else { n });
        kept.max_length = known.max_length;
    }
    Ok(Value::unknown_refined(target, kept))
}

fn parse_bool(text: &str) -> Result<bool, ConvertError> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => match text.to_lowercase().as_str() {
            word @ ("true" | "false") => {
                let hint = format!("a bool is required; to convert from string, use lowercase \"{word}\"");
                Err(ConvertError::new(hint))
            }
            _ => Err(ConvertError::new("a bool is required")),
        },
    }
}

/// To a list or set.
fn convert_sequence(items: &[Value], ty: &Type) -> Result<Value, ConvertError> {
    let (declared, is_set) = match ty {
        Type::Set(element) => (&**element, true),
        _ => (ty.element().unwrap_or(&Type::Dynamic), false),
    };
    let mut converted = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        converted.push(convert_inner(item, declared).map_err(|error| error.inside(index_step(index)))?);
    }
    let kind = if is_set { "set" } else { "list" };
    let (element, converted) = common_elements(declared, converted, kind)?;
    Ok(if is_set { Value::set(element, converted) } else { Value::list(element, converted) })
}

/// To a map.
fn convert_mapping(entries: &BTreeMap<Str, Value>, declared: &Type) -> Result<Value, ConvertError> {
    let mut converted = Vec::with_capacity(entries.len());
    for (key, item) in entries {
        converted.push(convert_inner(item, declared).map_err(|error| error.inside(key_step(key)))?);
    }
    let (element, converted) = common_elements(declared, converted, "map")?;
    Ok(Value::map(element, entries.keys().cloned().zip(converted).collect()))
}

/// The element type of converted elements: the declared one, with dynamic parts replaced by what all have in common.
fn common_elements(declared: &Type, items: Vec<Value>, kind: &str) -> Result<(Type, Vec<Value>), ConvertError> {
    let declared = declared.without_optional();
    if !declared.has_dynamic() || items.is_empty() {
        return Ok(settle(&declared, items));
    }
    let different = || ConvertError::new(format!("all {kind} elements must have the same type"));
    // As in the reference, an untyped null has no common type with compound elements of a list or set.
    let is_untyped = |item: &Value| matches!(item.kind(), Kind::Null(Type::Dynamic));
    let is_compound = |item: &Value| !matches!(item.ty(), Type::Dynamic) && !item.ty().is_primitive();
    if kind != "map" && items.iter().any(is_untyped) && items.iter().any(is_compound) {
        return Err(different());
    }
    let (element, items) = unified(&items).ok_or_else(different)?;
    // Nulls inside of compound elements may leave them without a common type, too.
    let types_differ = element.has_dynamic() && items.iter().any(|item| item.ty() != element);
    if types_differ && items.iter().all(Value::is_wholly_known) {
        return Err(different());
    }
    Ok((element, items))
}

fn convert_tuple(items: &[Value], types: &[Type]) -> Result<Value, ConvertError> {
    if items.len() != types.len() {
        return Err(ConvertError::new("tuple required"));
    }
    let converted = items.iter().zip(types).enumerate();
    let converted = converted.map(|(i, (item, ty))| convert_inner(item, ty).map_err(|e| e.inside(index_step(i))));
    Ok(Value::tuple(converted.collect::<Result<Vec<_>, _>>()?))
}

fn convert_object(
    entries: &BTreeMap<Str, Value>,
    object: &ObjectType,
    step: impl Fn(&Str) -> PathStep,
) -> Result<Value, ConvertError> {
    let mut attributes = Vec::with_capacity(object.attributes.len());
    for (name, ty) in &object.attributes {
        let converted = match entries.get(name) {
            Some(item) => convert_inner(item, ty).map_err(|error| error.inside(step(name)))?,
            None if object.optional.contains(name) => Value::null(ty.without_optional()),
            None => {
                let message = format!("map has no element for required attribute {:?}", &**name);
                return Err(ConvertError::new(message));
            }
        };
        attributes.push((name.clone(), converted));
    }
    Ok(Value::object_map(BTreeMap::from_iter(attributes)))
}

/// The type that a conversion between types gives; `None` if no value but an untyped null converts.
pub(crate) fn convert_type(own: &Type, ty: &Type) -> Option<Type> {
    match (own, ty) {
        (_, Type::Dynamic) => Some(own.clone()),
        (Type::Dynamic, _) => Some(ty.without_optional()),
        (Type::String | Type::Number | Type::Bool, Type::String) => Some(Type::String),
        (Type::String | Type::Number, Type::Number) => Some(Type::Number),
        (Type::String | Type::Bool, Type::Bool) => Some(Type::Bool),
        (Type::List(a) | Type::Set(a), Type::List(b)) => Some(Type::list(convert_type(a, b)?)),
        (Type::List(a) | Type::Set(a), Type::Set(b)) => Some(Type::set(convert_type(a, b)?)),
        (Type::Map(a), Type::Map(b)) => Some(Type::map(convert_type(a, b)?)),
        (Type::Tuple(types), Type::List(b)) => Some(Type::list(common_type(types.iter(), b)?)),
        (Type::Tuple(types), Type::Set(b)) => Some(Type::set(common_type(types.iter(), b)?)),
        (Type::Object(object), Type::Map(b)) => Some(Type::map(common_type(object.attributes.values(), b)?)),
        (Type::Tuple(a), Type::Tuple(b)) if a.len() == b.len() => {
            let types = a.iter().zip(b.iter()).map(|(a, b)| convert_type(a, b));
            Some(Type::tuple(types.collect::<Option<Vec<_>>>()?))
        }
        (Type::Object(a), Type::Object(b)) => convert_object_type(|name| a.attributes.get(name), b),
        (Type::Map(a), Type::Object(b)) => convert_object_type(|_| Some(a), b),
        _ => None,
    }
}

fn convert_object_type<'a>(own: impl Fn(&Str) -> Option<&'a Type>, object: &ObjectType) -> Option<Type> {
    let attributes = object.attributes.iter().map(|(name, ty)| match own(name) {
        Some(own) => Some((name.clone(), convert_type(own, ty)?)),
        None if object.optional.contains(name) => Some((name.clone(), ty.without_optional())),
        None => None,
    });
    let attributes = attributes.collect::<Option<BTreeMap<_, _>>>()?;
    Some(Type::Object(Arc::new(ObjectType { attributes, optional: BTreeSet::new() })))
}

/// The element type when elements of several types become those of a collection.
fn common_type<'a>(types: impl Iterator<Item = &'a Type>, declared: &Type) -> Option<Type> {
    let converted: Vec<Type> = types.map(|ty| convert_type(ty, declared)).collect::<Option<_>>()?;
    if declared.has_dynamic() && !converted.is_empty() { unify(&converted) } else { Some(declared.without_optional()) }
}

fn index_step(index: usize) -> PathStep {
    PathStep::Index(Number::from(index).into())
}

fn key_step(key: &Str) -> PathStep {
    PathStep::Index(Kind::String(key.clone()).into())
}

fn attribute_step(name: &Str) -> PathStep {
    PathStep::Attribute(name.clone())
}
