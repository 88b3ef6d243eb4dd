//! Functions that make one value of several.

use super::arguments::Arguments;
use super::collection::root_marks;
use super::definition::{Definition, Outcome, Shape, any, blame, failed, list, texts};
use super::list::{check_count, element_type};
use formwork_hcl::limits::ELEMENTS;
use formwork_value::{Kind, Marks, Str, Type, Value, convert, equals, unify};
use std::collections::BTreeMap;

pub(super) static FUNCTIONS: &[Definition] = &[
    Definition::new(
        "coalesce",
        "The first of the values that is neither null nor an empty text.",
        &[],
        Shape::Any,
        coalesce,
    )
    .variadic(any("vals").nullable().with_unknown()),
    Definition::new("coalescelist", "The first of the lists that is not empty.", &[], Shape::Any, coalesce_list)
        .variadic(any("vals").nullable().with_unknown()),
    Definition::new("concat", "The elements of several lists in one.", &[], Shape::Any, concat)
        .variadic(any("seqs").with_marks().with_unknown()),
    Definition::new(
        "flatten",
        "The elements of a list, with those of all lists inside of it in their place.",
        &[any("list").with_marks().with_unknown()],
        Shape::Any,
        flatten,
    ),
    Definition::new(
        "matchkeys",
        "The elements of a list for which the key at the same place in another list is among those searched for.",
        &[list("values"), list("keys"), list("searchset")],
        Shape::Anys,
        match_keys,
    ),
    Definition::new("merge", "The entries of several maps or objects in one; later ones win.", &[], Shape::Any, merge)
        .variadic(any("maps").raw()),
    Definition::new(
        "zipmap",
        "A map, or an object, of keys from one list and elements from another.",
        &[texts("keys").with_marks().with_unknown(), any("values").with_marks().with_unknown()],
        Shape::Any,
        zip_map,
    ),
];

fn coalesce(args: &Arguments) -> Outcome {
    let ty = common_type(args)?;
    for (index, value) in args.values.iter().enumerate() {
        let value = convert(value, &ty).map_err(|error| blame(index, error.to_string()))?;
        match value.kind() {
            Kind::Null(_) => {}
            Kind::String(text) if text.is_empty() => {}
            Kind::Unknown(Type::Dynamic, _) => return Ok(Value::dynamic()),
            Kind::Unknown(ty, _) => return Ok(Value::unknown_not_null(ty.clone())),
            _ => return Ok(value),
        }
    }
    Err(failed("all the values are null or empty"))
}

fn common_type(args: &Arguments) -> Result<Type, formwork_hcl::FunctionFailure> {
    if args.values.is_empty() {
        return Err(failed("at least one value is required"));
    }
    let types: Vec<Type> = args.values.iter().map(Value::ty).collect();
    unify(&types).ok_or_else(|| failed("the values have no common type"))
}

fn coalesce_list(args: &Arguments) -> Outcome {
    for (index, value) in args.values.iter().enumerate() {
        match value.ty() {
            _ if !value.is_known() => return decided_list(args),
            Type::List(_) | Type::Tuple(_) => {}
            _ => return Err(blame(index, "a list or tuple is required")),
        }
    }
    decided_list(args)
}

fn decided_list(args: &Arguments) -> Outcome {
    for value in args.values {
        match value.kind() {
            Kind::Unknown(Type::Tuple(types), _) if types.is_empty() => {}
            Kind::Unknown(..) => return Ok(undecided_list(args)),
            _ if value.as_sequence().is_some_and(|items| !items.is_empty()) => return Ok(value.clone()),
            _ => {}
        }
    }
    Err(failed("all the lists are empty"))
}

/// What will be one of the lists.
fn undecided_list(args: &Arguments) -> Value {
    let mut types = args.values.iter().map(Value::ty);
    match types.next() {
        Some(first) if first != Type::Dynamic && types.all(|ty| ty == first) => Value::unknown_not_null(first),
        _ => Value::dynamic(),
    }
}

fn concat(args: &Arguments) -> Outcome {
    let marks = root_marks(args.values);
    if args.values.is_empty() {
        return Err(failed("at least one list is required"));
    }
    if args.values.iter().any(|value| matches!(value.kind(), Kind::Unknown(Type::Dynamic, _))) {
        return Ok(Value::dynamic().with_marks(marks));
    }
    let are_lists = |value: &Value| matches!(value.kind(), Kind::List(_) | Kind::Unknown(Type::List(_), _));
    if args.values.iter().all(are_lists) {
        if let Some(element) = common_element(args) {
            return Ok(concat_lists(args, element)?.with_marks(marks));
        }
        if args.values.iter().any(|value| element_type(value) == Type::Dynamic) {
            return Err(failed("the elements of the lists have no common type"));
        }
    }
    check_count(args.values.iter().filter_map(Value::as_sequence).map(<[Value]>::len).sum())?;
    let mut items = Vec::new();
    for (index, value) in args.values.iter().enumerate() {
        match value.kind() {
            Kind::Unknown(Type::Tuple(types), _) => items.extend(types.iter().cloned().map(Value::unknown)),
            // How many elements there will be is not known; the rest is not looked at.
            Kind::Unknown(Type::List(_), _) => return Ok(Value::dynamic().with_marks(marks)),
            Kind::List(_) | Kind::Tuple(_) => items.extend(args.items(index).iter().cloned()),
            _ => return Err(blame(index, "a list or tuple is required")),
        }
    }
    let all = Value::tuple(items);
    let known = args.values.iter().all(Value::is_known);
    Ok(if known { all } else { Value::unknown_not_null(all.ty()) }.with_marks(marks))
}

/// The element type of all lists; lists of untyped nulls do not count.
fn common_element(args: &Arguments) -> Option<Type> {
    unify(&args.values.iter().map(element_type).filter(|ty| *ty != Type::Dynamic).collect::<Vec<_>>())
}

fn concat_lists(args: &Arguments, element: Type) -> Outcome {
    if let [only] = args.values {
        return Ok(only.clone().unmark().0);
    }
    if !args.values.iter().all(Value::is_known) {
        return Ok(Value::unknown_not_null(Type::list(element)));
    }
    check_count(args.values.iter().filter_map(Value::as_sequence).map(<[Value]>::len).sum())?;
    let mut items = Vec::new();
    for (index, value) in args.values.iter().enumerate() {
        for item in value.as_sequence().unwrap_or_default() {
            items.push(convert(item, &element).map_err(|error| blame(index, error.to_string()))?);
        }
    }
    Ok(Value::list(element, items))
}

fn flatten(args: &Arguments) -> Outcome {
    let value = args.value(0);
    match value.kind() {
        Kind::List(_) | Kind::Set(_) | Kind::Tuple(_) => {}
        // Of what type it is does not matter yet.
        _ if !value.is_wholly_known() => return Ok(Value::dynamic().with_marks(value.marks_deep())),
        _ => return Err(blame(0, "a list, set or tuple is required")),
    }
    let mut flat = Flat { items: Vec::new(), marks: Marks::NONE, unknown: false };
    flat.add(&value);
    check_count(flat.items.len())?;
    let result = if flat.unknown { Value::dynamic() } else { Value::tuple(flat.items) };
    Ok(result.with_marks(flat.marks))
}

struct Flat {
    items: Vec<Value>,
    marks: Marks,
    unknown: bool,
}

impl Flat {
    fn add(&mut self, list: &Value) {
        self.marks |= list.marks();
        for item in list.as_sequence().unwrap_or_default() {
            // One more than there may be: the caller tells.
            if self.items.len() > ELEMENTS {
                return;
            }
            match item.kind() {
                Kind::List(_) | Kind::Set(_) | Kind::Tuple(_) => self.add(item),
                Kind::Unknown(Type::List(_) | Type::Set(_) | Type::Tuple(_) | Type::Dynamic, _) => {
                    self.marks |= item.marks();
                    self.unknown = true;
                }
                _ => self.items.push(item.clone()),
            }
        }
    }
}

fn match_keys(args: &Arguments) -> Outcome {
    let (values, keys, searched) = (args.items(0), args.value(1), args.value(2));
    let unknown = || Ok(Value::unknown_not_null(Type::list(element_type(&args.value(0)))));
    if values.len() != args.items(1).len() {
        return Err(failed("the lists of values and of keys must have the same length"));
    }
    let unified = unify(&[keys.ty(), searched.ty()]).filter(|ty| *ty != Type::Dynamic);
    let Some(ty) = unified else { return Err(failed("the keys and those searched for must be of the same type")) };
    let keys = convert(&keys, &ty).map_err(|error| blame(1, error.to_string()))?;
    let searched = convert(&searched, &ty).map_err(|error| blame(2, error.to_string()))?;
    let mut found = Vec::new();
    for (value, key) in values.iter().zip(keys.as_sequence().unwrap_or_default()) {
        for wanted in searched.as_sequence().unwrap_or_default() {
            match equals(key, wanted).as_bool() {
                Some(true) => {
                    found.push(value.clone());
                    break;
                }
                Some(false) => {}
                None => return unknown(),
            }
        }
    }
    Ok(Value::list(element_type(&args.value(0)), found))
}

fn merge(args: &Arguments) -> Outcome {
    let marks = root_marks(args.values);
    let mut maps: Vec<&Value> = Vec::new();
    for (index, value) in args.values.iter().enumerate() {
        match value.kind() {
            Kind::Null(Type::Dynamic | Type::Map(_) | Type::Object(_)) => {}
            Kind::Map(_) | Kind::Object(_) | Kind::Unknown(Type::Map(_) | Type::Object(_), _) => maps.push(value),
            Kind::Unknown(Type::Dynamic, _) => return Ok(Value::dynamic().with_marks(marks)),
            _ => return Err(blame(index, "a map or an object is required")),
        }
    }
    let Some(first) = maps.first() else { return Ok(nothing_merged(args).with_marks(marks)) };
    let map_type = match first.ty() {
        ty @ Type::Map(_) if maps.iter().all(|map| map.ty() == ty) => Some(ty),
        _ => None,
    };
    let mut merged: BTreeMap<Str, Value> = BTreeMap::new();
    for map in &maps {
        match map.kind() {
            Kind::Unknown(Type::Object(object), _) if map_type.is_none() => {
                merged.extend(object.attributes.iter().map(|(name, ty)| (name.clone(), Value::unknown(ty.clone()))));
            }
            Kind::Unknown(..) => {
                let unknown = map_type.map_or_else(Value::dynamic, Value::unknown_not_null);
                return Ok(unknown.with_marks(marks));
            }
            _ => merged.extend(map.as_mapping().into_iter().flatten().map(|(k, v)| (k.clone(), v.clone()))),
        }
    }
    let result = match map_type {
        Some(ty) => Value::map(ty.element().cloned().unwrap_or(Type::Dynamic), merged),
        None => Value::object_map(merged),
    };
    Ok(result.with_marks(marks))
}

/// All arguments are null, or there are none.
fn nothing_merged(args: &Arguments) -> Value {
    match args.get(0).map(Value::ty) {
        Some(Type::Map(element)) => Value::map(Type::clone(&element), BTreeMap::new()),
        _ => Value::empty_object(),
    }
}

fn zip_map(args: &Arguments) -> Outcome {
    let (keys, values) = (args.value(0), args.value(1));
    let marks = keys.marks() | values.marks();
    let element = match values.kind() {
        Kind::List(list) => Some(list.element.clone()),
        Kind::Unknown(Type::List(element), _) => Some(Type::clone(element)),
        Kind::Tuple(_) | Kind::Unknown(Type::Tuple(_) | Type::Dynamic, _) => None,
        _ => return Err(blame(1, "a list or tuple is required")),
    };
    let lengths = (length_of(&keys), length_of(&values));
    let known = values.is_known() || matches!(values.kind(), Kind::Unknown(Type::Tuple(_), _));
    if !keys.is_wholly_known() || !known {
        let unknown = element.map_or_else(Value::dynamic, |element| Value::unknown_not_null(Type::map(element)));
        return Ok(unknown.with_marks(marks));
    }
    if let (Some(keys), Some(values)) = lengths
        && keys != values
    {
        return Err(failed(format!("there are {keys} keys, but {values} values")));
    }
    let items: Vec<Value> = match values.kind() {
        Kind::Unknown(Type::Tuple(types), _) => types.iter().cloned().map(Value::unknown).collect(),
        _ => args.items(1).to_vec(),
    };
    let mut zipped: BTreeMap<Str, Value> = BTreeMap::new();
    let mut key_marks = marks;
    for (key, value) in args.items(0).iter().zip(items) {
        let Kind::String(name) = key.kind() else {
            return Err(blame(0, "a key is null"));
        };
        key_marks |= key.marks();
        zipped.insert(name.clone(), value);
    }
    let result = match element {
        Some(element) => Value::map(element, zipped),
        None => Value::object_map(zipped),
    };
    Ok(result.with_marks(key_marks))
}

fn length_of(value: &Value) -> Option<usize> {
    value.length()?.as_number()?.to_usize()
}
