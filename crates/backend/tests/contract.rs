//! What every backend promises. Each law gets one with nothing in it, as two machines see it.

use crate::sample::{address, intent, lock_info, result, snapshot, state};
use crate::scratch::Scratch;
use formwork_backend::{Backend, LocalOptions, LocalWorkspaces, MemoryWorkspaces, StatePlace, StateSession};
use formwork_model::{LockError, StateStore};
use std::sync::Arc;

/// One backend as two machines see it, and how it behaves where backends may differ.
pub struct Site {
    pub a: Arc<dyn Backend>,
    pub b: Arc<dyn Backend>,
    /// A lock that is held by a living process can be removed by its id.
    pub can_force: bool,
    /// What one machine has left in its journal, another one finds.
    pub shares_journal: bool,
    /// Arms the fault of this number for what `a` does next; false if there are no more.
    pub fault: Box<dyn Fn(usize) -> bool + Send + Sync>,
    /// Data directories.
    pub dir: Scratch,
    /// Kept for as long as the backend is used.
    pub _storage: Box<dyn std::any::Any + Send + Sync>,
}

impl Site {
    pub fn new(a: Arc<dyn Backend>, b: Arc<dyn Backend>) -> Site {
        let (can_force, shares_journal) = (true, true);
        let dir = Scratch::new("contract");
        Site { a, b, can_force, shares_journal, fault: Box::new(|_| false), dir, _storage: Box::new(()) }
    }

    fn place(&self, machine: &str, workspace: &str) -> StatePlace {
        let backend = if machine == "a" { &self.a } else { &self.b };
        backend.place(workspace, &self.dir.path(machine)).unwrap()
    }

    fn stores(&self) -> (Arc<dyn StateStore>, Arc<dyn StateStore>) {
        (self.place("a", "default").store, self.place("b", "default").store)
    }
}

pub async fn memory() -> Site {
    let workspaces = MemoryWorkspaces::new();
    Site::new(Arc::new(workspaces.clone()), Arc::new(workspaces))
}

pub async fn local() -> Site {
    let files = Scratch::new("contract-local");
    let options = LocalOptions {
        path: files.path("terraform.tfstate"),
        workspace_dir: files.path("terraform.tfstate.d"),
        ..LocalOptions::default()
    };
    let client = || Arc::new(LocalWorkspaces { options: options.clone() });
    Site { can_force: false, _storage: Box::new(files), ..Site::new(client(), client()) }
}

pub async fn what_was_written_is_read(site: Site) {
    let (a, b) = site.stores();
    assert_eq!(a.read().await.unwrap(), None);
    let mut written = snapshot(7, 20);
    a.write(&written).await.unwrap();
    assert_eq!(a.read().await.unwrap().as_ref(), Some(&written), "same client");
    assert_eq!(b.read().await.unwrap().as_ref(), Some(&written), "other client: serial, lineage and content");
    // A shorter one, and one with a lower serial: the store does not judge.
    written = snapshot(3, 1);
    b.write(&written).await.unwrap();
    assert_eq!(a.read().await.unwrap().as_ref(), Some(&written));
    written = snapshot(4, 50);
    a.write(&written).await.unwrap();
    a.write(&written).await.unwrap();
    assert_eq!(b.read().await.unwrap().as_ref(), Some(&written));
}

pub async fn one_holds_the_lock(site: Site) {
    let (a, b) = site.stores();
    let lock = a.lock(lock_info("id-a")).await.unwrap();
    // Some services give ids of their own.
    let id = lock.info().id.clone();
    assert!(!id.is_empty());
    for client in [&a, &b] {
        let Err(LockError::Held { message, holder }) = client.lock(lock_info("id-b")).await.map(|_| ()) else {
            panic!("the lock must be held");
        };
        assert!(message.contains("somebody@somewhere") && message.contains(&*id), "{message}");
        let holder = holder.unwrap();
        assert_eq!((&*holder.id, &*holder.operation), (&*id, "OperationTypeApply"));
        assert_eq!(&*holder.created, "2026-11-21T04:57:18.112447657Z");
    }
    lock.unlock().await.unwrap();
    let lock = b.lock(lock_info("id-b")).await.unwrap();
    assert!(a.lock(lock_info("id-a")).await.is_err());
    lock.unlock().await.unwrap();
    a.lock(lock_info("id-c")).await.unwrap().unlock().await.unwrap();
}

pub async fn the_lock_covers_reading_and_writing(site: Site) {
    let (a, b) = site.stores();
    let lock = a.lock(lock_info("id-a")).await.unwrap();
    assert_eq!(a.read().await.unwrap(), None);
    a.write(&snapshot(1, 3)).await.unwrap();
    a.write(&snapshot(2, 4)).await.unwrap();
    lock.unlock().await.unwrap();
    assert_eq!(b.read().await.unwrap(), Some(snapshot(2, 4)));
}

pub async fn a_lock_without_a_state_leaves_none(site: Site) {
    let (a, b) = site.stores();
    a.lock(lock_info("id-a")).await.unwrap().unlock().await.unwrap();
    assert_eq!(b.read().await.unwrap(), None);
}

pub async fn who_read_an_old_state_cannot_write(site: Site) {
    let (a, b) = site.stores();
    a.write(&snapshot(1, 1)).await.unwrap();
    a.read().await.unwrap();
    b.read().await.unwrap();
    b.write(&snapshot(2, 2)).await.unwrap();
    let error = a.write(&snapshot(2, 3)).await.unwrap_err();
    assert!(error.conflict, "{error}");
    assert_eq!(b.read().await.unwrap(), Some(snapshot(2, 2)));
    // Having read again it may.
    a.read().await.unwrap();
    a.write(&snapshot(3, 3)).await.unwrap();
    assert_eq!(b.read().await.unwrap(), Some(snapshot(3, 3)));
}

pub async fn two_first_states_do_not_overwrite_each_other(site: Site) {
    let (a, b) = site.stores();
    assert_eq!(a.read().await.unwrap(), None);
    assert_eq!(b.read().await.unwrap(), None);
    a.write(&snapshot(1, 1)).await.unwrap();
    let error = b.write(&snapshot(1, 2)).await.unwrap_err();
    assert!(error.conflict, "{error}");
    assert_eq!(b.read().await.unwrap(), Some(snapshot(1, 1)));
}

pub async fn locks_are_removed_by_id_only(site: Site) {
    let (a, b) = site.stores();
    assert!(a.force_unlock("id-a").await.is_err(), "nothing is locked");
    let lock = a.lock(lock_info("id-a")).await.unwrap();
    let id = lock.info().id.clone();
    let error = b.force_unlock("424242").await.unwrap_err();
    assert!(error.to_string().contains(&*id), "{error}");
    assert!(b.lock(lock_info("id-b")).await.is_err(), "still locked");
    let forced = b.force_unlock(&id).await;
    if site.can_force {
        forced.unwrap();
        let other = b.lock(lock_info("id-b")).await.unwrap();
        // The former holder must not take the new lock away.
        assert!(lock.unlock().await.is_err());
        assert!(a.lock(lock_info("id-a")).await.is_err());
        other.unlock().await.unwrap();
    } else {
        assert!(forced.unwrap_err().to_string().contains("somebody@somewhere"));
        lock.unlock().await.unwrap();
    }
}

pub async fn of_many_lockers_one_wins(site: Site) {
    let (a, b) = site.stores();
    let tasks: Vec<_> = (0..16)
        .map(|i| {
            let client = if i % 2 == 0 { a.clone() } else { b.clone() };
            tokio::spawn(
                async move { client.lock(lock_info(&format!("id-{i}"))).await.map(|lock| lock.info().id.clone()) },
            )
        })
        .collect();
    let mut won = Vec::new();
    let mut named = Vec::new();
    for task in tasks {
        match task.await.unwrap() {
            Ok(id) => won.push(id),
            Err(LockError::Held { holder, .. }) => named.extend(holder.map(|h| h.id)),
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(won.len(), 1, "{won:?}");
    assert!(named.iter().all(|id| *id == won[0]), "{named:?} but {won:?}");
}

/// Who has lost the lock does not overwrite what the next holder has written, and does not take its lock away.
pub async fn who_lost_the_lock_is_kept_out(site: Site) {
    if !site.can_force {
        return;
    }
    let (a, b) = site.stores();
    let lost = a.lock(lock_info("id-a")).await.unwrap();
    assert_eq!(a.read().await.unwrap(), None);
    a.write(&snapshot(1, 1)).await.unwrap();
    b.force_unlock(&lost.info().id).await.unwrap();
    let lock = b.lock(lock_info("id-b")).await.unwrap();
    assert_eq!(b.read().await.unwrap(), Some(snapshot(1, 1)));
    b.write(&snapshot(2, 2)).await.unwrap();
    let error = a.write(&snapshot(2, 3)).await.unwrap_err();
    assert!(error.conflict, "{error}");
    assert!(lost.unlock().await.is_err(), "it is not there any more");
    b.write(&snapshot(3, 3)).await.unwrap();
    assert_eq!(b.read().await.unwrap(), Some(snapshot(3, 3)));
    lock.unlock().await.unwrap();
}

pub async fn workspaces_are_apart(site: Site) {
    let (a, b) = (&site.a, &site.b);
    if !a.has_workspaces() {
        assert!(a.create_workspace("w", "lineage").await.is_err() && a.delete_workspace("w").await.is_err());
        assert!(a.place("w", &site.dir.0).is_err());
        return;
    }
    assert_eq!(a.workspaces().await.unwrap(), ["default"]);
    for name in ["b-2", "a.1"] {
        a.create_workspace(name, "lineage").await.unwrap();
    }
    b.create_workspace("b-2", "other").await.unwrap();
    assert_eq!(b.workspaces().await.unwrap(), ["default", "a.1", "b-2"]);
    let of = |machine: &str, name: &str| site.place(machine, name).store;
    // Where a first state is needed for the list, it has the lineage that was given; a workspace that is there stays.
    if let Some(made) = of("b", "b-2").read().await.unwrap() {
        assert_eq!((made.serial, &*made.lineage), (1, "lineage"));
    }
    let lock = of("a", "a.1").lock(lock_info("id-a")).await.unwrap();
    let other = of("b", "b-2").lock(lock_info("id-b")).await.unwrap();
    for (name, count) in [("default", 1), ("a.1", 2), ("b-2", 3)] {
        let store = of("a", name);
        store.read().await.unwrap();
        // The lock is not in the way of its holder, whichever client that is.
        if name == "default" {
            store.write(&snapshot(2, count)).await.unwrap();
        }
    }
    lock.unlock().await.unwrap();
    other.unlock().await.unwrap();
    for (name, count) in [("a.1", 2), ("b-2", 3)] {
        let store = of("a", name);
        store.read().await.unwrap();
        store.write(&snapshot(2, count)).await.unwrap();
    }
    for (name, count) in [("default", 1), ("a.1", 2), ("b-2", 3)] {
        assert_eq!(of("b", name).read().await.unwrap(), Some(snapshot(2, count)), "{name}");
    }
    b.delete_workspace("b-2").await.unwrap();
    assert_eq!(a.workspaces().await.unwrap(), ["default", "a.1"]);
    assert!(a.delete_workspace("default").await.is_err() && a.place("../x", &site.dir.0).is_err());
    a.create_workspace("b-2", "new").await.unwrap();
    let made = of("a", "b-2").read().await.unwrap();
    assert!(made.is_none_or(|made| &*made.lineage == "new" && made.state.is_empty()), "nothing of the old one is left");
    for name in ["a.1", "b-2"] {
        a.delete_workspace(name).await.unwrap();
    }
    assert_eq!(of("a", "default").read().await.unwrap(), Some(snapshot(2, 1)));
}

/// Results of a killed run come into the state, its open creations into doubt, on the same machine and, where the backend
/// keeps the journal, on another one.
pub async fn what_a_killed_run_left_is_taken_up(site: Site) {
    for (round, machine) in ["a", "b"].into_iter().enumerate() {
        if machine == "b" && !site.shares_journal {
            continue;
        }
        let mut session = open(site.place("a", "default"), "id-a").await;
        let serial = session.snapshot().map_or(0, |snapshot| snapshot.serial);
        let journal = session.begin("run".into(), 0).await.unwrap();
        let number = 10 * (round as u32 + 1);
        journal.append(vec![intent(number)]).await.unwrap();
        journal.append(vec![result(number), intent(number + 1)]).await.unwrap();
        session.write(state(round as u32)).await.unwrap();
        // The process is gone, its lock may be there.
        drop((session, journal));
        let place = site.place(machine, "default");
        match place.store.lock(lock_info("id-p")).await {
            Ok(lock) => lock.unlock().await.unwrap(),
            Err(LockError::Held { holder, .. }) => place.store.force_unlock(&holder.unwrap().id).await.unwrap(),
            Err(error) => panic!("{error}"),
        }
        let mut session = open(place, "id-b").await;
        let found = session.snapshot().unwrap();
        assert!(found.serial > serial && found.state.object(&address(number)).is_some(), "on {machine}");
        let doubt = session.in_doubt().to_vec();
        let addresses: Vec<_> = doubt.iter().map(|doubt| doubt.address.clone()).collect();
        assert_eq!(addresses, [address(number + 1)], "on {machine}");
        session.settle(&doubt[0]).await.unwrap();
        session.close().await.unwrap();
        let session = open(site.place("a", "default"), "id-c").await;
        assert!(session.recovered().is_none() && session.in_doubt().is_empty(), "it is done once");
        session.close().await.unwrap();
    }
}

async fn open(place: StatePlace, id: &str) -> StateSession {
    StateSession::open(place, Some(lock_info(id)), "fresh".into()).await.unwrap()
}

/// Whatever happens to a write: the state is the old or the new one, the new one if the write succeeded, and it can be
/// written again.
pub async fn a_broken_write_leaves_the_old_or_the_new_state(site: Site) {
    let (a, b) = site.stores();
    let mut serial = 1;
    a.write(&snapshot(serial, 1)).await.unwrap();
    for number in 0.. {
        let lock = a.lock(lock_info(&format!("id-{number}"))).await.unwrap();
        a.read().await.unwrap();
        if !(site.fault)(number) {
            lock.unlock().await.unwrap();
            break;
        }
        let written = a.write(&snapshot(serial + 1, number as u32 + 2)).await;
        let found = b.read().await.unwrap().unwrap();
        match &written {
            Ok(()) => assert_eq!(found, snapshot(serial + 1, number as u32 + 2), "fault {number}"),
            Err(error) => {
                assert!(found.serial == serial || found == snapshot(serial + 1, number as u32 + 2), "fault {number}");
                assert!(!error.conflict, "fault {number}: nobody else has written, but {error}");
            }
        }
        serial = found.serial + 1;
        a.read().await.unwrap();
        a.write(&snapshot(serial, 1)).await.unwrap_or_else(|error| panic!("after fault {number}: {error}"));
        // The lock may have gone with its connection.
        let _ = lock.unlock().await;
    }
}

/// Does something for each law.
macro_rules! for_laws {
    ($do:ident!($($arguments:tt)*)) => {
        $do! { $($arguments)*
            what_was_written_is_read
            one_holds_the_lock
            the_lock_covers_reading_and_writing
            a_lock_without_a_state_leaves_none
            who_read_an_old_state_cannot_write
            two_first_states_do_not_overwrite_each_other
            locks_are_removed_by_id_only
            of_many_lockers_one_wins
            who_lost_the_lock_is_kept_out
            workspaces_are_apart
            what_a_killed_run_left_is_taken_up
            a_broken_write_leaves_the_old_or_the_new_state }
    };
}

macro_rules! one_test_each {
    ($site:ident $($law:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $law() {
            super::$law(super::$site().await).await;
        }
    )*};
}

macro_rules! one_after_the_other {
    ($site:ident $($law:ident)*) => {$(
        say(stringify!($law));
        $law($site(stringify!($law)).await).await;
    )*};
}

fn say(law: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "law: {law}");
}

/// All laws, for a backend whose server is started once.
pub async fn holds<F: Future<Output = Site>>(site: impl Fn(&'static str) -> F) {
    for_laws!(one_after_the_other!(site));
}

mod in_memory {
    for_laws!(one_test_each!(memory));
}

mod on_disk {
    for_laws!(one_test_each!(local));
}
