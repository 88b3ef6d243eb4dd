//! Words that must not stay in the source.

use formwork_tests::tree::{markdown, rust_sources};

/// Written in two parts, so that this file does not have them.
fn forbidden() -> Vec<String> {
    let parts = [
        ("TO", "DO"),
        ("FIX", "ME"),
        ("XX", "X:"),
        ("to", "do!("),
        ("unimple", "mented!("),
        ("not yet ", "supported"),
        ("not ", "implemented"),
        ("#[ig", "nore"),
        ("db", "g!("),
    ];
    parts.iter().map(|(a, b)| format!("{a}{b}")).collect()
}

#[test]
fn nothing_is_left_for_later() {
    let mut found = Vec::new();
    for source in rust_sources().iter().chain(&markdown()) {
        for (number, line) in source.text.lines().enumerate() {
            for word in forbidden() {
                if line.contains(&word) {
                    found.push(format!("{}:{}: {word}", source.path, number + 1));
                }
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn folders_have_names_that_say_something() {
    let empty = ["util", "utils", "common", "helpers", "misc"];
    for source in rust_sources() {
        let parts = source.path.split(['/', '.']);
        let bad: Vec<_> = parts.filter(|part| empty.contains(part)).collect();
        assert!(bad.is_empty(), "{}: {bad:?}", source.path);
    }
}
