//! Values without a declared type: root outputs, attributes of dynamic type, JSON in strings. They are compared as JSON.

use super::sequence::{element_texts, pair_elements};
use super::text::string_diff;
use super::{Diff, DiffAction, DiffKind, Pair, Scalar, Side};
use formwork_value::{Kind, Str, Value};

#[derive(Clone, Copy, PartialEq, Eq)]
enum JsonKind {
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

fn kind_of(side: &Side<'_>) -> JsonKind {
    match side.value.map(Value::kind) {
        None | Some(Kind::Null(_) | Kind::Unknown(..)) => JsonKind::Null,
        Some(Kind::Bool(_)) => JsonKind::Bool,
        Some(Kind::Number(_)) => JsonKind::Number,
        Some(Kind::String(_)) => JsonKind::String,
        Some(Kind::List(_) | Kind::Set(_) | Kind::Tuple(_)) => JsonKind::Array,
        Some(Kind::Map(_) | Kind::Object(_)) => JsonKind::Object,
    }
}

/// Compares two values of any types.
pub(crate) fn dynamic_diff(pair: &Pair<'_>) -> Diff {
    pair.hidden(&json_diff).unwrap_or_else(|| json_diff(pair))
}

/// Compares known values. Nothing inside tells that it forces a replacement, as the reference does not either.
pub(super) fn json_diff(pair: &Pair<'_>) -> Diff {
    let (before, after) = (kind_of(&pair.before), kind_of(&pair.after));
    let is_created = before == JsonKind::Null && !pair.before.explicit;
    let is_deleted = after == JsonKind::Null && !pair.after.explicit;
    let mut diff = if before == after || is_deleted {
        same_kind(pair, before)
    } else if is_created {
        same_kind(pair, after)
    } else {
        type_change(pair, before, after)
    };
    diff.replace = false;
    diff
}

fn type_change(pair: &Pair<'_>, before: JsonKind, after: JsonKind) -> Diff {
    let is_line = |kind: JsonKind| !matches!(kind, JsonKind::Array | JsonKind::Object | JsonKind::String);
    if is_line(before) && is_line(after) {
        let kind = DiffKind::Scalar { before: scalar(&pair.before), after: scalar(&pair.after) };
        return pair.diff(DiffAction::Update, kind);
    }
    let mut old = same_kind(&pair.as_delete(), before);
    let mut new = same_kind(&pair.as_create(), after);
    (old.replace, new.replace) = (false, false);
    pair.diff(DiffAction::Update, DiffKind::TypeChange { before: Box::new(old), after: Box::new(new) })
}

fn same_kind(pair: &Pair<'_>, kind: JsonKind) -> Diff {
    match kind {
        JsonKind::Null | JsonKind::Bool | JsonKind::Number => scalar_diff(pair),
        JsonKind::String => string_diff(pair),
        JsonKind::Array => array_diff(pair),
        JsonKind::Object => object_diff(pair),
    }
}

fn object_diff(pair: &Pair<'_>) -> Diff {
    let mut action = pair.outer_action();
    let element = |key: Str| {
        let diff = dynamic_diff(&pair.key(&key));
        action = action.with(diff.action);
        (key, diff)
    };
    let attributes = pair.keys().into_iter().map(element).collect();
    pair.diff(action, DiffKind::Object { attributes, nested: false })
}

fn array_diff(pair: &Pair<'_>) -> Diff {
    let (before, after) = (pair.before.items(), pair.after.items());
    let is_object = |items: &[Value], i: usize| items.get(i).is_some_and(|v| v.as_mapping().is_some());
    let is_object = |i, j| is_object(before, i) && is_object(after, j);
    let pairs = if before.is_empty() || after.is_empty() {
        pair_elements::<()>(&vec![(); before.len()], &vec![(); after.len()], is_object)
    } else {
        pair_elements(&element_texts(before), &element_texts(after), is_object)
    };
    let mut action = pair.outer_action();
    let mut elements = Vec::with_capacity(pairs.len());
    for (i, j) in pairs {
        let diff = dynamic_diff(&pair.elements(i, j));
        action = action.with(diff.action);
        elements.push(diff);
    }
    pair.diff(action, DiffKind::List { elements, nested: false })
}

/// Compares values that stand on one line and are no strings.
pub(super) fn scalar_diff(pair: &Pair<'_>) -> Diff {
    let (before, after) = (scalar(&pair.before), scalar(&pair.after));
    pair.diff(pair.action(before == after), DiffKind::Scalar { before, after })
}

fn scalar(side: &Side<'_>) -> Scalar {
    match side.value.map(Value::kind) {
        Some(Kind::Bool(b)) => Scalar::Bool(*b),
        Some(Kind::Number(n)) => Scalar::Number(n.to_string()),
        Some(Kind::String(s)) => Scalar::String(s.clone()),
        _ => Scalar::Null,
    }
}
