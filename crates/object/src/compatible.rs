//! Does what came fit what was planned?

use crate::problems::Problems;
use crate::schema_marks;
use formwork_model::{Attribute, Block, NestedBlock, Nesting};
use formwork_value::{Kind, Path, PathMarks, Str, Value, conforms};
use std::collections::BTreeMap;

/// What is wrong with an object that was planned as `planned` (fact sheet 9.3); empty if it fits. Unmarked values; the
/// messages do not show the parts at `marks`, nor what the schema calls sensitive.
pub fn check_compatible(schema: &Block, planned: &Value, actual: &Value, marks: &[PathMarks]) -> Vec<(Path, String)> {
    if is_compatible(schema, planned, actual) {
        return Vec::new();
    }
    let mut hidden = marks.to_vec();
    for value in [planned, actual] {
        hidden.extend(schema_marks(schema, value));
    }
    find(schema, planned, actual, &hidden)
}

fn is_compatible(schema: &Block, planned: &Value, actual: &Value) -> bool {
    find(schema, planned, actual, &[]).is_empty()
}

fn find(schema: &Block, planned: &Value, actual: &Value, hidden: &[PathMarks]) -> Vec<(Path, String)> {
    let mut problems = Problems::new(hidden);
    object(schema, planned, actual, &Path::root(), &mut problems);
    problems.into_found()
}

fn object(schema: &Block, planned: &Value, actual: &Value, path: &Path, problems: &mut Problems<'_>) {
    if planned.is_null() != actual.is_null() {
        let message = if planned.is_null() { "was absent, but now present" } else { "was present, but now absent" };
        problems.push(path.clone(), message);
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
    problems: &mut Problems<'_>,
) {
    for (name, attribute) in schema {
        if attribute.write_only {
            continue;
        }
        if let (Some(planned), Some(actual)) = (planned.get(name), actual.get(name)) {
            value(planned, actual, &path.clone().attribute(name.clone()), problems);
        }
    }
}

fn blocks(nested: &NestedBlock, planned: &Value, actual: &Value, path: &Path, problems: &mut Problems<'_>) {
    match nested.nesting {
        Nesting::Single | Nesting::Group => {
            if planned.is_known() && !(planned.is_null() && actual.is_null()) {
                object(&nested.block, planned, actual, path, problems);
            }
        }
        Nesting::Set => {
            let (Some(planned), Some(actual)) = (planned.as_sequence(), actual.as_sequence()) else { return };
            sets(planned, actual, path, problems, &|p, a| is_compatible(&nested.block, p, a));
        }
        _ => {
            let each = |planned: &Value, actual: &Value, path: &Path, problems: &mut Problems<'_>| {
                object(&nested.block, planned, actual, path, problems);
            };
            if planned.is_known() && !planned.is_null() && actual.is_known() && !actual.is_null() {
                pairs(planned, actual, path, problems, &each);
            }
        }
    }
}

/// Compares values: unknown accepts what its refinements allow, everything else must stay as planned.
fn value(planned: &Value, actual: &Value, path: &Path, problems: &mut Problems<'_>) {
    let wrong = |message: String, problems: &mut Problems<'_>| problems.push(path.clone(), message);
    match planned.kind() {
        Kind::Unknown(ty, _) => {
            if !matches!(ty, formwork_value::Type::Dynamic) && !conforms(actual, ty) {
                wrong("wrong final value type".into(), problems);
            } else if let Some(message) = breaks_refinement(planned, actual) {
                wrong(message, problems);
            }
        }
        Kind::Null(_) if actual.is_null() => {}
        Kind::Null(_) => wrong(format!("was null, but now {}", problems.shown(path, actual)), problems),
        _ if actual.is_null() => wrong(format!("was {}, but now null", problems.shown(path, planned)), problems),
        _ if !actual.is_known() => wrong("was known, but now unknown".into(), problems),
        Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => {
            if planned != actual {
                let (planned, actual) = (problems.shown(path, planned), problems.shown(path, actual));
                wrong(format!("was {planned}, but now {actual}"), problems);
            }
        }
        Kind::Set(_) => match (planned.as_sequence(), actual.as_sequence()) {
            (Some(planned), Some(actual)) => sets(planned, actual, path, problems, &|p, a| {
                let mut inner = Problems::new(&[]);
                value(p, a, path, &mut inner);
                inner.into_found().is_empty()
            }),
            _ => wrong("wrong final value type".into(), problems),
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

type PairFn<'a> = dyn Fn(&Value, &Value, &Path, &mut Problems<'_>) + 'a;

fn pairs(planned: &Value, actual: &Value, path: &Path, problems: &mut Problems<'_>, each: &PairFn<'_>) {
    if let (Some(planned_parts), Some(actual)) = (planned.as_mapping(), actual.as_mapping()) {
        let is_map = matches!(planned.kind(), Kind::Map(_));
        for (key, planned) in planned_parts {
            let here = path.clone();
            let here = if is_map { here.index(Value::string(key)) } else { here.attribute(key.clone()) };
            match actual.get(key) {
                Some(actual) => each(planned, actual, &here, problems),
                None => problems.push(path.clone(), format!("element {key:?} has vanished")),
            }
        }
        for key in actual.keys().filter(|k| !planned_parts.contains_key(*k)) {
            problems.push(path.clone(), format!("new element {key:?} has appeared"));
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
                problems.push(path.clone(), format!("new element {i} has appeared"));
            }
        }
        (Some(planned), Some(actual)) => {
            for i in actual.len()..planned.len() {
                problems.push(path.clone(), format!("element {i} has vanished"));
            }
        }
        _ => problems.push(path.clone(), "wrong final value type"),
    }
}

/// Every element of each side needs a partner on the other, and there must not be more than planned.
fn sets(
    planned: &[Value],
    actual: &[Value],
    path: &Path,
    problems: &mut Problems<'_>,
    fits: &dyn Fn(&Value, &Value) -> bool,
) {
    if planned.iter().any(|p| !p.is_known()) {
        return;
    }
    for value in planned.iter().filter(|p| !actual.iter().any(|a| fits(p, a))) {
        problems.push(
            path.clone(),
            format!(
                "planned set element {} does not correlate with any element in actual",
                problems.shown(path, value)
            ),
        );
    }
    for value in actual.iter().filter(|a| !planned.iter().any(|p| fits(p, a))) {
        problems.push(
            path.clone(),
            format!("actual set element {} does not correlate with any element in plan", problems.shown(path, value)),
        );
    }
    if actual.len() > planned.len() {
        problems.push(path.clone(), format!("length changed from {} to {}", planned.len(), actual.len()));
    }
}
