//! Both states. Objects that they share are stored once.

use crate::codec::{Code, Damaged, Reader, Writer};
use formwork_model::{DeposedKey, InstanceKey, InstanceState, ObjectState, ResourceState, State, StateSnapshot};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Objects by their place in memory.
#[derive(Default)]
pub(super) struct WrittenObjects(HashMap<usize, u64>);

pub(super) fn write(out: &mut Writer, known: &mut WrittenObjects, snapshot: &StateSnapshot) {
    snapshot.lineage.write(out);
    snapshot.serial.write(out);
    snapshot.terraform_version.write(out);
    snapshot.state.outputs.write(out);
    snapshot.state.checks.write(out);
    out.number(snapshot.state.resources.len() as u64);
    for (address, resource) in &snapshot.state.resources {
        address.write(out);
        resource.provider.write(out);
        out.number(resource.instances.len() as u64);
        for (key, instance) in &resource.instances {
            key.write(out);
            instance.provider_key.write(out);
            out.byte(u8::from(instance.current.is_some()));
            if let Some(object) = &instance.current {
                write_object(out, known, object);
            }
            out.number(instance.deposed.len() as u64);
            for (key, object) in &instance.deposed {
                key.write(out);
                write_object(out, known, object);
            }
        }
    }
}

/// 0 and a new object, or one more than the number of a known one.
fn write_object(out: &mut Writer, known: &mut WrittenObjects, object: &Arc<ObjectState>) {
    let place = Arc::as_ptr(object) as usize;
    if let Some(number) = known.0.get(&place) {
        return out.number(number + 1);
    }
    known.0.insert(place, known.0.len() as u64);
    out.number(0);
    ObjectState::write(object, out);
}

pub(super) fn read(input: &mut Reader<'_>, known: &mut Vec<Arc<ObjectState>>) -> Result<StateSnapshot, Damaged> {
    let mut snapshot = StateSnapshot {
        lineage: Code::read(input)?,
        serial: Code::read(input)?,
        terraform_version: Code::read(input)?,
        state: State { outputs: Code::read(input)?, checks: Code::read(input)?, resources: Default::default() },
    };
    for _ in 0..input.length()? {
        let address = Code::read(input)?;
        let provider = Code::read(input)?;
        let mut instances = BTreeMap::new();
        for _ in 0..input.length()? {
            let key = InstanceKey::read(input)?;
            instances.insert(key, read_instance(input, known)?);
        }
        snapshot.state.resources.insert(address, ResourceState { provider, instances: instances.into() });
    }
    Ok(snapshot)
}

fn read_instance(input: &mut Reader<'_>, known: &mut Vec<Arc<ObjectState>>) -> Result<InstanceState, Damaged> {
    let provider_key = InstanceKey::read(input)?;
    let current = if bool::read(input)? { Some(read_object(input, known)?) } else { None };
    let mut deposed = BTreeMap::new();
    for _ in 0..input.length()? {
        deposed.insert(DeposedKey::read(input)?, read_object(input, known)?);
    }
    Ok(InstanceState { current, deposed, provider_key })
}

fn read_object(input: &mut Reader<'_>, known: &mut Vec<Arc<ObjectState>>) -> Result<Arc<ObjectState>, Damaged> {
    match input.index()? {
        0 => {
            let object = Arc::new(ObjectState::read(input)?);
            known.push(object.clone());
            Ok(object)
        }
        number => known.get(number - 1).cloned().ok_or(Damaged("an object is missing")),
    }
}
