//! Functions on maps and objects.

use super::arguments::Arguments;
use super::definition::{Definition, Outcome, Parameter, Shape, any, blame, failed, text};
use formwork_value::{Kind, Str, Type, Value, convert};
use std::collections::BTreeMap;

pub(super) static FUNCTIONS: &[Definition] = &[
    Definition::new(
        "keys",
        "The keys of a map, or attribute names of an object, in order.",
        &[any("inputMap").with_marks().with_unknown()],
        Shape::Any,
        keys,
    ),
    Definition::new(
        "lookup",
        "The element of a map under a key, or else a default.",
        &[any("inputMap").with_marks().with_unknown(), text("key").with_marks().with_unknown()],
        Shape::Any,
        lookup,
    )
    .variadic(any("default").raw()),
    Definition::new(
        "transpose",
        "A map of lists turned around: for each text in the lists, the keys under which it is.",
        &[Parameter::new("values", Shape::TextListMap)],
        Shape::TextListMap,
        transpose,
    ),
    Definition::new(
        "values",
        "The elements of a map or object, in the order of their keys.",
        &[any("mapping").with_marks().with_unknown()],
        Shape::Any,
        values,
    ),
];

const REQUIRED: &str = "a map or an object is required";

fn keys(args: &Arguments) -> Outcome {
    let value = args.value(0);
    let text = |name: &Str| Value::from(Kind::String(name.clone()));
    let keys = match value.kind() {
        Kind::Map(map) => Value::list(Type::String, map.items.keys().map(text).collect()),
        Kind::Object(attributes) => Value::tuple(attributes.keys().map(text)),
        Kind::Unknown(Type::Object(object), _) => Value::tuple(object.attributes.keys().map(text)),
        Kind::Unknown(Type::Map(_), _) => Value::unknown_not_null(Type::list(Type::String)),
        Kind::Unknown(Type::Dynamic, _) => Value::dynamic(),
        _ => return Err(blame(0, REQUIRED)),
    };
    Ok(keys.with_marks(value.marks()))
}

fn values(args: &Arguments) -> Outcome {
    let value = args.value(0);
    let values = match value.kind() {
        Kind::Map(map) => Value::list(map.element.clone(), map.items.values().cloned().collect()),
        Kind::Object(attributes) => Value::tuple(attributes.values().cloned()),
        Kind::Unknown(Type::Object(object), _) => {
            Value::unknown_not_null(Type::tuple(object.attributes.values().cloned()))
        }
        Kind::Unknown(Type::Map(element), _) => Value::unknown_not_null(Type::list(Type::clone(element))),
        Kind::Unknown(Type::Dynamic, _) => Value::dynamic(),
        _ => return Err(blame(0, REQUIRED)),
    };
    Ok(values.with_marks(value.marks()))
}

fn lookup(args: &Arguments) -> Outcome {
    if args.len() > 3 {
        return Err(blame(3, "there is only one default"));
    }
    let (map, key) = (args.value(0), args.value(1));
    let marks = map.marks() | key.marks();
    let default = args.get(2);
    // What a map's default has to be converted to.
    let element = match map.kind() {
        Kind::Map(map) => Some(map.element.clone()),
        Kind::Unknown(Type::Map(element), _) => Some(Type::clone(element)),
        Kind::Object(_) | Kind::Unknown(Type::Object(_) | Type::Dynamic, _) => None,
        _ => return Err(blame(0, REQUIRED)),
    };
    let default = match (default, &element) {
        (Some(default), Some(element)) => {
            let fits = convert(default, element);
            Some(fits.map_err(|error| blame(2, format!("the default must be like the elements of the map: {error}")))?)
        }
        (default, _) => default.cloned(),
    };
    let Some(name) = key.as_str().filter(|_| map.is_known()) else {
        return Ok(unknown_lookup(&map, &key, element, default).with_marks(marks));
    };
    match map.get(name).cloned().or(default) {
        Some(found) => Ok(found.with_marks(marks)),
        None => Err(failed(format!("there is no element {name:?}, and no default is given"))),
    }
}

fn unknown_lookup(map: &Value, key: &Value, element: Option<Type>, default: Option<Value>) -> Value {
    if let Some(element) = element {
        return Value::unknown(element);
    }
    let object = match map.kind() {
        Kind::Unknown(Type::Object(object), _) => object,
        _ => return Value::dynamic(),
    };
    match key.as_str().map(|name| object.attributes.get(name)) {
        Some(Some(ty)) => Value::unknown(ty.clone()),
        Some(None) => default.unwrap_or_else(Value::dynamic),
        None => Value::dynamic(),
    }
}

fn transpose(args: &Arguments) -> Outcome {
    let mut turned: BTreeMap<Str, Vec<Value>> = BTreeMap::new();
    let of_lists = Type::list(Type::String);
    if !args.value(0).is_wholly_known() {
        return Ok(Value::unknown_not_null(Type::map(of_lists)));
    }
    for (key, list) in args.entries(0) {
        let Some(items) = list.as_sequence() else {
            return Err(blame(0, format!("the element {:?} is null, not a list", &**key)));
        };
        for item in items {
            let Kind::String(text) = item.kind() else {
                return Err(blame(0, format!("the list under {:?} has an element that is null", &**key)));
            };
            turned.entry(text.clone()).or_default().push(Value::from(Kind::String(key.clone())));
        }
    }
    let lists = turned.into_iter().map(|(text, mut keys)| {
        keys.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
        (text, Value::list(Type::String, keys))
    });
    Ok(Value::map(of_lists, lists.collect()))
}
