//! Modules that come over the network.

use formwork_tests::publisher::{sha256, zip_of};
use formwork_tests::{Folder, HttpsServer, Program, Reply};
use serde_json::json;
use std::path::Path;
use std::process::Command;

/// A server, and a folder that trusts it.
fn world(main: &str) -> (HttpsServer, Folder) {
    let server = HttpsServer::start();
    let mut folder = Folder::with(&main.replace("SERVER", &server.host()));
    folder.trust(&server);
    (server, folder)
}

fn git(dir: &Path, words: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=x", "-c", "user.email=x@example.test", "-c", "init.defaultBranch=main"]);
    let output = command.arg("-C").arg(dir).args(words).output().expect("git starts");
    assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn output(value: &str) -> String {
    format!("output \"value\" {{ value = {value:?} }}\n")
}

/// Commits a value to a repository of the server. Returns the commit.
fn commit(server: &HttpsServer, value: &str) -> String {
    let repository = server.repositories().join("m");
    if !repository.exists() {
        std::fs::create_dir_all(repository.join("deep/er")).unwrap();
        git(&repository, &["init", "--quiet"]);
        git(&repository, &["config", "uploadpack.allowAnySHA1InWant", "true"]);
    }
    std::fs::write(repository.join("main.tf"), output(value)).unwrap();
    std::fs::write(repository.join("deep/er/main.tf"), output(&format!("deep {value}"))).unwrap();
    git(&repository, &["add", "."]);
    git(&repository, &["commit", "--quiet", "-m", value]);
    git(&repository, &["rev-parse", "HEAD"])
}

/// The value that the configuration gets from its module.
fn value(folder: &Folder) -> String {
    folder.run("apply -auto-approve -no-color").ok();
    let state = folder.state();
    state["outputs"]["value"]["value"].as_str().unwrap_or_default().to_owned()
}

fn forget(folder: &Folder) {
    std::fs::remove_dir_all(folder.file(".terraform")).unwrap();
}

const INIT: &str = "init -input=false -no-color";

#[test]
fn repositories_are_cloned_and_their_commits_locked() {
    let main =
        "module \"m\" { source = \"git::https://SERVER/git/m/.git\" }\noutput \"value\" { value = module.m.value }\n";
    let (server, folder) = world(main);
    let first = commit(&server, "one");
    let run = folder.run(INIT).ok();
    run.says(&format!("Downloading git::https://{}/git/m/.git for m... - m in .terraform/modules/m", server.host()));
    assert_eq!(value(&folder), "one");
    let lock = folder.read(".terraform.lock.hcl");
    assert!(lock.contains("module \"m\" {") && lock.contains(&first) && lock.contains("h1:"), "{lock}");
    // What comes later is not taken by chance.
    let second = commit(&server, "two");
    server.asked();
    folder.run(INIT).ok();
    assert_eq!(server.asked().len(), 0);
    forget(&folder);
    folder.run(INIT).ok();
    assert_eq!(value(&folder), "one");
    folder.run(&format!("{INIT} -upgrade")).ok();
    assert_eq!(value(&folder), "two");
    assert!(folder.read(".terraform.lock.hcl").contains(&second));
    if let Some(terraform) = Program::terraform("a lock file with modules") {
        let manifest = folder.read(".terraform/modules/modules.json");
        forget(&folder);
        let lock = folder.read(".terraform.lock.hcl");
        terraform.run(&folder, INIT).ok();
        assert_eq!(folder.read(".terraform/modules/modules.json"), manifest);
        assert_eq!(folder.read(".terraform.lock.hcl"), lock);
        folder.run("plan -no-color").ok();
    }
}

#[test]
fn names_depths_and_directories_of_repositories() {
    let (server, folder) = world("");
    let first = commit(&server, "one");
    let repository = server.repositories().join("m");
    git(&repository, &["tag", "v1"]);
    git(&repository, &["branch", "feature/x"]);
    commit(&server, "two");
    let base = format!("git::https://{}/git/m/.git", server.host());
    let cases = [
        (format!("{base}?ref=v1"), "one"),
        (format!("{base}?ref={first}"), "one"),
        (format!("{base}?ref=feature/x&depth=1"), "one"),
        (format!("{base}?depth=1"), "two"),
        (format!("{base}//deep/er?ref=v1"), "deep one"),
        (format!("{base}//deep/*"), "deep two"),
        (format!("git::file://{}", repository.display()), "two"),
    ];
    for (source, expected) in cases {
        folder.write(
            "main.tf",
            &format!("module \"m\" {{ source = {source:?} }}\noutput \"value\" {{ value = module.m.value }}\n"),
        );
        folder.run(INIT).ok();
        assert_eq!(value(&folder), expected, "{source}");
    }
    for (source, why) in [
        (format!("{base}?ref=none"), "Git says"),
        (format!("{base}//missing"), "has no directory missing"),
        (format!("{base}?ref=--upload-pack=x"), "does not begin with a dash"),
        (format!("git::https://{}/git/none/.git", server.host()), "Git says"),
    ] {
        folder.write("main.tf", &format!("module \"other\" {{ source = {source:?} }}\n"));
        folder.run(INIT).expect(1).says(why);
        assert!(!folder.exists(".terraform/modules/other"), "{source}");
    }
}

#[test]
fn without_git_it_is_said_what_is_missing() {
    let (_server, mut folder) = world("module \"m\" { source = \"git::https://SERVER/git/m/.git\" }\n");
    folder.set("PATH", "/nonexistent");
    folder.run(INIT).expect(1).says("the program git is not on the PATH; install it");
}

#[test]
fn archives_are_fetched_once_and_checked() {
    let main = "module \"a\" { source = \"https://SERVER/m.zip//sub\" }\nmodule \"b\" { source = \"https://SERVER/m.zip//sub\" }\n\
                output \"value\" { value = \"${module.a.value} ${module.b.value}\" }\n";
    let (server, folder) = world(main);
    let archive = zip_of(&[("sub/main.tf", output("x").as_bytes()), ("main.tf", b"")]);
    server.answer("/m.zip", Reply::bytes(archive.clone()));
    folder.run(INIT).ok();
    assert_eq!(server.asked().len(), 1);
    assert_eq!(value(&folder), "x x");
    // Another archive in its place.
    server.answer("/m.zip", Reply::bytes(zip_of(&[("sub/main.tf", output("y").as_bytes())])));
    forget(&folder);
    folder.run(INIT).expect(1).says("Module is not the one that was locked");
    assert!(!folder.exists(".terraform/modules/a") && !folder.exists(".terraform/modules/b"));
    folder.run(&format!("{INIT} -upgrade")).ok();
    assert_eq!(value(&folder), "y y");
    // A checksum in the address.
    for (sum, is_right) in [(sha256(&archive), true), (sha256(b"other"), false)] {
        server.answer("/m.zip", Reply::bytes(archive.clone()));
        let source = format!("https://{}/m.zip//sub?checksum=sha256:{sum}", server.host());
        folder.write("main.tf", &format!("module \"c\" {{ source = {source:?} }}\n"));
        let run = folder.run(INIT);
        if is_right {
            run.ok()
        } else {
            run.expect(1).says("The archive was not unpacked")
        };
        assert!(folder.exists(".terraform/modules/c") == is_right || !is_right);
    }
}

#[test]
fn hostile_archives_leave_nothing() {
    let (server, folder) = world("module \"m\" { source = \"https://SERVER/m.zip\" }\n");
    for name in ["../evil.tf", "/evil.tf", "a/../../evil.tf"] {
        server.answer("/m.zip", Reply::bytes(zip_of(&[("main.tf", b""), (name, b"")])));
        folder.run(INIT).expect(1).says("points outside of the archive");
        let left: Vec<_> = std::fs::read_dir(folder.file(".terraform/modules")).unwrap().map(Result::unwrap).collect();
        assert!(left.iter().all(|entry| entry.file_name() == "modules.json"), "{left:?}");
    }
}

#[test]
fn servers_send_on() {
    let (server, folder) =
        world("module \"m\" { source = \"https://SERVER/where//er\" }\noutput \"value\" { value = module.m.value }\n");
    let archive = zip_of(&[("deep/er/main.tf", output("there").as_bytes())]);
    server.answer("/x", Reply::bytes(archive));
    let location = format!("{}//deep?archive=zip", server.url("/x"));
    server.answer("/where", Reply::bytes("").with("X-Terraform-Get", &location));
    folder.run(INIT).ok();
    assert_eq!(value(&folder), "there");
    let page = format!("<html><head><meta name=\"terraform-get\" content=\"{location}\"></head></html>");
    server.answer("/where", Reply::bytes(page));
    folder.run(&format!("{INIT} -upgrade")).ok();
    server.answer("/where", Reply::bytes("nothing"));
    folder.run(&format!("{INIT} -upgrade")).expect(1).says("does not say where the module is");
    server.answer("/where", Reply::bytes("").with("X-Terraform-Get", &format!("{}//er", server.url("/where"))));
    folder.run(&format!("{INIT} -upgrade")).expect(1).says("More than 10 servers send on");
}

#[test]
fn registries_give_versions() {
    let main = "module \"m\" {\n  source  = \"modules.example.test/acme/net/any//part\"\n  version = \"~> 1.0\"\n}\n\
                output \"value\" { value = module.m.value }\n";
    let (server, mut folder) = world(main);
    let base = server.url("/v1/modules/");
    let block = |token: &str| {
        let host = format!("host \"modules.example.test\" {{\n  services = {{ \"modules.v1\" = {base:?} }}\n}}\n");
        format!("{host}credentials \"{}\" {{\n  token = {token:?}\n}}\n", server.host())
    };
    folder.settings(&block("secret"));
    let list = |versions: &[&str]| {
        let versions: Vec<_> = versions.iter().map(|version| json!({ "version": version })).collect();
        server.answer(
            "/v1/modules/acme/net/any/versions",
            Reply::json(&json!({ "modules": [{ "versions": versions }] })),
        );
    };
    let publish = |version: &str| {
        let archive = zip_of(&[("root/part/main.tf", output(version).as_bytes())]);
        server.answer(&format!("/files/{version}.zip"), Reply::bytes(archive));
        let location = format!("/files/{version}.zip//root");
        let reply = Reply::status(204).with("X-Terraform-Get", &location);
        server.answer(&format!("/v1/modules/acme/net/any/{version}/download"), reply);
    };
    list(&["0.9.0", "1.0.0", "1.1.0", "1.2.0-rc1", "2.0.0"]);
    publish("1.1.0");
    publish("1.3.0");
    folder.run(INIT).ok().says("Downloading modules.example.test/acme/net/any 1.1.0 for m...");
    assert_eq!(value(&folder), "1.1.0");
    let with_token: Vec<bool> =
        server.asked().iter().map(|question| question.headers.contains_key("authorization")).collect();
    assert_eq!(with_token, [true, true, false]);
    // A newer version changes nothing, not even in a new place.
    list(&["1.1.0", "1.3.0"]);
    forget(&folder);
    folder.run(INIT).ok().says("any 1.1.0 for m");
    folder.run(&format!("{INIT} -upgrade")).ok().says("any 1.3.0 for m");
    assert!(folder.read(".terraform.lock.hcl").contains("version = \"1.3.0\""));
    let modules = folder.run("modules -json").ok().json();
    assert_eq!(modules["modules"][0]["version"], "1.3.0");
    if let Some(terraform) = Program::terraform("modules of a registry") {
        let manifest = folder.read(".terraform/modules/modules.json");
        forget(&folder);
        terraform.run(&folder, INIT).ok();
        assert_eq!(folder.read(".terraform/modules/modules.json"), manifest);
        // What it has installed can be locked as well.
        let lock = folder.read(".terraform.lock.hcl");
        std::fs::remove_file(folder.file(".terraform.lock.hcl")).unwrap();
        server.asked();
        folder.run(INIT).ok();
        assert_eq!(server.asked().len(), 0);
        assert_eq!(folder.read(".terraform.lock.hcl"), lock);
    }
    // Versions and modules that there are not.
    folder.write("main.tf", &main.replace("~> 1.0", "~> 7.0"));
    folder.run(INIT).expect(1).says("has no version that meets \"~> 7.0\"; it has 1.1.0, 1.3.0");
    folder.write("main.tf", &main.replace("acme", "none"));
    folder.run(INIT).expect(1).says("Module not found");
}

#[test]
fn stores_of_objects_have_archives_and_directories() {
    let (server, mut folder) = world("");
    let host = server.url("");
    for (name, value) in [
        ("STORAGE_EMULATOR_HOST", host.as_str()),
        ("GOOGLE_OAUTH_ACCESS_TOKEN", "secret"),
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_REGION", "eu-west-1"),
    ] {
        folder.set(name, value);
    }
    let archive = zip_of(&[("main.tf", output("archive").as_bytes())]);
    let (file, key) = (output("directory"), "net/a/main.tf");
    server.answer("/bucket/net/m.zip", Reply::bytes(archive.clone()));
    server.answer(&format!("/bucket/{key}"), Reply::bytes(file.as_bytes()));
    let listed = format!(
        "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><IsTruncated>false</IsTruncated>\
         <Contents><Key>net/a/</Key></Contents><Contents><Key>{key}</Key></Contents></ListBucketResult>"
    );
    server.answer("/bucket/", Reply::bytes(listed).with("Content-Type", "application/xml"));
    let objects = "/storage/v1/b/bucket/o";
    server.answer(&format!("{objects}/net%2Fm.zip"), Reply::bytes(archive));
    server.answer(&format!("{objects}/net%2Fa%2Fmain.tf"), Reply::bytes(file));
    server.answer(objects, Reply::json(&json!({ "items": [{ "name": "net/a/" }, { "name": key }] })));
    let google = "gcs::https://www.googleapis.com/storage/v1/bucket";
    let cases = [
        (format!("s3::{host}/bucket/net/m.zip"), "archive"),
        (format!("s3::{host}/bucket/net/a"), "directory"),
        (format!("s3::{host}/bucket//a?aws_access_key_id=x"), ""),
        (format!("{google}/net/m.zip"), "archive"),
        (format!("{google}/net/a"), "directory"),
        (format!("{google}/net/none.zip"), ""),
    ];
    for (source, expected) in cases {
        let main = format!("module \"m\" {{ source = {source:?} }}\noutput \"value\" {{ value = module.m.value }}\n");
        folder.write("main.tf", &main);
        server.asked();
        if expected.is_empty() {
            folder.run(INIT).expect(1).says("Failed to download module");
            continue;
        }
        folder.run(INIT).ok();
        assert_eq!(value(&folder), expected, "{source}");
        assert!(server.asked().iter().all(|question| question.headers.contains_key("authorization")), "{source}");
    }
    // A name that leads out.
    server.answer(objects, Reply::json(&json!({ "items": [{ "name": "net/a/../../../evil.tf" }] })));
    folder.write("main.tf", &format!("module \"n\" {{ source = \"{google}/net/a\" }}\n"));
    folder.run(INIT).expect(1).says("points outside of the directory");
}

#[test]
fn vendored_modules_need_no_network() {
    let main = "module \"m\" { source = \"https://SERVER/m.zip//sub\" }\nmodule \"g\" { source = \"git::https://SERVER/git/m/.git\" }\n\
                output \"value\" { value = \"${module.m.value} ${module.g.value}\" }\n";
    let (server, folder) = world(main);
    commit(&server, "one");
    server.answer("/m.zip", Reply::bytes(zip_of(&[("sub/main.tf", output("x").as_bytes())])));
    folder.write("vendor/modules/old/main.tf", "");
    folder.run("vendor").ok().says("- m in vendor/modules/m");
    assert!(folder.exists("vendor/modules/m/sub/main.tf") && !folder.exists("vendor/modules/old"));
    assert!(!folder.exists("vendor/modules/g/.git"));
    let lock = folder.read(".terraform.lock.hcl");
    server.asked();
    forget(&folder);
    folder.run(INIT).ok();
    assert_eq!(server.asked().len(), 0);
    assert_eq!(value(&folder), "x one");
    assert_eq!(folder.read(".terraform.lock.hcl"), lock);
    // What is not what was locked does not count.
    folder.write("vendor/modules/m/sub/main.tf", &output("changed"));
    forget(&folder);
    folder.run(INIT).ok();
    assert!(!server.asked().is_empty());
    assert_eq!(value(&folder), "x one");
}

#[test]
fn modules_stay_in_their_package() {
    let main = "module \"m\" { source = \"https://SERVER/m.zip//a\" }\noutput \"value\" { value = module.m.value }\n";
    let (server, folder) = world(main);
    let inner = |source: &str| {
        let main = format!("module \"n\" {{ source = {source:?} }}\noutput \"value\" {{ value = module.n.value }}\n");
        server.answer(
            "/m.zip",
            Reply::bytes(zip_of(&[("a/main.tf", main.as_bytes()), ("b/main.tf", output("b").as_bytes())])),
        );
    };
    inner("../b");
    folder.run(INIT).ok();
    assert_eq!(value(&folder), "b");
    folder.write("outside/main.tf", &output("outside"));
    inner("../../../../outside");
    folder.run(&format!("{INIT} -upgrade")).expect(1).says("Local module path escapes module package");
}

#[test]
fn a_module_can_be_the_start_of_a_configuration() {
    let (server, folder) = world("");
    std::fs::remove_file(folder.file("main.tf")).unwrap();
    server.answer("/m.zip", Reply::bytes(zip_of(&[("sub/main.tf", output("x").as_bytes())])));
    folder.run(&format!("{INIT} -from-module={}//sub", server.url("/m.zip"))).ok();
    assert_eq!(folder.read("main.tf"), output("x"));
}
