//! Processes killed at any moment.

use crate::sample::{address, intent, lock_info, provider, result, state, thing};
use crate::scratch::Scratch;
use formwork_backend::journal::DEFAULT_RESERVE;
use formwork_backend::state_file::decode;
use formwork_backend::{LocalOptions, LocalStore, StatePlace, StateSession};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const OBJECTS: u32 = 60;

fn place(dir: &Path) -> StatePlace {
    let options = LocalOptions { path: dir.join("terraform.tfstate"), ..LocalOptions::default() };
    let store = LocalStore::new(&options, "default").unwrap();
    StatePlace { journal: store.journal_paths().unwrap(), store: Arc::new(store), remote: None, replacement: None }
}

async fn open(dir: &Path) -> StateSession {
    StateSession::open(place(dir), Some(lock_info("id")), "fresh".into()).await.unwrap()
}

/// Starts this test binary as a process that does one thing.
fn start(dir: &Path, what: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child", "--nocapture"])
        .env("FORMWORK_CRASH_CHILD", what)
        .env("FORMWORK_CRASH_DIR", dir)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// The process that is killed. On its own, without a word of what to do, it does nothing.
#[test]
fn child() {
    let (Some(what), Some(dir)) = (std::env::var_os("FORMWORK_CRASH_CHILD"), std::env::var_os("FORMWORK_CRASH_DIR"))
    else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    match what.to_str().unwrap() {
        "create" => runtime.block_on(create(Path::new(&dir))),
        _ => runtime.block_on(rewrite(Path::new(&dir))),
    }
}

/// Creates objects, ten at a time: files in a directory that stands for the cloud.
async fn create(dir: &Path) {
    let mut session = open(dir).await;
    let journal = session.begin("run".into(), DEFAULT_RESERVE).await.unwrap();
    let mut now = session.snapshot().map(|s| s.state.clone()).unwrap_or_default();
    let tasks: Vec<_> = (0..10)
        .map(|task| {
            let (journal, cloud) = (journal.clone(), dir.join("cloud"));
            tokio::spawn(async move {
                for number in (task..OBJECTS).step_by(10) {
                    journal.append(vec![intent(number)]).await.unwrap();
                    std::fs::write(cloud.join(number.to_string()), "").unwrap();
                    journal.append(vec![result(number)]).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    for number in 0..OBJECTS {
        now.set_object(&address(number), None, &provider(), Some(thing(number)));
    }
    session.finish(now).await.unwrap();
    session.close().await.unwrap();
}

/// Writes large and small states in turn for ever.
async fn rewrite(dir: &Path) {
    let mut session = open(dir).await;
    for round in 0.. {
        session.write(state(1500 + round % 7 * 100)).await.unwrap();
    }
}

/// Waits until something is so.
fn wait(child: &mut Child, ready: impl Fn() -> bool) {
    let limit = Instant::now() + Duration::from_secs(60);
    while !ready() && child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < limit, "the child does not come forward");
        std::thread::yield_now();
    }
}

/// Lets the process run on for a while that differs from round to round, then kills it. The length of the while is what
/// the test varies; nothing is waited for.
fn kill(child: &mut Child, micros: u64) {
    let end = Instant::now() + Duration::from_micros(micros);
    while Instant::now() < end {
        std::hint::spin_loop();
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test]
async fn a_killed_run_loses_no_object() {
    let (mut doubts, mut recovered) = (0, 0);
    for round in 0..25u64 {
        let dir = Scratch::new("killed");
        std::fs::create_dir(dir.path("cloud")).unwrap();
        let mut child = start(&dir.0, "create");
        wait(&mut child, || dir.path("terraform.tfstate.journal").exists());
        kill(&mut child, round * 1000);
        let session = open(&dir.0).await;
        let cloud: BTreeSet<u32> = std::fs::read_dir(dir.path("cloud"))
            .unwrap()
            .map(|e| e.unwrap().file_name().to_str().unwrap().parse().unwrap())
            .collect();
        let known = |number: u32| session.snapshot().is_some_and(|s| s.state.object(&address(number)).is_some());
        let doubted = |number: u32| session.in_doubt().iter().any(|d| d.address == address(number));
        for number in 0..OBJECTS {
            if cloud.contains(&number) {
                assert!(known(number) || doubted(number), "round {round}: object {number} is lost");
            } else {
                assert!(!known(number), "round {round}: object {number} does not exist");
            }
            assert!(!(known(number) && doubted(number)), "round {round}: object {number} is known");
        }
        doubts += session.in_doubt().len();
        recovered += usize::from(session.recovered().is_some());
        session.close().await.unwrap();
        let again = open(&dir.0).await;
        assert!(again.recovered().is_none());
        again.close().await.unwrap();
    }
    assert!(recovered > 3, "only {recovered} of the kills hit a run; {doubts} effects were in doubt");
}

#[tokio::test]
async fn a_killed_write_leaves_the_old_or_the_new_state() {
    let mut torn = 0;
    for round in 0..30u64 {
        let dir = Scratch::new("rewritten");
        let mut child = start(&dir.0, "rewrite");
        let path = dir.path("terraform.tfstate");
        wait(&mut child, || std::fs::metadata(&path).is_ok_and(|m| m.len() > 100_000));
        kill(&mut child, round * 700);
        let left = std::fs::read(&path).unwrap();
        assert!(!left.is_empty(), "round {round}: others would take it for no state");
        let readable = decode(&left).is_ok();
        assert!(readable || left.starts_with(b"!"), "round {round}");
        torn += usize::from(dir.path("terraform.tfstate.next").exists());
        let session = open(&dir.0).await;
        let found = session.snapshot().unwrap().clone();
        let count = found.state.resources.values().map(|r| r.instances.len()).sum::<usize>() as u32;
        assert_eq!(found.state, state(count), "round {round}");
        assert_eq!(u64::from((count - 1500) / 100), (found.serial - 1) % 7, "round {round}");
        session.close().await.unwrap();
        assert!(!dir.path("terraform.tfstate.next").exists());
    }
    assert!(torn > 0, "no kill hit a write");
}
