//! A part of a value on both sides of a change.

use super::{Diff, DiffAction, DiffKind, Relevance, ReplacePaths};
use formwork_value::{Kind, Str, Type, Value};

/// A part of a value on one side.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Side<'a> {
    /// `None` for null and for what does not exist.
    pub(crate) value: Option<&'a Value>,
    /// Null is a value here, other than absence.
    pub(crate) explicit: bool,
    pub(crate) sensitive: bool,
}

impl<'a> Side<'a> {
    pub(crate) fn of(value: &'a Value) -> Side<'a> {
        let in_set = || matches!(value.kind(), Kind::Set(c) if c.items.iter().any(|v| v.marks_deep().is_sensitive()));
        let sensitive = value.is_sensitive() || in_set();
        Side { value: Some(value).filter(|v| !v.is_null()), explicit: false, sensitive }
    }

    /// An element of a map or sequence: null is a value.
    pub(crate) fn element(value: Option<&'a Value>) -> Side<'a> {
        value.map_or_else(Side::default, |v| Side { explicit: true, ..Side::of(v) })
    }

    pub(crate) fn is_unknown(&self) -> bool {
        self.value.is_some_and(|v| !v.is_known())
    }

    fn entry(&self, name: &str) -> Option<&'a Value> {
        self.value.and_then(|v| v.as_mapping()).and_then(|m| m.get(name))
    }

    pub(crate) fn items(&self) -> &'a [Value] {
        self.value.and_then(|v| v.as_sequence()).unwrap_or_default()
    }
}

/// Both sides of a part, and what else decides how its difference is shown.
#[derive(Clone, Debug)]
pub(crate) struct Pair<'a> {
    pub(crate) before: Side<'a>,
    pub(crate) after: Side<'a>,
    pub(crate) replace: ReplacePaths<'a>,
    pub(crate) relevance: Relevance<'a>,
    /// The provider cannot tell empty strings from null.
    pub(crate) legacy: bool,
    /// How many strings with JSON this is inside of.
    pub(crate) encoded: u8,
}

impl<'a> Pair<'a> {
    pub(crate) fn new(before: &'a Value, after: &'a Value) -> Pair<'a> {
        Pair::of_sides(Side::of(before), Side::of(after))
    }

    pub(crate) fn of_sides(before: Side<'a>, after: Side<'a>) -> Pair<'a> {
        Pair { before, after, replace: ReplacePaths::default(), relevance: Relevance::All, legacy: false, encoded: 0 }
    }

    fn with(&self, before: Side<'a>, after: Side<'a>, replace: ReplacePaths<'a>, relevance: Relevance<'a>) -> Pair<'a> {
        let pair = Pair { before, after, replace, relevance, legacy: self.legacy, encoded: self.encoded };
        if pair.relevance.any() { pair } else { pair.unchanged() }
    }

    /// An attribute or nested block: null is the same as absence.
    pub(crate) fn attribute(&self, name: &str) -> Pair<'a> {
        let side = |side: &Side<'a>| side.entry(name).map(Side::of).unwrap_or_default();
        self.with(side(&self.before), side(&self.after), self.replace.attribute(name), self.relevance.attribute(name))
    }

    /// An element of a map: null is a value.
    pub(crate) fn key(&self, key: &str) -> Pair<'a> {
        let side = |side: &Side<'a>| Side::element(side.entry(key));
        self.with(side(&self.before), side(&self.after), self.replace.attribute(key), self.relevance.attribute(key))
    }

    /// An element of a sequence; an index out of range stands for absence.
    pub(crate) fn elements(&self, before: usize, after: usize) -> Pair<'a> {
        let replace = self.replace.index(before);
        let (before, after) = (self.before.items().get(before), self.after.items().get(after));
        // Parts of lists are too hard to read if only some elements are relevant.
        self.with(Side::element(before), Side::element(after), replace, Relevance::All)
    }

    /// Keys of both sides, sorted.
    pub(crate) fn keys(&self) -> Vec<Str> {
        let keys =
            |side: &Side<'a>| side.value.and_then(|v| v.as_mapping()).into_iter().flat_map(|m| m.keys().cloned());
        let mut all: Vec<Str> = keys(&self.before).chain(keys(&self.after)).collect();
        all.sort();
        all.dedup();
        all
    }

    pub(crate) fn as_delete(&self) -> Pair<'a> {
        Pair { after: Side::default(), ..self.clone() }
    }

    pub(crate) fn as_create(&self) -> Pair<'a> {
        Pair { before: Side::default(), ..self.clone() }
    }

    /// Nothing happens.
    pub(crate) fn unchanged(self) -> Pair<'a> {
        Pair { after: self.before, ..self }
    }

    /// The sides without their sensitivity.
    fn revealed(&self) -> Pair<'a> {
        let mut pair = self.clone();
        pair.before.sensitive = false;
        pair.after.sensitive = false;
        pair
    }

    /// Null or absent on both sides.
    pub(crate) fn is_null(&self) -> bool {
        self.before.value.is_none() && self.after.value.is_none()
    }

    fn is_created(&self) -> bool {
        self.before.value.is_none() && !self.before.explicit
    }

    fn is_deleted(&self) -> bool {
        self.after.value.is_none() && !self.after.explicit
    }

    /// The action of a part without parts of its own.
    pub(crate) fn action(&self, equal: bool) -> DiffAction {
        match (self.is_created(), self.is_deleted()) {
            (true, true) => DiffAction::NoOp,
            (true, false) => DiffAction::Create,
            (false, true) => DiffAction::Delete,
            _ if equal && self.before.sensitive == self.after.sensitive => DiffAction::NoOp,
            _ => DiffAction::Update,
        }
    }

    /// The action of a part before its own parts are looked at.
    pub(crate) fn outer_action(&self) -> DiffAction {
        match (self.before.value, self.after.value) {
            (None, Some(_)) => DiffAction::Create,
            (Some(_), None) => DiffAction::Delete,
            _ => DiffAction::NoOp,
        }
    }

    pub(crate) fn diff(&self, action: DiffAction, kind: DiffKind) -> Diff {
        Diff { action, replace: self.replace.matches(), kind }
    }

    /// What hides the value: it is sensitive, or not known yet. `inner` compares the values without that.
    pub(crate) fn hidden(&self, inner: &dyn Fn(&Pair<'a>) -> Diff) -> Option<Diff> {
        if self.before.sensitive || self.after.sensitive {
            return Some(self.sensitive(inner));
        }
        self.after.is_unknown().then(|| self.unknown(inner))
    }

    fn sensitive(&self, inner: &dyn Fn(&Pair<'a>) -> Diff) -> Diff {
        let action = inner(&self.revealed()).action;
        let (before, after) = (self.before.sensitive, self.after.sensitive);
        let is_nothing = self.is_null() && !self.before.explicit && !self.after.explicit;
        let unchanged = action == DiffAction::NoOp;
        let action = if unchanged && before != after && !is_nothing { DiffAction::Update } else { action };
        self.diff(action, DiffKind::Sensitive { before, after, unchanged })
    }

    fn unknown(&self, inner: &dyn Fn(&Pair<'a>) -> Diff) -> Diff {
        if self.before.value.is_none() {
            let action = if self.before.explicit { DiffAction::Update } else { DiffAction::Create };
            return self.diff(action, DiffKind::Unknown { before: None });
        }
        let mut before = inner(&self.as_delete());
        before.replace = false;
        self.diff(DiffAction::Update, DiffKind::Unknown { before: Some(Box::new(before)) })
    }
}

/// True for types that the reference compares as objects.
pub(crate) fn is_object_type(ty: &Type) -> bool {
    matches!(ty, Type::Object(_))
}
