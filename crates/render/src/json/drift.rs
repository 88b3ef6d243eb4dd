//! The document of `drift -json`.

use super::change::{write_path, write_place};
use super::value::write_known;
use super::writer::JsonWriter;
use crate::diagnostic::write_diagnostic;
use crate::diff::is_legacy;
use crate::sensitive::SchemaMarks;
use crate::view::{drifted, is_outside};
use formwork_diag::{Diagnostics, Sources};
use formwork_model::{Action, FORMWORK_VERSION, Plan, ProviderAddress, ResourceChange, TERRAFORM_VERSION};
use formwork_value::{Kind, Path, PathStep, Str, Value};
use std::collections::BTreeSet;

/// Version of the document.
const FORMAT_VERSION: &str = "1.0";

/// Renders what a refresh-only plan has found, and the problems met on the way (docs/ci.md describes the members),
/// without a final newline. Sensitive values are left out.
pub fn json_drift(plan: &Plan, problems: &Diagnostics, sources: &Sources) -> String {
    let schema_of = |address: &ProviderAddress| plan.schemas.get(address).cloned();
    let mut marks = SchemaMarks::new(&schema_of);
    let found = drifted(plan, &mut marks).into_iter().map(|(change, _)| change).filter(|change| is_outside(change));
    let found: Vec<&ResourceChange> = found.collect();
    let deleted = found.iter().filter(|change| change.action == Action::Delete).count();
    let status = match (problems.has_errors(), found.is_empty()) {
        (true, _) => "error",
        (false, false) => "drift",
        (false, true) => "none",
    };
    let mut w = JsonWriter::new();
    w.object(|w| {
        w.key("format_version").string(FORMAT_VERSION);
        w.key("formwork_version").string(FORMWORK_VERSION);
        w.key("terraform_version").string(TERRAFORM_VERSION);
        w.key("timestamp").string(&plan.timestamp);
        w.key("status").string(status);
        w.key("counts").object(|w| {
            w.key("changed").unsigned((found.len() - deleted) as u64);
            w.key("deleted").unsigned(deleted as u64);
            w.key("errors").unsigned(problems.errors() as u64);
        });
        w.key("objects").array(|w| found.iter().for_each(|change| write_object(w, change, &mut marks)));
        w.key("diagnostics").array(|w| problems.iter().for_each(|problem| write_diagnostic(w, problem, sources)));
    });
    w.finish()
}

/// True if a refresh-only plan has found an object that was changed or deleted outside.
pub fn has_drift(plan: &Plan) -> bool {
    let schema_of = |address: &ProviderAddress| plan.schemas.get(address).cloned();
    drifted(plan, &mut SchemaMarks::new(&schema_of)).iter().any(|(change, _)| is_outside(change))
}

fn write_object(w: &mut JsonWriter, change: &ResourceChange, marks: &mut SchemaMarks<'_>) {
    let address = &change.address;
    let provider = &change.provider.provider;
    w.object(|w| {
        w.key("address").string(&address.to_string());
        write_place(w, address);
        if let Some(key) = &change.deposed {
            w.key("deposed").string(&key.0);
        }
        w.key("provider_name").string(&provider.to_string());
        let is_deleted = change.action == Action::Delete;
        w.key("kind").string(if is_deleted { "deleted" } else { "changed" });
        let mut differences = Vec::new();
        if !is_deleted {
            let before = marks.apply(&change.before, provider, &address.resource);
            let after = marks.apply(&change.after, provider, &address.resource);
            let legacy = marks.schema(provider, &address.resource).is_some_and(|schema| is_legacy(&schema.block));
            let mut path = Vec::new();
            find(&before, &after, legacy, &mut path, &mut differences);
        }
        w.key("attributes").array(|w| differences.iter().for_each(|difference| write_difference(w, difference)));
    });
}

/// A part of an object that is not as it was.
struct Difference {
    path: Path,
    before: Value,
    after: Value,
}

fn write_difference(w: &mut JsonWriter, difference: &Difference) {
    let (before, after) = (&difference.before, &difference.after);
    let sensitive = before.marks_deep().is_sensitive() || after.marks_deep().is_sensitive();
    w.object(|w| {
        write_path(w.key("path"), &difference.path);
        if !sensitive {
            write_known(w.key("before"), before);
            write_known(w.key("after"), after);
        }
        w.key("sensitive").bool(sensitive);
    });
}

/// Collects the smallest parts that differ. Elements of sets have no place of their own, so sets are compared as wholes.
fn find(before: &Value, after: &Value, legacy: bool, path: &mut Vec<PathStep>, found: &mut Vec<Difference>) {
    if before.is_sensitive() || after.is_sensitive() {
        if before.clone().unmark_deep().0 != after.clone().unmark_deep().0 {
            push(before, after, path, found);
        }
        return;
    }
    match (before.kind(), after.kind()) {
        (Kind::Object(_) | Kind::Map(_), Kind::Object(_) | Kind::Map(_)) => {
            find_in_mappings(before, after, legacy, path, found);
        }
        (Kind::List(_) | Kind::Tuple(_), Kind::List(_) | Kind::Tuple(_)) => {
            find_in_sequences(before, after, legacy, path, found);
        }
        _ if before == after || legacy && is_nothing(before) && is_nothing(after) => {}
        _ => push(before, after, path, found),
    }
}

fn push(before: &Value, after: &Value, path: &[PathStep], found: &mut Vec<Difference>) {
    found.push(Difference { path: Path(path.to_vec()), before: before.clone(), after: after.clone() });
}

/// Old provider toolkits store "" where nothing is set.
fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}

fn find_in_mappings(
    before: &Value,
    after: &Value,
    legacy: bool,
    path: &mut Vec<PathStep>,
    found: &mut Vec<Difference>,
) {
    let null = Value::null(formwork_value::Type::Dynamic);
    let (Some(old), Some(new)) = (before.as_mapping(), after.as_mapping()) else { return };
    let is_object = matches!(before.kind(), Kind::Object(_));
    let keys: BTreeSet<&Str> = old.keys().chain(new.keys()).collect();
    for key in keys {
        path.push(match is_object {
            true => PathStep::Attribute(key.clone()),
            false => PathStep::Index(Value::string(key.clone())),
        });
        find(old.get(key).unwrap_or(&null), new.get(key).unwrap_or(&null), legacy, path, found);
        path.pop();
    }
}

fn find_in_sequences(
    before: &Value,
    after: &Value,
    legacy: bool,
    path: &mut Vec<PathStep>,
    found: &mut Vec<Difference>,
) {
    let null = Value::null(formwork_value::Type::Dynamic);
    let (old, new) = (before.as_sequence().unwrap_or_default(), after.as_sequence().unwrap_or_default());
    for index in 0..old.len().max(new.len()) {
        path.push(PathStep::Index(Value::from(i64::try_from(index).unwrap_or(i64::MAX))));
        find(old.get(index).unwrap_or(&null), new.get(index).unwrap_or(&null), legacy, path, found);
        path.pop();
    }
}
