//! The values that take part in a failing expression.

use super::{Bindings, BoundScope, Scope, attribute_of, element_of};
use crate::{Expr, Traversal, TraversalStep, references};
use formwork_diag::ValueNote;
use formwork_value::{Kind, Str, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Notes on the references of an expression, each as deep as it can be followed, sorted. Sensitive and unknown
/// values are left out: they would only mislead where they are not the cause. So are bound names, if they are elements of something
/// secret.
pub(super) fn values_in(expr: &Expr, scope: &dyn Scope, bindings: &Bindings, hide_bound: bool) -> Vec<ValueNote> {
    let scope = BoundScope::new(scope, bindings);
    let notes: BTreeSet<ValueNote> = references(expr)
        .into_iter()
        .filter(|traversal| !hide_bound || bindings.get(&traversal.root).is_none())
        .filter_map(|traversal| note(traversal, &scope))
        .collect();
    notes.into_iter().collect()
}

/// The values that an expression refers to, as far as they can be shown.
pub fn value_notes(expr: &Expr, scope: &dyn Scope) -> Vec<ValueNote> {
    values_in(expr, scope, &Bindings::default(), false)
}

fn note(traversal: &Traversal, scope: &dyn Scope) -> Option<ValueNote> {
    let (mut value, mut followed) = scope.reference(traversal).ok()?;
    for step in traversal.steps.get(followed..).unwrap_or_default() {
        let next = match step {
            TraversalStep::Attribute { name, .. } => attribute_of(&value, name),
            TraversalStep::Index { key, .. } => element_of(&value, key),
        };
        let Ok(next) = next else { break };
        value = next;
        followed += 1;
    }
    if followed == 0 || !value.is_known() || !value.marks().is_none() {
        return None;
    }
    let shown = Traversal { steps: traversal.steps.iter().take(followed).cloned().collect(), ..traversal.clone() };
    Some(ValueNote { traversal: shown.to_string(), statement: format!("is {}", describe_value(&value)) })
}

/// A value in a few words: `2`, `"x"`, `object with 3 attributes`. The caller sees to sensitive values.
pub fn describe_value(value: &Value) -> String {
    match value.kind() {
        Kind::Null(_) => "null".to_string(),
        Kind::Unknown(ty, _) => format!("a {}, known only after apply", ty.friendly_name()),
        Kind::Bool(b) => b.to_string(),
        Kind::Number(number) => number.to_string(),
        Kind::String(text) => short(text),
        Kind::List(c) => sized(&value.ty().friendly_name(), c.items.len()),
        Kind::Set(c) => sized(&value.ty().friendly_name(), c.items.len()),
        Kind::Map(m) => sized(&value.ty().friendly_name(), m.items.len()),
        Kind::Tuple(items) => sized("tuple", items.len()),
        Kind::Object(attributes) => object(attributes),
    }
}

/// Bytes of a text that are shown.
const SHOWN: usize = 2000;

/// The text in quotes, without the end of a very long one.
fn short(text: &str) -> String {
    if text.len() <= SHOWN {
        return crate::write::quoted(text);
    }
    let (start, rest) = text.split_at(text.floor_char_boundary(SHOWN));
    format!("{}... and {} bytes more", crate::write::quoted(start), rest.len())
}

fn sized(kind: &str, length: usize) -> String {
    match length {
        0 => format!("empty {kind}"),
        1 => format!("{kind} with 1 element"),
        _ => format!("{kind} with {length} elements"),
    }
}

fn object(attributes: &BTreeMap<Str, Value>) -> String {
    match attributes.len() {
        0 => "object with no attributes".to_string(),
        1 => {
            let name = attributes.keys().next().map_or("", |name| name);
            format!("object with 1 attribute {}", crate::write::quoted(name))
        }
        n => format!("object with {n} attributes"),
    }
}
