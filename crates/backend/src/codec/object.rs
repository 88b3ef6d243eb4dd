//! Stored objects and journal entries.

use super::basic::Item;
use super::{Code, Damaged, Reader, Writer, choice, record};
use formwork_model::{InDoubt, JournalEntry, ObjectState, ObjectStatus, OperationKind, RawState};
use formwork_value::Str;

choice! {
    ObjectStatus { Ready = 0, Tainted = 1 }
}

record! {
    ObjectState {
        schema_version, attributes, sensitive, private, identity_schema_version, identity, status, dependencies,
        create_before_destroy,
    }
    InDoubt { operation, address, provider, kind, planned }
}

impl Item for JournalEntry {}
impl Item for InDoubt {}

impl Code for RawState {
    fn write(&self, out: &mut Writer) {
        match self {
            RawState::Json(text) => {
                out.byte(0);
                out.text(text);
            }
            RawState::Flatmap(entries) => {
                out.byte(1);
                entries.write(out);
            }
        }
    }

    fn read(input: &mut Reader<'_>) -> Result<RawState, Damaged> {
        match input.byte()? {
            0 => Ok(RawState::Json(input.text()?.into())),
            1 => Vec::<(Str, Str)>::read(input).map(RawState::Flatmap),
            _ => Err(Damaged("unknown form of attributes")),
        }
    }
}

impl Code for OperationKind {
    fn write(&self, out: &mut Writer) {
        match self {
            OperationKind::Create => out.byte(0),
            OperationKind::CreateReplacement { depose_as } => {
                out.byte(1);
                depose_as.write(out);
            }
            OperationKind::Update => out.byte(2),
            OperationKind::Delete { deposed } => {
                out.byte(3);
                deposed.write(out);
            }
            OperationKind::Read => out.byte(4),
            OperationKind::Forget { deposed } => {
                out.byte(5);
                deposed.write(out);
            }
            OperationKind::Barrier => out.byte(6),
        }
    }

    fn read(input: &mut Reader<'_>) -> Result<OperationKind, Damaged> {
        Ok(match input.byte()? {
            0 => OperationKind::Create,
            1 => OperationKind::CreateReplacement { depose_as: Code::read(input)? },
            2 => OperationKind::Update,
            3 => OperationKind::Delete { deposed: Code::read(input)? },
            4 => OperationKind::Read,
            5 => OperationKind::Forget { deposed: Code::read(input)? },
            6 => OperationKind::Barrier,
            _ => return Err(Damaged("unknown kind of operation")),
        })
    }
}

impl Code for JournalEntry {
    fn write(&self, out: &mut Writer) {
        match self {
            JournalEntry::RunBegin { run, lineage, serial } => {
                out.byte(0);
                run.write(out);
                lineage.write(out);
                serial.write(out);
            }
            JournalEntry::Intent { operation, address, provider, kind, planned } => {
                out.byte(1);
                operation.write(out);
                address.write(out);
                provider.write(out);
                kind.write(out);
                planned.write(out);
            }
            JournalEntry::Result { operation, address, deposed, provider, object } => {
                out.byte(2);
                operation.write(out);
                address.write(out);
                deposed.write(out);
                provider.write(out);
                object.write(out);
            }
            JournalEntry::Settled { operation, address } => {
                out.byte(3);
                operation.write(out);
                address.write(out);
            }
            JournalEntry::RunEnd => out.byte(4),
        }
    }

    fn read(input: &mut Reader<'_>) -> Result<JournalEntry, Damaged> {
        Ok(match input.byte()? {
            0 => JournalEntry::RunBegin {
                run: Code::read(input)?,
                lineage: Code::read(input)?,
                serial: Code::read(input)?,
            },
            1 => JournalEntry::Intent {
                operation: Code::read(input)?,
                address: Code::read(input)?,
                provider: Code::read(input)?,
                kind: Code::read(input)?,
                planned: Code::read(input)?,
            },
            2 => JournalEntry::Result {
                operation: Code::read(input)?,
                address: Code::read(input)?,
                deposed: Code::read(input)?,
                provider: Code::read(input)?,
                object: Code::read(input)?,
            },
            3 => JournalEntry::Settled { operation: Code::read(input)?, address: Code::read(input)? },
            4 => JournalEntry::RunEnd,
            _ => return Err(Damaged("unknown journal entry")),
        })
    }
}
