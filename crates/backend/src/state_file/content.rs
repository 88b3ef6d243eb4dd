//! Equality of states apart from their formatting.

use crate::json_text::compact;
use formwork_model::{InstanceState, ObjectState, RawState, ResourceState, State};
use formwork_value::{Path, Str};
use std::collections::BTreeMap;
use std::sync::Arc;

/// True if two states would be stored as the same content: then the serial stays. Formatting of attributes and the
/// order of sensitive paths do not count. Objects that both states share cost nothing.
pub fn same_content(a: &State, b: &State) -> bool {
    a.outputs == b.outputs && a.checks == b.checks && same_entries(&a.resources, &b.resources, same_resource)
}

fn same_entries<K: PartialEq, V>(a: &BTreeMap<K, V>, b: &BTreeMap<K, V>, same: impl Fn(&V, &V) -> bool) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|((ka, va), (kb, vb))| ka == kb && same(va, vb))
}

fn same_resource(a: &ResourceState, b: &ResourceState) -> bool {
    a.provider == b.provider && same_entries(&a.instances, &b.instances, same_instance)
}

fn same_instance(a: &InstanceState, b: &InstanceState) -> bool {
    let current = match (&a.current, &b.current) {
        (Some(a), Some(b)) => same_object(a, b),
        (a, b) => a.is_none() && b.is_none(),
    };
    current && a.provider_key == b.provider_key && same_entries(&a.deposed, &b.deposed, same_object)
}

fn same_object(a: &Arc<ObjectState>, b: &Arc<ObjectState>) -> bool {
    if Arc::ptr_eq(a, b) {
        return true;
    }
    a.schema_version == b.schema_version
        && a.status == b.status
        && a.create_before_destroy == b.create_before_destroy
        && a.private == b.private
        && a.dependencies == b.dependencies
        && a.identity_schema_version == b.identity_schema_version
        && same_option(&a.identity, &b.identity)
        && same_attributes(&a.attributes, &b.attributes)
        && same_paths(&a.sensitive, &b.sensitive)
}

fn same_option(a: &Option<Str>, b: &Option<Str>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => same_json(a, b),
        (a, b) => a.is_none() && b.is_none(),
    }
}

fn same_attributes(a: &RawState, b: &RawState) -> bool {
    match (a, b) {
        (RawState::Json(a), RawState::Json(b)) => same_json(a, b),
        (a, b) => a == b,
    }
}

fn same_json(a: &str, b: &str) -> bool {
    a == b || compact(a) == compact(b)
}

/// Equality as sets; the lists are short.
fn same_paths(a: &[Path], b: &[Path]) -> bool {
    a == b || (a.len() == b.len() && a.iter().all(|path| b.contains(path)) && b.iter().all(|path| a.contains(path)))
}
