//! Changes and planned values, by the types that the schemas tell. Values that are the same in memory are stored once.

use crate::codec::{Code, Damaged, Reader, Writer, read_value, write_value};
use formwork_model::{ProviderAddress, ProviderSchema, ResourceChange, ResourceInstance, ResourceMode, Schema};
use formwork_value::{Kind, Str, Type, Value};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Types of objects by mode and resource type. Where providers share a resource type, the first one counts; a value of
/// another type is stored with its own.
pub(super) struct Types(HashMap<(ResourceMode, Str), Type>);

impl Types {
    pub fn of(schemas: &BTreeMap<ProviderAddress, Arc<ProviderSchema>>) -> Types {
        let mut types = HashMap::new();
        for schema in schemas.values() {
            let mut add = |mode: ResourceMode, kinds: &BTreeMap<Str, Arc<Schema>>| {
                for (kind, schema) in kinds {
                    types.entry((mode, kind.clone())).or_insert_with(|| schema.block.implied_type());
                }
            };
            add(ResourceMode::Managed, &schema.resources);
            add(ResourceMode::Data, &schema.data_sources);
            add(ResourceMode::Ephemeral, &schema.ephemeral_resources);
        }
        Types(types)
    }

    fn get(&self, address: &ResourceInstance) -> &Type {
        self.0.get(&(address.resource.mode, address.resource.kind.clone())).unwrap_or(&Type::Dynamic)
    }
}

/// True if both are the same object in memory.
fn is_same(a: &Value, b: &Value) -> bool {
    match (a.kind(), b.kind()) {
        (Kind::Object(x), Kind::Object(y)) => Arc::ptr_eq(x, y) && a.marks() == b.marks(),
        _ => false,
    }
}

pub(super) fn write_changes(out: &mut Writer, changes: &[ResourceChange], types: &Types) {
    out.number(changes.len() as u64);
    for change in changes {
        write_change(out, change, types.get(&change.address));
    }
}

pub(super) fn read_changes(input: &mut Reader<'_>, types: &Types) -> Result<Vec<ResourceChange>, Damaged> {
    let length = input.length()?;
    let mut changes = Vec::with_capacity(length.min(1024));
    for _ in 0..length {
        changes.push(read_change(input, types)?);
    }
    Ok(changes)
}

fn write_change(out: &mut Writer, change: &ResourceChange, ty: &Type) {
    change.address.write(out);
    Some(&change.previous_address).filter(|_| change.is_moved()).cloned().write(out);
    change.deposed.write(out);
    change.provider.write(out);
    change.action.write(out);
    change.reason.write(out);
    write_value(out, &change.before, ty);
    let unchanged = is_same(&change.before, &change.after);
    unchanged.write(out);
    if !unchanged {
        write_value(out, &change.after, ty);
    }
    change.replace_paths.write(out);
    change.private.write(out);
    change.before_identity.write(out);
    change.after_identity.write(out);
    change.importing.write(out);
    change.generated_config.write(out);
    change.create_before_destroy.write(out);
}

fn read_change(input: &mut Reader<'_>, types: &Types) -> Result<ResourceChange, Damaged> {
    let address = ResourceInstance::read(input)?;
    let previous = Option::<ResourceInstance>::read(input)?;
    let ty = types.get(&address);
    let deposed = Code::read(input)?;
    let provider = Code::read(input)?;
    let action = Code::read(input)?;
    let reason = Code::read(input)?;
    let before = read_value(input, ty)?;
    let after = if bool::read(input)? { before.clone() } else { read_value(input, ty)? };
    Ok(ResourceChange {
        previous_address: previous.unwrap_or_else(|| address.clone()),
        address,
        deposed,
        provider,
        action,
        reason,
        before,
        after,
        replace_paths: Code::read(input)?,
        private: Code::read(input)?,
        before_identity: Code::read(input)?,
        after_identity: Code::read(input)?,
        importing: Code::read(input)?,
        generated_config: Code::read(input)?,
        create_before_destroy: Code::read(input)?,
    })
}

type Planned = BTreeMap<ResourceInstance, Value>;

/// Most planned values are what a change leads to: those are stored as the change's number plus one.
pub(super) fn write_planned(out: &mut Writer, planned: &Planned, changes: &[ResourceChange], types: &Types) {
    let numbers: HashMap<&ResourceInstance, usize> =
        changes.iter().enumerate().filter(|(_, c)| c.deposed.is_none()).map(|(i, c)| (&c.address, i)).collect();
    out.number(planned.len() as u64);
    for (address, value) in planned {
        let change = numbers.get(address).and_then(|i| Some((*i, changes.get(*i)?)));
        match change.filter(|(_, change)| is_same(&change.after, value)) {
            Some((number, _)) => out.number(number as u64 + 1),
            None => {
                out.number(0);
                address.write(out);
                write_value(out, value, types.get(address));
            }
        }
    }
}

pub(super) fn read_planned(
    input: &mut Reader<'_>,
    changes: &[ResourceChange],
    types: &Types,
) -> Result<Planned, Damaged> {
    let mut planned = Vec::new();
    for _ in 0..input.length()? {
        planned.push(match input.index()? {
            0 => {
                let address = ResourceInstance::read(input)?;
                let value = read_value(input, types.get(&address))?;
                (address, value)
            }
            number => {
                let change = changes.get(number - 1).ok_or(Damaged("a change is missing"))?;
                (change.address.clone(), change.after.clone())
            }
        });
    }
    Ok(planned.into_iter().collect())
}
