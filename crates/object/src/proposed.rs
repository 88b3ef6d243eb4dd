//! The proposed new state: prior state and configuration, merged by schema.

use formwork_model::{Attribute, AttributeType, Block, NestedBlock, NestedType, Nesting};
use formwork_value::{Kind, Str, Type, Value, conforms};
use std::collections::BTreeMap;

/// What the provider is asked to plan: configured values where there are some, else what the object has already where
/// the provider computes it. All values are unmarked.
pub fn proposed(schema: &Block, prior: &Value, config: &Value) -> Value {
    if prior.is_null() && config.is_null() {
        return prior.clone();
    }
    if config.is_null() || !config.is_known() {
        return prior.clone();
    }
    let empty;
    let prior = if prior.is_null() {
        empty = crate::empty_block(schema);
        &empty
    } else {
        prior
    };
    block(schema, prior, config)
}

/// The planned value of a data source that cannot be read yet: everything that the provider computes is unknown.
pub fn planned_data(schema: &Block, config: &Value) -> Value {
    proposed(schema, &unknown_block(schema), config)
}

/// A block of which nothing is known.
fn unknown_block(schema: &Block) -> Value {
    Value::unknown(schema.implied_type())
}

fn block(schema: &Block, prior: &Value, config: &Value) -> Value {
    if !config.is_known() {
        return config.clone();
    }
    let mut out: BTreeMap<Str, Value> = BTreeMap::new();
    for (name, attribute) in &schema.attributes {
        let value =
            attribute_value(attribute, &child(prior, name, || attribute.ty()), &child(config, name, || attribute.ty()));
        out.insert(name.clone(), value);
    }
    for (name, nested) in &schema.blocks {
        let prior = child(prior, name, || nested.ty());
        let config = child(config, name, || nested.ty());
        out.insert(name.clone(), nested_block(nested, &prior, &config));
    }
    Value::object_map(out)
}

/// An attribute of an object; unknown of an unknown object, null of a null one.
fn child(value: &Value, name: &str, ty: impl Fn() -> Type) -> Value {
    match value.kind() {
        Kind::Unknown(..) => Value::unknown(ty()),
        _ => value.get(name).cloned().unwrap_or_else(|| Value::null(ty())),
    }
}

fn attribute_value(attribute: &Attribute, prior: &Value, config: &Value) -> Value {
    if attribute.computed && config.is_null() {
        if attribute.optional
            && let AttributeType::Nested(nested) = &attribute.kind
            && nested_has_configured(nested, prior)
        {
            return Value::null(attribute.ty());
        }
        return prior.clone();
    }
    match &attribute.kind {
        AttributeType::Nested(nested) => nested_type(nested, prior, config),
        AttributeType::Plain(_) => config.clone(),
    }
}

/// True if the prior value holds something that can only come from configuration: a non-null leaf that is not computed.
fn nested_has_configured(nested: &NestedType, prior: &Value) -> bool {
    if prior.is_null() || !prior.is_known() {
        return false;
    }
    let objects: Vec<&Value> = match nested.nesting {
        Nesting::Single | Nesting::Group => vec![prior],
        Nesting::Map => prior.as_mapping().map(|m| m.values().collect()).unwrap_or_default(),
        _ => prior.as_sequence().map(|s| s.iter().collect()).unwrap_or_default(),
    };
    objects.into_iter().filter(|o| !o.is_null()).any(|object| {
        nested.attributes.iter().any(|(name, attribute)| match (object.get(name), &attribute.kind) {
            (Some(value), AttributeType::Nested(inner)) => {
                (!attribute.computed && !value.is_null()) || nested_has_configured(inner, value)
            }
            (Some(value), AttributeType::Plain(_)) => !attribute.computed && !value.is_null(),
            (None, _) => false,
        })
    })
}

fn nested_block(nested: &NestedBlock, prior: &Value, config: &Value) -> Value {
    let element = |prior: Option<&Value>, config: &Value| {
        let absent;
        let prior = match prior {
            Some(prior) if !prior.is_null() => prior,
            _ => {
                absent = crate::empty_block(&nested.block);
                &absent
            }
        };
        block(&nested.block, prior, config)
    };
    let valid = |prior: &Value, config: &Value| block_prior_valid(&nested.block, prior, config);
    match nested.nesting {
        Nesting::Single if config.is_null() => config.clone(),
        Nesting::Single | Nesting::Group => element(Some(prior), config),
        nesting => elements(nesting, &nested.block.implied_type(), prior, config, &element, &valid),
    }
}

fn nested_type(nested: &NestedType, prior: &Value, config: &Value) -> Value {
    let element = |prior: Option<&Value>, config: &Value| {
        if config.is_null() || !config.is_known() {
            return config.clone();
        }
        let mut out: BTreeMap<Str, Value> = BTreeMap::new();
        for (name, attribute) in &nested.attributes {
            let prior = match prior {
                Some(prior) if !prior.is_null() => child(prior, name, || attribute.ty()),
                _ => Value::null(attribute.ty()),
            };
            let config = child(config, name, || attribute.ty());
            out.insert(name.clone(), attribute_value(attribute, &prior, &config));
        }
        Value::object_map(out)
    };
    let valid = |prior: &Value, config: &Value| attributes_prior_valid(&nested.attributes, prior, config);
    match nested.nesting {
        Nesting::Single | Nesting::Group => element(Some(prior), config),
        nesting => elements(nesting, &nested.element_type(), prior, config, &element, &valid),
    }
}

/// Merges the elements of a list, map or set of objects.
fn elements(
    nesting: Nesting,
    ty: &Type,
    prior: &Value,
    config: &Value,
    merge: &dyn Fn(Option<&Value>, &Value) -> Value,
    valid: &dyn Fn(&Value, &Value) -> bool,
) -> Value {
    if config.is_null() || !config.is_known() {
        return config.clone();
    }
    match (nesting, config.kind()) {
        (Nesting::Map, Kind::Map(_) | Kind::Object(_)) => {
            let items = config.as_mapping().into_iter().flatten();
            let unknown = Value::unknown(ty.clone());
            let merged: BTreeMap<Str, Value> = items
                .map(|(key, value)| {
                    let prior = if prior.is_known() { prior.get(key) } else { Some(&unknown) };
                    (key.clone(), merge(prior, value))
                })
                .collect();
            if matches!(config.kind(), Kind::Object(_)) {
                Value::object_map(merged)
            } else {
                Value::map(ty.clone(), merged)
            }
        }
        (Nesting::Set, Kind::Set(set)) => {
            let mut unused: Vec<&Value> = prior.as_sequence().map(|s| s.iter().collect()).unwrap_or_default();
            let merged = set.items.iter().map(|value| {
                let found = unused.iter().position(|prior| valid(prior, value));
                let prior = found.map(|at| unused.remove(at));
                merge(prior, value)
            });
            Value::set(ty.clone(), merged.collect())
        }
        (_, kind) => {
            let items = config.as_sequence().unwrap_or_default();
            let prior = prior.as_sequence().unwrap_or_default();
            let merged = items.iter().enumerate().map(|(i, value)| match prior.get(i) {
                Some(prior) => merge(Some(prior), value),
                None => merge(None, value),
            });
            match kind {
                Kind::List(list) => {
                    let merged: Vec<Value> = merged.collect();
                    let same = merged.iter().all(|v| conforms(v, &list.element));
                    if same { Value::list(list.element.clone(), merged) } else { Value::tuple(merged) }
                }
                _ => Value::tuple(merged),
            }
        }
    }
}

/// True if a prior set element can be what became of the configured one: they differ only where the provider computes.
fn block_prior_valid(schema: &Block, prior: &Value, config: &Value) -> bool {
    if prior == config {
        return true;
    }
    if prior.is_null() || config.is_null() || !config.is_known() {
        return false;
    }
    attributes_prior_valid(&schema.attributes, prior, config)
        && schema.blocks.iter().all(|(name, nested)| {
            let (Some(prior), Some(config)) = (prior.get(name), config.get(name)) else { return true };
            match nested.nesting {
                _ if prior == config => true,
                Nesting::Set => false,
                Nesting::Single | Nesting::Group => block_prior_valid(&nested.block, prior, config),
                _ => pairs_valid(prior, config, &|p, c| block_prior_valid(&nested.block, p, c)),
            }
        })
}

fn attributes_prior_valid(attributes: &BTreeMap<Str, Attribute>, prior: &Value, config: &Value) -> bool {
    if prior == config {
        return true;
    }
    if prior.is_null() || config.is_null() || !config.is_known() {
        return false;
    }
    attributes.iter().all(|(name, attribute)| {
        let (Some(prior), Some(config)) = (prior.get(name), config.get(name)) else { return true };
        if prior == config || (attribute.computed && config.is_null()) {
            return true;
        }
        match &attribute.kind {
            AttributeType::Plain(_) => false,
            AttributeType::Nested(nested) => match nested.nesting {
                Nesting::Set => false,
                Nesting::Single | Nesting::Group => attributes_prior_valid(&nested.attributes, prior, config),
                _ => pairs_valid(prior, config, &|p, c| attributes_prior_valid(&nested.attributes, p, c)),
            },
        }
    })
}

/// Compares lists or maps of objects element by element.
fn pairs_valid(prior: &Value, config: &Value, valid: &dyn Fn(&Value, &Value) -> bool) -> bool {
    if let (Some(prior), Some(config)) = (prior.as_mapping(), config.as_mapping()) {
        return prior.len() == config.len() && prior.iter().all(|(k, p)| config.get(k).is_some_and(|c| valid(p, c)));
    }
    match (prior.as_sequence(), config.as_sequence()) {
        (Some(prior), Some(config)) => {
            prior.len() == config.len() && prior.iter().zip(config).all(|(p, c)| valid(p, c))
        }
        _ => false,
    }
}
