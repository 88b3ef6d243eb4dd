//! What a frame carries.

use crate::codec::{Code, Damaged, Reader, Writer};
use formwork_model::JournalEntry;

/// A journal entry, or a note of our own.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Record {
    Entry(Box<JournalEntry>),
    /// The state with this serial and checksum is about to be written; it has everything up to here.
    Checkpoint {
        serial: u64,
        checksum: u32,
    },
}

impl Code for Record {
    fn write(&self, out: &mut Writer) {
        match self {
            Record::Entry(entry) => {
                out.byte(0);
                entry.write(out);
            }
            Record::Checkpoint { serial, checksum } => {
                out.byte(1);
                serial.write(out);
                checksum.write(out);
            }
        }
    }

    fn read(input: &mut Reader<'_>) -> Result<Record, Damaged> {
        match input.byte()? {
            0 => Ok(Record::Entry(Box::new(Code::read(input)?))),
            1 => Ok(Record::Checkpoint { serial: Code::read(input)?, checksum: Code::read(input)? }),
            _ => Err(Damaged("unknown record")),
        }
    }
}

/// The bytes of records that are appended together.
pub(super) fn encode(records: &[Record]) -> Vec<u8> {
    let mut out = Writer::default();
    out.number(records.len() as u64);
    records.iter().for_each(|record| record.write(&mut out));
    out.into_bytes()
}

/// Appends the records of a frame: several batches, each with its length.
pub(super) fn decode(payload: &[u8], records: &mut Vec<Record>) -> Result<(), Damaged> {
    let mut batches = Reader::new(payload);
    while !batches.is_at_end() {
        let mut batch = Reader::new(batches.bytes()?);
        for _ in 0..batch.length()? {
            records.push(Record::read(&mut batch)?);
        }
        batch.end()?;
    }
    Ok(())
}

/// The payload of a frame.
pub(super) fn join(batches: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Writer::default();
    batches.iter().for_each(|batch| out.bytes(batch));
    out.into_bytes()
}
