//! The file around the sections.

use super::PlanFileError;
use super::foreign::describe;
use crate::codec::{Reader, Writer};
use formwork_model::FORMWORK_VERSION;
use sha2::{Digest, Sha256};

const MAGIC: &[u8] = b"Formwork plan\n";

/// Grows with every change of the binary form.
const FORMAT: u32 = 3;

/// What LZ4 can make of a byte at most.
const MAX_RATIO: usize = 256;

/// A part of the plan, compressed.
pub(super) struct Section {
    /// Bytes before compression.
    length: usize,
    stored: Vec<u8>,
}

pub(super) type Sections = Vec<Section>;

impl Section {
    pub fn of(content: &[u8]) -> Section {
        Section { length: content.len(), stored: lz4_flex::block::compress(content) }
    }

    pub fn open(&self) -> Result<Vec<u8>, PlanFileError> {
        if self.length > self.stored.len().saturating_mul(MAX_RATIO) {
            return Err(PlanFileError::Damaged("a section claims to be too large"));
        }
        lz4_flex::block::decompress(&self.stored, self.length)
            .map_err(|_| PlanFileError::Damaged("a section cannot be decompressed"))
    }
}

pub(super) fn pack(sections: &Sections) -> Vec<u8> {
    let mut body = Writer::default();
    body.text(FORMWORK_VERSION);
    body.number(sections.len() as u64);
    for section in sections {
        body.number(section.length as u64);
        body.bytes(&section.stored);
    }
    let body = body.into_bytes();
    let mut bytes = Vec::with_capacity(body.len() + 64);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&FORMAT.to_le_bytes());
    bytes.extend_from_slice(&Sha256::digest(&body));
    bytes.extend_from_slice(&body);
    bytes
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
        let stored = input.bytes().map_err(damaged)?.to_vec();
        sections.push(Section { length, stored });
    }
    input.end().map_err(damaged)?;
    Ok(sections)
}
