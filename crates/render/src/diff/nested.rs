//! Attributes with attributes of their own (protocol 6).

use super::block::attributes_diff;
use super::sequence::pair_sets;
use super::typed::sequence;
use super::{Diff, DiffAction, DiffKind, Pair, Side};
use formwork_model::{NestedType, Nesting};
use formwork_value::Value;
use std::collections::BTreeMap;

pub(super) fn nested_diff(pair: &Pair<'_>, nested: &NestedType) -> Diff {
    let single = matches!(nested.nesting, Nesting::Single | Nesting::Group);
    if single
        && pair.after.is_unknown()
        && pair.before.value.is_some()
        && !pair.before.sensitive
        && !pair.after.sensitive
    {
        return unknown_object_diff(pair, nested);
    }
    pair.hidden(&|inner| known_diff(inner, nested)).unwrap_or_else(|| known_diff(pair, nested))
}

/// An object that becomes unknown as a whole: its attributes do, rather than that they go.
fn unknown_object_diff(pair: &Pair<'_>, nested: &NestedType) -> Diff {
    let unknown = nested.attributes.iter().map(|(name, attribute)| (name.clone(), Value::unknown(attribute.ty())));
    let after = Value::object_map(unknown.collect());
    let mut inner = pair.clone();
    inner.after = Side::of(&after);
    let mut before = object_diff(&inner, nested);
    before.replace = false;
    pair.diff(DiffAction::Update, DiffKind::Unknown { before: Some(Box::new(before)) })
}

fn known_diff(pair: &Pair<'_>, nested: &NestedType) -> Diff {
    match nested.nesting {
        Nesting::Single | Nesting::Group => object_diff(pair, nested),
        Nesting::List => {
            let count = pair.before.items().len().max(pair.after.items().len());
            let elements = (0..count).map(|i| element_diff(&pair.elements(i, i), nested)).collect();
            sequence(pair, elements, |elements| DiffKind::List { elements, nested: true })
        }
        Nesting::Set => {
            let pairs = pair_sets(pair.before.items(), pair.after.items());
            let elements = pairs.into_iter().map(|(i, j)| element_diff(&pair.elements(i, j), nested)).collect();
            sequence(pair, elements, |elements| DiffKind::Set { elements, nested: true })
        }
        Nesting::Map => {
            let mut action = pair.outer_action();
            let mut elements = BTreeMap::new();
            for key in pair.keys() {
                let diff = element_diff(&pair.key(&key), nested);
                action = action.with(diff.action);
                elements.insert(key, diff);
            }
            pair.diff(action, DiffKind::Map { elements, nested: true })
        }
    }
}

fn element_diff(pair: &Pair<'_>, nested: &NestedType) -> Diff {
    pair.hidden(&|inner| object_diff(inner, nested)).unwrap_or_else(|| object_diff(pair, nested))
}

fn object_diff(pair: &Pair<'_>, nested: &NestedType) -> Diff {
    let outer: DiffAction = pair.outer_action();
    let (attributes, action) = attributes_diff(pair, &nested.attributes, outer);
    pair.diff(action, DiffKind::Object { attributes, nested: true })
}
