//! Does what came fit what was planned?

use crate::check_plan::short;
use formwork_model::{Attribute, AttributeType, Block, NestedBlock, Nesting};
use formwork_value::{Kind, Path, Str, Value, conforms};
use std::collections::BTreeMap;

type Problems = Vec<(Path, String)>;

/// What is wrong with an object that was planned as `planned` (fact sheet 9.3); empty if it fits. Unmarked values.
pub fn check_compatible(schema: &Block, planned: &Value, actual: &Value) -> Vec<(Path, String)> {
    let mut problems = Vec::new();
    object(schema, planned, actual, &Path::root(), &mut problems);
    problems
}

fn object(schema: &Block, planned: &Value, actual: &Value, path: &Path, problems: &mut Problems) {
    if planned.is_null() != actual.is_null() {
        let message = if planned.is_null() { "was absent, but now present" } else { "was present, but now absent" };
        problems.push((path.clone(), message.into()));
        return;
    }
    if planned.is_null() || !planned.is_known() {
        return;
    }
    attributes(&schema.attributes, planned, actual, path, problems);
    for (name, nested) in &schema.blocks {
        if let (Some(planned), Some(actual)) = (planned.get(name), actual.get(name)) {
            blocks(nested, planned, actual, &path.clone().attribute(name.clone()), problems);
        }
    }
}

fn attributes(
    schema: &BTreeMap<Str, Attribute>,
    planned: &Value,
    actual: &Value,
    path: &Path,
    problems: &mut Problems,
) {
    for (name, attribute) in schema {
        if attribute.write_only {
            continue;
        }
        if let (Some(planned), Some(actual)) = (planned.get(name), actual.get(name)) {
            let before = problems.len();
            value(planned, actual, &path.clone().attribute(name.clone()), problems);
            let hidden = attribute.sensitive
                || matches!(&attribute.kind, AttributeType::Nested(n) if n.attributes.values().any(|a| a.sensitive));
            if hidden && problems.len() > before {
                problems.truncate(before);
                problems
                    .push((path.clone().attribute(name.clone()), "inconsistent values for sensitive attribute".into()));
            }
        }
    }
}

fn blocks(nested: &NestedBlock, planned: &Value, actual: &Value, path: &Path, problems: &mut Problems) {
    match nested.nesting {
        Nesting::Single | Nesting::Group => {
            if planned.is_known() && !(planned.is_null() && actual.is_null()) {
                object(&nested.block, planned, actual, path, problems);
            }
        }
        Nesting::Set => {
            let (Some(planned), Some(actual)) = (planned.as_sequence(), actual.as_sequence()) else { return };
            sets(planned, actual, path, problems, &|p, a| check_compatible(&nested.block, p, a).is_empty());
        }
        _ => {
            let each = |planned: &Value, actual: &Value, path: &Path, problems: &mut Problems| {
                object(&nested.block, planned, actual, path, problems);
            };
            if planned.is_known() && !planned.is_null() && actual.is_known() && !actual.is_null() {
                pairs(planned, actual, path, problems, &each);
            }
        }
    }
}

/// Compares values: unknown accepts what its refinements allow, everything else must stay as planned.
fn value(planned: &Value, actual: &Value, path: &Path, problems: &mut Problems) {
    let mut wrong = |message: String| problems.push((path.clone(), message));
    match planned.kind() {
        Kind::Unknown(ty, _) => {
            if !matches!(ty, formwork_value::Type::Dynamic) && !conforms(actual, ty) {
                wrong("wrong final value type".into());
            } else if let Some(message) = breaks_refinement(planned, actual) {
                wrong(message);
            }
        }
        Kind::Null(_) if actual.is_null() => {}
        Kind::Null(_) => wrong(format!("was null, but now {}", short(actual))),
        _ if actual.is_null() => wrong(format!("was {}, but now null", short(planned))),
        _ if !actual.is_known() => wrong("was known, but now unknown".into()),
        Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => {
            if planned != actual {
                wrong(format!("was {}, but now {}", short(planned), short(actual)));
            }
        }
        Kind::Set(_) => match (planned.as_sequence(), actual.as_sequence()) {
            (Some(planned), Some(actual)) => sets(planned, actual, path, problems, &|p, a| {
                let mut inner = Vec::new();
                value(p, a, path, &mut inner);
                inner.is_empty()
            }),
            _ => wrong("wrong final value type".into()),
        },
        _ => pairs(planned, actual, path, problems, &value),
    }
}

fn breaks_refinement(planned: &Value, actual: &Value) -> Option<String> {
    let refinements = planned.refinements()?;
    if refinements.not_null && actual.is_null() {
        return Some("final value refinement broken: must not be null".into());
    }
    if let (Some(prefix), Some(text)) = (&refinements.prefix, actual.as_str())
        && !text.starts_with(&**prefix)
    {
        return Some(format!("final value refinement broken: must begin with {prefix:?}"));
    }
    if let Some(number) = actual.as_number() {
        let low = refinements.min.as_ref().is_some_and(|(m, incl)| number < m || (!incl && number == m));
        let high = refinements.max.as_ref().is_some_and(|(m, incl)| number > m || (!incl && number == m));
        if low || high {
            return Some("final value refinement broken: the number is out of its bounds".into());
        }
    }
    None
}

type PairFn<'a> = dyn Fn(&Value, &Value, &Path, &mut Problems) + 'a;

fn pairs(planned: &Value, actual: &Value, path: &Path, problems: &mut Problems, each: &PairFn<'_>) {
    if let (Some(planned), Some(actual)) = (planned.as_mapping(), actual.as_mapping()) {
        for (key, planned) in planned {
            let here = path.clone().attribute(key.clone());
            match actual.get(key) {
                Some(actual) => each(planned, actual, &here, problems),
                None => problems.push((path.clone(), format!("element {key:?} has vanished"))),
            }
        }
        for key in actual.keys().filter(|k| !planned.contains_key(*k)) {
            problems.push((path.clone(), format!("new element {key:?} has appeared")));
        }
        return;
    }
    match (planned.as_sequence(), actual.as_sequence()) {
        (Some(planned), Some(actual)) if planned.len() == actual.len() => {
            for (i, (planned, actual)) in planned.iter().zip(actual).enumerate() {
                let here = path.clone().index(Value::from(i64::try_from(i).unwrap_or(i64::MAX)));
                each(planned, actual, &here, problems);
            }
        }
        (Some(planned), Some(actual)) if planned.len() < actual.len() => {
            for i in planned.len()..actual.len() {
                problems.push((path.clone(), format!("new element {i} has appeared")));
            }
        }
        (Some(planned), Some(actual)) => {
            for i in actual.len()..planned.len() {
                problems.push((path.clone(), format!("element {i} has vanished")));
            }
        }
        _ => problems.push((path.clone(), "wrong final value type".into())),
    }
}

/// Every element of each side needs a partner on the other, and there must not be more than planned.
fn sets(
    planned: &[Value],
    actual: &[Value],
    path: &Path,
    problems: &mut Problems,
    fits: &dyn Fn(&Value, &Value) -> bool,
) {
    if planned.iter().any(|p| !p.is_known()) {
        return;
    }
    for value in planned.iter().filter(|p| !actual.iter().any(|a| fits(p, a))) {
        problems.push((
            path.clone(),
            format!("planned set element {} does not correlate with any element in actual", short(value)),
        ));
    }
    for value in actual.iter().filter(|a| !planned.iter().any(|p| fits(p, a))) {
        problems.push((
            path.clone(),
            format!("actual set element {} does not correlate with any element in plan", short(value)),
        ));
    }
    if actual.len() > planned.len() {
        problems.push((path.clone(), format!("length changed from {} to {}", planned.len(), actual.len())));
    }
}
