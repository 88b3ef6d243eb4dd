//! State files go from one program to the other and back.

use formwork_tests::{Folder, Program, assert_same, state_values};

const MAIN: &str = r#"
variable "release" {
  type    = string
  default = "one"
}

resource "terraform_data" "single" {
  input            = { text = "grüße \u00e9 <&>", number = 0.1, big = 12345678901234567890, list = [1, "a", null, true] }
  triggers_replace = [var.release]
}

resource "terraform_data" "many" {
  for_each = toset(["x", "y\"z"])
  input    = sensitive("secret of ${each.key}")

  lifecycle {
    create_before_destroy = true
  }
}

resource "terraform_data" "counted" {
  count = 3
  input = terraform_data.single.id
}

module "inner" {
  source   = "./inner"
  for_each = { a = 1, b = 2 }
  value    = each.value
}

check "never" {
  assert {
    condition     = length(terraform_data.counted) == 3
    error_message = "There must be three."
  }
}

output "all" {
  value     = [terraform_data.single.output, values(terraform_data.many)[*].output]
  sensitive = true
}

output "inner" {
  value = { for key, module in module.inner : key => module.id }
}
"#;

const INNER: &str = "variable \"value\" {}\n\nresource \"terraform_data\" \"this\" {\n  input = var.value\n}\n\n\
                     output \"id\" {\n  value = terraform_data.this.id\n}\n";

fn folder() -> Folder {
    let folder = Folder::with(MAIN);
    folder.write("inner/main.tf", INNER);
    folder
}

#[test]
fn both_programs_plan_nothing_on_the_others_state() {
    let Some(terraform) = Program::terraform("state files that both programs use in turn") else { return };
    let formwork = Program::formwork();
    for (first, second) in [(&formwork, &terraform), (&terraform, &formwork)] {
        let folder = folder();
        first.run(&folder, "init -input=false").ok();
        first.run(&folder, "apply -auto-approve -no-color").ok();
        let before = folder.read("terraform.tfstate");
        second.run(&folder, "init -input=false").ok();
        second.run(&folder, "plan -detailed-exitcode -no-color").ok();
        second.run(&folder, "apply -auto-approve -no-color").ok().says("0 added, 0 changed, 0 destroyed");
        assert_same(&state_values(&folder.state()), &state_values(&serde_json::from_str(&before).unwrap()), first.name);
        // And on: the second changes, the first goes on from there, and destroys.
        second.run(&folder, "apply -auto-approve -no-color -var=release=two").ok().says("1 added");
        first.run(&folder, "plan -detailed-exitcode -no-color -var=release=two").ok();
        let (lineage, serial) = (folder.state()["lineage"].clone(), folder.state()["serial"].as_u64());
        first.run(&folder, "destroy -auto-approve -no-color -var=release=two").ok().says("8 destroyed");
        assert_eq!(folder.state()["lineage"], lineage);
        assert!(folder.state()["serial"].as_u64() > serial);
    }
}

/// What the reference wrote for the same configuration, kept, so that this means something without it.
#[test]
fn a_state_of_the_reference_is_taken_over() {
    let folder = folder();
    folder.write("terraform.tfstate", include_str!("data/reference_state.json"));
    folder.run("init").ok();
    folder.run("plan -detailed-exitcode").ok();
    let before = state_values(&folder.state());
    folder.run("apply -auto-approve").ok().says("0 added, 0 changed, 0 destroyed");
    assert_same(&state_values(&folder.state()), &before, "terraform");
    folder.run("destroy -auto-approve").ok().says("8 destroyed");
}
