//! Checks of a planned value against prior state and configuration.

use crate::problems::Problems;
use crate::schema_marks;
use formwork_model::{Attribute, AttributeType, Block, NestedBlock, NestedType, Nesting};
use formwork_value::{Path, PathMarks, Str, Value};
use std::collections::BTreeMap;

/// What is wrong with a planned value (fact sheet 9.2); empty if it is valid. All values are unmarked; `marks` are those of
/// configuration and prior state, whose parts the messages do not show, nor what the schema calls sensitive.
pub fn check_plan(
    schema: &Block,
    prior: &Value,
    config: &Value,
    planned: &Value,
    marks: &[PathMarks],
) -> Vec<(Path, String)> {
    if find(schema, prior, config, planned, &[]).is_empty() {
        return Vec::new();
    }
    let mut hidden = marks.to_vec();
    for value in [prior, config, planned] {
        hidden.extend(schema_marks(schema, value));
    }
    find(schema, prior, config, planned, &hidden)
}

fn find(schema: &Block, prior: &Value, config: &Value, planned: &Value, hidden: &[PathMarks]) -> Vec<(Path, String)> {
    let mut problems = Problems::new(hidden);
    if config.is_null() != planned.is_null() {
        let message = if planned.is_null() {
            "planned for absence but config wants existence"
        } else {
            "planned for existence but config wants absence"
        };
        problems.push(Path::root(), message);
    } else if !planned.is_null() {
        block(schema, prior, config, planned, &Path::root(), &mut problems);
    }
    problems.into_found()
}

fn get(value: &Value, name: &str) -> Option<Value> {
    if value.is_known() { value.get(name).cloned() } else { None }
}

fn block(schema: &Block, prior: &Value, config: &Value, planned: &Value, path: &Path, problems: &mut Problems<'_>) {
    attributes(&schema.attributes, prior, config, planned, path, problems);
    for (name, nested) in &schema.blocks {
        let here = path.clone().attribute(name.clone());
        let (Some(config), Some(planned)) = (get(config, name), get(planned, name)) else { continue };
        nested_block(nested, get(prior, name).as_ref(), &config, &planned, &here, problems);
    }
}

fn attributes(
    schema: &BTreeMap<Str, Attribute>,
    prior: &Value,
    config: &Value,
    planned: &Value,
    path: &Path,
    problems: &mut Problems<'_>,
) {
    for (name, attribute) in schema {
        let (Some(config), Some(planned)) = (get(config, name), get(planned, name)) else { continue };
        let here = path.clone().attribute(name.clone());
        value(attribute, get(prior, name).as_ref(), &config, &planned, &here, problems);
    }
}

fn value(
    attribute: &Attribute,
    prior: Option<&Value>,
    config: &Value,
    planned: &Value,
    path: &Path,
    problems: &mut Problems<'_>,
) {
    if attribute.write_only {
        if !planned.is_null() {
            problems.push(path.clone(), "planned value for write-only attribute is not null");
        }
        return;
    }
    if same(planned, config) {
        return;
    }
    if let Some(prior) = prior
        && !prior.is_null()
        && !config.is_null()
        && same(planned, prior)
    {
        return;
    }
    if attribute.computed && (!attribute.optional || config.is_null()) {
        return;
    }
    if config.is_null() && !planned.is_null() {
        problems.push(path.clone(), "planned value for a non-computed attribute");
        return;
    }
    match &attribute.kind {
        AttributeType::Nested(nested) => nested_type(nested, prior, config, planned, path, problems),
        AttributeType::Plain(_) => {
            let of_prior = prior
                .filter(|prior| !prior.is_null())
                .map(|prior| format!(" nor prior value {}", problems.shown(path, prior)))
                .unwrap_or_default();
            let (planned, config) = (problems.shown(path, planned), problems.shown(path, config));
            let message = format!("planned value {planned} does not match config value {config}{of_prior}");
            problems.push(path.clone(), message);
        }
    }
}

/// Equality that takes all unknowns of a type as equal, whatever their refinements.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    if !a.is_known() && !b.is_known() {
        return a.ty() == b.ty();
    }
    match (a.as_mapping(), b.as_mapping()) {
        (Some(x), Some(y)) => {
            return x.len() == y.len() && x.iter().all(|(k, v)| y.get(k).is_some_and(|w| same(v, w)));
        }
        (None, None) => {}
        _ => return false,
    }
    match (a.as_sequence(), b.as_sequence()) {
        (Some(x), Some(y)) => x.len() == y.len() && x.iter().zip(y).all(|(v, w)| same(v, w)),
        (None, None) => a == b,
        _ => false,
    }
}

fn nested_type(
    nested: &NestedType,
    prior: Option<&Value>,
    config: &Value,
    planned: &Value,
    path: &Path,
    problems: &mut Problems<'_>,
) {
    if config.is_null() != planned.is_null() {
        problems.push(path.clone(), "planned value does not match config: one of them is null");
        return;
    }
    if !planned.is_known() {
        problems.push(path.clone(), "planned unknown for configured value");
        return;
    }
    let null = Value::null(nested.element_type());
    let each = |prior: &Value, config: &Value, planned: &Value, path: &Path, problems: &mut Problems<'_>| {
        attributes(&nested.attributes, prior, config, planned, path, problems);
    };
    match nested.nesting {
        Nesting::Single | Nesting::Group => each(prior.unwrap_or(&null), config, planned, path, problems),
        Nesting::Set => {
            let (config, planned) = (config.as_sequence(), planned.as_sequence());
            if let (Some(config), Some(planned)) = (config, planned)
                && config.iter().all(Value::is_wholly_known)
                && planned.iter().all(Value::is_wholly_known)
                && config.len() != planned.len()
            {
                problems.push(
                    path.clone(),
                    format!("count in plan ({}) disagrees with count in config ({})", planned.len(), config.len()),
                );
            }
        }
        _ => pairs(prior, config, planned, path, &null, problems, &each),
    }
}

type EachFn<'a> = dyn Fn(&Value, &Value, &Value, &Path, &mut Problems<'_>) + 'a;

/// Goes through lists or maps element by element.
fn pairs(
    prior: Option<&Value>,
    config: &Value,
    planned: &Value,
    path: &Path,
    null: &Value,
    problems: &mut Problems<'_>,
    each: &EachFn<'_>,
) {
    if let (Some(config), Some(planned)) = (config.as_mapping(), planned.as_mapping()) {
        for (key, planned) in planned {
            let here = path.clone().index(Value::string(key));
            match config.get(key) {
                None => problems.push(here, "planned for a key that is not in the configuration"),
                Some(config) => {
                    let prior = prior.and_then(|p| p.get(key)).unwrap_or(null);
                    each(prior, config, planned, &here, problems);
                }
            }
        }
        for key in config.keys().filter(|k| !planned.contains_key(*k)) {
            problems.push(path.clone(), format!("planned nothing for the configured key {key:?}"));
        }
        return;
    }
    if let (Some(config), Some(planned)) = (config.as_sequence(), planned.as_sequence()) {
        if config.len() != planned.len() {
            problems.push(
                path.clone(),
                format!("count in plan ({}) disagrees with count in config ({})", planned.len(), config.len()),
            );
            return;
        }
        let priors = prior.and_then(Value::as_sequence).unwrap_or_default();
        for (i, (config, planned)) in config.iter().zip(planned).enumerate() {
            let here = path.clone().index(Value::from(i64::try_from(i).unwrap_or(i64::MAX)));
            if !planned.is_known() && config.is_known() {
                problems.push(here, "planned for an unknown element");
                continue;
            }
            each(priors.get(i).unwrap_or(null), config, planned, &here, problems);
        }
    }
}

fn nested_block(
    nested: &NestedBlock,
    prior: Option<&Value>,
    config: &Value,
    planned: &Value,
    path: &Path,
    problems: &mut Problems<'_>,
) {
    if planned.is_null() {
        if nested.nesting != Nesting::Single {
            problems.push(path.clone(), "attribute representing nested block must not be null in plan");
        } else if !config.is_null() {
            problems.push(path.clone(), "planned for absence but config wants existence");
        }
        return;
    }
    if same(planned, config) {
        return;
    }
    if !config.is_known() {
        problems.push(path.clone(), "planned set for block with unknown config");
        return;
    }
    if !planned.is_known() {
        problems.push(path.clone(), "attribute representing nested block must not be unknown itself; set nested attribute values to unknown instead");
        return;
    }
    let null = Value::null(nested.block.implied_type());
    let each = |prior: &Value, config: &Value, planned: &Value, path: &Path, problems: &mut Problems<'_>| {
        block(&nested.block, prior, config, planned, path, problems);
    };
    match nested.nesting {
        Nesting::Single | Nesting::Group => {
            if config.is_null() {
                problems.push(path.clone(), "planned for existence but config wants absence");
            } else {
                each(prior.unwrap_or(&null), config, planned, path, problems);
            }
        }
        Nesting::Set => {
            if planned.as_sequence().unwrap_or_default().iter().any(|v| !v.is_known()) {
                problems.push(path.clone(), "elements of a set of nested blocks must not be unknown themselves");
            }
        }
        _ => pairs(prior, config, planned, path, &null, problems, &each),
    }
}
