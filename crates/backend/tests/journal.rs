//! The journal.

use crate::sample::{address, begin, intent, object, provider, result, snapshot, thing};
use crate::scratch::Scratch;
use formwork_backend::JournalFile;
use formwork_backend::journal::{DEFAULT_RESERVE, JournalFileError, load_in_doubt, recover, replay, store_in_doubt};
use formwork_model::{
    DeposedKey, InDoubt, Journal, JournalEntry, ObjectState, ObjectStatus, OperationKind, RawState, ResourceInstance,
    StateSnapshot,
};
use formwork_value::{Path, Value};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

fn full_object() -> Arc<ObjectState> {
    Arc::new(ObjectState {
        sensitive: vec![Path::root().attribute("a").index(Value::from(3)), Path::root().index("k".into())],
        private: vec![1, 2, 0],
        identity_schema_version: 4,
        identity: Some("{\"id\":1}".into()),
        status: ObjectStatus::Tainted,
        dependencies: vec![ResourceInstance::parse("module.m[\"k\"].data.a_b.c").unwrap().config()],
        create_before_destroy: true,
        ..object(&format!("{{\"long\":\"{}\"}}", "x".repeat(1000)))
    })
}

/// Every kind of entry with every kind of content.
fn entries() -> Vec<JournalEntry> {
    let key = DeposedKey("00c0ffee".into());
    let flat = ObjectState { attributes: RawState::Flatmap(vec![("a.#".into(), "1".into())]), ..object("") };
    let kinds = [
        OperationKind::Create,
        OperationKind::CreateReplacement { depose_as: key.clone() },
        OperationKind::Update,
        OperationKind::Delete { deposed: None },
        OperationKind::Delete { deposed: Some(key.clone()) },
        OperationKind::Read,
        OperationKind::Forget { deposed: Some(key.clone()) },
        OperationKind::Barrier,
    ];
    let places = ["a_b.c", "module.m[\"k $${x}\"].module.n[7].data.a_b.c[\"é\"]", "a_b.c[18446744073709551615]"];
    let mut entries = vec![begin(u64::MAX)];
    for (operation, kind) in (0..).zip(kinds) {
        let address = ResourceInstance::parse(places[operation as usize % 3]).unwrap();
        let planned = (operation % 2 == 0).then(|| "{\"é\":1}".into());
        entries.push(JournalEntry::Intent { operation, address, provider: provider(), kind, planned });
    }
    let objects = [(None, None), (Some(key.clone()), Some(full_object())), (Some(key), Some(Arc::new(flat)))];
    for (operation, (deposed, object)) in (0..).zip(objects) {
        let address = ResourceInstance::parse(places[operation as usize % 3]).unwrap();
        entries.push(JournalEntry::Result { operation, address, deposed, provider: provider(), object });
    }
    entries.push(JournalEntry::Settled { operation: u32::MAX, address: address(1) });
    entries
}

#[tokio::test]
async fn every_entry_survives() {
    let dir = Scratch::new("journal");
    let path = dir.path("j");
    let journal = JournalFile::create(&path, DEFAULT_RESERVE).unwrap();
    assert!(matches!(recover(&path), Err(JournalFileError::InUse { .. })), "while its run lives");
    let entries = entries();
    for entry in &entries {
        journal.append(vec![entry.clone()]).await.unwrap();
    }
    let open = journal.in_doubt();
    drop(journal);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let recovered = recover(&path).unwrap().unwrap();
    assert_eq!((&*recovered.run, recovered.base_serial, recovered.ended), ("run", u64::MAX, false));
    let is_result = |e: &&JournalEntry| matches!(e, JournalEntry::Result { .. });
    assert_eq!(recovered.results, entries.iter().filter(is_result).cloned().collect::<Vec<_>>());
    let in_doubt: Vec<InDoubt> = entries
        .iter()
        .filter_map(|entry| match entry.clone() {
            JournalEntry::Intent { operation, address, provider, kind, planned } if operation > 2 => {
                Some(InDoubt { operation, address, provider, kind, planned })
            }
            _ => None,
        })
        .collect();
    assert_eq!(recovered.in_doubt, in_doubt);
    assert_eq!(open, in_doubt);
    assert_eq!(recover(&path).unwrap().unwrap(), recovered, "recovering changes nothing");

    let list = dir.path("list");
    store_in_doubt(&list, &in_doubt).unwrap();
    assert_eq!(load_in_doubt(&list).unwrap(), in_doubt);
    store_in_doubt(&list, &[]).unwrap();
    assert!(!list.exists() && load_in_doubt(&list).unwrap().is_empty());
}

#[tokio::test]
async fn a_torn_tail_is_cut_and_other_damage_keeps_the_evidence() {
    let dir = Scratch::new("torn");
    let path = dir.path("j");
    let journal = JournalFile::create(&path, 0).unwrap();
    journal.append(vec![begin(0)]).await.unwrap();
    for number in 0..4 {
        journal.append(vec![intent(number), result(number)]).await.unwrap();
    }
    drop(journal);
    let mut bytes = std::fs::read(&path).unwrap();
    let mut ends = Vec::new();
    let mut at = 18;
    while let Some(length) = bytes[at..].first_chunk().map(|b| u32::from_le_bytes(*b)).filter(|n| *n > 0) {
        at += 16 + length as usize;
        ends.push(at);
    }
    assert_eq!(ends.len(), 5);
    bytes.truncate(at);
    for cut in 0..=bytes.len() {
        std::fs::write(&path, &bytes[..cut]).unwrap();
        let found = recover(&path).unwrap_or_else(|error| panic!("cut at {cut}: {error}"));
        let whole = ends.iter().filter(|end| **end <= cut).count();
        assert_eq!(found.map(|r| r.results.len()), whole.checked_sub(1), "cut at {cut}");
    }
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x40;
        std::fs::write(&path, &damaged).unwrap();
        match recover(&path) {
            Err(JournalFileError::Corrupt { .. }) => assert!(at < ends[3], "byte {at}"),
            Ok(Some(found)) => {
                assert!(at >= ends[3], "byte {at}");
                assert_eq!(found.results.len(), 3);
            }
            other => panic!("byte {at}: {other:?}"),
        }
        assert_eq!(std::fs::read(&path).unwrap(), damaged);
    }
    std::fs::write(&path, "something else altogether").unwrap();
    assert!(matches!(recover(&path), Err(JournalFileError::Corrupt { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_appends_share_frames_and_keep_their_order() {
    let dir = Scratch::new("group");
    let path = dir.path("j");
    let journal = Arc::new(JournalFile::create(&path, DEFAULT_RESERVE).unwrap());
    journal.append(vec![begin(0)]).await.unwrap();
    let tasks: Vec<_> = (0..10)
        .map(|task| {
            let journal = journal.clone();
            tokio::spawn(async move {
                for step in 0..50 {
                    journal.append(vec![intent(task * 100 + step)]).await.unwrap();
                    journal.append(vec![result(task * 100 + step)]).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert!(journal.in_doubt().is_empty());
    drop(journal);
    let recovered = recover(&path).unwrap().unwrap();
    assert_eq!(recovered.results.len(), 500);
    assert!(recovered.in_doubt.is_empty());
    let order = |task: u32| {
        let operation = |entry: &JournalEntry| match entry {
            JournalEntry::Result { operation, .. } => *operation,
            _ => unreachable!(),
        };
        recovered.results.iter().map(operation).filter(|o| o / 100 == task).collect::<Vec<_>>()
    };
    for task in 0..10 {
        assert_eq!(order(task), (task * 100..task * 100 + 50).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_journal_grows_beyond_its_reserve_and_goes_away_at_the_end() {
    let dir = Scratch::new("grow");
    let path = dir.path("j");
    let journal = JournalFile::create(&path, 64).unwrap();
    journal.append(vec![begin(1)]).await.unwrap();
    let big = |number| JournalEntry::Result {
        operation: number,
        address: address(number),
        deposed: None,
        provider: provider(),
        object: Some(Arc::new(object(&"x".repeat(300_000)))),
    };
    for number in 0..10 {
        journal.append(vec![big(number)]).await.unwrap();
    }
    assert!(JournalFile::create(&path, 0).is_err(), "a journal that is there must be recovered first");
    journal.finish().await.unwrap();
    assert!(dir.files().is_empty());
    assert!(journal.append(vec![begin(1)]).await.is_err());
    assert!(recover(&path).unwrap().is_none());
}

#[test]
fn replaying_twice_is_replaying_once() {
    let key = DeposedKey("00c0ffee".into());
    let replacement = |operation| JournalEntry::Intent {
        operation,
        address: address(0),
        provider: provider(),
        kind: OperationKind::CreateReplacement { depose_as: key.clone() },
        planned: None,
    };
    let new = |operation, number: Option<u32>, deposed: Option<DeposedKey>| JournalEntry::Result {
        operation,
        address: address(0),
        deposed,
        provider: provider(),
        object: number.map(thing),
    };
    // Entries, the current object's number, and the deposed one's.
    let cases = [
        (vec![], Some(0), None),
        (vec![new(1, Some(5), None)], Some(5), None),
        (vec![new(1, None, None)], None, None),
        (vec![replacement(1), new(1, Some(5), None)], Some(5), Some(0)),
        (vec![replacement(1), new(1, Some(5), None), new(2, None, Some(key.clone()))], Some(5), None),
        (vec![replacement(1), new(9, Some(0), Some(key.clone())), new(1, Some(5), None)], Some(5), Some(0)),
        (vec![replacement(1), new(1, None, None)], Some(0), None),
        (vec![replacement(1), new(9, Some(0), Some(key.clone())), new(1, None, None)], Some(0), None),
        (vec![replacement(1), new(1, Some(5), None), new(3, None, None)], None, Some(0)),
    ];
    for (entries, current, deposed) in cases {
        let dir = Scratch::new("replay");
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let journal = JournalFile::create(&dir.path("j"), 0).unwrap();
        runtime.block_on(journal.append([vec![begin(1)], entries.clone()].concat())).unwrap();
        drop(journal);
        let recovered = recover(&dir.path("j")).unwrap().unwrap();
        let mut once: StateSnapshot = snapshot(1, 1);
        replay(&mut once, &recovered);
        let instance = once.state.instance(&address(0)).cloned().unwrap_or_default();
        assert_eq!(instance.current, current.map(thing), "{entries:?}");
        assert_eq!(instance.deposed.get(&key).cloned(), deposed.map(thing), "{entries:?}");
        let mut twice = once.clone();
        replay(&mut twice, &recovered);
        assert_eq!(once, twice, "{entries:?}");
    }
}

#[test]
fn files_of_another_version_are_told_and_left_as_they_are() {
    let dir = Scratch::new("other-version");
    let path = dir.path("j");
    for name in ["journal", "in-doubt"] {
        for version in ["1", "3", "10"] {
            let bytes = format!("formwork-{name}{version}\nwhatever").into_bytes();
            std::fs::write(&path, &bytes).unwrap();
            let error = match name {
                "journal" => recover(&path).map(drop).unwrap_err(),
                _ => load_in_doubt(&path).map(drop).unwrap_err(),
            };
            assert!(matches!(error, JournalFileError::OtherVersion { .. }), "{name}{version}: {error}");
            assert!(error.to_string().contains("was written by another version"), "{error}");
            assert_eq!(std::fs::read(&path).unwrap(), bytes);
        }
    }
}
