//! `drift`: what was changed outside, and nothing written.

use super::slow::{cloud, folder, objects};
use formwork_tests::Folder;
use std::collections::BTreeMap;

const THREE: &str = "resource \"slow_object\" \"o\" {\n  for_each = toset([\"a\", \"b\", \"c\"])\n  name     = each.key\n  \
                     text     = \"as applied\"\n}\n";

fn applied() -> Folder {
    let folder = folder(0, THREE);
    folder.run("apply -auto-approve").ok();
    folder
}

/// The file of the object with that name.
fn object(folder: &Folder, name: &str) -> std::path::PathBuf {
    let id = objects(folder).into_iter().find(|id| id.starts_with(&format!("{name}."))).unwrap();
    cloud(folder).join(id)
}

/// Every file in the folder, but for what the provider tells of its process.
fn contents(folder: &Folder) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.path()];
    while let Some(path) = folders.pop() {
        for entry in std::fs::read_dir(path).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_none_or(|extension| extension != "process") {
                found.insert(path.to_string_lossy().into_owned(), std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn without_drift_it_is_quiet() {
    let folder = applied();
    let before = contents(&folder);
    assert_eq!(folder.run("drift").ok().out, "");
    let document = folder.run("drift -json").ok().json();
    assert_eq!((&document["status"], &document["objects"]), (&"none".into(), &serde_json::json!([])));
    assert_eq!(folder.run("drift -format=markdown").ok().out, "");
    // What the configuration would change is no drift.
    folder.write("main.tf", &folder.read("main.tf").replace("as applied", "as wanted"));
    folder.run("plan -detailed-exitcode").expect(2);
    folder.run("drift").ok();
    folder.write("main.tf", &folder.read("main.tf").replace("as wanted", "as applied"));
    assert_eq!(contents(&folder), before);
}

#[test]
fn it_tells_what_was_changed_and_deleted() {
    let folder = applied();
    std::fs::write(object(&folder, "a"), "by hand").unwrap();
    std::fs::remove_file(object(&folder, "b")).unwrap();
    let before = contents(&folder);
    folder
        .run("drift")
        .expect(2)
        .says("Drift: 1 deleted outside, 1 changed outside")
        .says("slow_object.o[\"b\"] has been deleted")
        .says("~ text = \"as applied\" -> \"by hand\"");
    let document = folder.run("drift -json").expect(2).json();
    assert_eq!(document["format_version"], "1.0");
    assert_eq!(document["counts"], serde_json::json!({"changed": 1, "deleted": 1, "errors": 0}));
    let changed = &document["objects"][0];
    assert_eq!((&changed["address"], &changed["kind"]), (&"slow_object.o[\"a\"]".into(), &"changed".into()));
    let difference = serde_json::json!({
        "path": ["text"], "before": "as applied", "after": "by hand", "sensitive": false
    });
    assert_eq!(changed["attributes"], serde_json::json!([difference]));
    assert_eq!(document["objects"][1]["kind"], "deleted");
    let comment = folder.run("drift -format=markdown").expect(2).out;
    assert!(comment.starts_with("### Drift: 1 deleted outside, 1 changed outside\n"), "{comment}");
    assert!(comment.contains("\n!     text = \"as applied\" -> \"by hand\"\n"), "{comment}");
    folder.run("drift -target=slow_object.o[\"c\"]").ok();
    assert_eq!(contents(&folder), before);
    // A plan still sees everything.
    folder.run("plan -refresh-only -detailed-exitcode").expect(2);
}

#[test]
fn what_cannot_be_read_does_not_hide_the_rest() {
    let folder = applied();
    let unreadable = object(&folder, "a");
    std::fs::remove_file(&unreadable).unwrap();
    std::fs::create_dir(&unreadable).unwrap();
    std::fs::write(object(&folder, "b"), "by hand").unwrap();
    folder.run("drift").expect(1).says("The cloud does not answer").says("-> \"by hand\"");
    let document = folder.run("drift -json").expect(1).json();
    assert_eq!(document["status"], "error");
    assert_eq!(document["counts"], serde_json::json!({"changed": 1, "deleted": 0, "errors": 1}));
    assert_eq!(document["diagnostics"][0]["address"], "slow_object.o[\"a\"]");
}

#[test]
fn problems_before_anything_is_read_are_in_the_document() {
    let folder = Folder::with("output \"o\" {\n  value = nowhere\n}\n");
    let document = folder.run("drift -json").expect(1).json();
    assert_eq!((&document["status"], &document["counts"]["errors"]), (&"error".into(), &1.into()));
    folder.run("drift").expect(1).says("nowhere");
}

#[test]
fn it_waits_for_nobody_and_leaves_no_lock() {
    let folder = applied();
    let holder = super::slow::gated(&folder, "held");
    folder.write("held.tf", &holder);
    let apply = folder.start("apply -auto-approve");
    super::slow::wait_for_gate(&folder);
    folder.run("drift").expect(1).says("Error acquiring the state lock");
    folder.run("drift -lock=false").ok();
    super::slow::open_gate(&folder);
    formwork_tests::Run::of("apply".to_owned(), apply.wait_with_output().unwrap()).ok();
    folder.run("drift").ok();
    assert!(!folder.exists(".terraform.tfstate.lock.info"));
}

#[test]
fn what_an_interrupted_run_left_stays_where_it_is() {
    let folder = applied();
    folder.write(
        "held.tf",
        &format!(
            "resource \"slow_object\" \"d\" {{\n  name = \"d\"\n}}\n\n{}",
            "resource \"slow_object\" \"e\" {\n  name = \"e\"\n  depends_on = [slow_object.d]\n  gate = \"GATE\"\n}\n"
                .replace("GATE", &folder.file("gate").to_string_lossy())
        ),
    );
    let mut apply = folder.start("apply -auto-approve");
    super::slow::wait_for_gate(&folder);
    apply.kill().unwrap();
    apply.wait().unwrap();
    // The provider ends by itself when its client is gone; its files do not change any more.
    let without_locks = || contents(&folder).into_iter().filter(|(name, _)| !name.contains("lock")).collect::<Vec<_>>();
    let before = without_locks();
    let run = folder.run("drift -json");
    assert!(run.code == Some(0) || run.code == Some(1), "{run:?}");
    assert_eq!(without_locks(), before);
}
