//! Who may use whom (DESIGN: the house), and what keeps the core pure.

use formwork_tests::{fixtures, root};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Floor of each crate, and what it may use of the workspace.
const FLOORS: &[(&str, u8, &[&str])] = &[
    ("value", 0, &[]),
    ("graph", 0, &[]),
    ("diag", 1, &["value"]),
    ("hcl", 2, &["diag", "value"]),
    ("model", 2, &["diag", "graph", "value"]),
    ("object", 3, &["diag", "model", "value"]),
    ("config", 3, &["diag", "hcl", "model", "value"]),
    ("protocol", 3, &["diag", "model", "value"]),
    ("backend", 3, &["diag", "model", "value"]),
    ("install", 3, &["diag", "hcl", "model", "value"]),
    ("render", 3, &["diag", "graph", "model", "value"]),
    ("eval", 4, &["config", "diag", "graph", "hcl", "model", "object", "value"]),
    ("plan", 5, &["config", "diag", "eval", "graph", "hcl", "model", "object", "value"]),
    ("apply", 5, &["config", "diag", "eval", "graph", "hcl", "model", "object", "value"]),
    ("testing", 6, &["apply", "config", "diag", "eval", "graph", "hcl", "model", "object", "plan", "value"]),
    ("kit", 3, &["diag", "model", "value"]),
    ("builtin", 3, &["diag", "hcl", "model", "value"]),
    ("essentials", 4, &["diag", "kit", "model", "value"]),
    ("provider-aws", 4, &["diag", "model", "protocol", "value"]),
];

/// Crates without I/O, clock, randomness, environment and unordered iteration.
const CORE: [&str; 12] =
    ["value", "graph", "diag", "hcl", "model", "object", "config", "eval", "plan", "apply", "testing", "render"];

/// Crates that must not know serialisation frameworks.
const NO_SERDE: [&str; 6] = ["value", "graph", "diag", "hcl", "model", "object"];

fn packages() -> Vec<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

/// Normal dependencies by package, both without the prefix of the workspace.
fn dependencies(prefix: &str) -> BTreeMap<String, BTreeSet<String>> {
    let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
    let of = |package: &Value| {
        let all = package["dependencies"].as_array().unwrap().clone();
        let normal = all.into_iter().filter(|d| d["kind"].is_null()).map(|d| name(&d));
        normal.filter_map(|n| n.strip_prefix(prefix).map(str::to_owned)).collect()
    };
    packages().iter().map(|p| (name(p).replace("formwork-", ""), of(p))).collect()
}

#[test]
fn crates_use_lower_floors_only() {
    let used = dependencies("formwork-");
    for (name, allowed) in FLOORS.iter().map(|(name, _, allowed)| (*name, *allowed)) {
        let Some(used) = used.get(name) else { continue };
        let extra: Vec<_> = used.iter().filter(|u| !allowed.contains(&u.as_str())).collect();
        assert!(extra.is_empty(), "{name} must not use {extra:?}");
    }
    for name in used.keys() {
        let known = FLOORS.iter().any(|(known, ..)| known == name);
        assert!(known || ["cli", "tests", "fuzz"].contains(&name.as_str()), "{name} has no floor");
    }
}

#[test]
fn the_rules_themselves_have_no_upward_edge() {
    let floor = |name: &str| FLOORS.iter().find(|(n, ..)| *n == name).map(|(_, floor, _)| *floor).unwrap();
    for (name, own, allowed) in FLOORS {
        for other in *allowed {
            assert!(floor(other) < *own, "{name} may not use {other}: it is not lower");
        }
    }
}

#[test]
fn the_core_has_one_set_of_clippy_settings() {
    let settings = |name: &str| std::fs::read_to_string(root().join(format!("crates/{name}/clippy.toml"))).unwrap();
    for name in CORE {
        assert_eq!(settings(name), settings("value"), "crates/{name}/clippy.toml differs from that of value");
    }
}

#[test]
fn the_lower_floors_know_no_serde() {
    let used = dependencies("serde");
    for name in NO_SERDE {
        let names: Vec<_> = used.get(name).into_iter().flatten().collect();
        // serde_json's number and raw types serve the hand-written codecs of values.
        assert!(names.iter().all(|n| *n == "_json" && name == "value"), "{name} uses serde{names:?}");
    }
}

#[test]
fn every_package_takes_the_lints_of_the_workspace() {
    for package in packages() {
        let manifest = std::fs::read_to_string(package["manifest_path"].as_str().unwrap()).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{}", package["name"]);
    }
}

#[test]
fn the_default_build_leaves_the_aws_sdk_out() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let default = manifest.lines().find(|line| line.starts_with("default-members")).unwrap();
    assert!(!default.contains("aws") && !default.contains("providers/*"));
    assert!(fixtures::target_dir().exists());
}
