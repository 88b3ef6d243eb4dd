//! Every folder of `golden/` holds what Terraform printed for one plan or state.

use crate::fixture;
use formwork_render::{JsonStream, StreamMode, TextOptions};
use std::path::{Path, PathBuf};

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(root).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect();
    folders.sort();
    assert!(!folders.is_empty());
    folders
}

fn read(folder: &Path, name: &str) -> Option<String> {
    std::fs::read_to_string(folder.join(name)).ok()
}

/// Schemas of a folder, or those of the folder's provider in `golden/../schemas`.
fn schemas(folder: &Path) -> fixture::Schemas {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas");
    let mut all = fixture::Schemas::new();
    for entry in std::fs::read_dir(shared).unwrap() {
        all.extend(fixture::schemas(&std::fs::read_to_string(entry.unwrap().path()).unwrap()));
    }
    if let Some(own) = read(folder, "schemas.json") {
        all.extend(fixture::schemas(&own));
    }
    all
}

/// Compares text by text and reports all the differences.
fn check(failures: &mut Vec<String>, folder: &Path, name: &str, expected: &str, actual: &str) {
    if expected == actual {
        return;
    }
    let at = expected.bytes().zip(actual.bytes()).take_while(|(a, b)| a == b).count();
    let around = |text: &str| {
        text.chars()
            .skip(text.get(..at).map_or(0, |t| t.chars().count()).saturating_sub(160))
            .take(400)
            .collect::<String>()
    };
    failures.push(format!(
        "{}/{name} differs at byte {at}\n--- expected\n{}\n--- actual\n{}",
        folder.file_name().unwrap().to_string_lossy(),
        around(expected),
        around(actual)
    ));
}

fn report(failures: Vec<String>) {
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn json_plans() {
    let mut failures = Vec::new();
    for folder in folders() {
        if let Some(expected) = read(&folder, "plan.json") {
            let plan = fixture::plan(&expected, &schemas(&folder));
            let actual = formwork_render::json_plan(&plan).unwrap();
            check(&mut failures, &folder, "plan.json", expected.trim_end(), &actual);
        }
    }
    report(failures);
}

#[test]
fn json_states() {
    let mut failures = Vec::new();
    for folder in folders() {
        if let Some(expected) = read(&folder, "state.json") {
            let schemas = schemas(&folder);
            let snapshot = fixture::state(&serde_json::from_str(&expected).unwrap(), &schemas);
            let actual = formwork_render::json_state(&snapshot, &|address| schemas.get(address).cloned()).unwrap();
            check(&mut failures, &folder, "state.json", expected.trim_end(), &actual);
        }
    }
    report(failures);
}

#[test]
fn json_provider_schemas() {
    let mut failures = Vec::new();
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas");
    for entry in std::fs::read_dir(&shared).unwrap() {
        let expected = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let actual = formwork_render::json_provider_schemas(&fixture::schemas(&expected));
        check(&mut failures, &shared, "schema", expected.trim_end(), &actual);
    }
    report(failures);
}

/// Every plan in colours; ANSI sequences differ in their number, so only what they show is compared.
fn without_colours(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            chars.by_ref().find(|c| c.is_ascii_alphabetic());
        } else {
            out.push(c);
        }
    }
    out
}

#[test]
fn plan_texts() {
    let mut failures = Vec::new();
    for folder in folders() {
        let (Some(document), Some(expected)) = (read(&folder, "plan.json"), read(&folder, "plan.txt")) else {
            continue;
        };
        let mut plan = fixture::plan(&document, &schemas(&folder));
        plan.options.mode = match read(&folder, "mode").as_deref().map(str::trim) {
            Some("destroy") => formwork_model::PlanMode::Destroy,
            Some("refresh-only") => formwork_model::PlanMode::RefreshOnly,
            _ => formwork_model::PlanMode::Normal,
        };
        let actual = formwork_render::plan_text(&plan, TextOptions::default());
        check(&mut failures, &folder, "plan.txt", &expected, &actual);
        let coloured = formwork_render::plan_text(&plan, TextOptions { colour: true, ..TextOptions::default() });
        check(&mut failures, &folder, "plan.txt without colours", &expected, &without_colours(&coloured));
    }
    report(failures);
}

/// The reference tells planned changes in no fixed order.
fn sorted_lines(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines.join("\n")
}

#[test]
fn plan_streams() {
    let mut failures = Vec::new();
    for folder in folders() {
        let (Some(document), Some(expected)) = (read(&folder, "plan.json"), read(&folder, "stream.jsonl")) else {
            continue;
        };
        let plan = fixture::plan(&document, &schemas(&folder));
        let event = formwork_model::Event::Planned(std::sync::Arc::new(plan));
        let sources = formwork_diag::Sources::new();
        let actual = JsonStream::new(StreamMode::Plan).event(&event, &sources, "T");
        check(&mut failures, &folder, "stream.jsonl", &sorted_lines(&expected), &sorted_lines(&actual));
        let saved = JsonStream::new(StreamMode::SavedPlan).event(&event, &sources, "T");
        // Applying a saved plan tells only what is going to happen.
        let happens = |line: &&str| {
            let idle = ["\"action\":\"import\"", "\"action\":\"move\"", "\"action\":\"noop\""];
            line.contains("\"type\":\"planned_change\"") && !idle.iter().any(|action| line.contains(action))
        };
        let planned: String = actual.lines().filter(happens).collect();
        assert_eq!(saved.lines().collect::<String>(), planned);
    }
    report(failures);
}

#[test]
fn state_texts() {
    let mut failures = Vec::new();
    for folder in folders() {
        let (Some(document), Some(expected)) = (read(&folder, "state.json"), read(&folder, "state.txt")) else {
            continue;
        };
        let schemas = schemas(&folder);
        let snapshot = fixture::state(&serde_json::from_str(&document).unwrap(), &schemas);
        let schema_of = |address: &formwork_model::ProviderAddress| schemas.get(address).cloned();
        let actual = formwork_render::state_text(&snapshot.state, &schema_of, TextOptions::default()).unwrap();
        check(&mut failures, &folder, "state.txt", &expected, &actual);
        if let Some(expected) = read(&folder, "outputs.json").filter(|_| !snapshot.state.outputs.is_empty()) {
            let actual = formwork_render::json_outputs(&snapshot.state.outputs);
            check(&mut failures, &folder, "outputs.json", expected.trim_end(), &actual);
            let expected = read(&folder, "outputs.txt").unwrap();
            check(
                &mut failures,
                &folder,
                "outputs.txt",
                &expected,
                &formwork_render::outputs_text(&snapshot.state.outputs),
            );
        }
    }
    report(failures);
}
