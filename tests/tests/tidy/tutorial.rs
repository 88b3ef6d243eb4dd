//! The tutorial shows the code that is built and run.

use formwork_tests::{documents::blocks, root};

#[test]
fn the_tutorial_has_all_of_the_example() {
    let page = std::fs::read_to_string(root().join("docs/provider-tutorial.md")).unwrap();
    let example = std::fs::read_to_string(root().join("tests/examples/terraform-provider-notes.rs")).unwrap();
    let (head, code) = example.split_once("\n\n").unwrap();
    assert!(head.starts_with("//!"));
    assert_eq!(blocks(&page, "rust").join("\n"), code);
}
