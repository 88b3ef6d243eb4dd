//! Small states and journal entries.

use formwork_model::{
    JournalEntry, LockInfo, ObjectState, ObjectStatus, OperationKind, ProviderConfigAddress, RawState,
    ResourceInstance, State, StateSnapshot,
};
use std::sync::Arc;

pub fn object(attributes: &str) -> ObjectState {
    ObjectState {
        schema_version: 1,
        attributes: RawState::Json(attributes.into()),
        sensitive: vec![],
        private: vec![],
        identity_schema_version: 0,
        identity: None,
        status: ObjectStatus::Ready,
        dependencies: vec![],
        create_before_destroy: false,
    }
}

pub fn address(number: u32) -> ResourceInstance {
    ResourceInstance::parse(&format!("p_thing.x[{number}]")).unwrap()
}

pub fn provider() -> ProviderConfigAddress {
    ProviderConfigAddress::parse("provider[\"example.com/n/p\"]").unwrap()
}

pub fn thing(number: u32) -> Arc<ObjectState> {
    Arc::new(object(&format!("{{\"id\":\"{number}\"}}")))
}

/// A state with objects 0 to `count`.
pub fn state(count: u32) -> State {
    let mut state = State::default();
    for number in 0..count {
        state.set_object(&address(number), None, &provider(), Some(thing(number)));
    }
    state
}

pub fn snapshot(serial: u64, count: u32) -> StateSnapshot {
    let lineage = "5bd8e6d6-0000-0000-0000-000000000001".into();
    StateSnapshot { lineage, serial, terraform_version: formwork_model::TERRAFORM_VERSION.into(), state: state(count) }
}

pub fn lock_info(id: &str) -> LockInfo {
    LockInfo {
        id: id.into(),
        operation: "OperationTypeApply".into(),
        info: "".into(),
        who: "somebody@somewhere".into(),
        version: "1.11.4".into(),
        created: "2026-11-21T04:57:18.112447657Z".into(),
        path: "".into(),
    }
}

pub fn begin(serial: u64) -> JournalEntry {
    JournalEntry::RunBegin { run: "run".into(), lineage: snapshot(0, 0).lineage, serial }
}

pub fn intent(operation: u32) -> JournalEntry {
    JournalEntry::Intent {
        operation,
        address: address(operation),
        provider: provider(),
        kind: OperationKind::Create,
        planned: Some("{}".into()),
    }
}

pub fn result(operation: u32) -> JournalEntry {
    JournalEntry::Result {
        operation,
        address: address(operation),
        deposed: None,
        provider: provider(),
        object: Some(thing(operation)),
    }
}
