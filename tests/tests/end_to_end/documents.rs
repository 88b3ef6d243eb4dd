//! The commands that the documents show work.

use formwork_tests::documents::commands;
use formwork_tests::{Folder, Run, fixtures, tree};
use std::path::Path;

/// Runs a page's commands one after the other in a copy of a folder.
fn run_page(name: &str, text: &str, start: &str) {
    let mut folder = Folder::copy_of(start);
    let shown = commands(text);
    // Under its own name, whatever the binary under test is called.
    let programs = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(fixtures::formwork(), programs.path().join("formwork")).unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    folder.set("PATH", &format!("{}:{path}", programs.path().display()));
    folder.set("TF_INPUT", "0");
    for shown in shown {
        let mut shell = folder.program(Path::new("/bin/sh"), "-e -c");
        let output = shell.arg(&shown.command).output().unwrap();
        Run::of(format!("{name}:{}: {}", shown.line, shown.command), output).ok();
    }
}

#[test]
fn pages_of_the_guide() {
    let pages: Vec<_> = tree::markdown().into_iter().filter(|page| page.path.starts_with("docs/")).collect();
    assert!(pages.len() > 3);
    for page in pages {
        run_page(&page.path, &page.text, "examples/quickstart");
    }
}
