//! The difference between two values as a labelled tree: computed once, rendered in any form.
//!
//! Which differences are shown, and how elements are paired, follows the reference (plan-formats.md 11.4).

mod block;
mod dynamic;
mod nested;
mod path;
mod sequence;
mod side;
mod text;
mod typed;

pub(crate) use block::{block_diff, is_legacy};
pub(crate) use dynamic::dynamic_diff;
pub(crate) use path::{Relevance, ReplacePaths};
pub(crate) use side::{Pair, Side};
pub(crate) use typed::typed_diff;

use formwork_value::Str;
use std::collections::BTreeMap;

/// What happens to a part of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DiffAction {
    NoOp,
    Create,
    Update,
    Delete,
}

impl DiffAction {
    /// The action of a whole, of which one more part is known.
    pub(crate) fn with(self, part: DiffAction) -> DiffAction {
        match (self, part) {
            (_, DiffAction::NoOp) => self,
            (a, b) if a == b => a,
            _ => DiffAction::Update,
        }
    }
}

/// A part of a value, before and after.
#[derive(Clone, Debug)]
pub(crate) struct Diff {
    pub(crate) action: DiffAction,
    /// A change here forces a replacement.
    pub(crate) replace: bool,
    pub(crate) kind: DiffKind,
}

#[derive(Clone, Debug)]
pub(crate) enum DiffKind {
    /// Values on one line.
    Scalar {
        before: Scalar,
        after: Scalar,
    },
    /// Text of several lines.
    Lines(Vec<(DiffAction, String)>),
    /// JSON in a string, compared by its structure.
    Encoded {
        inner: Box<Diff>,
        whitespace_only: bool,
    },
    /// Values of different kinds.
    TypeChange {
        before: Box<Diff>,
        after: Box<Diff>,
    },
    /// Known after apply; the old value, as if it were deleted.
    Unknown {
        before: Option<Box<Diff>>,
    },
    Sensitive {
        before: bool,
        after: bool,
        unchanged: bool,
    },
    WriteOnly {
        sensitive: bool,
    },
    /// Attributes by name.
    Object {
        attributes: BTreeMap<Str, Diff>,
        nested: bool,
    },
    /// Elements by key.
    Map {
        elements: BTreeMap<Str, Diff>,
        nested: bool,
    },
    List {
        elements: Vec<Diff>,
        nested: bool,
    },
    Set {
        elements: Vec<Diff>,
        nested: bool,
    },
    Block(BlockDiff),
}

/// A value on one line, as far as its kind matters for showing it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scalar {
    Null,
    Bool(bool),
    /// Decimal digits.
    Number(String),
    String(Str),
}

/// Attributes and nested blocks.
#[derive(Clone, Debug, Default)]
pub(crate) struct BlockDiff {
    pub(crate) attributes: BTreeMap<Str, Diff>,
    pub(crate) blocks: BTreeMap<Str, BlockGroup>,
}

/// All blocks of a type.
#[derive(Clone, Debug)]
pub(crate) struct BlockGroup {
    /// Each with its label, if blocks of the type have labels.
    pub(crate) blocks: Vec<(Option<Str>, Diff)>,
    /// A change of the group forces a replacement.
    pub(crate) replace: bool,
    pub(crate) before_sensitive: bool,
    pub(crate) after_sensitive: bool,
}
