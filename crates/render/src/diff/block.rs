//! Blocks: attributes and nested blocks.

use super::nested::nested_diff;
use super::sequence::pair_sets;
use super::typed::attribute_diff;
use super::{BlockDiff, BlockGroup, Diff, DiffAction, DiffKind, Pair};
use formwork_model::{Attribute, AttributeType, Block, NestedBlock, Nesting};
use formwork_value::{Str, Type};
use std::collections::BTreeMap;

/// Compares two objects by their schema.
pub(crate) fn block_diff(pair: &Pair<'_>, block: &Block) -> Diff {
    pair.hidden(&|inner| known_diff(inner, block)).unwrap_or_else(|| known_diff(pair, block))
}

/// True if the provider was made with a toolkit that cannot tell empty strings from null: it uses nothing that such
/// toolkits lack.
pub(crate) fn is_legacy(block: &Block) -> bool {
    let is_new_type = |ty: &Type| ty.has_dynamic() || matches!(ty, Type::Object(_) | Type::Tuple(_));
    let is_new_attribute = |a: &Attribute| match &a.kind {
        AttributeType::Plain(ty) => is_new_type(ty),
        AttributeType::Nested(_) => true,
    };
    !block.attributes.values().any(is_new_attribute)
        && !block.blocks.values().any(|b| matches!(b.nesting, Nesting::Map | Nesting::Group))
}

fn known_diff(pair: &Pair<'_>, block: &Block) -> Diff {
    let (attributes, mut action) = attributes_diff(pair, &block.attributes, pair.outer_action());
    let mut blocks = BTreeMap::new();
    for (name, nested) in &block.blocks {
        let inner = pair.attribute(name);
        let (group, part) = group_diff(&inner, nested);
        if part == DiffAction::NoOp && inner.is_null() {
            continue;
        }
        action = action.with(part);
        blocks.insert(name.clone(), group);
    }
    pair.diff(action, DiffKind::Block(BlockDiff { attributes, blocks }))
}

/// Compares attributes; those that are null on both sides are left out.
pub(super) fn attributes_diff(
    pair: &Pair<'_>,
    attributes: &BTreeMap<Str, Attribute>,
    outer: DiffAction,
) -> (BTreeMap<Str, Diff>, DiffAction) {
    let mut action = outer;
    let mut diffs = BTreeMap::new();
    for (name, attribute) in attributes {
        let inner = pair.attribute(name);
        if attribute.write_only {
            let sensitive = attribute.sensitive || inner.before.sensitive || inner.after.sensitive;
            diffs.insert(name.clone(), inner.diff(outer, DiffKind::WriteOnly { sensitive }));
            continue;
        }
        if inner.is_null() {
            continue;
        }
        let diff = match &attribute.kind {
            AttributeType::Plain(ty) => attribute_diff(&inner, ty),
            AttributeType::Nested(nested) => nested_diff(&inner, nested),
        };
        action = action.with(diff.action);
        diffs.insert(name.clone(), diff);
    }
    (diffs, action)
}

fn group_diff(pair: &Pair<'_>, nested: &NestedBlock) -> (BlockGroup, DiffAction) {
    let mut group = BlockGroup {
        blocks: Vec::new(),
        replace: pair.replace.matches(),
        before_sensitive: pair.before.sensitive,
        after_sensitive: pair.after.sensitive,
    };
    let mut action = pair.outer_action();
    let unlabelled = |pair: Pair<'_>| (None, block_diff(&pair, &nested.block));
    if pair.after.is_unknown() {
        action = pair.action(false);
        let action = if action == DiffAction::NoOp { DiffAction::Update } else { action };
        group.blocks.push((None, pair.diff(action, DiffKind::Unknown { before: None })));
        return (group, action);
    }
    match nested.nesting {
        Nesting::Single | Nesting::Group => {
            let mut inner = pair.clone();
            inner.before.sensitive = false;
            inner.after.sensitive = false;
            if !inner.is_null() {
                group.blocks.push(unlabelled(inner));
            }
        }
        Nesting::List => {
            let count = pair.before.items().len().max(pair.after.items().len());
            group.blocks.extend((0..count).map(|i| unlabelled(pair.elements(i, i))));
        }
        Nesting::Set => {
            let pairs = pair_sets(pair.before.items(), pair.after.items());
            group.blocks.extend(pairs.into_iter().map(|(i, j)| unlabelled(pair.elements(i, j))));
        }
        Nesting::Map => {
            let labelled = pair.keys().into_iter().map(|key| {
                let diff = block_diff(&pair.key(&key), &nested.block);
                (Some(key), diff)
            });
            group.blocks.extend(labelled);
        }
    }
    action = group.blocks.iter().fold(action, |action, (_, block)| action.with(block.action));
    if action == DiffAction::NoOp && pair.before.sensitive != pair.after.sensitive {
        action = DiffAction::Update;
    }
    (group, action)
}
