//! Every kept input, through the target that it is for.

use std::path::Path;

fn run(target: &str, function: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).expect("the inputs").flatten() {
        let data = std::fs::read(entry.path()).expect("a readable input");
        let outcome = std::panic::catch_unwind(|| function(&data));
        assert!(outcome.is_ok(), "{} breaks its target", entry.path().display());
        count += 1;
    }
    assert!(count > 0, "no input in {}", folder.display());
}

#[test]
fn parse() {
    run("parse", formwork_fuzz::parse);
}

#[test]
fn evaluate() {
    run("evaluate", formwork_fuzz::evaluate);
}

#[test]
fn decode() {
    run("decode", formwork_fuzz::decode);
}

#[test]
fn format() {
    run("format", formwork_fuzz::format);
}
