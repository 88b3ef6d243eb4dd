use formwork_install::{parse_manifest, read_manifest, write_manifest};
use formwork_model::ModulePath;

const TEXT: &str = concat!(
    r#"{"Modules":[{"Key":"","Source":"","Dir":"."},{"Key":"m","Source":"./mod","Dir":"mod"},"#,
    r#"{"Key":"m.r","Source":"registry.terraform.io/a/b/c","Version":"1.2.0","Dir":".terraform/modules/m.r/sub"}]}"#
);

#[test]
fn what_is_read_is_written_the_same() {
    let manifest = parse_manifest(TEXT).unwrap();
    let path = ModulePath(vec!["m".into(), "r".into()]);
    assert_eq!(manifest.modules[&path].version.as_ref().unwrap().to_string(), "1.2.0");
    assert_eq!(manifest.modules.len(), 2);
    let dir = tempfile::tempdir().unwrap();
    let modules = dir.path().join("modules");
    assert!(read_manifest(&modules).unwrap().modules.is_empty());
    write_manifest(&modules, &manifest).unwrap();
    assert_eq!(std::fs::read_to_string(modules.join("modules.json")).unwrap(), TEXT);
    assert_eq!(read_manifest(&modules).unwrap(), manifest);
}

#[test]
fn damaged_manifests_are_refused() {
    for text in ["", "[]", "{}", r#"{"Modules":[{}]}"#, r#"{"Modules":[{"Key":"a","Dir":"x","Version":"?"}]}"#] {
        assert!(parse_manifest(text).is_err(), "{text}");
    }
}
