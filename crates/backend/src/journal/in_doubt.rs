//! Effects of earlier runs of which nobody knows whether they happened.

use super::frame::is_of_other_version;
use super::recover::JournalFileError;
use crate::codec::{Code, Reader, Writer};
use crate::durable;
use formwork_model::InDoubt;
use std::path::Path;

const MAGIC: &[u8; 19] = b"formwork-in-doubt2\n";

/// The entries of the file, in their order; none if there is no file.
pub fn load_in_doubt(path: &Path) -> Result<Vec<InDoubt>, JournalFileError> {
    let failed = |error| JournalFileError::Io { path: path.to_owned(), error };
    let Some(bytes) = durable::read(path).map_err(failed)? else { return Ok(Vec::new()) };
    if is_of_other_version(&bytes, MAGIC) {
        return Err(JournalFileError::OtherVersion { path: path.to_owned() });
    }
    decode(&bytes).map_err(|reason| JournalFileError::Corrupt { path: path.to_owned(), reason: reason.to_owned() })
}

/// Puts entries into the file, in one step; without entries the file goes away.
pub fn store_in_doubt(path: &Path, entries: &[InDoubt]) -> Result<(), JournalFileError> {
    let failed = |error| JournalFileError::Io { path: path.to_owned(), error };
    if entries.is_empty() {
        return durable::remove(path).map_err(failed);
    }
    durable::create_directory(durable::directory_of(path), 0o755).map_err(failed)?;
    durable::replace(path, &encode(entries)).map_err(failed)
}

pub(crate) fn encode(entries: &[InDoubt]) -> Vec<u8> {
    let mut out = Writer::default();
    entries.to_vec().write(&mut out);
    let body = out.into_bytes();
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&crc32c::crc32c(&body).to_le_bytes());
    bytes.extend_from_slice(&body);
    bytes
}

pub(crate) fn decode(bytes: &[u8]) -> Result<Vec<InDoubt>, &'static str> {
    if is_of_other_version(bytes, MAGIC) {
        return Err("it was written by another version of Formwork");
    }
    let body = bytes.strip_prefix(MAGIC).ok_or("it is something else")?;
    let (checksum, body) = body.split_first_chunk::<4>().ok_or("it is too short")?;
    if crc32c::crc32c(body) != u32::from_le_bytes(*checksum) {
        return Err("the checksum is wrong");
    }
    let mut input = Reader::new(body);
    let entries = Vec::read(&mut input).and_then(|entries| input.end().map(|()| entries));
    entries.map_err(|error| error.0)
}
