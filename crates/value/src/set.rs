//! Construction of strings and sets, which hold invariants.

use crate::{Type, Value};

impl Value {
    /// Text, NFC-normalised.
    pub fn string(text: impl AsRef<str>) -> Value {
        todo!()
    }

    /// A set: equal elements are dropped, the rest is put in the language's order. Marks of elements move to the set.
    pub fn set(element: Type, items: Vec<Value>) -> Value {
        todo!()
    }
}
