//! State files: broken ones, locks, other places.

use formwork_tests::Folder;
use std::os::unix::fs::{PermissionsExt, symlink};

const ONE: &str = "resource \"terraform_data\" \"a\" {\n  input = 1\n}\n";

#[test]
fn broken_states_are_refused_and_left_as_they_are() {
    let whole = {
        let folder = Folder::with(ONE);
        folder.run("apply -auto-approve").ok();
        folder.read("terraform.tfstate")
    };
    let half = whole.split_at(whole.len() / 2).0.to_owned();
    let other_version = whole.replace("\"version\": 4", "\"version\": 99");
    assert_ne!(other_version, whole);
    for broken in ["not a state", "{}", half.as_str(), other_version.as_str(), "\0\0\0\0"] {
        let folder = Folder::with(ONE);
        folder.write("terraform.tfstate", broken);
        for command in ["plan", "apply -auto-approve", "state list"] {
            folder.run(command).expect(1);
            assert_eq!(folder.read("terraform.tfstate"), broken, "{command}");
        }
    }
}

#[test]
fn missing_and_unreadable_places_are_told() {
    let folder = Folder::new();
    folder.run("plan").expect(1).says("No configuration files");
    folder.run("validate").ok();
    let folder = Folder::with("resource \"terraform_data\" \"a\" {\n  input =\n}\nlocals {\n  x = )\n}\n");
    folder.run("validate -json").expect(1).says("line 5: Invalid expression");
    let folder = Folder::with("resource \"nosuch_thing\" \"a\" {}");
    folder.run("plan").expect(1).says("formwork init");
    folder.run("init").expect(1).says("nosuch");
}

#[test]
fn one_of_two_applies_gets_the_lock() {
    let folder = Folder::with(
        "resource \"terraform_data\" \"a\" {\n  provisioner \"local-exec\" {\n    command = \"echo started > running; while [ -e running ]; do sleep 0.01; done\"\n  }\n}\n",
    );
    let first = folder.start("apply -auto-approve");
    while !folder.exists("running") {
        std::thread::yield_now();
    }
    folder.run("apply -auto-approve").expect(1).says("Error acquiring the state lock").says("OperationTypeApply");
    folder.run("plan").expect(1).says("Error acquiring the state lock");
    folder.run("plan -lock=false").ok();
    std::fs::remove_file(folder.file("running")).unwrap();
    let output = first.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    folder.run("plan -detailed-exitcode").ok();
}

#[test]
fn the_local_backend_has_places_and_workspaces() {
    let folder = Folder::with(&format!(
        "terraform {{\n  backend \"local\" {{\n    path          = \"s/main.tfstate\"\n    workspace_dir = \"s/others\"\n  }}\n}}\n{ONE}"
    ));
    folder.run("plan").expect(1).says("Backend initialization required");
    folder.run("init").ok();
    folder.run("apply -auto-approve").ok();
    assert!(folder.exists("s/main.tfstate"));
    folder.run("workspace new w").ok();
    folder.run("apply -auto-approve").ok();
    assert!(folder.exists("s/others/w/terraform.tfstate"));
    folder.run("workspace delete w").expect(1);
    folder.run("workspace select default").ok();
    folder.run("workspace delete w").expect(1).says("-force");
    folder.run("workspace delete -force w").ok();
    assert_eq!(folder.run("workspace list").ok().out, "* default\n\n");
}

#[test]
fn states_move_to_a_changed_backend() {
    let block = |path: &str| format!("terraform {{\n  backend \"local\" {{\n    path = \"{path}\"\n  }}\n}}\n{ONE}");
    let folder = Folder::with(&block("one.tfstate"));
    folder.run("init").ok();
    folder.run("apply -auto-approve").ok();
    folder.write("main.tf", &block("two.tfstate"));
    folder.run("plan").expect(1).says("Backend initialization required");
    folder.run("init").expect(1).says("Backend configuration changed");
    folder.run("init -migrate-state -force-copy").ok();
    folder.run("plan -detailed-exitcode").ok();
    folder.write("main.tf", &block("three.tfstate"));
    folder.run("init -reconfigure").ok();
    folder.run("plan -detailed-exitcode").expect(2);
}

#[test]
fn a_state_that_cannot_be_stored_is_kept_beside() {
    let folder = Folder::with(
        "resource \"terraform_data\" \"a\" {\n  provisioner \"local-exec\" {\n    command = \"rm -rf terraform.tfstate terraform.tfstate.* && mkdir terraform.tfstate\"\n  }\n}\n",
    );
    folder.write("errored.tfstate", "of an earlier run, for everybody to read");
    folder.run("apply -auto-approve").expect(1).says("errored.tfstate");
    assert_eq!(mode(&folder, "errored.tfstate"), 0o600);
    assert!(folder.read("errored.tfstate").contains("terraform_data"));
    std::fs::remove_dir(folder.file("terraform.tfstate")).unwrap();
    folder.run("state push errored.tfstate").ok();
    assert_eq!(folder.run("state list").ok().out, "terraform_data.a\n");
}

fn mode(folder: &Folder, name: &str) -> u32 {
    std::fs::metadata(folder.file(name)).unwrap().permissions().mode() & 0o777
}

#[test]
fn plan_files_are_for_their_owner() {
    let folder = Folder::with(ONE);
    folder.write("my.plan", "for everybody to read");
    folder.write("elsewhere", "not to be touched");
    symlink("elsewhere", folder.file("link.plan")).unwrap();
    nix::unistd::mkfifo(&folder.file("pipe.plan"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    for name in ["my.plan", "link.plan", "new.plan"] {
        folder.run(&format!("plan -out={name}")).ok();
        assert_eq!(mode(&folder, name), 0o600, "{name}");
    }
    assert_eq!(folder.read("elsewhere"), "not to be touched");
    let pipe = folder.file("pipe.plan");
    let reader = std::thread::spawn(move || std::fs::read(pipe).unwrap());
    folder.run("plan -out=pipe.plan").ok();
    assert!(reader.join().unwrap().starts_with(b"Formwork plan"), "a plan came through the pipe");
    folder.run("apply link.plan").ok();
}

/// Somebody puts another state in the place of the one that a run has begun with.
#[test]
fn a_state_that_was_replaced_during_a_run_is_brought_back_by_push() {
    use super::slow::{folder, gated, objects, open_gate, recorded, wait_for_gate};
    let folder = folder(0, "");
    folder.write("gated.tf", &gated(&folder, "first"));
    let mut child = folder.start("apply -auto-approve");
    wait_for_gate(&folder);
    let other =
        r#"{"version":4,"terraform_version":"1.11.4","serial":7,"lineage":"other","outputs":{},"resources":[]}"#;
    folder.write(
        "terraform.tfstate",
        &other.replace("\"outputs\":{}", "\"outputs\":{\"o\":{\"value\":\"v\",\"type\":\"string\"}}"),
    );
    open_gate(&folder);
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(folder.exists("errored.tfstate"));
    folder.run("plan").expect(1).says("state push errored.tfstate");
    folder.run("state push errored.tfstate").expect(1).says("lineage");
    assert!(folder.exists("terraform.tfstate.journal"), "refused: nothing is lost");
    folder.run("state push -force errored.tfstate").ok();
    assert!(!folder.exists("terraform.tfstate.journal"));
    assert_eq!((objects(&folder).len(), objects(&folder)), (1, recorded(&folder)));
    folder.run("plan -detailed-exitcode").ok();
}
