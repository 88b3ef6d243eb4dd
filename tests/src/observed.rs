//! What a program does to a configuration, in a form in which two programs can be compared.

use crate::{Folder, Program};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Steps by name, each with what was planned and what the state held afterwards.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed(pub BTreeMap<String, Value>);

impl Observed {
    /// Plans into a file, looks at the plan, and applies it.
    #[track_caller]
    pub fn apply(&mut self, program: &Program, folder: &Folder, step: &str, options: &str) {
        let mut seen = self.plan(program, folder, step, options);
        program.run(folder, "apply -input=false -no-color step.plan").ok();
        if let Some(seen) = seen.as_object_mut() {
            seen.insert("state".to_owned(), state_values(&folder.state()));
        }
        self.0.insert(step.to_owned(), seen);
    }

    /// Plans only.
    #[track_caller]
    pub fn plan(&mut self, program: &Program, folder: &Folder, step: &str, options: &str) -> Value {
        let planned =
            program.run(folder, &format!("plan -input=false -no-color -detailed-exitcode -out=step.plan {options}"));
        assert!(matches!(planned.code, Some(0 | 2)), "{}\n{}\n{}", planned.command, planned.out, planned.err);
        let plan = program.run(folder, "show -json step.plan").ok().json();
        let mut seen = plan_values(&plan);
        seen.insert("exit code".to_owned(), json!(planned.code));
        let seen = Value::Object(seen);
        self.0.insert(step.to_owned(), seen.clone());
        seen
    }

    /// The planned actions of a step, by address, without those that change nothing.
    #[track_caller]
    pub fn actions(&self, step: &str) -> BTreeMap<String, String> {
        let changes = self.0[step]["changes"].as_object().expect("changes");
        let words = |change: &Value| {
            let words: Vec<_> = change["actions"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            words.join("/")
        };
        let all = changes.iter().map(|(address, change)| (address.clone(), words(change)));
        all.filter(|(_, actions)| actions != "no-op").collect()
    }

    /// Panics, with every place at which the other differs.
    #[track_caller]
    pub fn same_as(&self, other: &Observed, whose: &str) {
        let all = |seen: &Observed| Value::Object(seen.0.clone().into_iter().collect());
        assert_same(&all(self), &all(other), whose);
    }
}

/// Panics unless two values are the same, with every place at which they differ.
#[track_caller]
pub fn assert_same(seen: &Value, other: &Value, whose: &str) {
    let mut different = Vec::new();
    differences("", seen, other, &mut different);
    assert!(different.is_empty(), "seen here | {whose}\n{}", different.join("\n"));
}

/// The parts of a plan that mean the same for every program.
fn plan_values(plan: &Value) -> Map<String, Value> {
    let by_address = |changes: &Value| {
        let changes = changes.as_array().cloned().unwrap_or_default().into_iter();
        let named = changes.map(|change| {
            let address = change["address"].as_str().unwrap_or_default().to_owned();
            let mut seen = change["change"].clone();
            if let (Some(seen), Some(reason)) = (seen.as_object_mut(), change.get("action_reason")) {
                seen.insert("reason".to_owned(), reason.clone());
            }
            (address, normal(&seen))
        });
        Value::Object(named.collect())
    };
    let mut seen = Map::new();
    seen.insert("changes".to_owned(), by_address(&plan["resource_changes"]));
    seen.insert("drift".to_owned(), by_address(&plan["resource_drift"]));
    seen.insert("outputs".to_owned(), normal(&plan["output_changes"]));
    seen
}

/// The objects and outputs of a state file.
pub fn state_values(state: &Value) -> Value {
    let mut objects = Map::new();
    for resource in state["resources"].as_array().into_iter().flatten() {
        let text = |name: &str| resource[name].as_str().unwrap_or_default();
        for instance in resource["instances"].as_array().into_iter().flatten() {
            let key = instance.get("index_key").map(|key| format!("[{key}]")).unwrap_or_default();
            let address = format!("{} {} {}.{}{key}", text("module"), text("mode"), text("type"), text("name"));
            let kept = ["attributes", "schema_version", "status", "deposed"];
            let kept = kept.iter().filter_map(|name| Some(((*name).to_owned(), normal(instance.get(*name)?))));
            objects.insert(address.trim().to_owned(), Value::Object(kept.collect()));
        }
    }
    json!({ "objects": objects, "outputs": normal(&state["outputs"]) })
}

/// The same value for every run: identifiers and addresses that the cloud makes up are replaced by their kind.
fn normal(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(normal_text(text)),
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(normal).collect();
            // Sets are sorted by what has just been replaced.
            if items.iter().any(|item| !matches!(item, Value::Bool(_) | Value::Null)) {
                items.sort_by_key(Value::to_string);
            }
            Value::Array(items)
        }
        Value::Object(members) => Value::Object(
            members.iter().map(|(name, member)| (normal_text(name), normal_member(name, member))).collect(),
        ),
        other => other.clone(),
    }
}

/// Some attributes hold something new each time, without saying so in their value.
fn normal_member(name: &str, member: &Value) -> Value {
    let made_up = ["unique_id", "create_date", "creation_date", "key_fingerprint", "fingerprint", "launch_time"];
    match member {
        Value::String(text) if made_up.contains(&name) && !text.is_empty() => Value::String(format!("<{name}>")),
        Value::String(text) if name == "id" && text.bytes().all(|b| b.is_ascii_digit()) && text.len() > 5 => {
            Value::String("<number>".to_owned())
        }
        // Here the order means something.
        Value::Array(_) if name == "actions" || name == "replace_paths" => member.clone(),
        other => normal(other),
    }
}

/// Replaces identifiers such as `vpc-0123abcd`, IP addresses and UUIDs.
fn normal_text(text: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(is_word) {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let end = from.find(|c| !is_word(c)).unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        out.push_str(&normal_word(word, after));
        rest = after;
    }
    out.push_str(rest);
    out
}

fn normal_word(word: &str, after: &str) -> String {
    let hex = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit());
    if word.len() >= 16 && word.bytes().all(|b| b.is_ascii_digit()) {
        return "<number>".to_owned();
    }
    let groups: Vec<&str> = word.split('-').collect();
    if groups.len() == 5 && [8, 4, 4, 4, 12].iter().zip(&groups).all(|(len, group)| group.len() == *len && hex(group)) {
        return "<uuid>".to_owned();
    }
    let numbers: Vec<&str> = word.split('.').collect();
    let is_ip = numbers.len() == 4 && numbers.iter().all(|n| n.parse::<u8>().is_ok());
    if is_ip && !after.starts_with('/') && word != "0.0.0.0" {
        return "<ip>".to_owned();
    }
    if word.starts_with("ip-") || word.starts_with("ec2-") {
        return "<host>".to_owned();
    }
    if groups.first() == Some(&"r") && groups.get(1) == Some(&"rtb") {
        return "r-rtb-<id>".to_owned();
    }
    match word.rsplit_once('-') {
        // Images are given, not made up.
        Some((kind, id)) if kind != "ami" && hex(id) && (id.len() == 8 || id.len() == 17) => format!("{kind}-<id>"),
        _ => word.to_owned(),
    }
}

/// Every place at which two values differ.
fn differences(place: &str, left: &Value, right: &Value, found: &mut Vec<String>) {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            let names: std::collections::BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            let missing = Value::String("(nothing)".to_owned());
            for name in names {
                let (l, r) = (left.get(name).unwrap_or(&missing), right.get(name).unwrap_or(&missing));
                differences(&format!("{place} > {name}"), l, r, found);
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (index, (l, r)) in left.iter().zip(right).enumerate() {
                differences(&format!("{place} > {index}"), l, r, found);
            }
        }
        _ if left == right => {}
        _ => found.push(format!("{place}: {left} | {right}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_cloud_makes_up_is_replaced() {
        let cases = [
            ("vpc-f999f16b27797d029", "vpc-<id>"),
            (
                "arn:aws:ec2:eu-central-1:123456789012:vpc/vpc-f999f16b27797d029",
                "arn:aws:ec2:eu-central-1:123456789012:vpc/vpc-<id>",
            ),
            ("r-rtb-c004524f1e602588a1080289494", "r-rtb-<id>"),
            ("10.7.1.4", "<ip>"),
            ("10.7.1.0/24", "10.7.1.0/24"),
            ("ip-10-7-1-4.eu-central-1.compute.internal", "<host>"),
            ("ami-12c6146b", "ami-12c6146b"),
            ("6612093178379796296", "<number>"),
            ("123456789012", "123456789012"),
            ("t2.micro", "t2.micro"),
            ("1e2d1b30-4b05-4a20-a1b5-64a1ea9fbb0a", "<uuid>"),
        ];
        for (text, expected) in cases {
            assert_eq!(normal_text(text), expected);
        }
    }

    #[test]
    fn differences_name_their_places() {
        let mut found = Vec::new();
        differences("", &json!({"a": [1, {"b": 2}]}), &json!({"a": [1, {"b": 3}], "c": 1}), &mut found);
        assert_eq!(found, [" > a > 1 > b: 2 | 3", " > c: \"(nothing)\" | 1"]);
    }
}
