//! Writing archives. The same entries make the same bytes.

use super::entries::Entries;
use flate2::Compression;
use flate2::write::GzEncoder;
use formwork_kit::{Failure, Outcome};
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Seconds of the time that all entries have: the beginning of 2049, as the published provider has it.
const TIME: u64 = 2_493_072_000;

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::new(format!("The archive cannot be made: {error}."))
}

pub(super) fn zip(entries: &Entries, mode: Option<u32>) -> Outcome<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let time = DateTime::from_date_and_time(2049, 1, 1, 0, 0, 0).map_err(failed)?;
    for (name, entry) in entries {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(time)
            .unix_permissions(mode.unwrap_or(entry.mode));
        writer.start_file(name.as_str(), options).map_err(failed)?;
        writer.write_all(&entry.content).map_err(failed)?;
    }
    Ok(writer.finish().map_err(failed)?.into_inner())
}

pub(super) fn tar_gz(entries: &Entries, mode: Option<u32>) -> Outcome<Vec<u8>> {
    let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    for (name, entry) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(entry.content.len() as u64);
        header.set_mode(mode.unwrap_or(entry.mode));
        header.set_mtime(TIME);
        builder.append_data(&mut header, name, entry.content.as_slice()).map_err(failed)?;
    }
    builder.into_inner().and_then(GzEncoder::finish).map_err(failed)
}
