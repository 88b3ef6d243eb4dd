//! Values as JSON, guided by a type (state files, plans, outputs) or without one (`jsonencode`, `jsondecode`).

mod read;
mod text;
mod write;

use crate::{Path, PathStep, Type, Value};
use std::fmt;

pub(crate) use text::{Scanner, write_json_string};

/// Levels of nesting that are written and read. Every recursive operation on a value of this depth fits the stack of a thread.
pub const MAX_DEPTH: usize = 256;

/// Values in a document that is read without a type. Each takes up to a hundred bytes, where its text may have two.
pub const MAX_VALUES: usize = 5_000_000;

/// Why a value or document cannot be coded.
#[derive(Clone, Debug, PartialEq)]
pub struct CodecError {
    pub path: Path,
    pub message: String,
}

impl CodecError {
    pub(crate) fn new(message: impl Into<String>) -> CodecError {
        CodecError { path: Path::root(), message: message.into() }
    }

    /// A value that is not of the type by which it is to be written.
    pub(crate) fn wrong_type(value: &Value, ty: &Type) -> CodecError {
        let own = value.ty().friendly_name();
        CodecError::new(format!("a value of type {} is required, not {own}", ty.friendly_name()))
    }

    /// The same error, seen from one level up.
    pub(crate) fn inside(mut self, step: PathStep) -> CodecError {
        self.path.0.insert(0, step);
        self
    }
}

pub(crate) fn too_deep() -> CodecError {
    CodecError::new(format!("more than {MAX_DEPTH} levels of nesting"))
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_root() { f.write_str(&self.message) } else { write!(f, "{}: {}", self.path, self.message) }
    }
}

impl std::error::Error for CodecError {}

/// Compact JSON of a value by a type: parts that are `Dynamic` in the type are wrapped as `{"value":V,"type":T}`.
/// Marks are ignored. Unknown values, infinities and values too deep to be read again are errors. `<`, `>`, `&`, U+2028 and U+2029 are escaped.
pub fn encode(value: &Value, ty: &Type) -> Result<String, CodecError> {
    let mut text = String::new();
    encode_into(&mut text, value, ty)?;
    Ok(text)
}

/// As [`encode`], appending to a text.
pub fn encode_into(text: &mut String, value: &Value, ty: &Type) -> Result<(), CodecError> {
    write::Writer::new(text).typed(value, ty)
}

/// Compact JSON of a value without any wrapper (as `jsonencode` has it). Same errors.
pub fn encode_plain(value: &Value) -> Result<String, CodecError> {
    let mut text = String::new();
    write::Writer::new(&mut text).plain(value)?;
    Ok(text)
}

/// Decodes JSON by a type: the inverse of [`encode`]. Numbers keep their digits. Missing and extra attributes are
/// errors. Depth is bounded.
pub fn decode(text: &str, ty: &Type) -> Result<Value, CodecError> {
    read::read_document(text, |reader| reader.typed(ty))
}

/// As [`decode`], for state that was written with another version of the type: attributes that the type does not have
/// are dropped, missing ones become null, at every level.
pub fn decode_state(text: &str, ty: &Type) -> Result<Value, CodecError> {
    read::read_document(text, |reader| {
        reader.lenient = true;
        reader.typed(ty)
    })
}

/// Decodes JSON without a type: arrays become tuples, objects become objects. Of equal keys the last one counts. More than
/// [`MAX_VALUES`] values are an error.
pub fn decode_plain(text: &str) -> Result<Value, CodecError> {
    read::read_document(text, |reader| reader.plain())
}
