use formwork_diag::Sources;
use formwork_install::{parse_lock_file, read_lock_file, save_lock_file, write_lock_file};
use formwork_model::LockFile;

const TEXT: &str = r#"# This file is maintained automatically by "terraform init".
# Manual edits may be lost in future updates.

provider "example.test/acme/one" {
  version = "1.0.0"
}

provider "registry.terraform.io/hashicorp/null" {
  version     = "2.1.2"
  constraints = "~> 2.0, != 2.0.5"
  hashes = [
    "h1:CFnENdqQu4g3LJNevA32aDxcUz2qGkRGQpFfkI8TCdE=",
    "zh:73cb",
  ]
}
"#;

fn parse(text: &str) -> (LockFile, Vec<String>) {
    let (lock, diagnostics) = parse_lock_file("lock", text, &mut Sources::new());
    (lock, diagnostics.iter().map(|d| d.summary.clone()).collect())
}

#[test]
fn what_is_read_is_written_the_same() {
    let (lock, problems) = parse(TEXT);
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(write_lock_file(&lock), TEXT);
}

#[test]
fn the_file_is_written_only_when_it_changes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(".terraform.lock.hcl");
    let (lock, _) = parse(TEXT);
    assert_eq!(read_lock_file(&path, &mut Sources::new()).0, LockFile::default());
    assert!(save_lock_file(&path, &lock).unwrap());
    assert!(!save_lock_file(&path, &lock).unwrap());
    assert_eq!(read_lock_file(&path, &mut Sources::new()).0, lock);
}

#[test]
fn damaged_entries_are_reported() {
    let cases = [
        ("provider \"hashicorp/null\" {\n version = \"1.0.0\"\n}", "Non-normalized provider source address"),
        ("provider \"terraform.io/builtin/terraform\" {\n version = \"1.0.0\"\n}", "Invalid provider source address"),
        ("provider \"h.io/a/b\" {\n version = \"1.0\"\n}", "Invalid provider version number"),
        ("provider \"h.io/a/b\" {\n version = \"x\"\n}", "Invalid provider version number"),
        ("provider \"h.io/a/b\" {\n}", "Missing required argument"),
        (
            "provider \"h.io/a/b\" {\n version = \"1.0.0\"\n constraints = \">=1\"\n}",
            "Invalid provider version constraints",
        ),
        ("provider \"h.io/a/b\" {\n version = \"1.0.0\"\n hashes = []\n}", "Invalid provider hash set"),
        ("provider \"h.io/a/b\" {\n version = \"1.0.0\"\n hashes = [\"x\"]\n}", "Invalid provider hash set"),
        ("thing {\n}", "Unsupported block type"),
        ("module \"x\" {\n}", "Dependency locks for modules are not yet supported"),
        ("provider \"h.io/a/b\" {", "Unclosed configuration block"),
    ];
    for (text, expected) in cases {
        let (_, problems) = parse(text);
        assert!(problems.iter().any(|p| p == expected), "{text}: {problems:?}");
    }
    let twice = TEXT.replace("example.test/acme/one", "registry.terraform.io/hashicorp/null");
    assert_eq!(parse(&twice).1, ["Duplicate provider lock"]);
}
