//! hashicorp/null 2.1.2: a provider that was not written here, over protocol 5.

use formwork_tests::{Folder, Observed, Program};
use std::collections::BTreeMap;

const MAIN: &str = r#"
terraform {
  required_providers {
    null = {
      source  = "hashicorp/null"
      version = "2.1.2"
    }
  }
}

variable "release" {
  type    = string
  default = "one"
}

resource "null_resource" "first" {
  triggers = { release = var.release }
}

resource "null_resource" "after" {
  for_each = toset(["a", "b"])
  triggers = { first = null_resource.first.id }
}

resource "null_resource" "swapped" {
  triggers = { release = var.release }

  lifecycle {
    create_before_destroy = true
  }
}

resource "null_resource" "steady" {}

data "null_data_source" "values" {
  inputs = { release = var.release, first = null_resource.first.id }
}

output "release" {
  value = data.null_data_source.values.outputs["release"]
}
"#;

fn folder() -> Folder {
    let mut folder = Folder::with(MAIN);
    folder.use_mirror();
    folder
}

fn story(program: &Program) -> Observed {
    let folder = folder();
    program.run(&folder, "init -input=false").ok();
    let mut seen = Observed::default();
    seen.apply(program, &folder, "1 create", "");
    seen.plan(program, &folder, "2 nothing", "");
    seen.apply(program, &folder, "3 replace", "-var=release=two");
    seen.apply(program, &folder, "4 destroy", "-destroy");
    seen
}

#[test]
fn create_replace_destroy() {
    let seen = story(&Program::formwork());
    let actions = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(address, action)| ((*address).to_owned(), (*action).to_owned())).collect()
    };
    assert_eq!(seen.actions("2 nothing"), BTreeMap::new());
    assert_eq!(seen.0["2 nothing"]["exit code"], 0);
    let replaced = actions(&[
        ("data.null_data_source.values", "read"),
        ("null_resource.after[\"a\"]", "delete/create"),
        ("null_resource.after[\"b\"]", "delete/create"),
        ("null_resource.first", "delete/create"),
        ("null_resource.swapped", "create/delete"),
    ]);
    assert_eq!(seen.actions("3 replace"), replaced);
    assert_eq!(seen.0["3 replace"]["state"]["outputs"]["release"]["value"], "two");
    assert_eq!(seen.0["4 destroy"]["state"]["objects"], serde_json::json!({}));
    if let Some(terraform) = Program::terraform("plans and states with hashicorp/null") {
        seen.same_as(&story(&terraform), "terraform");
    }
}

#[test]
fn the_lock_file_and_the_installation_suit_the_reference() {
    let Some(terraform) = Program::terraform("a folder initialised by both programs") else { return };
    let formwork = Program::formwork();
    for (first, second) in [(&formwork, &terraform), (&terraform, &formwork)] {
        let folder = folder();
        first.run(&folder, "init -input=false").ok();
        let lock = folder.read(".terraform.lock.hcl");
        first.run(&folder, "apply -auto-approve -no-color").ok();
        second.run(&folder, "plan -detailed-exitcode -no-color").ok();
        second.run(&folder, "init -input=false").ok();
        let sums = |text: &str| text.lines().filter(|line| line.contains("h1:")).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(sums(&folder.read(".terraform.lock.hcl")), sums(&lock), "{} then {}", first.name, second.name);
    }
}
