//! Values from outside.

use crate::memory_files::MemoryFiles;
use formwork_config::{
    Config, ModuleResolution, Origin, VariableArgument, VariableFile, VariableInputs, automatic_files,
    collect_variables, load, missing_variables,
};
use formwork_model::ModuleManifest;

const MODULE: &str = r#"
variable "s" {
  type = string
}
variable "n" {
  type = number
}
variable "l" {
  type = list(string)
}
variable "any" {
  type = any
}
variable "untyped" {
}
variable "strict" {
  default  = "d"
  nullable = false
}
variable "object" {
  type = object({ a = string, b = optional(number, 5) })
}
"#;

fn config() -> Config {
    let mut files = MemoryFiles::default();
    files.add("main.tf", MODULE);
    let (config, diagnostics) = load(&files, ".", &ModuleManifest::default(), ModuleResolution::Manifest);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    config
}

fn file(name: &str, text: &str) -> VariableFile {
    VariableFile { name: name.to_string(), bytes: text.as_bytes().to_vec() }
}

/// Values as JSON-like text by name, and problems.
fn collect(inputs: VariableInputs) -> (String, Vec<String>) {
    let mut config = config();
    let root = config.root().clone();
    let (given, diagnostics) = collect_variables(&root, inputs, &mut config.sources);
    let values: Vec<String> = given.iter().map(|(name, v)| format!("{name}={}", text(&v.value))).collect();
    (values.join(" "), diagnostics.iter().map(|d| format!("{:?} {}", d.severity, d.summary)).collect())
}

fn text(value: &formwork_value::Value) -> String {
    if value.is_null() {
        return "null".to_string();
    }
    let quoted = |s: &str| format!("{s:?}");
    let number = value.as_number().map(|n| n.to_string()).or(value.as_bool().map(|b| b.to_string()));
    let list =
        || value.as_sequence().map(|items| format!("[{}]", items.iter().map(text).collect::<Vec<_>>().join(",")));
    let map = || {
        let entry = |(k, v): (&formwork_value::Str, &formwork_value::Value)| format!("{k}:{}", text(v));
        value.as_mapping().map(|m| format!("{{{}}}", m.iter().map(entry).collect::<Vec<_>>().join(",")))
    };
    value.as_str().map(quoted).or(number).or_else(list).or_else(map).unwrap_or_else(|| "?".to_string())
}

#[test]
fn texts_are_read_as_the_type_says() {
    let cases = [
        ("s=null", "s=\"null\"", ""),
        ("n=5", "n=5", ""),
        ("n=x", "n=?", "Error Invalid value for input variable"),
        ("l=[\"a\", 1]", "l=[\"a\",\"1\"]", ""),
        ("l=x", "l=?", "Error Variables not allowed"),
        ("l=upper(\"x\")", "l=?", "Error Function calls not allowed"),
        ("l={a = 1}", "l=?", "Error Invalid value for input variable"),
        ("any=true", "any=true", ""),
        ("untyped=true", "untyped=\"true\"", ""),
        ("untyped=a=b", "untyped=\"a=b\"", ""),
        ("object={a = 1}", "object={a:\"1\",b:5}", ""),
        ("object={}", "object=?", "Error Invalid value for input variable"),
        ("none=1", "", "Error Value for undeclared variable"),
        ("nothing", "", "Error Invalid -var option"),
        ("s =1", "", "Error Invalid -var option"),
    ];
    for (argument, expected, problem) in cases {
        let arguments = vec![VariableArgument::Value(argument.to_string())];
        let (values, problems) = collect(VariableInputs { arguments, ..VariableInputs::default() });
        assert_eq!((values.as_str(), problems.join(" ").as_str()), (expected, problem), "{argument}");
    }
}

#[test]
fn later_inputs_win() {
    let environment = [("TF_VAR_s", "env"), ("TF_VAR_none", "x"), ("OTHER", "x")];
    let mut inputs = VariableInputs {
        environment: environment.map(|(a, b)| (a.to_string(), b.to_string())).to_vec(),
        ..VariableInputs::default()
    };
    let expect = |inputs: &VariableInputs, expected: &str| {
        let (values, problems) = collect(inputs.clone());
        assert_eq!((values.as_str(), problems), (expected, Vec::new()));
    };
    expect(&inputs, "s=\"env\"");
    inputs.files.push(file("terraform.tfvars", "s = \"file\"\n"));
    expect(&inputs, "s=\"file\"");
    inputs.files.push(file("x.auto.tfvars.json", "{\"s\": \"${json}\", \"n\": 1}"));
    expect(&inputs, "n=1 s=\"${json}\"");
    inputs.arguments.push(VariableArgument::Value("s=first".into()));
    inputs.arguments.push(VariableArgument::File(file("y.tfvars", "s = \"second\"\n")));
    expect(&inputs, "n=1 s=\"second\"");
    inputs.arguments.push(VariableArgument::Value("s=third".into()));
    expect(&inputs, "n=1 s=\"third\"");
}

#[test]
fn null_takes_the_default_of_what_cannot_be_null() {
    let arguments = vec![VariableArgument::File(file("v.tfvars", "strict = null\nuntyped = null\nobject = null\n"))];
    let (values, problems) = collect(VariableInputs { arguments, ..VariableInputs::default() });
    assert_eq!((values.as_str(), problems), ("object=null strict=\"d\" untyped=null", Vec::new()));
}

#[test]
fn undeclared_values_in_files_are_warnings() {
    let files = vec![file("terraform.tfvars", "a = 1\nb = 2\nc = 3\nd = 4\n")];
    let (_, problems) = collect(VariableInputs { files, ..VariableInputs::default() });
    assert_eq!(
        problems,
        [
            "Warning Value for undeclared variable",
            "Warning Value for undeclared variable",
            "Warning Values for undeclared variables"
        ]
    );
}

#[test]
fn files_hold_constant_arguments_only() {
    let cases = [
        ("v.tfvars", "s = var.x\n", "Error Variables not allowed"),
        ("v.tfvars", "s {\n}\n", "Error Unexpected \"s\" block"),
        ("v.tfvars", "s = [\n", "Error Invalid expression"),
        ("v.tfvars.json", "[1]", "Error Incorrect JSON value type"),
    ];
    for (name, text, expected) in cases {
        let arguments = vec![VariableArgument::File(file(name, text))];
        let (values, problems) = collect(VariableInputs { arguments, ..VariableInputs::default() });
        assert!(values.is_empty() && problems.iter().any(|p| p == expected), "{text}: {problems:?}");
    }
}

#[test]
fn values_know_where_they_come_from_and_what_is_missing() {
    let mut config = config();
    let root = config.root().clone();
    let arguments = vec![VariableArgument::File(file("v.tfvars", "\nn = 1\n")), VariableArgument::Value("s=x".into())];
    let inputs = VariableInputs { arguments, ..VariableInputs::default() };
    let (given, _) = collect_variables(&root, inputs, &mut config.sources);
    assert_eq!((&given["n"].origin, &given["s"].origin), (&Origin::NamedFile, &Origin::Argument));
    assert_eq!(config.sources.text(given["n"].span.unwrap()), "1");
    let missing: Vec<&str> = missing_variables(&root, &given).iter().map(|v| &*v.name).collect();
    assert_eq!(missing, ["any", "l", "object", "untyped"]);
}

#[test]
fn automatic_files_have_an_order() {
    let mut files = MemoryFiles::default();
    for name in [
        "b.auto.tfvars",
        "a.auto.tfvars.json",
        "terraform.tfvars.json",
        "terraform.tfvars",
        ".x.auto.tfvars",
        "z.tfvars",
    ] {
        files.add(name, "");
    }
    let expected = ["terraform.tfvars", "terraform.tfvars.json", "a.auto.tfvars.json", "b.auto.tfvars"];
    assert_eq!(automatic_files(&files, ".").unwrap(), expected);
}
