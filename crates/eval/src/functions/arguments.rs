//! The arguments of a call, ready for use.

use super::definition::blame;
use crate::Environment;
use formwork_hcl::FunctionFailure;
use formwork_value::{Number, Str, Value};
use std::collections::BTreeMap;

/// Arguments that fit the parameters: the accessors return what the parameter's type says, and something empty where
/// that cannot be.
pub(super) struct Arguments<'a> {
    pub values: &'a [Value],
    pub environment: &'a Environment,
}

static NO_ENTRIES: BTreeMap<Str, Value> = BTreeMap::new();

impl<'a> Arguments<'a> {
    pub fn len(&self) -> usize {
        self.values.len()
    }

    pub fn get(&self, index: usize) -> Option<&'a Value> {
        self.values.get(index)
    }

    /// The argument; unknown if there is none.
    pub fn value(&self, index: usize) -> Value {
        self.values.get(index).cloned().unwrap_or_else(Value::dynamic)
    }

    pub fn text(&self, index: usize) -> &'a str {
        self.values.get(index).and_then(Value::as_str).unwrap_or_default()
    }

    pub fn number(&self, index: usize) -> &'a Number {
        const ZERO: &Number = &Number::ZERO;
        self.values.get(index).and_then(Value::as_number).unwrap_or(ZERO)
    }

    /// A whole number that fits.
    pub fn whole(&self, index: usize) -> Result<i64, FunctionFailure> {
        let number = self.number(index);
        if !number.is_integer() {
            return Err(blame(index, "a whole number is required"));
        }
        number.to_i64().ok_or_else(|| blame(index, "a whole number of a sensible size is required"))
    }

    /// Elements of a list, set or tuple.
    pub fn items(&self, index: usize) -> &'a [Value] {
        self.values.get(index).and_then(Value::as_sequence).unwrap_or_default()
    }

    /// Entries of a map or object.
    pub fn entries(&self, index: usize) -> &'a BTreeMap<Str, Value> {
        self.values.get(index).and_then(Value::as_mapping).unwrap_or(&NO_ENTRIES)
    }

    /// Arguments from an index on.
    pub fn from(&self, index: usize) -> &'a [Value] {
        self.values.get(index..).unwrap_or_default()
    }
}
