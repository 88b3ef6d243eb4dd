//! Values: MessagePack is sent, MessagePack and JSON are understood.

use crate::wire::tfplugin6::DynamicValue;
use bytes::Bytes;
use formwork_value::{Type, Value, json, msgpack};

/// The error is a sentence.
pub(crate) fn encode_value(value: &Value, ty: &Type) -> Result<DynamicValue, String> {
    match msgpack::encode(value, ty) {
        Ok(bytes) => Ok(DynamicValue { msgpack: Bytes::from(bytes), json: Bytes::new() }),
        Err(error) => Err(format!("The value cannot be encoded: {error}.")),
    }
}

/// A missing value is null. The error is a sentence.
pub(crate) fn decode_value(value: Option<&DynamicValue>, ty: &Type) -> Result<Value, String> {
    let Some(value) = value else {
        return Ok(Value::null(ty.clone()));
    };
    if !value.msgpack.is_empty() {
        return msgpack::decode(&value.msgpack, ty).map_err(|error| format!("The value cannot be decoded: {error}."));
    }
    if value.json.is_empty() {
        return Ok(Value::null(ty.clone()));
    }
    match std::str::from_utf8(&value.json) {
        Ok(text) => json::decode(text, ty).map_err(|error| format!("The JSON value cannot be decoded: {error}.")),
        Err(_) => Err("The JSON value is not valid UTF-8.".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(msgpack: &'static [u8], json: &'static [u8]) -> Option<DynamicValue> {
        Some(DynamicValue { msgpack: Bytes::from_static(msgpack), json: Bytes::from_static(json) })
    }

    #[test]
    fn both_encodings_and_none() {
        let ty = Type::object([("a", Type::String)]);
        for value in [raw(b"\x81\xa1a\xa1x", b""), raw(b"", br#"{"a":"x"}"#), raw(b"\x81\xa1a\xa1x", b"{}")] {
            let decoded = decode_value(value.as_ref(), &ty).unwrap();
            assert_eq!(decoded.get("a").and_then(Value::as_str), Some("x"), "{value:?}");
        }
        assert!(decode_value(None, &ty).unwrap().is_null());
        assert!(decode_value(raw(b"", b"").as_ref(), &ty).unwrap().is_null());
    }

    #[test]
    fn what_does_not_conform_is_an_error() {
        let ty = Type::object([("a", Type::String)]);
        let hostile: [(&'static [u8], &'static [u8]); 6] = [
            (b"\x80", b""),
            (b"\xc1", b""),
            (b"\xdf\xff\xff\xff\xff", b""),
            (b"", b"{\"b\":1}"),
            (b"", b"\xff"),
            (b"\x81\xa1a", b""),
        ];
        for (msgpack, json) in hostile {
            let error = decode_value(raw(msgpack, json).as_ref(), &ty).unwrap_err();
            assert!(error.ends_with('.'), "{error}");
        }
    }
}
