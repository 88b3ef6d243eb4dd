//! Archives of a configuration, used elsewhere without a network.

use formwork_tests::{Folder, Run};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const MAIN: &str = r#"
terraform {
  required_providers {
    null = {
      source  = "hashicorp/null"
      version = "2.1.2"
    }
  }
}

resource "null_resource" "a" {}

module "inner" {
  source = "./modules/inner"
}
"#;

const MODULE: &str = "resource \"null_resource\" \"b\" {}\n";

fn tar(folder: &Folder, words: &str) -> Run {
    let output = folder.program(Path::new("/bin/tar"), words).output().unwrap();
    Run::of(format!("tar {words}"), output)
}

fn names(folder: &Folder, bundle: &str) -> Vec<String> {
    tar(folder, &format!("-tzf {bundle}")).ok().out.lines().map(str::to_owned).collect()
}

/// A folder with a bundle's content and no settings at all.
fn unpacked(from: &Folder, bundle: &str) -> Folder {
    let folder = Folder::new();
    tar(&folder, &format!("-xzf {}", from.file(bundle).display())).ok();
    folder
}

#[test]
fn unpack_init_and_plan_without_a_network() {
    let mut folder = Folder::with(MAIN);
    folder.write("modules/inner/main.tf", MODULE);
    folder.use_mirror();
    folder.run("bundle -providers b.tar.gz").expect(1).says("formwork init");
    folder.run("init").ok();
    folder.run("apply -auto-approve").ok();
    folder.run("bundle -providers b.tar.gz").ok().says("b.tar.gz holds").says("1 provider package for");
    let first = std::fs::read(folder.file("b.tar.gz")).unwrap();
    folder.run("bundle -providers b.tar.gz").ok();
    assert!(std::fs::read(folder.file("b.tar.gz")).unwrap() == first, "the same files give the same bytes");
    let mirror = "terraform.d/plugins/registry.terraform.io/hashicorp/null/2.1.2/linux_amd64";
    let expected = [
        ".terraform/modules/modules.json",
        ".terraform.lock.hcl",
        "main.tf",
        "modules/inner/main.tf",
        &format!("{mirror}/terraform-provider-null_v2.1.2"),
    ];
    assert_eq!(names(&folder, "b.tar.gz"), expected);

    let plain = unpacked(&folder, "b.tar.gz");
    plain.run("init -lockfile=readonly").ok();
    plain.run("plan").ok().says("Plan: 2 to add");

    let told = unpacked(&folder, "b.tar.gz");
    told.run("init -plugin-dir=terraform.d/plugins").ok();
    told.run("apply -auto-approve").ok().says("2 added");

    let mut configured = unpacked(&folder, "b.tar.gz");
    let elsewhere = configured.file("../mirror");
    std::fs::rename(configured.file("terraform.d/plugins"), &elsewhere).unwrap();
    let settings = format!("provider_installation {{ filesystem_mirror {{ path = {elsewhere:?} }} }}\n");
    configured.write("../settings", &settings);
    configured.set("TF_CLI_CONFIG_FILE", &configured.file("../settings").display().to_string());
    configured.run("init").ok();
    configured.run("plan").ok().says("Plan: 2 to add");
}

#[test]
fn modules_beside_the_directory_come_along() {
    let folder = Folder::new();
    folder.write("live/prod/main.tf", "module \"net\" {\n  source = \"../../modules/net\"\n}\n");
    folder.write("modules/net/main.tf", "module \"sub\" {\n  source = \"../sub\"\n}\n");
    folder.write("modules/net/.terraformignore", "*.md\n");
    folder.write("modules/net/README.md", "not packed");
    folder.write("modules/sub/main.tf", "resource \"terraform_data\" \"a\" {}\n");
    folder.write("modules/unused/main.tf", "not packed");
    folder.run("-chdir=live/prod init").ok();
    folder.run("-chdir=live/prod bundle ../../b.tar.gz").ok().says("in live/prod/ of it");
    let expected = [
        "live/prod/.terraform/modules/modules.json",
        "live/prod/main.tf",
        "modules/net/.terraformignore",
        "modules/net/main.tf",
        "modules/sub/main.tf",
    ];
    assert_eq!(names(&folder, "b.tar.gz"), expected);
    let other = unpacked(&folder, "b.tar.gz");
    other.run("-chdir=live/prod plan").ok().says("Plan: 1 to add");
}

#[test]
fn ignored_files_states_and_locks_stay_out() {
    let folder = Folder::with("terraform {\n}\n");
    folder.write(".terraformignore", "# documents\n*.md\n!README.md\n/top/\n!kept.tfstate\n");
    for name in [
        "README.md",
        "a.md",
        "a/b.md",
        "top/x",
        "a/top/x",
        ".git/config",
        "terraform.tfstate",
        "kept.tfstate",
        "terraform.tfstate.backup",
        ".terraform.tfstate.lock.info",
        "terraform.tfstate.d/dev/terraform.tfstate",
        "terraform.d/x",
        ".terraform/terraform.tfstate",
        "values.tfvars",
    ] {
        folder.write(name, "x = 1\n");
    }
    folder.run("bundle b.tar.gz").ok();
    assert_eq!(
        names(&folder, "b.tar.gz"),
        [".terraformignore", "README.md", "a/top/x", "kept.tfstate", "main.tf", "values.tfvars"]
    );
    folder.write(".terraformignore", "ok\n[z-a]\n");
    folder.run("bundle b.tar.gz").expect(1).says(".terraformignore line 2");
    folder.write(".terraformignore", "");
    std::os::unix::fs::symlink("/etc/hostname", folder.file("link")).unwrap();
    folder.run("bundle c.tar.gz").expect(1).says("/etc/hostname");
    assert!(!folder.exists("c.tar.gz"));
}

#[test]
fn a_filled_mirror_serves_init() {
    const NEEDS: &str = "terraform {\n  required_providers {\n    tiny = {\n      source  = \"tiny.example/x/tiny\"\n      \
                         version = \"~> 1.0\"\n    }\n  }\n}\n";
    let mut folder = Folder::with(NEEDS);
    let place = |folder: &Folder, version: &str, platform: &str| {
        let name = format!("terraform-provider-tiny_v{version}");
        folder.write(&format!("../from/tiny.example/x/tiny/{version}/{platform}/{name}"), platform);
        folder.write(&format!("../from/tiny.example/x/tiny/{version}/{platform}/docs/README"), version);
        let file = folder.file(&format!("../from/tiny.example/x/tiny/{version}/{platform}/{name}"));
        std::fs::set_permissions(file, PermissionsExt::from_mode(0o755)).unwrap();
    };
    place(&folder, "1.0.0", "linux_amd64");
    place(&folder, "1.0.0", "plan9_mips");
    let settings =
        |from: &str| format!("provider_installation {{ filesystem_mirror {{ path = {:?} }} }}\n", folder.file(from));
    folder.write("../of_directories", &settings("../from"));
    folder.write("../of_archives", &settings("../filled"));
    folder.set("TF_CLI_CONFIG_FILE", &folder.file("../of_directories").display().to_string());
    folder.run("init").ok();
    place(&folder, "1.1.0", "linux_amd64");
    let fill = "providers mirror -platform=linux_amd64 -platform=plan9_mips ../filled";
    folder.run(fill).ok().says("Selected v1.0.0 to match the dependency lock file").says("Packed");
    let dir = folder.file("../filled/tiny.example/x/tiny");
    let linux = "terraform-provider-tiny_1.0.0_linux_amd64.zip";
    let names = ["1.0.0.json", "index.json", linux, "terraform-provider-tiny_1.0.0_plan9_mips.zip"];
    let read = || names.map(|name| std::fs::read(dir.join(name)).unwrap());
    let first = read();
    assert_eq!(std::fs::read_dir(&dir).unwrap().count(), names.len(), "nothing else is left there");
    let version: serde_json::Value = serde_json::from_slice(&first[0]).unwrap();
    let archive = &version["archives"]["linux_amd64"];
    assert_eq!(archive["url"], linux);
    // It is the checksum of the same files, packed or not.
    let lock = std::fs::read_to_string(folder.file(".terraform.lock.hcl")).unwrap();
    assert!(lock.contains(archive["hashes"][0].as_str().unwrap()), "{lock}");
    let index: serde_json::Value = serde_json::from_slice(&first[1]).unwrap();
    assert_eq!(index, serde_json::json!({ "versions": { "1.0.0": {} } }));

    folder.run(fill).ok().says("Already there");
    assert!(read() == first, "a second run changes nothing");
    folder.run("providers mirror -platform=solaris_sparc ../filled").expect(1).says("no version 1.0.0");
    assert!(read() == first, "what cannot be had takes nothing away");
    folder.run("providers mirror -lock-file=false ../filled").ok().says("Selected v1.1.0 to meet the constraints");
    let index = std::fs::read_to_string(dir.join("index.json")).unwrap();
    assert!(index.contains("1.0.0") && index.contains("1.1.0"), "what was there stays: {index}");

    folder.set("TF_CLI_CONFIG_FILE", &folder.file("../of_archives").display().to_string());
    std::fs::remove_dir_all(folder.file(".terraform")).unwrap();
    folder.run("init -lockfile=readonly").ok();
    let installed = ".terraform/providers/tiny.example/x/tiny/1.0.0/linux_amd64/terraform-provider-tiny_v1.0.0";
    let mode = std::fs::metadata(folder.file(installed)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o755, "what was executable is so after unpacking");
    // From archives the same mirror is made.
    folder.run("providers mirror -platform=linux_amd64 -platform=plan9_mips ../again").ok();
    let again = folder.file("../again/tiny.example/x/tiny/1.0.0.json");
    assert_eq!(std::fs::read(again).unwrap(), first[0]);

    folder.write(".terraform.lock.hcl", &lock.replace("h1:", "h1:A"));
    folder.run("providers mirror ../third").expect(1).says("checksum");
    assert!(!folder.file("../third").exists());
}
