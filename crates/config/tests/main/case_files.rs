//! Cases as data: files in memory, and the lines that are expected of them. Used by other crates' tests as well.
//!
//! Each file of a folder holds cases: `### NAME`, then `--- PATH` with a file's text, and `--- expect` with lines. With
//! `BLESS=1` the expectations are rewritten.

use crate::memory_files::MemoryFiles;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

struct Case {
    name: String,
    files: MemoryFiles,
    expected: Vec<String>,
    text: String,
}

/// Compares what comes of the files of each case in `tests/cases` of a package with what is expected.
pub fn check(package: &str, run: impl Fn(MemoryFiles) -> Vec<String>) {
    let dir = Path::new(package).join("tests/cases");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    let bless = std::env::var_os("BLESS").is_some();
    let mut failures = String::new();
    for path in paths {
        let mut blessed = String::new();
        for case in cases(&std::fs::read_to_string(&path).unwrap()) {
            let found = run(case.files);
            if found != case.expected {
                let name = path.file_stem().unwrap().to_string_lossy();
                writeln!(failures, "{name}/{}\n  expected {:#?}\n  found {found:#?}", case.name, case.expected)
                    .unwrap();
            }
            writeln!(blessed, "{}--- expect", case.text).unwrap();
            found.iter().for_each(|line| writeln!(blessed, "{line}").unwrap());
            blessed.push('\n');
        }
        if bless {
            std::fs::write(&path, format!("{}\n", blessed.trim_end())).unwrap();
        }
    }
    assert!(failures.is_empty() || bless, "{failures}");
}

fn cases(text: &str) -> Vec<Case> {
    text.split("### ").skip(1).map(case).collect()
}

fn case(part: &str) -> Case {
    let (name, rest) = part.split_once('\n').unwrap();
    let mut case = Case {
        name: name.to_string(),
        files: MemoryFiles::default(),
        expected: Vec::new(),
        text: format!("### {name}\n"),
    };
    for section in rest.split("--- ").skip(1) {
        let (path, body) = section.split_once('\n').unwrap();
        if path == "expect" {
            case.expected = body.lines().filter(|line| !line.is_empty()).map(str::to_string).collect();
        } else {
            case.files.add(path, body);
            write!(case.text, "--- {section}").unwrap();
        }
    }
    case
}
