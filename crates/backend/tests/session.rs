//! The state during a command, and what interrupted runs leave.

use crate::sample::{address, begin, intent, lock_info, provider, result, snapshot, state, thing};
use crate::scratch::Scratch;
use async_trait::async_trait;
use formwork_backend::journal::{DEFAULT_RESERVE, JournalPaths};
use formwork_backend::{
    FinishError, JournalFile, LocalOptions, LocalStore, MemoryStore, RemoteLog, StatePlace, StateSession,
};
use formwork_model::{DeposedKey, Journal, JournalEntry, JournalError, OperationKind, StateStore};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

fn place(dir: &Scratch) -> (StatePlace, Arc<LocalStore>) {
    let options = LocalOptions { path: dir.path("terraform.tfstate"), ..LocalOptions::default() };
    let store = Arc::new(LocalStore::new(&options, "default").unwrap());
    (
        StatePlace { store: store.clone(), journal: store.journal_paths().unwrap(), remote: None, replacement: None },
        store,
    )
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

/// A remote log in memory, which may refuse.
#[derive(Default)]
struct Pieces {
    pieces: Mutex<Vec<Vec<u8>>>,
    list: Mutex<Option<Vec<u8>>>,
    refuses: AtomicBool,
    /// While this is held, puts wait.
    gate: tokio::sync::Mutex<()>,
}

impl Pieces {
    fn check(&self) -> Result<(), JournalError> {
        if self.refuses.load(Ordering::SeqCst) { Err(JournalError("refused".into())) } else { Ok(()) }
    }

    fn count(&self) -> usize {
        self.pieces.lock().unwrap().len()
    }
}

#[async_trait]
impl RemoteLog for Pieces {
    async fn put(&self, number: u64, bytes: Vec<u8>) -> Result<(), JournalError> {
        drop(self.gate.lock().await);
        self.check()?;
        let mut pieces = self.pieces.lock().unwrap();
        if number != pieces.len() as u64 + 1 {
            return Err(JournalError("taken".into()));
        }
        pieces.push(bytes);
        Ok(())
    }

    async fn pieces(&self) -> Result<Vec<Vec<u8>>, JournalError> {
        Ok(self.pieces.lock().unwrap().clone())
    }

    async fn clear(&self) -> Result<(), JournalError> {
        self.check()?;
        self.pieces.lock().unwrap().clear();
        Ok(())
    }

    async fn in_doubt(&self) -> Result<Option<Vec<u8>>, JournalError> {
        Ok(self.list.lock().unwrap().clone())
    }

    async fn set_in_doubt(&self, list: Option<Vec<u8>>) -> Result<(), JournalError> {
        *self.list.lock().unwrap() = list;
        Ok(())
    }
}

/// Machines that share a state and its remote log.
struct Machines {
    dir: Scratch,
    store: MemoryStore,
    pieces: Arc<Pieces>,
}

impl Machines {
    fn new(name: &str) -> Machines {
        Machines { dir: Scratch::new(name), store: MemoryStore::new(), pieces: Arc::default() }
    }

    fn place(&self, machine: &str) -> StatePlace {
        StatePlace {
            store: Arc::new(self.store.client()),
            journal: JournalPaths::in_data_directory(&self.dir.path(machine), "memory:1"),
            remote: Some(self.pieces.clone()),
            replacement: None,
        }
    }

    async fn open(&self, machine: &str) -> StateSession {
        open(self.place(machine)).await
    }

    /// A run on a machine that is cut off.
    async fn crash(&self, machine: &str, run: &str, entries: Vec<JournalEntry>) {
        let mut session = self.open(machine).await;
        let journal = session.begin(run.into(), 0).await.unwrap();
        for entry in entries {
            journal.append(vec![entry]).await.unwrap();
        }
        drop((session, journal));
        self.store.force_unlock("id").await.unwrap();
    }
}

fn has(session: &StateSession, number: u32) -> bool {
    session.snapshot().is_some_and(|snapshot| snapshot.state.object(&address(number)).is_some())
}

fn doubts(session: &StateSession) -> Vec<u32> {
    session.in_doubt().iter().map(|doubt| doubt.operation).collect()
}

/// What another machine has recovered is not brought in once more by the journal that was left on the first one.
#[tokio::test]
async fn a_run_is_recovered_once() {
    // The other machine has come to its end, or was cut off as well.
    for ends in [true, false] {
        let machines = Machines::new("once");
        machines.crash("a", "one", vec![intent(1), result(1), intent(2), result(2), intent(3)]).await;
        let mut other = machines.open("b").await;
        assert!(has(&other, 1) && has(&other, 2));
        assert_eq!(doubts(&other), [3]);
        let journal = other.begin("two".into(), 0).await.unwrap();
        journal.append(vec![intent(5)]).await.unwrap();
        if ends {
            journal.append(vec![result(5)]).await.unwrap();
            let mut now = state(0);
            now.set_object(&address(5), None, &provider(), Some(thing(5)));
            other.finish(now).await.unwrap();
            other.close().await.unwrap();
        } else {
            drop((other, journal));
            machines.store.force_unlock("id").await.unwrap();
        }
        let mut first = machines.open("a").await;
        assert_eq!(doubts(&first), if ends { vec![3] } else { vec![3, 5] });
        assert_eq!([1, 2, 5].map(|n| has(&first, n)), if ends { [false, false, true] } else { [true, true, false] });
        assert_eq!(machines.pieces.count(), 0);
        first.begin("three".into(), 0).await.unwrap().append(vec![intent(6), result(6)]).await.unwrap();
        first.finish(state(9)).await.unwrap();
        first.close().await.unwrap();
    }
}

/// The local journal knows more than what was uploaded of it, and all of it counts as long as nobody was faster.
#[tokio::test]
async fn the_local_journal_counts_before_its_upload() {
    let machines = Machines::new("local-first");
    machines.crash("a", "one", vec![intent(1), intent(2), result(1), result(2)]).await;
    let session = machines.open("a").await;
    assert!(has(&session, 1) && has(&session, 2) && session.in_doubt().is_empty());
    assert_eq!(machines.pieces.count(), 0);
    session.close().await.unwrap();
}

/// Removing an uploaded journal may be cut off: what is left of it says nothing.
#[tokio::test]
async fn a_journal_that_was_being_removed_is_none() {
    let machines = Machines::new("remains");
    machines.crash("a", "one", vec![intent(1), result(1), intent(2)]).await;
    machines.pieces.pieces.lock().unwrap()[0].clear();
    let session = machines.open("b").await;
    assert!(!has(&session, 1) && session.in_doubt().is_empty());
    assert_eq!(machines.pieces.count(), 0);
    session.close().await.unwrap();
}

/// What was settled on one machine does not come back on another that knew of it.
#[tokio::test]
async fn there_is_one_list_for_all_machines() {
    let machines = Machines::new("one-list");
    machines.crash("a", "one", vec![intent(1)]).await;
    let session = machines.open("a").await;
    assert_eq!(doubts(&session), [1]);
    session.close().await.unwrap();
    let mut session = machines.open("b").await;
    let doubt = session.in_doubt()[0].clone();
    session.settle(&doubt).await.unwrap();
    session.close().await.unwrap();
    assert!(machines.open("a").await.in_doubt().is_empty());
}

#[tokio::test]
async fn what_the_journal_refuses_is_not_in_doubt() {
    let machines = Machines::new("refused");
    let mut session = machines.open("a").await;
    let journal = session.begin("run".into(), 0).await.unwrap();
    journal.append(vec![intent(1)]).await.unwrap();
    machines.pieces.refuses.store(true, Ordering::SeqCst);
    assert!(journal.append(vec![intent(2)]).await.is_err());
    // Once refused, nothing is uploaded any more, but the local journal goes on.
    machines.pieces.refuses.store(false, Ordering::SeqCst);
    assert!(journal.append(vec![intent(3)]).await.is_err());
    journal.append(vec![result(1)]).await.unwrap();
    session.finish(state(1)).await.unwrap();
    assert!(session.in_doubt().is_empty(), "{:?}", session.in_doubt());
    session.close().await.unwrap();
}

/// The state is stored although something beside it cannot be brought up to date.
#[tokio::test]
async fn the_end_of_a_run_says_how_far_it_came() {
    let machines = Machines::new("end");
    let mut session = machines.open("a").await;
    let journal = session.begin("run".into(), 0).await.unwrap();
    journal.append(vec![intent(1), result(1)]).await.unwrap();
    journal.append(vec![intent(2)]).await.unwrap();
    machines.pieces.refuses.store(true, Ordering::SeqCst);
    assert!(matches!(session.finish(state(2)).await, Err(FinishError::NotCleared(_))));
    assert_eq!(machines.store.read().await.unwrap().unwrap().serial, 1);
    session.close().await.unwrap();
    machines.pieces.refuses.store(false, Ordering::SeqCst);
    let session = machines.open("a").await;
    assert_eq!((session.snapshot().unwrap().serial, doubts(&session)), (1, vec![2]));
    assert_eq!(machines.pieces.count(), 0);
    session.close().await.unwrap();

    let dir = Scratch::new("end-local");
    let (here, rival) = (place(&dir).0, place(&dir).1);
    let mut session = StateSession::open(here, None, "fresh".into()).await.unwrap();
    session.begin("run".into(), 0).await.unwrap();
    rival.write(&snapshot(4, 1)).await.unwrap();
    assert!(matches!(session.finish(state(2)).await, Err(FinishError::NotWritten(_))));
}

/// Creations that begin at the same time share an upload.
#[tokio::test]
async fn creations_share_uploads() {
    const CREATIONS: u32 = 30;
    let machines = Machines::new("shared");
    let mut session = machines.open("a").await;
    let journal = session.begin("run".into(), 0).await.unwrap();
    let closed = machines.pieces.gate.lock().await;
    let tasks: Vec<_> = (0..CREATIONS)
        .map(|number| {
            let journal = journal.clone();
            tokio::spawn(async move { journal.append(vec![intent(number)]).await.unwrap() })
        })
        .collect();
    let path = machines.place("a").journal.journal;
    let written = || String::from_utf8_lossy(&std::fs::read(&path).unwrap()).matches("p_thing").count();
    while written() < CREATIONS as usize {
        tokio::task::yield_now().await;
    }
    // Tasks go on in the order in which the journal answers, so all the others are waiting for their upload by now.
    journal.append(vec![result(CREATIONS)]).await.unwrap();
    drop(closed);
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(machines.pieces.count(), 2, "the first, and all the others");
    drop((session, journal));
    machines.store.force_unlock("id").await.unwrap();
    assert_eq!(machines.open("b").await.in_doubt().len(), CREATIONS as usize, "all were uploaded");
}

/// A doubt ends when its object is found, by whatever way, and does not come back when that is gone. Of a replacement the
/// old object tells nothing.
#[tokio::test]
async fn an_object_that_is_found_is_not_in_doubt() {
    let replacement = JournalEntry::Intent {
        operation: 1,
        address: address(1),
        provider: provider(),
        kind: OperationKind::CreateReplacement { depose_as: DeposedKey("00c0ffee".into()) },
        planned: None,
    };
    let dir = Scratch::new("found");
    let (here, store) = place(&dir);
    store.write(&snapshot(4, 2)).await.unwrap();
    crash(&here, vec![begin(4), replacement, intent(2), intent(3)]).await;
    let mut session = open(place(&dir).0).await;
    assert_eq!(doubts(&session), [1, 2, 3]);
    // A run brings one in, another program the other one.
    session.begin("run".into(), 0).await.unwrap();
    session.finish(state(3)).await.unwrap();
    assert_eq!(doubts(&session), [1, 3]);
    session.close().await.unwrap();
    let mut other = snapshot(9, 4);
    other.lineage = place(&dir).1.read().await.unwrap().unwrap().lineage;
    place(&dir).1.write(&other).await.unwrap();
    let mut session = open(place(&dir).0).await;
    assert_eq!(doubts(&session), [1]);
    session.write(state(0)).await.unwrap();
    session.close().await.unwrap();
    let session = open(place(&dir).0).await;
    assert_eq!(doubts(&session), [1]);
    session.close().await.unwrap();
}

/// The machine is lost with its local journal: creations that had begun are still known.
#[tokio::test]
async fn creations_survive_the_loss_of_the_machine() {
    let machines = Machines::new("remote");
    let on = |machine: &str| machines.place(machine);
    let (store, pieces) = (&machines.store, &machines.pieces);
    let mut session = open(on("a")).await;
    let journal = session.begin("run".into(), 0).await.unwrap();
    journal.append(vec![intent(1)]).await.unwrap();
    assert_eq!(pieces.count(), 1, "before the effect");
    journal.append(vec![result(1)]).await.unwrap();
    journal.append(vec![intent(2)]).await.unwrap();
    drop((session, journal));
    // Who does not lock leaves alone what may belong to a run that goes on.
    let session = StateSession::open(on("c"), None, "fresh".into()).await.unwrap();
    assert!(session.snapshot().is_none() && pieces.count() > 0);
    store.force_unlock("id").await.unwrap();
    let session = open(on("b")).await;
    assert!(session.snapshot().unwrap().state.object(&address(1)).is_some());
    assert_eq!(session.in_doubt().iter().map(|d| d.operation).collect::<Vec<_>>(), [2]);
    assert_eq!(pieces.count(), 0);
    session.close().await.unwrap();
    // What is in doubt is known on every machine, and settled for every machine.
    let mut session = open(on("d")).await;
    let doubt = session.in_doubt().to_vec();
    assert_eq!(doubt.len(), 1);
    session.settle(&doubt[0]).await.unwrap();
    session.close().await.unwrap();
    assert!(pieces.list.lock().unwrap().is_none());
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
