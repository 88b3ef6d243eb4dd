//! Planned values and replacements, from the rules of the attributes.

use crate::rules::Replaces;
use crate::{Body, Member, Plan};
use formwork_diag::Diagnostics;
use formwork_model::Nesting;
use formwork_value::{Kind, Path, Str, Type, Value};
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
    Plan {
        ty,
        prior,
        config,
        planned,
        replace,
        diagnostics: Diagnostics::new(),
        private: Vec::new(),
        may_defer: false,
        deferred: None,
    }
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

/// Fills what is unknown in a plan from the configuration, which is known by the time of apply. What the configuration
/// leaves open stays unknown: it is for the provider to set.
pub(crate) fn resolve(planned: &Value, config: &Value) -> Value {
    if config.is_null() || !config.is_known() || planned.is_wholly_known() {
        return planned.clone();
    }
    let within = |items: &[Value]| {
        let given = config.as_sequence().unwrap_or_default();
        let resolved =
            items.iter().enumerate().map(|(at, item)| given.get(at).map_or(item.clone(), |g| resolve(item, g)));
        resolved.collect::<Vec<_>>()
    };
    let entries = |items: &BTreeMap<Str, Value>| {
        let given = |key: &Str| config.as_mapping().and_then(|given| given.get(key));
        let resolved = items
            .iter()
            .map(|(key, item)| (key.clone(), given(key).map_or_else(|| item.clone(), |given| resolve(item, given))));
        resolved.collect::<BTreeMap<_, _>>()
    };
    match planned.kind() {
        Kind::Unknown(..) => config.clone(),
        Kind::Object(attributes) => Value::object_map(entries(attributes)),
        Kind::Map(map) => Value::map(map.element.clone(), entries(&map.items)),
        Kind::List(list) => Value::list(list.element.clone(), within(&list.items)),
        Kind::Tuple(items) => Value::tuple(within(items)),
        // Elements of sets have no place by which to find them; only objects can have parts for the provider to set.
        Kind::Set(set) if !matches!(set.element, Type::Object(_)) => config.clone(),
        _ => planned.clone(),
    }
}
