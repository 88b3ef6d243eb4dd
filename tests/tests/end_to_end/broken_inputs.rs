//! Broken inputs: a clear error, exit code 1, nothing changed.

use super::slow;
use formwork_tests::{Folder, Run, fixtures};
use serde_json::json;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Runs plan and apply, which must fail alike and leave the folder as it was.
#[track_caller]
fn refused(folder: &Folder, texts: &[&str]) {
    let before = contents(&folder.path());
    for command in ["plan -no-color -input=false", "apply -no-color -auto-approve"] {
        let mut run = folder.run(command).expect(1);
        assert!(run.err.contains("Error: "), "{command}\n{}\n{}", run.out, run.err);
        assert!(!run.err.contains("panicked"), "{}", run.err);
        for text in texts {
            run = run.says(text);
        }
        assert_eq!(contents(&folder.path()), before, "{command} changed something");
    }
}

/// Names and contents of all files.
fn contents(path: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).unwrap().map(Result::unwrap) {
        let path = entry.path();
        // The slow provider tells of itself there.
        if path.extension().is_some_and(|extension| extension == "process") {
            continue;
        }
        match path.is_dir() {
            true => found.extend(contents(&path)),
            false => found.push((path.display().to_string(), std::fs::read(&path).unwrap_or_default())),
        }
    }
    found.sort();
    found
}

pub fn make_executable(folder: &Folder, name: &str) {
    std::fs::set_permissions(folder.file(name), std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// A configuration with a provider `example.com/test/NAME`.
pub fn using(name: &str) -> String {
    format!(
        "terraform {{\n  required_providers {{\n    {name} = {{ source = \"example.com/test/{name}\" }}\n  }}\n}}\n\n\
         resource \"{name}_thing\" \"a\" {{\n}}\n"
    )
}

#[test]
fn no_file() {
    refused(&Folder::new(), &["No configuration files"]);
}

#[test]
fn a_file_that_cannot_be_read() {
    let folder = Folder::with("output \"a\" {\n  value = 1\n}\n");
    // Nobody can read what is not there; permissions do not stop everybody.
    std::os::unix::fs::symlink("nowhere", folder.file("broken.tf")).unwrap();
    refused(&folder, &["broken.tf"]);
    let folder = Folder::with("output \"a\" {\n  value = 1\n}\n");
    std::fs::write(folder.file("bytes.tf"), b"output \"b\" {\n  value = \"\xff\xfe\"\n}\n").unwrap();
    refused(&folder, &["bytes.tf", "UTF-8"]);
}

#[test]
fn all_syntax_errors_in_one_run() {
    let folder = Folder::with("resource \"terraform_data\" \"a\" {\n  input = = 1\n}\n\nlocals {\n  b = [1, 2\n}\n");
    folder.write("other.tf", "output \"o\" {\n  value = \"${1 +}\"\n}\n\nvariable \"v\" {\n  type = string,\n}\n");
    let run = folder.run("validate -no-color").expect(1);
    // What may follow from the first error of a file is listed with it.
    run.says("line 7: Missing item separator").says("line 6: Missing newline after argument");
    refused(&folder, &["main.tf line 2", "other.tf line 2"]);
}

#[test]
fn several_mistakes_of_meaning_in_one_run() {
    let folder = Folder::with(
        "resource \"terraform_data\" \"a\" {\n  inptu = local.nothing\n}\n\noutput \"b\" {\n  value = var.missing\n}\n\n\
         output \"c\" {\n  value = terraform_data.b.id\n}\n",
    );
    refused(&folder, &["local.nothing", "var.missing", "terraform_data"]);
    folder.run("validate").expect(1).says("inptu");
}

#[test]
fn an_unknown_provider() {
    let mut folder = Folder::with(&using("nosuch"));
    folder.use_mirror();
    folder.run("init").expect(1).says("example.com/test/nosuch");
    refused(&folder, &["example.com/test/nosuch"]);
}

/// A plugin that is a script.
fn plugin(script: &str) -> Folder {
    let mut folder = Folder::with(&using("script"));
    folder.write("plugin", &format!("#!/bin/sh\n{script}\n"));
    make_executable(&folder, "plugin");
    folder.use_binaries(&[("example.com/test/script", &folder.file("plugin"))]);
    folder
}

#[test]
fn a_provider_that_exits() {
    refused(&plugin("echo the reason >&2; exit 3"), &["example.com/test/script", "exit status: 3", "the reason"]);
}

#[test]
fn a_provider_that_prints_garbage() {
    refused(&plugin("echo garbage; exec sleep 600"), &["example.com/test/script", "garbage"]);
    refused(&plugin("head -c 100000 /dev/zero; exec sleep 600"), &["example.com/test/script"]);
    refused(&plugin("echo '1|6|unix|/nowhere/socket|grpc'; exec sleep 600"), &["example.com/test/script"]);
    refused(&plugin("echo '1|4|unix|/nowhere/socket|grpc'; exec sleep 600"), &["example.com/test/script", "4"]);
}

#[test]
fn a_provider_that_is_no_program() {
    let mut folder = Folder::with(&using("script"));
    folder.write("plugin", "\0\0\0");
    make_executable(&folder, "plugin");
    folder.use_binaries(&[("example.com/test/script", &folder.file("plugin"))]);
    refused(&folder, &["example.com/test/script"]);
}

#[test]
fn a_provider_that_hangs() {
    let folder = plugin("exec sleep 600");
    let before = contents(&folder.path());
    let run = folder.run("plan -no-color").expect(1).says("example.com/test/script").says("60");
    assert!(!run.err.contains("panicked"), "{}", run.err);
    assert_eq!(contents(&folder.path()), before);
}

/// A provider that dies in the middle of an apply: its object is in doubt, nothing else happens to it.
#[test]
fn a_provider_that_dies_in_an_apply() {
    let folder = slow::folder(0, "");
    folder.write("gated.tf", &slow::gated(&folder, "one"));
    let apply = folder.start("apply -auto-approve -no-color");
    slow::wait_for_gate(&folder);
    let process = std::fs::read_to_string(slow::cloud(&folder).with_extension("process")).unwrap().parse().unwrap();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(process), nix::sys::signal::Signal::SIGKILL).unwrap();
    let run = Run::of("apply".to_owned(), apply.wait_with_output().unwrap());
    run.expect(1).says("slow_object.one").says("example.com/test/slow");
    folder.run("plan").expect(3).says("slow_object.one");
}

/// A folder with one object and its state.
fn applied() -> Folder {
    let folder = Folder::with("resource \"terraform_data\" \"a\" {\n  input = \"first\"\n}\n");
    folder.run("init").ok();
    folder.run("apply -auto-approve").ok();
    folder
}

#[test]
fn a_state_of_another_version() {
    for (version, text) in [(5, "5"), (0, "0"), (-1, "version")] {
        let folder = applied();
        let mut state = folder.state();
        state["version"] = json!(version);
        folder.write("terraform.tfstate", &state.to_string());
        refused(&folder, &["terraform.tfstate", text]);
    }
}

#[test]
fn a_state_that_is_cut_off() {
    let folder = applied();
    let state = folder.read("terraform.tfstate");
    let longest = state.trim_end().len();
    for length in [1, 2, longest / 4, longest / 2, longest - 1] {
        folder.write("terraform.tfstate", state.get(..length).unwrap());
        refused(&folder, &["terraform.tfstate"]);
    }
    for broken in ["null", "[]", "\"\"", "{}", "{\"version\":4,\"resources\":[{\"mode\":\"odd\"}]}"] {
        folder.write("terraform.tfstate", broken);
        refused(&folder, &["terraform.tfstate"]);
    }
}

/// Terraform empties the file before it writes; if it is killed then, it takes the file for no state at all.
#[test]
fn a_state_that_was_emptied() {
    let folder = applied();
    folder.write("main.tf", "resource \"terraform_data\" \"a\" {\n  input = \"second\"\n}\n");
    folder.run("apply -auto-approve").ok();
    folder.write("terraform.tfstate", "");
    refused(&folder, &["terraform.tfstate.backup"]);
    // Without a state file the backup says nothing: so one begins anew.
    std::fs::remove_file(folder.file("terraform.tfstate")).unwrap();
    folder.run("plan -no-color").ok().says("1 to add");
}

#[test]
fn a_state_of_another_lineage_is_not_pushed() {
    let folder = applied();
    let mut other = folder.state();
    other["lineage"] = json!("00000000-1111-2222-3333-444444444444");
    other["serial"] = json!(99);
    folder.write("other.json", &other.to_string());
    let before = contents(&folder.path());
    folder.run("state push other.json").expect(1).says("lineage");
    let mut older = folder.state();
    older["serial"] = json!(0);
    older["outputs"] = json!({ "x": { "value": 1, "type": "number" } });
    folder.write("other.json", &older.to_string());
    folder.run("state push other.json").expect(1).says("serial");
    folder.write("other.json", &other.to_string());
    assert_eq!(contents(&folder.path()), before, "nothing changed");
}

#[test]
fn a_plan_for_a_state_of_another_lineage() {
    let folder = applied();
    folder.run("plan -out=plan -destroy").ok();
    let mut other = folder.state();
    other["lineage"] = json!("00000000-1111-2222-3333-444444444444");
    folder.write("terraform.tfstate", &other.to_string());
    let before = contents(&folder.path());
    folder.run("apply plan").expect(1).says("stale");
    assert_eq!(contents(&folder.path()), before);
    folder.write("plan", "no plan");
    folder.run("apply plan").expect(1).says("plan");
}

#[test]
fn a_saved_plan_is_good_once() {
    let folder = applied();
    folder.write("main.tf", "resource \"terraform_data\" \"a\" {\n  input = \"second\"\n}\n");
    folder.run("plan -out=plan").ok();
    folder.run("apply plan").ok().says("1 changed");
    folder.run("apply plan").expect(1).says("stale");
}

#[test]
fn a_schema_that_the_state_does_not_fit() {
    let folder = slow::folder(0, "resource \"slow_object\" \"a\" {\n  name = \"a\"\n}\n");
    folder.run("apply -auto-approve").ok();
    let mut state = folder.state();
    state["resources"][0]["instances"][0]["attributes"]["name"] = json!(["no", "text"]);
    folder.write("terraform.tfstate", &state.to_string());
    refused(&folder, &["slow_object.a"]);
    assert!(fixtures::example_provider("slow").exists());
}
