//! Tools that were not written here: they drive the program, or read what it writes. What they make of it is compared
//! with what they make of Terraform where that is at hand.

use formwork_tests::{Folder, Program, Run, fixtures, root};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

fn data(path: &str) -> PathBuf {
    root().join("tests/tools").join(path)
}

fn stack() -> Folder {
    let mut folder = Folder::copy_of("tests/tools/stack");
    folder.use_mirror();
    folder
}

/// Runs a script of `tests/tools`, and gives what it prints at its end.
#[track_caller]
fn ask(folder: &Folder, script: &str, argument: &Path) -> Value {
    let mut command = folder.program(&fixtures::tool("drivers/bin/python"), "");
    let output = command.arg(data(script)).arg(argument).output().expect("Python starts");
    let run = Run::of(script.to_owned(), output).ok();
    let last = run.out.lines().last().unwrap_or_default();
    serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}\n{}\n{}", run.out, run.err))
}

/// What a script tells of the program, and the same as of the reference.
#[track_caller]
fn driven(script: &str) -> Value {
    let told = ask(&stack(), script, Program::formwork().path());
    if let Some(terraform) = Program::terraform(script) {
        assert_eq!(told, ask(&stack(), script, terraform.path()), "{script}");
    }
    told
}

#[test]
fn python_terraform_drives_it() {
    let told = driven("with_python_terraform.py");
    let codes = ["init", "validate", "fmt", "apply", "plan again", "show", "graph", "smaller", "destroy"];
    for step in codes {
        assert_eq!(told[step], 0, "{step}: {told:#}");
    }
    assert_eq!((&told["plan"], &told["wrong value"], &told["import"]), (&json!(2), &json!(1), &json!(1)));
    assert_eq!(told["plan says"], true);
    assert_eq!(told["outputs"]["size"], json!({ "sensitive": false, "type": "number", "value": 2 }));
    assert_eq!(told["one output"], 2);
    assert_eq!(told["secret"], "s3cret");
    assert_eq!(told["names"], json!(["a", "b"]));
    assert_eq!(
        told["in the state"],
        json!(["null_resource.host", "terraform_data.in", "terraform_data.net", "terraform_data.subnet"])
    );
    assert_eq!(
        (&told["create a workspace"], &told["delete it"], &told["delete it again"]),
        (&json!(0), &json!(0), &json!(1))
    );
    assert_eq!(told["left"], json!([]));
}

#[test]
fn tftest_drives_it() {
    let told = driven("with_tftest.py");
    assert_eq!(told["changes"]["terraform_data.subnet[\"a\"]"], json!(["create"]));
    assert_eq!(told["changes"].as_object().map(serde_json::Map::len), Some(6));
    assert_eq!(told["modules"], json!({ "module.m": ["terraform_data.in"] }));
    assert_eq!(told["outputs"], json!({ "names": ["a", "b"], "secret": "s3cret", "size": 2 }));
    assert_eq!(told["objects"].as_array().map(Vec::len), Some(4), "{told:#}");
    assert_eq!((&told["has lineage"], &told["refused"]), (&json!(true), &json!(true)));
    assert_eq!((&told["again"], &told["left"]), (&json!(["no-op"]), &json!([])));
}

/// A folder with the plan as JSON in `plan.json`.
fn planned() -> Folder {
    let folder = stack();
    folder.run("init").ok();
    folder.run("plan -out=plan -var=size=2").ok();
    folder.write("plan.json", &folder.run("show -json plan").ok().out);
    folder
}

#[test]
fn terraform_compliance_reads_plans() {
    let folder = planned();
    for (feature, code, says) in [("met", 0, "3 passed"), ("broken", 1, "It is set to 10.0.0.0/16")] {
        folder.write(
            &format!("{feature}/a.feature"),
            &std::fs::read_to_string(data(&format!("compliance/{feature}.feature"))).unwrap(),
        );
        let program = fixtures::tool("compliance/bin/terraform-compliance");
        let mut command = folder.program(&program, &format!("-S -p plan.json -f {feature}"));
        Run::of(format!("terraform-compliance {feature}"), command.output().unwrap()).expect(code).says(says);
    }
}

#[test]
fn checkov_reads_plans() {
    let folder = planned();
    let mut command = folder.program(
        &fixtures::tool("checkov/bin/checkov"),
        "-f plan.json --skip-download --quiet --compact -o json --check CKV2_DATA_1",
    );
    let output = command.arg("--external-checks-dir").arg(data("checkov")).output().unwrap();
    let report = Run::of("checkov".into(), output).expect(1).json();
    let found = |results: &str| -> Vec<&str> {
        let results = report["results"][results].as_array().into_iter().flatten();
        results.filter_map(|result| result["resource"].as_str()).collect()
    };
    assert_eq!(found("failed_checks"), ["terraform_data.net", "module.m.terraform_data.in"]);
    // A short report does not list those that pass.
    assert_eq!(report["summary"]["passed"], 2, "{report:#}");
    assert_eq!((&report["summary"]["parsing_errors"], &report["summary"]["resource_count"]), (&json!(0), &json!(6)));
}

/// No module: blastradius knows no graph of Terraform 0.12 or later that has one.
const FLAT: &str = r#"
variable "size" { default = 2 }
resource "terraform_data" "net" { input = var.size }
resource "terraform_data" "host" {
  count = var.size
  input = local.net
}
locals { net = terraform_data.net.id }
output "hosts" { value = terraform_data.host[*].id }
"#;

/// What readers of DOT make of a program's graphs: of a stack with a module, and of one without.
fn graphs(program: &Program) -> (Value, Value) {
    let folder = stack();
    program.run(&folder, "init").ok();
    program.run(&folder, "plan -out=plan").ok();
    let graphs =
        [("resources", ""), ("plan", "-type=plan"), ("destroy", "-type=plan-destroy"), ("apply", "-plan=plan")];
    for (name, words) in graphs {
        folder.write(&format!("{name}.dot"), &program.run(&folder, &format!("graph {words}")).ok().out);
    }
    let flat = Folder::with(FLAT);
    program.run(&flat, "init").ok();
    flat.write("plan.dot", &program.run(&flat, "graph -type=plan").ok().out);
    let none = Path::new("");
    (ask(&folder, "with_pydot.py", none), ask(&flat, "with_blastradius.py", none))
}

#[test]
fn readers_of_dot_accept_graphs() {
    let (by_pydot, by_blastradius) = graphs(&Program::formwork());
    for (graph, edge) in [
        ("resources.dot", ["null_resource.host", "terraform_data.subnet"]),
        ("plan.dot", ["[root] null_resource.host (expand)", "[root] terraform_data.subnet (expand)"]),
    ] {
        assert!(by_pydot[graph]["edges"].as_array().unwrap().contains(&json!(edge)), "{by_pydot:#}");
    }
    let edge = json!(["terraform_data.host (expand)", "local.net (expand)"]);
    assert!(by_blastradius["edges"].as_array().unwrap().contains(&edge), "{by_blastradius:#}");
    if let Some(terraform) = Program::terraform("graphs as other tools read them") {
        let (pydot, blastradius) = graphs(&terraform);
        for graph in ["resources.dot", "plan.dot", "destroy.dot"] {
            assert_eq!(by_pydot[graph], pydot[graph], "{graph}");
        }
        assert_eq!(by_pydot["apply.dot"]["nodes"], pydot["apply.dot"]["nodes"]);
        assert_eq!(by_blastradius, blastradius);
    }
}

/// cdktf with a program of its own language; `CIDR` is a value in that.
#[track_caller]
fn cdktf(folder: &Folder, words: &str, cidr: &str) -> Run {
    let mut command: Command = folder.program(&fixtures::tool("cdktf/node_modules/.bin/cdktf"), words);
    command.env("TERRAFORM_BINARY_NAME", fixtures::formwork()).env("CI", "1").env("CIDR", cidr);
    Run::of(format!("cdktf {words}"), command.output().unwrap())
}

#[test]
fn cdktf_deploys() {
    let mut folder = Folder::copy_of("tests/tools/cdktf");
    folder.use_mirror();
    std::os::unix::fs::symlink(fixtures::tool("cdktf/node_modules"), folder.file("node_modules")).unwrap();
    cdktf(&folder, "deploy --auto-approve --outputs-file=out.json", "10.1.0.0/16").ok().says("2 added");
    let outputs: Value = serde_json::from_str(&folder.read("out.json")).unwrap();
    assert_eq!(outputs, json!({ "demo": { "network": { "cidr": "10.1.0.0/16" }, "fits": true } }));
    cdktf(&folder, "diff", "10.1.0.0/16").ok().says("No changes.");
    cdktf(&folder, "deploy --auto-approve", "10.2.0.0/16").ok().says("1 changed");
    cdktf(&folder, "destroy --auto-approve", "10.2.0.0/16").ok().says("2 destroyed");
    let state: Value = serde_json::from_str(&folder.read("terraform.demo.tfstate")).unwrap();
    assert_eq!(state["resources"], json!([]));
}
