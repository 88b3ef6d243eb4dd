use formwork_diag::Sources;
use formwork_install::{parse_lock_file, read_lock_file, save_lock_file, write_lock_file};
use formwork_model::{Constraints, LockFile, ProviderAddress, ProviderLock, Version};
use proptest::prelude::*;

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
        ("module \"x\" {\n}", "Dependency lock of a module is ignored"),
        ("provider \"h.io/a/b\" {", "Unclosed configuration block"),
    ];
    for (text, expected) in cases {
        let (_, problems) = parse(text);
        assert!(problems.iter().any(|p| p == expected), "{text}: {problems:?}");
    }
    let twice = TEXT.replace("example.test/acme/one", "registry.terraform.io/hashicorp/null");
    assert_eq!(parse(&twice).1, ["Duplicate provider lock"]);
}

fn locks() -> impl Strategy<Value = LockFile> {
    let provider =
        ("[a-z]{1,8}", "[a-z][a-z0-9]{0,8}").prop_map(|(ns, name)| ProviderAddress::new("h.example", ns, name));
    let version =
        (0..20u64, 0..20u64, 0..20u64, "(|-beta[0-9])").prop_map(|(a, b, c, pre)| format!("{a}.{b}.{c}{pre}"));
    let constraint = (proptest::sample::select(&["", ">= ", "~> ", "!= ", "< "]), "[0-9]\\.[0-9](\\.[0-9])?");
    let constraints = proptest::collection::vec(constraint, 0..4)
        .prop_map(|all| all.into_iter().map(|(op, v)| format!("{op}{v}")).collect::<Vec<_>>().join(", "))
        .prop_map(|text| Constraints::parse(&text).unwrap().normalized());
    let hashes = proptest::collection::btree_set("(h1|zh):[A-Za-z0-9+/=]{4,20}", 0..4);
    let entry = (version, constraints, hashes).prop_map(|(version, constraints, hashes)| ProviderLock {
        version: Version::parse(&version).unwrap(),
        constraints: constraints.as_str().into(),
        hashes: hashes.iter().map(|h| h.as_str().into()).collect(),
    });
    proptest::collection::btree_map(provider, entry, 0..5).prop_map(|providers| LockFile { providers })
}

proptest! {
    #[test]
    fn every_lock_file_can_be_read_again(lock in locks()) {
        let (read, problems) = parse(&write_lock_file(&lock));
        prop_assert_eq!(problems, Vec::<String>::new());
        prop_assert_eq!(read, lock);
    }

    #[test]
    fn no_text_breaks_the_reader(text in "(provider|\"|a/b|\\{|\\}|version|hashes|=|\\[|\\]|\n| ){0,40}") {
        parse(&text);
    }
}
