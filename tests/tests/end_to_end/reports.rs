//! Forms of output for machines and bots: Markdown, HTML, and JSON messages beside the text.

use formwork_tests::{Folder, Program, Run};
use std::os::unix::fs::PermissionsExt;

const CONFIGURATION: &str = "resource \"terraform_data\" \"a\" {\n  input = \"```\\n</details>\\n@all\"\n}\n\noutput \"o\" {\n  \
                             value = terraform_data.a.id\n}\n";

/// Messages without their times.
fn messages(text: &str) -> Vec<serde_json::Value> {
    let parse = |line: &str| {
        let mut message: serde_json::Value = serde_json::from_str(line).unwrap();
        message.as_object_mut().unwrap().remove("@timestamp");
        message
    };
    text.lines().map(parse).collect()
}

/// Runs a command in two equal folders: with `-json`, and with `-json-into`. Both tell the same.
#[track_caller]
fn tells_the_same(prepare: &[&str], command: &str, code: i32, configuration: &str) -> Run {
    let run = |flag: &str| {
        let folder = Folder::with(configuration);
        prepare.iter().for_each(|command| drop(folder.run(command)));
        let run = folder.run(&format!("{command} {flag}")).expect(code);
        (folder, run)
    };
    let (_, streamed) = run("-json");
    let (folder, beside) = run("-json-into=events.jsonl");
    let expected = messages(&without_ids(&streamed.out));
    assert!(expected.len() > 1);
    assert_eq!(messages(&without_ids(&folder.read("events.jsonl"))), expected, "{command}");
    let mode = std::fs::metadata(folder.file("events.jsonl")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    beside
}

/// Identifiers are made by chance, and elapsed seconds are not the same twice.
fn without_ids(text: &str) -> String {
    let is_id = |word: &str| word.len() == 36 && word.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
    let mut out = String::new();
    for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && c != '-') {
        let bare = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        out.push_str(&if is_id(bare) { word.replace(bare, "ID") } else { word.to_owned() });
    }
    out
}

#[test]
fn messages_beside_the_text_are_those_of_the_stream() {
    tells_the_same(&[], "plan -input=false", 0, CONFIGURATION).says("Plan: 1 to add");
    tells_the_same(&[], "apply -auto-approve", 0, CONFIGURATION).says("Apply complete!");
    let applied = ["apply -auto-approve"];
    tells_the_same(&applied, "refresh", 0, CONFIGURATION);
    tells_the_same(&applied, "destroy -auto-approve", 0, CONFIGURATION).says("Destroy complete!");
    tells_the_same(&["plan -out=p"], "init", 0, CONFIGURATION).says("This directory is ready.");
    let wrong = "output \"o\" {\n  value = nowhere\n}\n";
    tells_the_same(&[], "plan", 1, wrong).says("nowhere");
    let failing = "variable \"v\" {\n  type = number\n}\n";
    tells_the_same(&[], "plan -input=false -var=v=x", 1, failing);
    let provisioned =
        "resource \"terraform_data\" \"a\" {\n  provisioner \"local-exec\" {\n    command = \"exit 3\"\n  }\n}\n";
    tells_the_same(&[], "apply -auto-approve", 1, provisioned);
}

#[test]
fn saved_plans_and_tests_too() {
    let folder = Folder::with(CONFIGURATION);
    folder.run("plan -out=p").ok();
    folder.run("apply -json-into=events p").ok().says("Apply complete!");
    let types: Vec<_> =
        messages(&folder.read("events")).iter().map(|m| m["type"].as_str().unwrap().to_owned()).collect();
    assert_eq!(types.first().map(String::as_str), Some("version"));
    assert_eq!(types.last().map(String::as_str), Some("outputs"));
    folder.write(
        "a.tftest.hcl",
        "run \"one\" {\n  assert {\n    condition = output.o != null\n    error_message = \"no\"\n  }\n}\n",
    );
    folder.run("test -json-into=tests").ok().says("1 passed");
    let summary = messages(&folder.read("tests")).pop().unwrap();
    assert_eq!(summary["type"], "test_summary");
}

#[test]
fn a_file_that_cannot_be_written_is_an_error_that_stops_nothing() {
    let folder = Folder::with(CONFIGURATION);
    folder.run("apply -auto-approve -json-into=no/such/file").expect(1).says("Cannot write the JSON messages");
    assert!(!folder.exists("terraform.tfstate"));
    folder.run("apply -auto-approve -json-into=/dev/full").expect(1).says("Apply complete!").says("lacks messages");
    assert_eq!(folder.state()["resources"].as_array().unwrap().len(), 1);
    folder.write("mine", "mine");
    std::os::unix::fs::symlink(folder.file("mine"), folder.file("link")).unwrap();
    folder.run("plan -json-into=link").ok();
    assert_eq!(folder.read("mine"), "mine");
}

#[test]
fn plans_and_states_for_reviewers() {
    let folder = Folder::with(CONFIGURATION);
    folder.run("plan -out=p").ok();
    let comment = folder.run("show -format=markdown p").ok().out;
    assert!(comment.starts_with("### Plan: 1 to create, 1 output to change\n"), "{comment}");
    assert!(comment.contains("\n````diff\n+ resource \"terraform_data\" \"a\" {\n"), "{comment}");
    let page = folder.run("show -format=html p").ok().out;
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("&lt;/details&gt;") && !page.contains("<script"));
    folder.run("show -format=markdown -max-bytes=100 p").expect(1).says("too little");
    folder.run("show -format=markdown").ok().says("State: empty");
    folder.run("apply p").ok();
    folder.run("show -format=markdown").ok().says("State: 1 resources, 1 outputs");
    assert!(folder.run("show -format=html").ok().out.contains("id=\"terraform_data.a\""));
}

const GRAPHED: &str = r#"
variable "x" {
  default = 1
  validation {
    condition     = var.x > 0 && local.k
    error_message = "x"
  }
}
locals {
  y = var.x + 1
  k = true
}
resource "terraform_data" "a" {
  triggers_replace = local.y
}
resource "terraform_data" "b" {
  count      = COUNT
  input      = terraform_data.a.id
  depends_on = [module.m]
}
module "m" {
  source = "./m"
  v      = terraform_data.a.output
}
output "o" {
  value = module.m.out
}
check "c" {
  assert {
    condition     = terraform_data.a.id != ""
    error_message = "x"
  }
}
"#;

/// Everything that `graph` draws for one history.
fn drawings(program: &Program) -> Vec<(String, String)> {
    let folder = Folder::with(&GRAPHED.replace("COUNT", "2"));
    folder.write("m/main.tf", "variable \"v\" {}\nresource \"terraform_data\" \"in\" {\n  input = var.v\n}\noutput \"out\" {\n  value = terraform_data.in.id\n}\n");
    let mut found = Vec::new();
    let mut draw = |when: &str, flags: &str| {
        let drawing = program.run(&folder, &format!("graph {flags}")).ok().out;
        found.push((format!("{when}: graph {flags}"), drawing));
    };
    let types = ["", "-type=plan", "-type=plan-refresh-only", "-type=plan-destroy", "-type=apply"];
    program.run(&folder, "init").ok();
    program.run(&folder, "plan -out=p").ok();
    types.iter().for_each(|flags| draw("before", flags));
    draw("before", "-plan=p");
    draw("before", "-type=plan -plan=p");
    program.run(&folder, "apply p").ok();
    types.iter().for_each(|flags| draw("after", flags));
    program.run(&folder, "plan -destroy -out=d").ok();
    draw("after", "-plan=d");
    folder.write("main.tf", &GRAPHED.replace("COUNT", "1").replace("default = 1", "default = 2"));
    program.run(&folder, "plan -out=c").ok();
    draw("changed", "-plan=c");
    found
}

#[test]
fn graphs_are_those_of_the_reference() {
    let ours = drawings(&Program::formwork());
    let Some(reference) = Program::terraform("graphs of all phases") else { return };
    for ((what, ours), (_, theirs)) in ours.into_iter().zip(drawings(&reference)) {
        assert_eq!(ours, theirs, "{what}");
    }
}

#[test]
fn cycles_can_be_drawn_and_everything_as_mermaid() {
    let circle = "resource \"terraform_data\" \"a\" {\n  input = terraform_data.b.id\n}\nresource \"terraform_data\" \"b\" {\n  \
                  input = terraform_data.a.id\n}\nresource \"terraform_data\" \"c\" {\n  input = terraform_data.a.id\n}\n";
    let folder = Folder::with(circle);
    folder.run("graph -type=plan").expect(1).says("Cycle");
    let drawing = folder.run("graph -type=plan -draw-cycles").ok().out;
    assert_eq!(drawing.matches("[color = \"red\", penwidth = \"2.0\"]").count(), 2, "{drawing}");
    let folder = Folder::with(CONFIGURATION);
    folder.run("plan -out=p").ok();
    for flags in ["", "-type=plan", "-type=plan-destroy", "-plan=p", "-type=operations -plan=p"] {
        let drawing = folder.run(&format!("graph -format=mermaid {flags}")).ok().out;
        assert!(drawing.starts_with("flowchart RL\n"), "{drawing}");
    }
}
