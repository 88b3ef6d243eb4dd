//! The everyday cycle, on the example that needs nothing.

use formwork_tests::Folder;
use std::io::Read;
use std::process::{Command, Stdio};

#[test]
fn plan_saved_plan_apply_change_and_destroy() {
    let folder = Folder::copy_of("examples/quickstart");
    folder.run("plan").expect(1).says("formwork init");
    folder.run("init").ok();
    folder.run("validate").ok();
    folder.run("plan -out=p").ok().says("Plan: 5 to add, 0 to change, 0 to destroy.");
    assert!(!folder.exists("terraform.tfstate"), "planning writes no state");
    folder.run("apply p").ok().says("Apply complete! Resources: 5 added, 0 changed, 0 destroyed.");
    assert_eq!(folder.run("output -raw release").ok().out, "release 1");
    assert_eq!(folder.run("output -json lines").ok().json(), 3);
    folder.run("plan -detailed-exitcode").ok().says("No changes.");
    folder.run("apply p").expect(1).says("stale");
    folder.run("plan -detailed-exitcode -var=release=2").expect(2).says("must be replaced");
    folder.run("apply -auto-approve -var=release=2").ok().says("1 added, 1 changed, 1 destroyed");
    folder.run("destroy -auto-approve -var=release=2").ok().says("Destroy complete! Resources: 5 destroyed.");
    assert_eq!(folder.state()["resources"], serde_json::json!([]));
    assert!(!folder.exists(".terraform.tfstate.lock.info") && !folder.exists("terraform.tfstate.journal"));
}

#[test]
fn auto_init_does_what_init_would() {
    let folder = Folder::copy_of("examples/quickstart");
    folder.run("apply -init -auto-approve").ok();
    let mut folder = Folder::copy_of("examples/quickstart");
    folder.set("FORMWORK_AUTO_INIT", "1");
    folder.run("plan").ok();
}

#[test]
fn approval_is_asked_for() {
    let folder = Folder::with("resource \"terraform_data\" \"a\" {}");
    folder.run_with_input("apply", "no\n").expect(1).says("Apply cancelled.");
    assert!(!folder.exists("terraform.tfstate"));
    folder.run_with_input("apply", "").expect(1);
    folder.run_with_input("apply", "yes\n").ok();
    folder.run_with_input("destroy", "yes\n").ok();
    folder.run("apply -input=false").expect(1);
    folder.run("apply -json").expect(1);
}

#[test]
fn a_changed_file_makes_a_saved_plan_stale() {
    let folder = Folder::with("resource \"terraform_data\" \"a\" {\n  input = file(\"text\")\n}");
    folder.write("text", "one");
    folder.run("plan -out=p").ok();
    folder.write("text", "two");
    folder.run("apply p").expect(1).says("A file has changed since the plan was made");
    folder.write("text", "one");
    folder.run("apply p").ok();
}

#[test]
fn plan_files_of_others_are_refused() {
    let folder = Folder::with("");
    folder.write("p", "not a plan");
    folder.run("apply p").expect(1).says("Unusable plan file");
    folder.write("p", "PK\u{3}\u{4}tfplan");
    folder.run("apply p").expect(1);
    folder.run("apply none").expect(1);
    folder.run("show none").expect(1);
}

#[test]
fn json_streams_begin_with_the_version_and_end_with_a_summary() {
    let folder = Folder::copy_of("examples/quickstart");
    folder.run("init").ok();
    let messages = folder.run("apply -json -auto-approve").ok().messages();
    assert_eq!(messages[0]["type"], "version");
    let kinds: Vec<&str> = messages.iter().filter_map(|m| m["type"].as_str()).collect();
    for kind in ["planned_change", "change_summary", "apply_start", "apply_complete", "outputs"] {
        assert!(kinds.contains(&kind), "{kind}");
    }
    assert_eq!(kinds.last(), Some(&"outputs"));
    let broken = Folder::with("resource \"terraform_data\" {");
    let messages = broken.run("plan -json").expect(1).messages();
    assert_eq!(messages.last().unwrap()["type"], "diagnostic");
}

#[test]
fn an_interrupt_at_the_question_changes_nothing() {
    let folder = Folder::with("resource \"terraform_data\" \"a\" {}");
    let mut command = folder.command("apply");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    let mut shown = String::new();
    while !shown.contains("Enter a value:") {
        let mut chunk = [0; 4096];
        let read = out.read(&mut chunk).unwrap();
        assert!(read > 0, "it asks: {shown}");
        shown.push_str(&String::from_utf8_lossy(&chunk[..read]));
    }
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(!folder.exists("terraform.tfstate") && !folder.exists(".terraform.tfstate.lock.info"));
}
