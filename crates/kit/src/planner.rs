//! Planned values and replacements, from the rules of the attributes.

use crate::rules::Replaces;
use crate::{Body, Member, Plan};
use formwork_model::Nesting;
use formwork_value::{Path, Str, Type, Value};
use std::collections::BTreeMap;

/// Plans an object from what the engine proposes. The type's own refinement comes between this and [`finish`].
pub(crate) fn begin<'a>(
    body: &Body,
    ty: &'a Type,
    prior: Option<&'a Value>,
    config: &'a Value,
    proposed: &Value,
) -> Plan<'a> {
    let mut replace = Vec::new();
    let planned = plan_body(body, prior, config, proposed, &Path::root(), &mut replace);
    Plan { ty, prior, config, planned, replace }
}

/// Makes computed values unknown that follow from changed ones.
pub(crate) fn finish(body: &Body, plan: &mut Plan<'_>) {
    if plan.is_create() {
        return;
    }
    for member in &body.0 {
        if member.rules.follows.iter().any(|cause| plan.changes(cause)) {
            plan.unknown(member.name);
        }
    }
}

fn plan_body(
    body: &Body,
    prior: Option<&Value>,
    config: &Value,
    proposed: &Value,
    at: &Path,
    replace: &mut Vec<Path>,
) -> BTreeMap<Str, Value> {
    let mut planned = BTreeMap::new();
    for member in &body.0 {
        let null = Value::null(member.ty.clone());
        let before = prior.and_then(|prior| prior.get(member.name));
        let given = config.get(member.name).unwrap_or(&null);
        let offered = proposed.get(member.name).unwrap_or(&null);
        let path = at.clone().attribute(member.name);
        let value = plan_member(member, before, given, offered, &path, replace);
        let differs = before.is_some_and(|before| *before != value);
        let replaces = match (member.rules.replaces, before) {
            (Replaces::Always, _) => true,
            (Replaces::When(differ), Some(before)) => differ(before, &value),
            _ => false,
        };
        if differs && replaces {
            replace.push(path);
        }
        planned.insert(member.name.into(), value);
    }
    planned
}

fn plan_member(
    member: &Member,
    prior: Option<&Value>,
    config: &Value,
    proposed: &Value,
    at: &Path,
    replace: &mut Vec<Path>,
) -> Value {
    let rules = &member.rules;
    if rules.write_only {
        return Value::null(member.ty.clone());
    }
    if config.is_null() && !member.is_block() {
        return match (&rules.default, prior) {
            (Some(default), _) => default.clone(),
            (None, Some(prior)) if rules.computed => prior.clone(),
            (None, None) if rules.computed => Value::unknown(member.ty.clone()),
            _ => Value::null(member.ty.clone()),
        };
    }
    match &member.inner {
        Some((nesting, body)) if (member.is_block() || rules.nested) && proposed.is_known() && config.is_known() => {
            plan_objects(*nesting, body, prior, config, proposed, at, replace)
        }
        _ => proposed.clone(),
    }
}

/// The objects inside of an attribute or of blocks.
fn plan_objects(
    nesting: Nesting,
    body: &Body,
    prior: Option<&Value>,
    config: &Value,
    proposed: &Value,
    at: &Path,
    replace: &mut Vec<Path>,
) -> Value {
    if proposed.is_null() {
        return proposed.clone();
    }
    let mut object = |prior: Option<&Value>, config: Option<&Value>, proposed: &Value, at: &Path| match config {
        Some(config) if proposed.is_known() => Value::object_map(plan_body(body, prior, config, proposed, at, replace)),
        _ => proposed.clone(),
    };
    let items = proposed.as_sequence().unwrap_or_default();
    match nesting {
        Nesting::Single | Nesting::Group => object(prior.filter(|p| !p.is_null()), Some(config), proposed, at),
        Nesting::Map => {
            let entries = proposed.as_mapping().into_iter().flatten().map(|(key, item)| {
                let at = at.clone().index(Value::string(key));
                let part = |whole: Option<&Value>| whole.and_then(Value::as_mapping).and_then(|m| m.get(key)).cloned();
                (key.clone(), object(part(prior).as_ref(), part(Some(config)).as_ref(), item, &at))
            });
            Value::map(body.ty(), entries.collect())
        }
        Nesting::List => {
            let part = |whole: Option<&Value>, index: usize| whole?.as_sequence()?.get(index).cloned();
            let planned = items.iter().enumerate().map(|(index, item)| {
                let at = at.clone().index(Value::from(i64::try_from(index).unwrap_or(i64::MAX)));
                object(part(prior, index).as_ref(), part(Some(config), index).as_ref(), item, &at)
            });
            Value::list(body.ty(), planned.collect())
        }
        // A path cannot point into a set: what has to be replaced is told of the whole.
        Nesting::Set => {
            let planned = items.iter().map(|item| object(Some(item), Some(item), item, at));
            Value::set(body.ty(), planned.collect())
        }
    }
}

/// Fills what is unknown in a plan from the configuration, which is known by the time of apply.
pub(crate) fn resolve(planned: &Value, config: &Value) -> Value {
    let Some(attributes) = planned.as_mapping() else { return planned.clone() };
    let resolved = attributes.iter().map(|(name, value)| {
        let given = config.get(name).filter(|given| !given.is_null() && given.is_wholly_known());
        let value = if value.is_wholly_known() { value } else { given.unwrap_or(value) };
        (name.clone(), value.clone())
    });
    Value::object_map(resolved.collect())
}
