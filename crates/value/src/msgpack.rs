//! Values as MessagePack, as the provider protocol has them (fact sheet `plugin-protocol.md` 5.2).

use crate::json::CodecError;
use crate::{Type, Value};

/// Encodes a value by a type. Marks are ignored; unknowns and their refinements are kept.
pub fn encode(value: &Value, ty: &Type) -> Result<Vec<u8>, CodecError> {
    todo!()
}

/// Decodes bytes by a type. Depth, lengths and sizes are bounded: hostile input is an error, never a crash.
pub fn decode(bytes: &[u8], ty: &Type) -> Result<Value, CodecError> {
    todo!()
}
