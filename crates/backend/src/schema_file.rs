//! Provider schemas as files, for caches. A file of another version or a damaged one counts as absent.

use crate::codec::{Code, Reader, Writer};
use formwork_model::{FORMWORK_VERSION, ProviderSchema};

const MAGIC: &[u8] = b"Formwork schema 1\n";

/// Encodes a schema.
pub fn encode(schema: &ProviderSchema) -> Vec<u8> {
    let mut out = Writer::default();
    out.text(FORMWORK_VERSION);
    schema.write(&mut out);
    let body = out.into_bytes();
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&crc32c::crc32c(&body).to_le_bytes());
    bytes.extend_from_slice(&body);
    bytes
}

/// Decodes what the same version of Formwork encoded; `None` for anything else.
pub fn decode(bytes: &[u8]) -> Option<ProviderSchema> {
    let (checksum, body) = bytes.strip_prefix(MAGIC)?.split_first_chunk::<4>()?;
    if crc32c::crc32c(body) != u32::from_le_bytes(*checksum) {
        return None;
    }
    let mut input = Reader::new(body);
    if input.text().ok()? != FORMWORK_VERSION {
        return None;
    }
    let schema = ProviderSchema::read(&mut input).ok()?;
    input.end().ok().map(|()| schema)
}
