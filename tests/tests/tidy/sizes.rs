//! Files and functions stay small.

use formwork_tests::tree::{functions, rust_sources};
use std::collections::BTreeSet;

/// Longest file.
const FILE: usize = 1000;

/// Longest function.
const FUNCTION: usize = 120;

/// Functions that are longer for now. Entries may only go.
const LONGER: &[(&str, &str)] = &[];

#[test]
fn files_are_short() {
    let sources = rust_sources();
    assert!(sources.len() > 100, "the tree is read");
    let long: Vec<_> = sources.iter().filter(|s| s.text.lines().count() > FILE).map(|s| &s.path).collect();
    assert!(long.is_empty(), "files above {FILE} lines: {long:?}");
}

#[test]
fn functions_are_short() {
    let mut longer = BTreeSet::new();
    for source in rust_sources() {
        for function in functions(&source.text) {
            if function.lines > FUNCTION {
                longer.insert((source.path.clone(), function.name, function.lines));
            }
        }
    }
    let is_allowed = |(path, name, _): &&(String, String, usize)| !LONGER.iter().any(|(p, n)| p == path && n == name);
    let unlisted: Vec<_> = longer.iter().filter(is_allowed).collect();
    assert!(unlisted.is_empty(), "functions above {FUNCTION} lines: {unlisted:?}");
    let gone: Vec<_> =
        LONGER.iter().filter(|(p, n)| !longer.iter().any(|(path, name, _)| path == p && name == n)).collect();
    assert!(gone.is_empty(), "no longer needed in the list: {gone:?}");
}

#[test]
fn functions_are_measured() {
    let text = "impl A {\n    pub async fn a(\n        x: u8,\n    ) -> u8 {\n        x\n    }\n\n    fn b() {}\n}\n";
    let found: Vec<_> = functions(text).into_iter().map(|f| (f.name, f.lines)).collect();
    assert_eq!(found, [("a".to_owned(), 5), ("b".to_owned(), 1)]);
}
