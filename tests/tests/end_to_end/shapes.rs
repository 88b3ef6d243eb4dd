//! What the built-in provider lacks, through a process that serves the simulated cloud: blocks and attributes inside of
//! others, dynamic blocks, write-only arguments, ephemeral resources.
//!
//! `data/shapes/NAME.tf` has the configurations of a story, each below a line `#### STEP [OPTIONS OF PLAN]`, and
//! `NAME.json` what the reference makes of them. With `BLESS=1` the latter is recorded anew, if the reference is there.

use formwork_tests::{Folder, Observed, Program, assert_same, fixtures};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn data(name: &str) -> PathBuf {
    formwork_tests::root().join("tests/tests/end_to_end/data/shapes").join(name)
}

fn folder() -> Folder {
    let mut folder = Folder::new();
    folder.use_binaries(&[("hashicorp/cloud", &fixtures::example_provider("cloud"))]);
    folder
}

/// Steps with the options of their plans, and their configurations.
fn steps(name: &str) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(data(&format!("{name}.tf"))).expect("a story");
    let steps = text.split("#### ").skip(1).filter_map(|step| step.split_once('\n'));
    steps.map(|(heading, main)| (heading.to_owned(), main.to_owned())).collect()
}

fn story(program: &Program, name: &str) -> Value {
    let folder = folder();
    let mut seen = Observed::default();
    for (heading, main) in steps(name) {
        let (step, options) = heading.split_once(' ').unwrap_or((&heading, ""));
        folder.write("main.tf", &main);
        seen.apply(program, &folder, step, options);
    }
    Value::Object(seen.0.into_iter().collect())
}

fn tells_the_same(name: &str) {
    let seen = story(&Program::formwork(), name);
    let record = data(&format!("{name}.json"));
    if let Some(terraform) = Program::terraform(&format!("plans and states of the story {name}")) {
        let reference = story(&terraform, name);
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&record, format!("{reference:#}\n")).expect("a record");
        }
        assert_same(&seen, &reference, "terraform");
    }
    let recorded = std::fs::read_to_string(&record).expect("a record");
    assert_same(&seen, &serde_json::from_str(&recorded).expect("JSON"), "recorded of terraform");
}

#[test]
fn nested_attributes_and_blocks() {
    tells_the_same("nested");
}

#[test]
fn dynamic_blocks() {
    tells_the_same("dynamic");
}

#[test]
fn write_only_arguments() {
    tells_the_same("write_only");
}

#[test]
fn ignored_changes_moves_and_outputs() {
    tells_the_same("lifecycle");
}

/// What becomes known, and turns out to be a secret, at apply only.
#[test]
fn outputs_that_turn_out_to_be_sensitive_are_not_stored() {
    let folder = folder();
    folder.write(
        "main.tf",
        "resource \"cloud_shape\" \"a\" { name = \"a\" }\n\
         output \"facts\" { value = [for fact in cloud_shape.a.facts : fact.password] }\n",
    );
    let run = folder.run("apply -no-color -auto-approve");
    assert_eq!(run.code, Some(1), "{}", run.out);
    assert!(run.err.contains("Output refers to sensitive values"), "{}", run.err);
    assert_eq!(folder.state()["outputs"], serde_json::json!({}));
}

/// What dynamic blocks must not be: each body of a resource with the problem that it has.
#[test]
fn dynamic_blocks_that_are_wrong() {
    let repeat = |kind: &str, arguments: &str, content: &str| {
        format!("dynamic \"{kind}\" {{\n  {arguments}\n  content {{ {content} }}\n}}")
    };
    let cases = [
        (repeat("limits", "for_each = [1, 2]", ""), "Duplicate limits block"),
        (repeat("rule", "for_each = null", "port = 1"), "Invalid dynamic for_each value"),
        (repeat("rule", "for_each = \"t\"", "port = 1"), "Invalid dynamic for_each value"),
        (repeat("rule", "", "port = 1"), "Missing required argument"),
        (repeat("rule", "for_each = [1]", ""), "Missing required argument"),
        (repeat("rule", "for_each = [1]", "prot = 1"), "Did you mean \"port\""),
        (repeat("rules", "for_each = [1]", "port = 1"), "Unsupported block type"),
        (repeat("rule", "for_each = [1]\n  iterator = \"x y\"", "port = 1"), "Invalid dynamic iterator name"),
        (repeat("rule", "for_each = [1]\n  labels = [\"a\"]", "port = 1"), "Unsupported argument"),
        (repeat("endpoint", "for_each = [1]", ""), "Missing required argument"),
        (repeat("endpoint", "for_each = [1]\n  labels = [\"a\", \"b\"]", ""), "Invalid dynamic block label"),
        (repeat("endpoint", "for_each = [1]\n  labels = [null]", ""), "Invalid dynamic block label"),
        (repeat("endpoint", "for_each = [1]\n  labels = [[]]", ""), "Invalid dynamic block label"),
        (repeat("endpoint", "for_each = [1]\n  labels = [sensitive(\"a\")]", ""), "Invalid dynamic block label"),
        (repeat("endpoint", "for_each = [1]\n  labels = sensitive([\"a\"])", ""), "Invalid dynamic block label"),
        (repeat("endpoint", "for_each = [1]\n  labels = [terraform_data.x.id]", ""), "Invalid dynamic block label"),
        (repeat("endpoint", "for_each = [1, 2]\n  labels = [\"same\"]", ""), "Duplicate endpoint block"),
    ];
    let folder = folder();
    let reference = Program::terraform("problems of dynamic blocks");
    for (body, problem) in cases {
        let main = format!(
            "resource \"terraform_data\" \"x\" {{}}\nresource \"cloud_shape\" \"a\" {{\nname = \"a\"\n{body}\n}}\n"
        );
        folder.write("main.tf", &main);
        let run = folder.run("plan -no-color");
        assert_eq!(run.code, Some(1), "{body}\n{}", run.out);
        assert!(run.err.contains(problem), "{body}\n{}", run.err);
        if let Some(terraform) = &reference {
            assert_eq!(terraform.run(&folder, "plan -no-color").code, Some(1), "{body}");
        }
    }
}

const SECRETS: &str = r#"
variable "code" {
  type      = string
  ephemeral = true
}

ephemeral "cloud_token" "t" { name = "t" }

ephemeral "cloud_token" "outer" { name = ephemeral.cloud_token.t.value }

provider "cloud" {
  alias    = "inner"
  endpoint = ephemeral.cloud_token.outer.value
}

ephemeral "cloud_token" "inside" {
  provider = cloud.inner
  name     = "inside"
}

locals { both = "${ephemeral.cloud_token.t.value} ${var.code}" }

resource "cloud_shape" "a" {
  provider      = cloud.inner
  name          = "a"
  token         = local.both
  token_version = VERSION
  single        = { key = ephemeral.cloud_token.inside.value }
  items         = [{ sku = "s", key = local.both }]
  slots         = { a = { port = 1, key = var.code } }
  dynamic "rule" {
    for_each = [1]
    content {
      port = rule.value
      key  = local.both
    }
  }
}

output "null" { value = cloud_shape.a.token }
"#;

/// What must be in no file: the variable's value, and the values of all tokens.
const SECRET_TEXTS: [&str; 2] = ["canary-4711", "token of"];

/// A folder whose provider tells its calls to a file outside.
fn secrets(version: u32, calls: &Path) -> Folder {
    let mut folder = folder();
    folder.write("main.tf", &SECRETS.replace("VERSION", &version.to_string()));
    folder.set("TF_VAR_code", SECRET_TEXTS[0]);
    folder.set("TF_LOG", "trace");
    folder.set("TF_LOG_PATH", "log.txt");
    folder.set("CLOUD_LOG", &calls.to_string_lossy());
    folder
}

#[track_caller]
fn no_secret_in(text: &str, place: &str) {
    for secret in SECRET_TEXTS {
        let found = text.lines().find(|line| line.contains(secret));
        assert!(found.is_none(), "{place}: {}", found.unwrap_or_default());
    }
}

/// Looks into every file below a folder, and into plans.
#[track_caller]
fn no_secret_below(folder: &Path) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let (path, kind) = (entry.path(), entry.file_type().expect("a kind"));
        if kind.is_dir() {
            no_secret_below(&path);
        } else if kind.is_file() {
            let bytes = std::fs::read(&path).expect("a file");
            no_secret_in(&String::from_utf8_lossy(&bytes), &path.to_string_lossy());
            if path.extension().is_some_and(|end| end == "plan") {
                let plan = formwork_backend::plan_file::decode(&bytes).expect("a plan");
                no_secret_in(&format!("{plan:#?}"), &path.to_string_lossy());
            }
        }
    }
}

/// Runs a command; neither what it says nor what it leaves has a secret in it.
#[track_caller]
fn run_discreetly(folder: &Folder, words: &str, code: i32) {
    let run = folder.run(words);
    assert_eq!(run.code, Some(code), "{}\n{}\n{}", run.command, run.out, run.err);
    no_secret_in(&run.out, words);
    no_secret_in(&run.err, words);
    no_secret_below(folder.path().parent().expect("a folder around"));
}

fn calls(path: &Path) -> Vec<String> {
    let told = std::fs::read_to_string(path).unwrap_or_default();
    let _ = std::fs::remove_file(path);
    told.lines().map(str::to_owned).collect()
}

#[test]
fn secrets_are_in_nothing_that_is_written() {
    let outside = tempfile::tempdir().expect("a folder");
    let log = outside.path().join("calls");
    let mut folder = secrets(1, &log);
    for (words, code) in [
        ("validate", 0),
        ("plan -no-color -out=first.plan", 0),
        ("show -no-color first.plan", 0),
        ("show -json first.plan", 0),
        ("apply -no-color first.plan", 0),
        ("state pull", 0),
        ("show -json", 0),
        ("output -json", 0),
        ("plan -json -detailed-exitcode", 0),
        ("apply -json -auto-approve -refresh-only", 0),
    ] {
        run_discreetly(&folder, words, code);
    }
    assert!(folder.exists("log.txt"));
    // The provider has got them, of course.
    let told = calls(&log);
    let created = told
        .iter()
        .any(|line| line.starts_with("create a ") && line.ends_with("with token \"token of t canary-4711\""));
    assert!(created, "{told:#?}");

    folder.write("main.tf", &SECRETS.replace("VERSION", "2"));
    folder.set("CLOUD_FAILS", "update a");
    run_discreetly(&folder, "apply -no-color -auto-approve", 1);
    folder.unset("CLOUD_FAILS");
    folder.set("CLOUD_DIES", "update a");
    run_discreetly(&folder, "apply -no-color -auto-approve", 1);
    folder.unset("CLOUD_DIES");
    run_discreetly(&folder, "apply -no-color -auto-approve", 0);
    run_discreetly(&folder, "destroy -no-color -auto-approve", 0);
}

#[test]
fn ephemeral_objects_are_closed_whatever_happens() {
    let outside = tempfile::tempdir().expect("a folder");
    let log = outside.path().join("calls");
    let mut folder = secrets(1, &log);
    let ends = |told: &[String], word: &str| -> Vec<String> {
        told.iter().filter_map(|line| line.strip_prefix(word)).map(|rest| rest.trim().to_owned()).collect()
    };
    run_discreetly(&folder, "plan -no-color", 0);
    let told = calls(&log);
    assert_eq!(ends(&told, "open"), ["t", "token of t", "inside"]);
    assert_eq!(ends(&told, "close"), ["inside", "token of t", "t"]);

    for (fails, opened, closed) in [
        ("open t", vec!["t"], vec![]),
        ("open inside", vec!["t", "token of t", "inside"], vec!["token of t", "t"]),
        ("plan a", vec!["t", "token of t", "inside"], vec!["inside", "token of t", "t"]),
    ] {
        folder.unset("CLOUD_FAILS");
        folder.set("CLOUD_FAILS", fails);
        run_discreetly(&folder, "plan -no-color", 1);
        let told = calls(&log);
        assert_eq!(ends(&told, "open"), opened, "{fails}");
        assert_eq!(ends(&told, "close"), closed, "{fails}");
    }
    // The work is done by then, but nobody may think that all is well.
    folder.unset("CLOUD_FAILS");
    folder.set("CLOUD_FAILS", "close t");
    let run = folder.run("plan -no-color");
    assert!(run.err.contains("Close failed"), "{}", run.err);
    assert_eq!(ends(&calls(&log), "close"), ["inside", "token of t", "t"]);
}
