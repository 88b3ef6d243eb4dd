//! Saved plans that are taken up again after a failure, an interrupt or a kill.

use super::killed::{kill_at_the_gate, waiting};
use super::slow::{folder, gated, objects, open_gate, recorded, signal, wait_for_gate};
use formwork_tests::Folder;
use nix::sys::signal::Signal;

/// Three in a row; the provisioner of the middle one fails until there is a file.
const ROW: &str = r#"
resource "terraform_data" "first" {
  input = "one"
}
resource "terraform_data" "middle" {
  input = terraform_data.first.id
  provisioner "local-exec" {
    command = "test -e ready"
  }
}
resource "terraform_data" "last" {
  input = terraform_data.middle.output
}
output "last" {
  value = terraform_data.last.output
}
"#;

#[test]
fn after_a_failed_provisioner() {
    let folder = Folder::with(ROW);
    folder.run("plan -out=my.plan").ok();
    folder.run("apply my.plan").expect(1);
    let first = folder.state()["resources"][0]["instances"][0]["attributes"]["id"].clone();
    folder
        .run("apply my.plan")
        .expect(1)
        .says("stale")
        .says("formwork apply -resume \"my.plan\"")
        .says("1 of the plan's 3");
    folder.write("ready", "");
    folder
        .run("apply -resume my.plan")
        .ok()
        .says("of its 3 operations 1 are done, and 2 are left")
        .says("terraform_data.middle is not complete: it is destroyed, and created again")
        .says("2 added, 0 changed, 1 destroyed");
    assert_eq!(folder.run("output -raw last").ok().out, first.as_str().unwrap());
    let before = folder.read("terraform.tfstate");
    folder.run("apply -resume my.plan").ok().says("Nothing is left of the plan");
    assert_eq!(folder.read("terraform.tfstate"), before);
    folder.run("plan -detailed-exitcode").ok();
}

#[test]
fn a_plan_that_was_never_applied_is_applied_whole() {
    let folder = Folder::with(ROW);
    folder.write("ready", "");
    folder.run("plan -out=my.plan").ok();
    folder.run("apply -resume my.plan").ok().says("3 added");
    folder.run("apply -resume").expect(1).says("-resume needs the file");
}

#[test]
fn what_has_changed_is_named_and_secrets_are_not() {
    let row = ROW.replace("\"one\"", "sensitive(\"hidden-one\")")
        + "resource \"terraform_data\" \"open\" {\n  input = \"a\"\n}\n";
    let folder = Folder::with(&row);
    folder.run("plan -out=my.plan").ok();
    folder.run("apply my.plan").expect(1);
    let state = folder.read("terraform.tfstate");
    folder.write("ready", "");
    let changed = state.replace("hidden-one", "hidden-two").replace("\"serial\": ", "\"serial\": 1");
    folder.write("terraform.tfstate", &changed);
    let run =
        folder.run("apply -resume my.plan").expect(1).says("cannot be resumed").says("terraform_data.first: input:");
    assert!(!format!("{}{}", run.out, run.err).contains("hidden-"), "{}{}", run.out, run.err);
    folder.write(
        "terraform.tfstate",
        &state.replace("\"value\": \"a\"", "\"value\": \"b\"").replace("\"serial\": ", "\"serial\": 1"),
    );
    let run = folder.run("apply -resume my.plan").expect(1);
    run.says("terraform_data.open").says("was \"a\", but now \"b\"");
}

#[test]
fn after_an_interrupt() {
    let folder = folder(0, "resource \"slow_object\" \"later\" {\n  name = slow_object.first.name\n}\n");
    folder.write("gated.tf", &gated(&folder, "first"));
    folder.run("plan -out=my.plan").ok();
    let mut child = folder.start("apply my.plan");
    wait_for_gate(&folder);
    signal(&child, Signal::SIGHUP);
    open_gate(&folder);
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(!folder.exists(".terraform.tfstate.lock.info"), "the lock is released");
    let left = 2 - objects(&folder).len();
    folder.run("apply -resume my.plan").ok().says(&format!("{left} added"));
    assert_eq!((objects(&folder).len(), objects(&folder)), (2, recorded(&folder)));
}

#[test]
fn after_a_kill() {
    for (argument, answer) in [("gate", "settle -retry slow_object.o"), ("hold", "import slow_object.o")] {
        let folder = folder(0, "");
        waiting(&folder, "one", argument, "");
        folder.write("more.tf", "resource \"slow_object\" \"later\" {\n  name = \"${slow_object.o.name}-more\"\n}\n");
        folder.run("plan -out=my.plan").ok();
        kill_at_the_gate(&folder, "apply my.plan");
        open_gate(&folder);
        folder.run("apply -resume my.plan").expect(3).says("slow_object.o");
        let id = objects(&folder).concat();
        folder.run(&format!("{answer} {id}")).ok();
        let run = folder.run("apply -resume my.plan");
        if argument == "hold" {
            // What was imported has no gate: it is not what was planned.
            run.expect(1).says("slow_object.o").says("hold: was");
            continue;
        }
        run.ok().says("2 added");
        assert_eq!((objects(&folder).len(), objects(&folder)), (2, recorded(&folder)));
    }
    let folder = folder(0, "");
    waiting(&folder, "one", "gate", "");
    open_gate(&folder);
    folder.run("apply -auto-approve").ok();
    std::fs::remove_file(folder.file("gate")).unwrap();
    std::fs::remove_file(folder.file("gate.reached")).unwrap();
    waiting(&folder, "one", "gate", "  text = \"new\"\n");
    folder.write("more.tf", "resource \"slow_object\" \"later\" {\n  name = slow_object.o.text\n}\n");
    folder.run("plan -out=my.plan").ok();
    kill_at_the_gate(&folder, "apply my.plan");
    open_gate(&folder);
    folder.run("apply -resume my.plan").ok().says("1 added, 1 changed");
    folder.run("apply -resume my.plan").ok().says("Nothing is left");
}

#[test]
fn a_plan_is_shown_without_its_provider_or_its_folder() {
    let folder = folder(0, "resource \"slow_object\" \"o\" {\n  name = \"one\"\n}\n");
    folder.run("plan -out=my.plan").ok();
    let (text, json) = (folder.run("show my.plan").ok(), folder.run("show -json my.plan").ok());
    let elsewhere = Folder::new();
    std::fs::copy(folder.file("my.plan"), elsewhere.file("my.plan")).unwrap();
    assert_eq!(elsewhere.run("show my.plan").ok().out, text.out);
    assert_eq!(elsewhere.run("show -json my.plan").ok().out, json.out);
}

#[test]
fn a_pipe_that_nobody_reads_does_not_hang() {
    let folder = Folder::with(ROW);
    nix::unistd::mkfifo(&folder.file("pipe"), nix::sys::stat::Mode::from_bits_truncate(0o600)).unwrap();
    folder.run("plan -out=pipe").expect(1).says("nobody reads it");
    let path = folder.file("pipe");
    let reader = std::thread::spawn(move || std::fs::read(path).unwrap());
    // The reader may still be on its way.
    while folder.run("plan -out=pipe").code != Some(0) {}
    assert!(reader.join().unwrap().starts_with(b"Formwork plan"));
}
