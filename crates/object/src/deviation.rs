//! How stored objects are not what they are expected to be, told without showing secrets.

use crate::{check_compatible, decode_object};
use formwork_model::{
    DeposedKey, ObjectState, ObjectStatus, ResourceInstance, ResourceMode, ResourceState, Schema, State,
};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// An object that is not as expected.
#[derive(Clone, Debug, PartialEq)]
pub struct Deviation {
    pub address: ResourceInstance,
    pub deposed: Option<DeposedKey>,
    /// What is wrong with it, one thing a line: `size: was 1, but now 2`.
    pub problems: Vec<String>,
}

impl Deviation {
    pub fn of(address: &ResourceInstance, deposed: Option<&DeposedKey>, problem: impl Into<String>) -> Deviation {
        Deviation { address: address.clone(), deposed: deposed.cloned(), problems: vec![problem.into()] }
    }
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)?;
        if let Some(key) = &self.deposed {
            write!(f, " (deposed {key})")?;
        }
        match &*self.problems {
            [problem] => write!(f, ": {problem}"),
            problems => problems.iter().try_for_each(|problem| write!(f, "\n    {problem}")),
        }
    }
}

/// What a stored object has that another one has not, attribute by attribute; empty if they are the same. Private data and
/// dependencies do not count.
pub fn compare_objects(schema: Option<&Schema>, expected: &ObjectState, found: &ObjectState) -> Vec<String> {
    let mut problems = Vec::new();
    if expected.attributes != found.attributes {
        problems = compare_attributes(schema, expected, found);
    }
    match (expected.status, found.status) {
        (ObjectStatus::Ready, ObjectStatus::Tainted) => problems.push("is marked as tainted now".into()),
        (ObjectStatus::Tainted, ObjectStatus::Ready) => problems.push("is not marked as tainted any more".into()),
        _ => {}
    }
    problems
}

fn compare_attributes(schema: Option<&Schema>, expected: &ObjectState, found: &ObjectState) -> Vec<String> {
    let decoded =
        schema.and_then(|schema| Some((schema, decode_object(schema, expected)?, decode_object(schema, found)?)));
    let Some((schema, expected, found)) = decoded else {
        return vec!["its attributes have changed".into()];
    };
    let ((expected, mut marks), (found, more)) = (expected.unmark_deep(), found.unmark_deep());
    marks.extend(more);
    if expected == found {
        return Vec::new();
    }
    let problems = compare_lines(check_compatible(&schema.block, &expected, &found, &marks));
    if problems.is_empty() { vec!["its attributes have changed".into()] } else { problems }
}

/// The findings of [`check_compatible`] as lines.
pub fn compare_lines(found: Vec<(formwork_value::Path, String)>) -> Vec<String> {
    let line = |(path, message): (formwork_value::Path, String)| match path.to_string() {
        path if path.is_empty() => message,
        path => format!("{}: {message}", path.trim_start_matches('.')),
    };
    found.into_iter().map(line).collect()
}

/// Objects and root outputs of a state that are not as expected, in the order of addresses.
pub fn compare_states(
    expected: &State,
    found: &State,
    schema: &dyn Fn(&ResourceState, &ResourceInstance) -> Option<Arc<Schema>>,
) -> Vec<Deviation> {
    let addresses: BTreeSet<ResourceInstance> =
        expected.instances().chain(found.instances()).map(|(address, ..)| address).collect();
    let mut deviations = Vec::new();
    for address in addresses.iter().filter(|address| address.resource.mode == ResourceMode::Managed) {
        let (before, now) = (expected.instance(address), found.instance(address));
        let resource = found.resource(&address.resource()).or_else(|| expected.resource(&address.resource()));
        let schema = resource.and_then(|resource| schema(resource, address));
        let current = |i: Option<&formwork_model::InstanceState>| i.and_then(|i| i.current.clone());
        compare(&mut deviations, address, None, current(before), current(now), schema.as_deref());
        let keys: BTreeSet<&DeposedKey> = [before, now].into_iter().flatten().flat_map(|i| i.deposed.keys()).collect();
        for key in keys {
            let deposed = |i: Option<&formwork_model::InstanceState>| i.and_then(|i| i.deposed.get(key).cloned());
            compare(&mut deviations, address, Some(key), deposed(before), deposed(now), schema.as_deref());
        }
    }
    deviations
}

fn compare(
    deviations: &mut Vec<Deviation>,
    address: &ResourceInstance,
    deposed: Option<&DeposedKey>,
    expected: Option<Arc<ObjectState>>,
    found: Option<Arc<ObjectState>>,
    schema: Option<&Schema>,
) {
    let problems = match (expected, found) {
        (None, None) => return,
        (None, Some(_)) => vec!["is there now".into()],
        (Some(_), None) => vec!["is not there any more".into()],
        (Some(expected), Some(found)) => compare_objects(schema, &expected, &found),
    };
    if !problems.is_empty() {
        deviations.push(Deviation { address: address.clone(), deposed: deposed.cloned(), problems });
    }
}
