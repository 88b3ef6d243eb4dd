//! The state during a command, and what interrupted runs leave.

use crate::sample::{address, begin, intent, lock_info, provider, result, snapshot, state, thing};
use crate::scratch::Scratch;
use async_trait::async_trait;
use formwork_backend::journal::{DEFAULT_RESERVE, JournalPaths};
use formwork_backend::{JournalFile, LocalOptions, LocalStore, MemoryStore, RemoteLog, StatePlace, StateSession};
use formwork_model::{Journal, JournalEntry, JournalError, StateStore};
use std::sync::{Arc, Mutex};

fn place(dir: &Scratch) -> (StatePlace, Arc<LocalStore>) {
    let options = LocalOptions { path: dir.path("terraform.tfstate"), ..LocalOptions::default() };
    let store = Arc::new(LocalStore::new(&options, "default").unwrap());
    (StatePlace { store: store.clone(), journal: store.journal_paths().unwrap(), remote: None }, store)
}

async fn open(place: StatePlace) -> StateSession {
    StateSession::open(place, Some(lock_info("id")), "fresh".into()).await.unwrap()
}

/// Leaves a journal as a killed run does.
async fn crash(place: &StatePlace, entries: Vec<JournalEntry>) {
    let journal = JournalFile::create(&place.journal.journal, 0).unwrap();
    journal.append(entries).await.unwrap();
}

#[tokio::test]
async fn a_run_without_trouble_leaves_only_the_state() {
    let dir = Scratch::new("session");
    let mut session = open(place(&dir).0).await;
    assert!(session.snapshot().is_none() && session.in_doubt().is_empty() && session.recovered().is_none());
    let journal = session.begin("run".into(), DEFAULT_RESERVE).await.unwrap();
    journal.append(vec![intent(0)]).await.unwrap();
    journal.append(vec![result(0)]).await.unwrap();
    session.finish(state(1)).await.unwrap();
    session.close().await.unwrap();
    assert_eq!(dir.files(), ["terraform.tfstate"]);
    let mut session = open(place(&dir).0).await;
    let found = session.snapshot().unwrap().clone();
    assert_eq!((found.serial, &*found.lineage), (1, "fresh"));
    session.write(state(1)).await.unwrap();
    assert_eq!(session.snapshot().unwrap().serial, 1, "nothing has changed");
    session.write(state(2)).await.unwrap();
    assert_eq!(session.snapshot().unwrap().serial, 2);
    session.close().await.unwrap();
    // The first state is stored even if it is empty, as Terraform does: it gives the history its identity.
    let empty = Scratch::new("empty");
    let mut session = open(place(&empty).0).await;
    session.begin("run".into(), 0).await.unwrap();
    session.finish(state(0)).await.unwrap();
    session.close().await.unwrap();
    let found = place(&empty).1.read().await.unwrap().unwrap();
    assert_eq!((found.serial, &*found.lineage, found.state.is_empty()), (1, "fresh", true));
}

#[tokio::test]
async fn results_of_an_interrupted_run_are_brought_in() {
    let dir = Scratch::new("recovered");
    let (here, store) = place(&dir);
    store.write(&snapshot(4, 2)).await.unwrap();
    let gone =
        JournalEntry::Result { operation: 8, address: address(0), deposed: None, provider: provider(), object: None };
    crash(&here, vec![begin(4), intent(7), result(7), intent(8), gone, intent(9)]).await;
    let mut session = open(place(&dir).0).await;
    let found = session.snapshot().unwrap().clone();
    assert_eq!(found.serial, 5);
    let objects: Vec<bool> = [0, 1, 7, 9].map(|n| found.state.object(&address(n)).is_some()).to_vec();
    assert_eq!(objects, [false, true, true, false]);
    assert_eq!(session.recovered().unwrap().results.len(), 2);
    let doubt = session.in_doubt().to_vec();
    assert_eq!(doubt.iter().map(|d| d.address.clone()).collect::<Vec<_>>(), [address(9)]);
    session.close().await.unwrap();
    assert!(!here.journal.journal.exists());

    // It stays in doubt through other runs until it is settled.
    session = open(place(&dir).0).await;
    assert!(session.recovered().is_none());
    session.begin("next".into(), 0).await.unwrap();
    session.finish(state(3)).await.unwrap();
    assert_eq!(session.in_doubt(), doubt);
    session.close().await.unwrap();
    session = open(place(&dir).0).await;
    assert_eq!(session.in_doubt(), doubt);
    session.settle(&doubt[0]).await.unwrap();
    session.close().await.unwrap();
    session = open(place(&dir).0).await;
    assert!(session.in_doubt().is_empty());
    session.close().await.unwrap();
    assert_eq!(dir.files(), ["terraform.tfstate", "terraform.tfstate.backup"]);
}

#[tokio::test]
async fn a_crash_during_recovery_changes_nothing() {
    let entries = vec![begin(4), intent(7), result(7), intent(9)];
    let dir = Scratch::new("again");
    let (here, store) = place(&dir);
    store.write(&snapshot(4, 2)).await.unwrap();
    crash(&here, entries.clone()).await;
    let session = open(here.clone()).await;
    let (first, doubt) = (session.snapshot().cloned(), session.in_doubt().to_vec());
    session.close().await.unwrap();
    // As if the journal had not gone away: once, and again.
    for _ in 0..2 {
        crash(&here, entries.clone()).await;
        let session = open(place(&dir).0).await;
        assert_eq!(session.snapshot().cloned(), first);
        assert_eq!(session.in_doubt(), doubt);
        session.close().await.unwrap();
    }
}

#[tokio::test]
async fn states_written_during_the_run_do_not_confuse_recovery() {
    let dir = Scratch::new("checkpoint");
    place(&dir).1.write(&snapshot(4, 2)).await.unwrap();
    let mut session = open(place(&dir).0).await;
    let journal = session.begin("run".into(), 0).await.unwrap();
    let mut now = state(2);
    for number in [5, 6, 7] {
        journal.append(vec![intent(number), result(number)]).await.unwrap();
        now.set_object(&address(number), None, &provider(), Some(thing(number)));
        if number < 7 {
            session.write(now.clone()).await.unwrap();
        }
    }
    // The session goes away without its end, and with it the process's locks.
    drop((session, journal));
    let session = open(place(&dir).0).await;
    assert_eq!(session.snapshot().unwrap().serial, 7);
    assert_eq!(session.snapshot().unwrap().state, now);
    session.close().await.unwrap();
}

#[tokio::test]
async fn results_for_another_state_are_refused_and_kept() {
    let cases = [
        (Some(snapshot(5, 2)), "serial 5"),
        (None, "no state now"),
        (Some(formwork_model::StateSnapshot { lineage: "other".into(), ..snapshot(4, 2) }), "lineage \"other\""),
    ];
    for (now, expected) in cases {
        let dir = Scratch::new("mismatch");
        let (here, store) = place(&dir);
        if let Some(now) = &now {
            store.write(now).await.unwrap();
        }
        crash(&here, vec![begin(4), intent(7), result(7)]).await;
        let error = StateSession::open(here.clone(), Some(lock_info("id")), "".into()).await.map(|_| ()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(here.journal.journal.exists());
        assert_eq!(place(&dir).1.read().await.unwrap(), now);
        // The lock is free again.
        store.lock(lock_info("x")).await.unwrap().unlock().await.unwrap();
    }
}

#[tokio::test]
async fn a_torn_beginning_is_as_if_nothing_had_begun() {
    let dir = Scratch::new("beginning");
    let (here, _) = place(&dir);
    for lock in [Some(lock_info("id")), None] {
        std::fs::write(&here.journal.journal, "formwork-jou").unwrap();
        let mut session = StateSession::open(here.clone(), lock, "fresh".into()).await.unwrap();
        session.begin("run".into(), 0).await.unwrap();
        session.finish(state(1)).await.unwrap();
        session.close().await.unwrap();
        assert_eq!(dir.files(), ["terraform.tfstate"]);
    }
}

#[tokio::test]
async fn of_two_runs_without_locks_one_begins() {
    let dir = Scratch::new("two-runs");
    let mut one = StateSession::open(place(&dir).0, None, "fresh".into()).await.unwrap();
    one.begin("one".into(), 0).await.unwrap();
    let mut other = StateSession::open(place(&dir).0, None, "fresh".into()).await.unwrap();
    assert!(other.begin("other".into(), 0).await.is_err());
    one.finish(state(1)).await.unwrap();
}

#[derive(Default)]
struct Pieces(Mutex<Vec<Vec<u8>>>, Mutex<Option<Vec<u8>>>);

#[async_trait]
impl RemoteLog for Pieces {
    async fn put(&self, number: u64, bytes: Vec<u8>) -> Result<(), JournalError> {
        let mut pieces = self.0.lock().unwrap();
        if number != pieces.len() as u64 + 1 {
            return Err(JournalError("taken".into()));
        }
        pieces.push(bytes);
        Ok(())
    }

    async fn pieces(&self) -> Result<Vec<Vec<u8>>, JournalError> {
        Ok(self.0.lock().unwrap().clone())
    }

    async fn clear(&self) -> Result<(), JournalError> {
        self.0.lock().unwrap().clear();
        Ok(())
    }

    async fn in_doubt(&self) -> Result<Option<Vec<u8>>, JournalError> {
        Ok(self.1.lock().unwrap().clone())
    }

    async fn set_in_doubt(&self, list: Option<Vec<u8>>) -> Result<(), JournalError> {
        *self.1.lock().unwrap() = list;
        Ok(())
    }
}

/// The machine is lost with its local journal: creations that had begun are still known.
#[tokio::test]
async fn creations_survive_the_loss_of_the_machine() {
    let dir = Scratch::new("remote");
    let store = MemoryStore::new();
    let pieces = Arc::new(Pieces::default());
    let on = |machine: &str| StatePlace {
        store: Arc::new(store.client()),
        journal: JournalPaths::in_data_directory(&dir.path(machine), "memory:1"),
        remote: Some(pieces.clone()),
    };
    let mut session = open(on("a")).await;
    let journal = session.begin("run".into(), 0).await.unwrap();
    journal.append(vec![intent(1)]).await.unwrap();
    assert_eq!(pieces.0.lock().unwrap().len(), 1, "before the effect");
    journal.append(vec![result(1)]).await.unwrap();
    journal.append(vec![intent(2)]).await.unwrap();
    drop((session, journal));
    // Who does not lock leaves alone what may belong to a run that goes on.
    let session = StateSession::open(on("c"), None, "fresh".into()).await.unwrap();
    assert!(session.snapshot().is_none() && !pieces.0.lock().unwrap().is_empty());
    store.force_unlock("id").await.unwrap();
    let session = open(on("b")).await;
    assert!(session.snapshot().unwrap().state.object(&address(1)).is_some());
    assert_eq!(session.in_doubt().iter().map(|d| d.operation).collect::<Vec<_>>(), [2]);
    assert!(pieces.0.lock().unwrap().is_empty());
    session.close().await.unwrap();
    // What is in doubt is known on every machine, and settled for every machine.
    let mut session = open(on("d")).await;
    let doubt = session.in_doubt().to_vec();
    assert_eq!(doubt.len(), 1);
    session.settle(&doubt[0]).await.unwrap();
    session.close().await.unwrap();
    assert!(pieces.1.lock().unwrap().is_none());
    assert!(open(on("c")).await.in_doubt().is_empty());
}

#[tokio::test]
async fn without_the_lock_recovery_waits_for_the_next_run() {
    let dir = Scratch::new("unlocked");
    let (here, store) = place(&dir);
    store.write(&snapshot(4, 2)).await.unwrap();
    crash(&here, vec![begin(4), intent(7), result(7), intent(9)]).await;
    let mut session = StateSession::open(place(&dir).0, None, "".into()).await.unwrap();
    assert!(session.snapshot().unwrap().state.object(&address(7)).is_some());
    assert_eq!(session.in_doubt().len(), 1);
    assert_eq!(place(&dir).1.read().await.unwrap(), Some(snapshot(4, 2)), "looking changes nothing");
    assert!(here.journal.journal.exists());
    session.begin("run".into(), 0).await.unwrap();
    assert_eq!(place(&dir).1.read().await.unwrap().unwrap().serial, 5);
    session.finish(state(1)).await.unwrap();
    session.close().await.unwrap();
    let session = open(place(&dir).0).await;
    assert_eq!((session.snapshot().unwrap().serial, session.in_doubt().len()), (6, 1));
}

/// A run that has moved objects is interrupted: the results must not stand beside the old addresses.
#[tokio::test]
async fn moves_are_stored_before_a_run_begins() {
    let dir = Scratch::new("moved");
    let (_, store) = place(&dir);
    store.write(&snapshot(4, 1)).await.unwrap();
    let mut prior = state(0);
    prior.set_object(&address(5), None, &provider(), Some(thing(0)));
    let mut session = open(place(&dir).0).await;
    let journal = session.begin_from(&prior, "run".into(), 0).await.unwrap();
    assert_eq!(place(&dir).1.read().await.unwrap().unwrap().serial, 5);
    journal.append(vec![intent(5), result(5)]).await.unwrap();
    drop((session, journal));
    let session = open(place(&dir).0).await;
    let now = session.snapshot().unwrap();
    assert!(now.state.object(&address(0)).is_none());
    assert_eq!(now.state.object(&address(5)), Some(&thing(5)));
    session.close().await.unwrap();
    // Without moves nothing is stored.
    let mut session = open(place(&dir).0).await;
    session.begin_from(&state(0), "run".into(), 0).await.unwrap();
    assert_eq!(session.snapshot().unwrap().serial, 6);
}

#[tokio::test]
async fn many_stores_keep_their_journals_apart() {
    let dir = Scratch::new("apart");
    let one = JournalPaths::in_data_directory(&dir.0, "s3:bucket/a");
    let other = JournalPaths::in_data_directory(&dir.0, "s3:bucket/b");
    assert_ne!(one, other);
    assert_eq!(one, JournalPaths::in_data_directory(&dir.0, "s3:bucket/a"));
}
