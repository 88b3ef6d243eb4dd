//! What is particular to local files.

use crate::sample::{lock_info, snapshot};
use crate::scratch::Scratch;
use crate::terraform::{binary, command, run};
use formwork_backend::state_file::{decode, encode};
use formwork_backend::{Backup, LocalOptions, LocalStore, LocalWorkspaces, is_workspace_name};
use formwork_model::{LockError, StateStore};
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::Stdio;

fn options(dir: &Scratch) -> LocalOptions {
    LocalOptions { path: dir.path("terraform.tfstate"), workspace_dir: dir.path("ws"), ..LocalOptions::default() }
}

fn store(dir: &Scratch) -> LocalStore {
    LocalStore::new(&options(dir), "default").unwrap()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn inode(path: &Path) -> u64 {
    std::fs::metadata(path).unwrap().ino()
}

#[tokio::test]
async fn the_file_is_overwritten_in_place_and_private() {
    let dir = Scratch::new("local");
    let (store, path) = (store(&dir), dir.path("terraform.tfstate"));
    let lock = store.lock(lock_info("id")).await.unwrap();
    let before = inode(&path);
    assert_eq!(mode(&dir.path(".terraform.tfstate.lock.info")), 0o600);
    let info = std::fs::read_to_string(dir.path(".terraform.tfstate.lock.info")).unwrap();
    let expected = format!(
        "{{\"ID\":\"id\",\"Operation\":\"OperationTypeApply\",\"Info\":\"\",\"Who\":\"somebody@somewhere\",\
         \"Version\":\"1.11.4\",\"Created\":\"2026-11-21T04:57:18.112447657Z\",\"Path\":\"{}\",\"Process\":{}}}",
        path.display(),
        std::process::id()
    );
    assert_eq!(info, expected);
    for (serial, count) in [(1, 5), (2, 50), (3, 0), (4, 1)] {
        store.write(&snapshot(serial, count)).await.unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), encode(&snapshot(serial, count)));
    }
    assert_eq!(inode(&path), before, "others may have the file open to lock it");
    assert_eq!(mode(&path), 0o600);
    lock.unlock().await.unwrap();
    assert_eq!(dir.files(), ["terraform.tfstate"]);
}

#[tokio::test]
async fn the_backup_is_the_state_before_the_first_change() {
    let dir = Scratch::new("backup");
    let backup = dir.path("terraform.tfstate.backup");
    let first = store(&dir);
    first.write(&snapshot(1, 1)).await.unwrap();
    first.write(&snapshot(2, 2)).await.unwrap();
    assert!(!backup.exists(), "there was no state in the beginning");

    let second = store(&dir);
    second.read().await.unwrap();
    second.write(&snapshot(9, 2)).await.unwrap();
    assert!(!backup.exists(), "only the header has changed");
    second.write(&snapshot(10, 3)).await.unwrap();
    second.write(&snapshot(11, 4)).await.unwrap();
    assert_eq!(decode(&std::fs::read(&backup).unwrap()).unwrap(), snapshot(2, 2));
    assert_eq!(mode(&backup), 0o600);

    let elsewhere = LocalOptions { backup: Backup::At(dir.path("kept/old")), ..options(&dir) };
    LocalStore::new(&elsewhere, "").unwrap().write(&snapshot(12, 5)).await.unwrap();
    assert_eq!(decode(&std::fs::read(dir.path("kept/old")).unwrap()).unwrap(), snapshot(11, 4));
    std::fs::remove_file(&backup).unwrap();
    let without = LocalOptions { backup: Backup::None, ..options(&dir) };
    LocalStore::new(&without, "").unwrap().write(&snapshot(13, 6)).await.unwrap();
    assert!(!backup.exists());
}

#[tokio::test]
async fn input_output_and_backup_may_be_different_files() {
    let dir = Scratch::new("paths");
    let (input, output) = (dir.path("in.tfstate"), dir.path("out.tfstate"));
    std::fs::write(&input, encode(&snapshot(5, 5))).unwrap();
    let options = LocalOptions { state: Some(input.clone()), state_out: Some(output.clone()), ..options(&dir) };
    let store = LocalStore::new(&options, "other").unwrap();
    let lock = store.lock(lock_info("id")).await.unwrap();
    assert!(dir.path(".out.tfstate.lock.info").exists());
    assert_eq!(store.read().await.unwrap(), Some(snapshot(5, 5)));
    store.write(&snapshot(6, 6)).await.unwrap();
    assert_eq!(store.read().await.unwrap(), Some(snapshot(6, 6)));
    lock.unlock().await.unwrap();
    assert_eq!(std::fs::read(&input).unwrap(), encode(&snapshot(5, 5)));
    // Nothing was overwritten, so there is no backup.
    assert_eq!(dir.files(), ["in.tfstate", "out.tfstate"]);
    LocalStore::new(&options, "other").unwrap().write(&snapshot(7, 7)).await.unwrap();
    assert_eq!(std::fs::read(dir.path("out.tfstate.backup")).unwrap(), encode(&snapshot(6, 6)));
}

#[tokio::test]
async fn an_interrupted_write_is_finished() {
    let dir = Scratch::new("redo");
    let path = dir.path("terraform.tfstate");
    store(&dir).write(&snapshot(1, 3)).await.unwrap();
    let old = encode(&snapshot(1, 3));
    let new = encode(&snapshot(2, 30));
    // Make the files as a crash in the middle of the overwriting leaves them.
    let next = format!(
        "formwork-state-next 1 {} {:08x} {} {:08x}\n",
        old.len(),
        crc32c::crc32c(&old),
        new.len(),
        crc32c::crc32c(&new)
    );
    let crash = |state: &[u8]| {
        std::fs::write(&path, state).unwrap();
        std::fs::write(dir.path("terraform.tfstate.next"), [next.as_bytes(), &new].concat()).unwrap();
    };
    let torn = [b"!", &new[1..200], &old[200..]].concat();
    for state in [&old[..], &torn, b"", &new] {
        crash(state);
        let reader = store(&dir);
        assert_eq!(reader.read().await.unwrap(), Some(snapshot(2, 30)), "without the lock");
        assert!(dir.path("terraform.tfstate.next").exists(), "who has no lock changes nothing");
        let lock = reader.lock(lock_info("id")).await.unwrap();
        assert_eq!(reader.read().await.unwrap(), Some(snapshot(2, 30)), "with the lock");
        assert_eq!(std::fs::read(&path).unwrap(), new);
        lock.unlock().await.unwrap();
        assert!(!dir.path("terraform.tfstate.next").exists());
    }
    crash(&encode(&snapshot(2, 31)));
    let error = store(&dir).read().await.unwrap_err();
    assert!(error.message.contains("another program"), "{error}");
    std::fs::remove_file(dir.path("terraform.tfstate.next")).unwrap();
    std::fs::write(&path, &torn).unwrap();
    let error = store(&dir).read().await.unwrap_err();
    assert!(error.message.contains("Restore"), "{error}");
    if let Some(terraform) = binary() {
        std::fs::write(dir.path("main.tf"), "resource \"terraform_data\" \"a\" {}").unwrap();
        let plan = run(&terraform, &dir.0, &["plan", "-lock=false"]);
        assert!(!plan.status.success(), "Terraform must refuse a torn state");
    }
}

#[tokio::test]
async fn links_at_side_files_are_refused_and_at_the_state_followed() {
    let dir = Scratch::new("links");
    let outside = Scratch::new("outside");
    std::fs::create_dir(dir.path("real")).unwrap();
    symlink("real/state.json", dir.path("terraform.tfstate")).unwrap();
    let other = LocalOptions { path: dir.path("real/state.json"), ..options(&dir) };
    let by_link = store(&dir);
    let lock = by_link.lock(lock_info("id")).await.unwrap();
    assert!(LocalStore::new(&other, "").unwrap().lock(lock_info("x")).await.is_err(), "both names share the lock");
    by_link.write(&snapshot(1, 1)).await.unwrap();
    lock.unlock().await.unwrap();
    assert!(std::fs::symlink_metadata(dir.path("terraform.tfstate")).unwrap().is_symlink());
    assert_eq!(std::fs::read(dir.path("real/state.json")).unwrap(), encode(&snapshot(1, 1)));

    let canary = outside.path("canary");
    for side in [".terraform.tfstate.lock.info", "terraform.tfstate.backup", "real/.state.json.formwork-lock"] {
        let planted = dir.path(side);
        symlink(&canary, &planted).unwrap();
        let error = store(&dir).lock(lock_info("id")).await.map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("symbolic link"), "{side}: {error}");
        std::fs::remove_file(&planted).unwrap();
    }
    symlink(&canary, dir.path("real/state.json.next")).unwrap();
    assert!(store(&dir).write(&snapshot(2, 2)).await.is_err());
    assert!(outside.files().is_empty());
}

#[tokio::test]
async fn remains_of_a_dead_holder_can_be_removed() {
    let dir = Scratch::new("stale");
    let store = store(&dir);
    store.write(&snapshot(1, 1)).await.unwrap();
    std::fs::write(dir.path(".terraform.tfstate.lock.info"), "{\"ID\":\"dead\",\"Who\":\"a@b\"}").unwrap();
    assert!(store.force_unlock("other").await.is_err());
    store.force_unlock("dead").await.unwrap();
    assert_eq!(dir.files(), ["terraform.tfstate"]);
    // They would not have kept anybody out.
    std::fs::write(dir.path(".terraform.tfstate.lock.info"), "{\"ID\":\"dead\",\"Who\":\"a@b\"}").unwrap();
    store.lock(lock_info("id")).await.unwrap().unlock().await.unwrap();
    assert_eq!(dir.files(), ["terraform.tfstate"]);
}

#[tokio::test]
async fn a_state_replaced_under_the_holder_does_not_make_two_winners() {
    let dir = Scratch::new("replaced");
    let (a, b) = (store(&dir), store(&dir));
    a.write(&snapshot(1, 1)).await.unwrap();
    let lock = a.lock(lock_info("a")).await.unwrap();
    std::fs::copy(dir.path("terraform.tfstate"), dir.path("copy")).unwrap();
    std::fs::rename(dir.path("copy"), dir.path("terraform.tfstate")).unwrap();
    assert!(matches!(b.lock(lock_info("b")).await.map(|_| ()), Err(LockError::Held { .. })));
    // What the holder wrote to its own, removed file would be lost.
    assert!(a.write(&snapshot(2, 2)).await.unwrap_err().conflict);
    lock.unlock().await.unwrap();
    b.lock(lock_info("b")).await.unwrap().unlock().await.unwrap();
}

#[tokio::test]
async fn readers_without_the_lock_see_whole_states() {
    let dir = Scratch::new("readers");
    let writer = store(&dir);
    writer.write(&snapshot(0, 1)).await.unwrap();
    let done = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let reader = {
        let (store, done) = (store(&dir), done.clone());
        tokio::spawn(async move {
            let mut seen = std::collections::BTreeSet::new();
            while !done.load(std::sync::atomic::Ordering::SeqCst) {
                let found = store.read().await.unwrap().unwrap();
                let (serial, count) = (found.serial, if found.serial % 2 == 0 { 1 } else { 400 });
                assert_eq!(found, snapshot(serial, count));
                seen.insert(serial);
            }
            seen.len()
        })
    };
    for serial in 1..40 {
        writer.write(&snapshot(serial, if serial % 2 == 0 { 1 } else { 400 })).await.unwrap();
    }
    done.store(true, std::sync::atomic::Ordering::SeqCst);
    assert!(reader.await.unwrap() >= 1);
}

/// Nothing of ours stays in the directory when another program holds the state.
#[tokio::test]
async fn who_is_kept_out_leaves_nothing() {
    let dir = Scratch::new("kept-out");
    store(&dir).write(&snapshot(1, 1)).await.unwrap();
    let file = std::fs::File::options().write(true).open(dir.path("terraform.tfstate")).unwrap();
    let lock = libc::flock {
        l_type: libc::F_WRLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    fcntl(&file, FcntlArg::F_OFD_SETLK(&lock)).unwrap();
    let refused = store(&dir).lock(lock_info("x")).await.map(|_| ());
    assert!(matches!(refused, Err(LockError::Held { .. })));
    assert_eq!(dir.files(), ["terraform.tfstate"]);
    drop(file);
    store(&dir).lock(lock_info("x")).await.unwrap().unlock().await.unwrap();
}

/// A real Terraform waits for us, and we for it.
#[tokio::test]
async fn terraform_and_we_exclude_each_other() {
    let Some(terraform) = binary() else { return };
    let dir = Scratch::new("rivals");
    let config = "resource \"terraform_data\" \"a\" {
        provisioner \"local-exec\" { command = \"touch started; while [ ! -e go ]; do sleep 0.01; done\" }
    }";
    std::fs::write(dir.path("main.tf"), config).unwrap();
    assert!(run(&terraform, &dir.0, &["init"]).status.success());
    let ours = store(&dir);
    let lock = ours.lock(lock_info("our-id")).await.unwrap();
    let refused = run(&terraform, &dir.0, &["apply", "-auto-approve", "-no-color"]);
    let text = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && text.contains("Error acquiring the state lock"), "{text}");
    assert!(text.contains("our-id") && text.contains("somebody@somewhere"), "{text}");
    lock.unlock().await.unwrap();

    let arguments = ["apply", "-auto-approve"];
    let mut child = command(&terraform, &dir.0, &arguments).stdout(Stdio::null()).spawn().unwrap();
    while !dir.path("started").exists() {
        assert!(child.try_wait().unwrap().is_none());
        tokio::task::yield_now().await;
    }
    let Err(LockError::Held { message, holder }) = ours.lock(lock_info("x")).await.map(|_| ()) else {
        panic!("Terraform holds the lock");
    };
    assert!(message.contains(&format!("process {}", child.id())), "{message}");
    assert_eq!(&*holder.unwrap().operation, "OperationTypeApply");
    std::fs::write(dir.path("go"), "").unwrap();
    assert!(child.wait().unwrap().success());
    let lock = ours.lock(lock_info("x")).await.unwrap();
    let read = ours.read().await.unwrap().unwrap();
    assert_eq!(read.state.resources.len(), 1);
    lock.unlock().await.unwrap();
}

#[tokio::test]
async fn workspaces_are_directories() {
    let dir = Scratch::new("workspaces");
    let workspaces = LocalWorkspaces { options: options(&dir) };
    assert_eq!(workspaces.list().unwrap(), ["default"]);
    workspaces.create("b").unwrap();
    workspaces.create("a.1").unwrap();
    assert_eq!(workspaces.list().unwrap(), ["default", "a.1", "b"]);
    workspaces.store("b").unwrap().write(&snapshot(1, 1)).await.unwrap();
    assert_eq!(std::fs::read(dir.path("ws/b/terraform.tfstate")).unwrap(), encode(&snapshot(1, 1)));
    assert_eq!(workspaces.store("default").unwrap().read().await.unwrap(), None);
    workspaces.delete("b").unwrap();
    assert_eq!(workspaces.list().unwrap(), ["default", "a.1"]);
    assert!(workspaces.delete("default").is_err());
    for name in ["..", ".", "a/b", "../x", "a b", "é", "a\0", "a%2f"] {
        assert!(
            !is_workspace_name(name) && workspaces.store(name).is_err() && workspaces.create(name).is_err(),
            "{name}"
        );
    }
}
