//! The file around the sections.

use super::PlanFileError;
use super::foreign::describe;
use crate::codec::{Reader, Writer};
use formwork_model::FORMWORK_VERSION;
use sha2::{Digest, Sha256};

const MAGIC: &[u8] = b"Formwork plan\n";

/// Grows with every change of the binary form.
const FORMAT: u32 = 1;

/// What LZ4 can make of a byte at most.
const MAX_RATIO: usize = 256;

/// The contents of the sections, in their order.
pub(super) type Sections = Vec<Vec<u8>>;

pub(super) fn pack(sections: &Sections) -> Result<Vec<u8>, PlanFileError> {
    let mut body = Writer::default();
    body.text(FORMWORK_VERSION);
    body.number(sections.len() as u64);
    for section in sections {
        body.number(section.len() as u64);
        body.bytes(&lz4_flex::block::compress(section));
    }
    let body = body.into_bytes();
    let mut bytes = Vec::with_capacity(body.len() + 64);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&FORMAT.to_le_bytes());
    bytes.extend_from_slice(&Sha256::digest(&body));
    bytes.extend_from_slice(&body);
    Ok(bytes)
}

pub(super) fn unpack(bytes: &[u8]) -> Result<Sections, PlanFileError> {
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| PlanFileError::Foreign(describe(bytes)))?;
    let cut = || PlanFileError::Damaged("it is cut off");
    let (format, rest) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
    if u32::from_le_bytes(*format) != FORMAT {
        return Err(PlanFileError::OtherVersion { made_by: "another version of Formwork".into() });
    }
    let (hash, body) = rest.split_first_chunk::<32>().ok_or_else(cut)?;
    if Sha256::digest(body).as_slice() != hash {
        return Err(PlanFileError::Damaged("the checksum is wrong"));
    }
    read_body(body)
}

fn read_body(body: &[u8]) -> Result<Sections, PlanFileError> {
    let mut input = Reader::new(body);
    let damaged = |error: crate::codec::Damaged| PlanFileError::Damaged(error.0);
    let version = input.text().map_err(damaged)?;
    if version != FORMWORK_VERSION {
        return Err(PlanFileError::OtherVersion { made_by: format!("Formwork {version}") });
    }
    let count = input.length().map_err(damaged)?;
    let mut sections = Vec::new();
    for _ in 0..count {
        let length = input.index().map_err(damaged)?;
        let stored = input.bytes().map_err(damaged)?;
        if length > stored.len().saturating_mul(MAX_RATIO) {
            return Err(PlanFileError::Damaged("a section claims to be too large"));
        }
        let section = lz4_flex::block::decompress(stored, length)
            .map_err(|_| PlanFileError::Damaged("a section cannot be decompressed"))?;
        sections.push(section);
    }
    input.end().map_err(damaged)?;
    Ok(sections)
}
