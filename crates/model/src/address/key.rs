//! Instance keys.

use formwork_value::{Str, Value};
use std::fmt;

/// Key of an instance of a resource or module. Order: none, then numbers, then strings.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum InstanceKey {
    #[default]
    None,
    /// Index by `count`.
    Int(u64),
    /// Key by `for_each`.
    String(Str),
}

impl InstanceKey {
    pub fn is_none(&self) -> bool {
        matches!(self, InstanceKey::None)
    }

    /// The key as a value: a number, a string, or an untyped null.
    pub fn to_value(&self) -> Value {
        match self {
            InstanceKey::None => Value::null(formwork_value::Type::Dynamic),
            InstanceKey::Int(n) => Value::from(i64::try_from(*n).unwrap_or(i64::MAX)),
            InstanceKey::String(s) => Value::string(s),
        }
    }
}

/// Writes `[0]`, `["key"]` (escaped as in the language), or nothing.
impl fmt::Display for InstanceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InstanceKey::None => Ok(()),
            InstanceKey::Int(n) => write!(f, "[{n}]"),
            InstanceKey::String(s) => write!(f, "[{}]", Quoted(s)),
        }
    }
}

/// A string in double quotes with the escapes of the language.
pub(crate) struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        let mut chars = self.0.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                '$' | '%' if chars.peek() == Some(&'{') => write!(f, "{c}{c}")?,
                c if c.is_control() => write!(f, "\\u{:04x}", c as u32)?,
                c => write!(f, "{c}")?,
            }
        }
        f.write_str("\"")
    }
}
