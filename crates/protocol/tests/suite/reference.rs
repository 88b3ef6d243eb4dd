//! The reference as the host of our plugins. Runs only where a program `terraform` is on the path.

use super::fixture::sample_provider;
use std::path::Path;
use std::process::Command;

const CONFIG: &str = r#"
terraform {
  required_providers {
    sample = { source = "example.com/test/sample" }
  }
}

provider "sample" {
  prefix = "x-"
}

variable "name" {
  default = "n"
}

variable "text" {
  default = "grüße"
}

resource "sample_note" "a" {
  name     = var.name
  any      = { k = [1, "two", null] }
  labels   = ["b", "a"]
  password = "hidden"
  secret   = "never stored"
  rule     = [{ port = 80 }]
  line {
    text = var.text
  }
}

data "sample_note" "d" {
  name = sample_note.a.id
}

output "id" {
  value = data.sample_note.d.id
}

output "glued" {
  value = provider::sample::glue("a", "b")
}
"#;

struct Reference<'a> {
    folder: &'a Path,
    home: &'a Path,
}

impl Reference<'_> {
    /// Runs a command and gives its exit code and what it printed.
    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let output = Command::new("terraform")
            .args(arguments)
            .current_dir(self.folder)
            .env("TF_CLI_CONFIG_FILE", self.home.join("cli.tfrc"))
            .env("HOME", self.home)
            .env("CHECKPOINT_DISABLE", "1")
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&text).into_owned())
    }

    fn expect(&self, code: i32, arguments: &[&str], texts: &[&str]) {
        let (got, output) = self.run(arguments);
        assert_eq!(got, code, "{arguments:?}: {output}");
        for text in texts {
            assert!(output.contains(text), "{arguments:?}: no {text:?} in {output}");
        }
    }
}

#[test]
fn the_reference_runs_our_plugin() {
    if Command::new("terraform").arg("version").output().is_err() {
        println!("NOT RUN: there is no terraform on the path");
        return;
    }
    let (folder, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let plugins = sample_provider();
    let overrides = format!(
        "provider_installation {{\n  dev_overrides {{\n    \"example.com/test/sample\" = {:?}\n  }}\n  direct {{}}\n}}\n",
        plugins.parent().unwrap()
    );
    std::fs::write(home.path().join("cli.tfrc"), overrides).unwrap();
    std::fs::write(folder.path().join("main.tf"), CONFIG).unwrap();
    let reference = Reference { folder: folder.path(), home: home.path() };

    reference.expect(0, &["validate", "-no-color"], &["Success"]);
    reference.expect(1, &["plan", "-no-color", "-var=name=forbidden"], &["Forbidden name", "Choose another name"]);
    reference.expect(0, &["apply", "-no-color", "-auto-approve"], &["1 added", "id = \"x-x-n\"", "glued = \"ab\""]);
    reference.expect(0, &["plan", "-no-color", "-detailed-exitcode"], &["No changes"]);
    reference.expect(0, &["apply", "-no-color", "-auto-approve", "-var=text=new"], &["1 changed"]);
    reference.expect(
        0,
        &["apply", "-no-color", "-auto-approve", "-var=text=new", "-var=name=other"],
        &["forces replacement", "1 added, 0 changed, 1 destroyed", "id = \"x-x-other\""],
    );
    let state = std::fs::read_to_string(folder.path().join("terraform.tfstate")).unwrap();
    assert!(state.contains("\"secret\": null") && state.contains("\"private\": \"cGxhbm5lZA==\""), "{state}");
    reference.expect(0, &["destroy", "-no-color", "-auto-approve"], &["1 destroyed"]);
    reference.expect(0, &["import", "-no-color", "sample_note.a", "imported"], &["Import successful"]);
}
