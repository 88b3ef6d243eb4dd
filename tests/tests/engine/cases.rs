//! All cases below `cases/`. With `UPDATE_CASES=1` the files are written anew with what came of them: read the
//! difference before you keep it.

use formwork_tests::engine::case;
use std::path::PathBuf;

#[test]
fn cases() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/engine/cases");
    let update = std::env::var_os("UPDATE_CASES").is_some();
    let only = std::env::var("CASE").ok();
    let mut wrong = Vec::new();
    let mut count = 0;
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).expect("the cases").flatten().map(|e| e.path()).collect();
    files.sort();
    for path in files {
        let text = std::fs::read_to_string(&path).expect("a readable file");
        let mut new = Vec::new();
        for case in case::parse(&text) {
            if only.as_ref().is_some_and(|name| *name != case.name) {
                new.push(case.written());
                continue;
            }
            count += 1;
            let (written, real) = (case.written(), case.run());
            if written != real {
                wrong.push(format!("{} {}\n{}", path.display(), case.name, difference(&written, &real)));
            }
            new.push(real);
        }
        if update {
            std::fs::write(&path, new.join("\n")).expect("a writable file");
        }
    }
    assert!(count > 0, "no case has run");
    assert!(wrong.is_empty() || update, "{} of {count} cases:\n{}", wrong.len(), wrong.join("\n"));
}

/// The lines from the first that differs on.
fn difference(written: &str, real: &str) -> String {
    let same = written.lines().zip(real.lines()).take_while(|(a, b)| a == b).count();
    let show = |text: &str, sign: &str| -> String {
        text.lines().skip(same).take(25).map(|line| format!("{sign}{line}\n")).collect()
    };
    let before: Vec<&str> = written.lines().take(same).collect();
    let before: Vec<&str> = before.iter().rev().take(3).rev().copied().collect();
    format!(" {}\n{}{}", before.join("\n "), show(written, "-"), show(real, "+"))
}
