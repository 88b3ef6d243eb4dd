//! Strings: on one line, of several lines, or with JSON inside.

use super::dynamic::json_diff;
use super::sequence::pair_lines;
use super::{Diff, DiffAction, DiffKind, Pair, Scalar, Side};
use formwork_value::{Kind, Str, Value, json};

/// Strings in strings up to which JSON is looked into: bounds the recursion.
const MAX_ENCODED: u8 = 3;

/// A string by the way it is shown.
enum Shape<'a> {
    Null,
    Line(&'a Str),
    Lines(&'a str),
    Json(Value),
}

impl<'a> Shape<'a> {
    fn of(side: &Side<'a>, encoded: u8) -> Shape<'a> {
        let Some(Kind::String(text)) = side.value.map(Value::kind) else { return Shape::Null };
        if encoded < MAX_ENCODED
            && text.starts_with(['{', '['])
            && let Ok(value) = json::decode_plain(text)
        {
            return Shape::Json(value);
        }
        if text.contains('\n') { Shape::Lines(text.trim()) } else { Shape::Line(text) }
    }

    /// The lines, if the other side has several.
    fn lines(&self) -> Option<Vec<&'a str>> {
        match self {
            Shape::Line(text) => Some(text.split('\n').collect()),
            Shape::Lines(text) => Some(text.split('\n').collect()),
            _ => None,
        }
    }

    fn scalar(&self) -> Scalar {
        match self {
            Shape::Line(text) => Scalar::String(Str::clone(text)),
            Shape::Lines(text) => Scalar::String(Str::from(*text)),
            _ => Scalar::Null,
        }
    }
}

/// Compares strings (or null on a side).
pub(super) fn string_diff(pair: &Pair<'_>) -> Diff {
    let [old, new] = [pair.before.value, pair.after.value].map(|value| value.and_then(Value::as_str));
    let action = pair.action(old == new);
    let (before, after) = (Shape::of(&pair.before, pair.encoded), Shape::of(&pair.after, pair.encoded));
    let kind = match action {
        DiffAction::NoOp | DiffAction::Create => one_side(action, &after, pair.encoded),
        DiffAction::Delete => one_side(action, &before, pair.encoded),
        DiffAction::Update => both_sides(&before, &after, pair.encoded),
    };
    pair.diff(action, kind)
}

fn one_side(action: DiffAction, shape: &Shape<'_>, level: u8) -> DiffKind {
    match shape {
        Shape::Json(value) => encoded(action, Some(value), Some(value), level),
        Shape::Lines(text) => DiffKind::Lines(text.split('\n').map(|l| (DiffAction::NoOp, l.to_string())).collect()),
        Shape::Null | Shape::Line(_) => DiffKind::Scalar { before: shape.scalar(), after: shape.scalar() },
    }
}

fn both_sides(before: &Shape<'_>, after: &Shape<'_>, level: u8) -> DiffKind {
    match (before, after) {
        (Shape::Json(a), Shape::Json(b)) => encoded(DiffAction::Update, Some(a), Some(b), level),
        (Shape::Line(_) | Shape::Null, Shape::Line(_) | Shape::Null) => {
            DiffKind::Scalar { before: before.scalar(), after: after.scalar() }
        }
        _ => match (before.lines(), after.lines()) {
            (Some(old), Some(new)) => DiffKind::Lines(changed_lines(&old, &new)),
            _ => {
                let side = |action, shape| Diff { action, replace: false, kind: one_side(action, shape, level) };
                let (old, new) = (side(DiffAction::Delete, before), side(DiffAction::Create, after));
                DiffKind::TypeChange { before: Box::new(old), after: Box::new(new) }
            }
        },
    }
}

fn changed_lines(old: &[&str], new: &[&str]) -> Vec<(DiffAction, String)> {
    pair_lines(old, new)
        .into_iter()
        .filter_map(|(i, j)| match (old.get(i), new.get(j)) {
            (Some(line), Some(_)) => Some((DiffAction::NoOp, line.to_string())),
            (Some(line), None) => Some((DiffAction::Delete, line.to_string())),
            (None, Some(line)) => Some((DiffAction::Create, line.to_string())),
            (None, None) => None,
        })
        .collect()
}

fn encoded(action: DiffAction, before: Option<&Value>, after: Option<&Value>, level: u8) -> DiffKind {
    let before = before.filter(|_| action != DiffAction::Create);
    let after = after.filter(|_| action != DiffAction::Delete);
    let pair = Pair { encoded: level + 1, ..Pair::of_sides(Side::element(before), Side::element(after)) };
    let inner = json_diff(&pair);
    let whitespace_only = action == DiffAction::Update && inner.action == DiffAction::NoOp;
    DiffKind::Encoded { inner: Box::new(inner), whitespace_only }
}
