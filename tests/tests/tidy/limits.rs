//! The page on limits tells the limits that there are.

use formwork_config::limits as config;
use formwork_eval::limits as eval;
use formwork_hcl::limits as hcl;
use formwork_tests::tree::markdown;
use formwork_value::json;

/// Beginnings of rows, and their limits.
fn limits() -> Vec<(&'static str, String)> {
    let number = |n: u64| {
        let digits = n.to_string();
        let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().map(|g| std::str::from_utf8(g).unwrap()).collect();
        groups.join(",")
    };
    let count = |n: usize| number(n as u64);
    let mebibytes = |n: usize| format!("{} MiB", n >> 20);
    vec![
        ("Levels of expressions", number(hcl::NESTING.into())),
        ("Levels of arrays", number(hcl::JSON_NESTING.into())),
        ("Levels of JSON values", count(json::MAX_DEPTH)),
        ("Levels of lists", count(eval::YAML_NESTING)),
        ("Size of a configuration file", mebibytes(hcl::FILE_BYTES)),
        ("Errors", count(hcl::ERRORS)),
        ("Steps", number(hcl::STEPS)),
        ("Text", mebibytes(hcl::TEXT_BYTES)),
        ("Elements of a collection", count(hcl::ELEMENTS)),
        ("Value with", format!("{} GiB", hcl::VALUE_BYTES >> 30)),
        ("Levels of values", number(hcl::VALUE_DEPTH.into())),
        ("Values in a text", count(json::MAX_VALUES)),
        ("Values that a YAML", count(eval::YAML_VALUES)),
        ("Elements of `range`", count(eval::RANGE)),
        ("Files and folders", count(eval::FILES)),
        ("Levels of folders", count(eval::FOLDERS)),
        ("Locals, variables", count(eval::REFERENCE_CHAIN)),
        ("Instances", count(eval::INSTANCES)),
        ("Calls of modules inside", count(config::MODULE_NESTING)),
        ("Calls of modules in all", count(config::MODULES)),
    ]
}

#[test]
fn the_page_on_limits_is_right() {
    let pages = markdown();
    let page = pages.iter().find(|page| page.path == "docs/limits.md").unwrap();
    let rows: Vec<(&str, &str)> = page
        .text
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.rsplit_once(" | "))
        .filter(|(what, _)| *what != "What")
        .collect();
    let limits = limits();
    assert_eq!(rows.len(), limits.len());
    for ((what, written), (start, limit)) in rows.iter().zip(&limits) {
        assert!(what.starts_with(start), "{what:?} is not {start:?}");
        assert_eq!(written, limit, "{what}");
    }
}
