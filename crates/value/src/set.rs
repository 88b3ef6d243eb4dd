//! Construction of strings and sets, which hold invariants.

use crate::order::SortKey;
use crate::value::{Collection, Kind};
use crate::{Marks, Type, Value, equals};
use std::sync::Arc;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

impl Value {
    /// Text, NFC-normalised.
    pub fn string(text: impl AsRef<str>) -> Value {
        Kind::String(normalize(text.as_ref())).into()
    }

    /// A set: equal elements are dropped, the rest is put in the language's order. Marks of elements move to the set.
    pub fn set(element: Type, mut items: Vec<Value>) -> Value {
        let mut marks = Marks::NONE;
        for item in &mut items {
            let own = item.marks_deep();
            if !own.is_none() {
                marks |= own;
                *item = item.unmark_deep().0;
            }
        }
        let mut keyed: Vec<(SortKey, Value)> = items.into_iter().map(|item| (SortKey::of(&item), item)).collect();
        keyed.sort_by(|a, b| a.0.cmp(&b.0));
        // Elements of unknown parts are never known to be equal, so all of them stay.
        keyed.dedup_by(|later, first| later.0 == first.0 && equals(&later.1, &first.1).as_bool() == Some(true));
        let items: Vec<Value> = keyed.into_iter().map(|(_, item)| item).collect();
        Value::from(Kind::Set(Arc::new(Collection { element, items: items.into() }))).with_marks(marks)
    }
}

/// Text in Unicode normalisation form C, shared.
pub(crate) fn normalize(text: &str) -> crate::Str {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        text.into()
    } else {
        text.nfc().collect::<String>().into()
    }
}
