//! What every store promises. Each law gets a fresh storage with two clients.

use crate::sample::{lock_info, snapshot};
use crate::scratch::Scratch;
use formwork_backend::{LocalOptions, LocalStore, MemoryStore};
use formwork_model::{LockError, StateStore};
use std::sync::Arc;

/// Two clients of one storage, and how the store behaves where stores may differ.
pub struct Clients {
    pub a: Arc<dyn StateStore>,
    pub b: Arc<dyn StateStore>,
    /// A lock that is held by a living process can be removed by its id.
    pub can_force: bool,
    /// Kept for as long as the clients are used.
    pub _storage: Box<dyn std::any::Any>,
}

pub fn memory() -> Clients {
    let store = MemoryStore::new();
    Clients { a: Arc::new(store.client()), b: Arc::new(store), can_force: true, _storage: Box::new(()) }
}

pub fn local() -> Clients {
    let dir = Scratch::new("contract");
    let options = LocalOptions { path: dir.path("terraform.tfstate"), ..LocalOptions::default() };
    let client = || Arc::new(LocalStore::new(&options, "default").unwrap());
    Clients { a: client(), b: client(), can_force: false, _storage: Box::new(dir) }
}

pub async fn what_was_written_is_read(c: Clients) {
    assert_eq!(c.a.read().await.unwrap(), None);
    let mut written = snapshot(7, 20);
    c.a.write(&written).await.unwrap();
    assert_eq!(c.a.read().await.unwrap().as_ref(), Some(&written), "same client");
    assert_eq!(c.b.read().await.unwrap().as_ref(), Some(&written), "other client: serial, lineage and content");
    // A shorter one, and one with a lower serial: the store does not judge.
    written = snapshot(3, 1);
    c.b.write(&written).await.unwrap();
    assert_eq!(c.a.read().await.unwrap().as_ref(), Some(&written));
    written = snapshot(4, 50);
    c.a.write(&written).await.unwrap();
    c.a.write(&written).await.unwrap();
    assert_eq!(c.b.read().await.unwrap().as_ref(), Some(&written));
}

pub async fn one_holds_the_lock(c: Clients) {
    let lock = c.a.lock(lock_info("id-a")).await.unwrap();
    assert_eq!(&*lock.info().id, "id-a");
    for client in [&c.a, &c.b] {
        let Err(LockError::Held { message, holder }) = client.lock(lock_info("id-b")).await.map(|_| ()) else {
            panic!("the lock must be held");
        };
        assert!(message.contains("somebody@somewhere") && message.contains("id-a"), "{message}");
        let holder = holder.unwrap();
        assert_eq!((&*holder.id, &*holder.operation), ("id-a", "OperationTypeApply"));
        assert_eq!(&*holder.created, "2026-11-21T04:57:18.112447657Z");
    }
    lock.unlock().await.unwrap();
    let lock = c.b.lock(lock_info("id-b")).await.unwrap();
    assert!(c.a.lock(lock_info("id-a")).await.is_err());
    lock.unlock().await.unwrap();
    c.a.lock(lock_info("id-c")).await.unwrap().unlock().await.unwrap();
}

pub async fn the_lock_covers_reading_and_writing(c: Clients) {
    let lock = c.a.lock(lock_info("id-a")).await.unwrap();
    assert_eq!(c.a.read().await.unwrap(), None);
    c.a.write(&snapshot(1, 3)).await.unwrap();
    c.a.write(&snapshot(2, 4)).await.unwrap();
    lock.unlock().await.unwrap();
    assert_eq!(c.b.read().await.unwrap(), Some(snapshot(2, 4)));
}

pub async fn a_lock_without_a_state_leaves_none(c: Clients) {
    c.a.lock(lock_info("id-a")).await.unwrap().unlock().await.unwrap();
    assert_eq!(c.b.read().await.unwrap(), None);
}

pub async fn who_read_an_old_state_cannot_write(c: Clients) {
    c.a.write(&snapshot(1, 1)).await.unwrap();
    c.a.read().await.unwrap();
    c.b.read().await.unwrap();
    c.b.write(&snapshot(2, 2)).await.unwrap();
    let error = c.a.write(&snapshot(2, 3)).await.unwrap_err();
    assert!(error.conflict, "{error}");
    assert_eq!(c.b.read().await.unwrap(), Some(snapshot(2, 2)));
    // Having read again it may.
    c.a.read().await.unwrap();
    c.a.write(&snapshot(3, 3)).await.unwrap();
    assert_eq!(c.b.read().await.unwrap(), Some(snapshot(3, 3)));
}

pub async fn two_first_states_do_not_overwrite_each_other(c: Clients) {
    assert_eq!(c.a.read().await.unwrap(), None);
    assert_eq!(c.b.read().await.unwrap(), None);
    c.a.write(&snapshot(1, 1)).await.unwrap();
    let error = c.b.write(&snapshot(1, 2)).await.unwrap_err();
    assert!(error.conflict, "{error}");
    assert_eq!(c.b.read().await.unwrap(), Some(snapshot(1, 1)));
}

pub async fn locks_are_removed_by_id_only(c: Clients) {
    assert!(c.a.force_unlock("id-a").await.is_err(), "nothing is locked");
    let lock = c.a.lock(lock_info("id-a")).await.unwrap();
    let error = c.b.force_unlock("other").await.unwrap_err();
    assert!(error.to_string().contains("id-a"), "{error}");
    assert!(c.b.lock(lock_info("id-b")).await.is_err(), "still locked");
    let forced = c.b.force_unlock("id-a").await;
    if c.can_force {
        forced.unwrap();
        let other = c.b.lock(lock_info("id-b")).await.unwrap();
        // The former holder must not take the new lock away.
        assert!(lock.unlock().await.is_err());
        assert!(c.a.lock(lock_info("id-a")).await.is_err());
        other.unlock().await.unwrap();
    } else {
        assert!(forced.unwrap_err().to_string().contains("somebody@somewhere"));
        lock.unlock().await.unwrap();
    }
}

pub async fn of_many_lockers_one_wins(c: Clients) {
    let tasks: Vec<_> = (0..16)
        .map(|i| {
            let client = if i % 2 == 0 { c.a.clone() } else { c.b.clone() };
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

/// One test per law for a store.
macro_rules! contract {
    ($($store:ident),*) => {$(
        mod $store {
            $crate::contract::contract!(@laws $store
                what_was_written_is_read
                one_holds_the_lock
                the_lock_covers_reading_and_writing
                a_lock_without_a_state_leaves_none
                who_read_an_old_state_cannot_write
                two_first_states_do_not_overwrite_each_other
                locks_are_removed_by_id_only
                of_many_lockers_one_wins);
        }
    )*};
    (@laws $store:ident $($law:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $law() {
            super::$law(super::$store()).await;
        }
    )*};
}

pub(crate) use contract;

contract!(memory, local);
