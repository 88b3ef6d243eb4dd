//! Refinements: what is known of an unknown value.

use crate::{Number, Str};

/// What is known of an unknown value. The default is nothing.
/// Source of the rules: `language.md` section 8 and `plugin-protocol.md` 5.2 of the project's fact sheets.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Refinements {
    /// The value will not be null.
    pub not_null: bool,
    /// Text that the string will begin with (NFC, at most 256 bytes).
    pub prefix: Option<Str>,
    /// Lower bound of a number, and whether it is inclusive.
    pub min: Option<(Number, bool)>,
    /// Upper bound of a number, and whether it is inclusive.
    pub max: Option<(Number, bool)>,
    /// Least number of elements of a collection.
    pub min_length: Option<u64>,
    /// Greatest number of elements of a collection.
    pub max_length: Option<u64>,
}

impl Refinements {
    pub fn not_null() -> Refinements {
        Refinements { not_null: true, ..Refinements::default() }
    }

    pub fn is_none(&self) -> bool {
        *self == Refinements::default()
    }
}
