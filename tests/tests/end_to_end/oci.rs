//! Providers and modules from OCI registries.

use formwork_tests::publisher::{sha256, zip_of};
use formwork_tests::{Folder, HttpsServer, OciRegistry, Reply};
use std::os::unix::fs::PermissionsExt;

const HERE: &str = "linux_amd64";

/// What stands for `robot` with the password `secret`.
const BASIC: &str = "Basic cm9ib3Q6c2VjcmV0";

fn archive() -> Vec<u8> {
    zip_of(&[("terraform-provider-tool_v1.0.0", b"#!/bin/sh\nexit 1\n")])
}

/// A folder that wants the provider `acme/tool` from a mirror on the server.
fn wants_tool(server: &HttpsServer, more: &str) -> Folder {
    let mut folder = Folder::with(
        "terraform {\n  required_providers {\n    tool = {\n      source  = \"tools.example.test/acme/tool\"\n      version = \"~> 1.0\"\n    }\n  }\n}\n",
    );
    folder.trust(server);
    let template = format!("{}/mirror/${{namespace}}/${{type}}", server.host());
    let include = "include = [\"tools.example.test/*/*\"]";
    folder.settings(&format!(
        "provider_installation {{\n  oci_mirror {{\n    repository_template = {template:?}\n    {include}\n  }}\n}}\n{more}"
    ));
    folder
}

fn published(server: &HttpsServer) -> OciRegistry<'_> {
    let registry = OciRegistry { server, name: "mirror/acme/tool" };
    registry.tags(&["0.9.0", "latest", "1.0.0", "1.1.0_build", "linux_amd64", "2.0.0"]);
    registry.provider("1.0.0", &["darwin_arm64", HERE], &archive());
    registry.provider("1.1.0_build", &["darwin_arm64", HERE], &archive());
    registry
}

const PACKAGE: &str = ".terraform/providers/tools.example.test/acme/tool/1.1.0+build/linux_amd64";

/// The targets of questions that came with credentials.
fn authorized(server: &HttpsServer) -> Vec<String> {
    let asked = server.asked().into_iter().filter(|question| question.headers.contains_key("authorization"));
    asked.map(|question| question.path().to_owned()).collect()
}

#[test]
fn a_mirror_has_the_versions_that_its_tags_name() {
    let server = HttpsServer::start();
    let registry = published(&server);
    let folder = wants_tool(&server, "");
    let run = folder.run("init -input=false -no-color").ok();
    run.says("- Installed tools.example.test/acme/tool v1.1.0+build (verified checksum)");
    assert!(folder.exists(&format!("{PACKAGE}/terraform-provider-tool_v1.0.0")));
    assert!(folder.read(".terraform.lock.hcl").contains("h1:"));
    assert!(authorized(&server).is_empty());
    // Blobs may lie elsewhere.
    let elsewhere = HttpsServer::start();
    let blob = registry.path(&format!("blobs/sha256:{}", sha256(&archive())));
    elsewhere.answer(&blob, Reply::bytes(archive()));
    server.answer(&blob, Reply::redirect(&elsewhere.url(&blob)));
    registry.wants_token(BASIC);
    let mut folder = wants_tool(&server, &credentials(&server, "username = \"robot\"\n  password = \"secret\""));
    let both = [&server, &elsewhere].map(|server| std::fs::read_to_string(server.authority()).unwrap()).concat();
    folder.write("authorities.pem", &both);
    let path = folder.file("authorities.pem").display().to_string();
    folder.set("SSL_CERT_FILE", &path);
    folder.run("init -input=false -no-color").ok();
    assert_eq!(elsewhere.asked().len(), 1);
    assert!(authorized(&elsewhere).is_empty());
}

fn credentials(server: &HttpsServer, body: &str) -> String {
    format!("oci_credentials {:?} {{\n  {body}\n}}\n", format!("{}/mirror", server.host()))
}

#[test]
fn credentials_come_from_settings_files_and_programs() {
    let server = HttpsServer::start();
    let registry = published(&server);
    registry.wants_token(BASIC);
    let init = |folder: &Folder| folder.run("init -input=false -no-color");
    let folder = wants_tool(&server, "");
    init(&folder).expect(1).says("it wants other credentials").says("docker login");
    assert!(!folder.exists(".terraform.lock.hcl"));

    init(&wants_tool(&server, &credentials(&server, "username = \"robot\"\n  password = \"secret\""))).ok();
    // The server of tokens sees the password, the registry the token.
    let seen: Vec<(String, String)> = server
        .asked()
        .into_iter()
        .filter_map(|question| Some((question.path().to_owned(), question.headers.get("authorization")?.clone())))
        .collect();
    let expected = |path: &str| if path == "/token" { BASIC } else { "Bearer short-lived" };
    assert!(seen.len() > 4 && seen.iter().all(|(path, shown)| shown == expected(path)), "{seen:?}");
    assert_eq!(seen.iter().filter(|(path, _)| path == "/token").count(), 1, "one token is enough");

    let folder = wants_tool(&server, "");
    let pair = BASIC.trim_start_matches("Basic ");
    let auths = serde_json::json!({ "auths": { server.host(): { "auth": pair } } });
    folder.write("../home/.docker/config.json", &auths.to_string());
    init(&folder).ok();

    let mut folder = wants_tool(&server, &credentials(&server, "docker_credentials_helper = \"test\""));
    let program = "../bin/docker-credential-test";
    let answer = "{\"ServerURL\":\"x\",\"Username\":\"robot\",\"Secret\":\"secret\"}";
    folder.write(
        program,
        &format!("#!/bin/sh\nread host\n[ \"$1 $host\" = \"get {}\" ] && echo '{answer}'\n", server.host()),
    );
    std::fs::set_permissions(folder.file(program), PermissionsExt::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", folder.file("../bin").display(), std::env::var("PATH").unwrap());
    folder.set("PATH", &path);
    init(&folder).ok();

    // A registry may take the password itself, or a token that the user has.
    let refusal = Reply::status(401).with("WWW-Authenticate", "Basic realm=\"x\"");
    server.guard("/v2/", BASIC, refusal);
    init(&wants_tool(&server, &credentials(&server, "username = \"robot\"\n  password = \"secret\""))).ok();
    init(&wants_tool(&server, &credentials(&server, "username = \"robot\"\n  password = \"wrong\""))).expect(1);
    let challenge = format!("Bearer realm=\"{}\"", server.url("/token"));
    server.guard("/v2/", "Bearer mine", Reply::status(401).with("WWW-Authenticate", &challenge));
    init(&wants_tool(&server, &credentials(&server, "access_token = \"mine\""))).ok();
    // For a refresh token the server of tokens gives one.
    server.answer("/refresh", Reply::json(&serde_json::json!({ "access_token": "mine" })));
    let challenge = format!("Bearer realm=\"{}\",service=\"s\"", server.url("/refresh"));
    server.guard("/v2/", "Bearer mine", Reply::status(401).with("WWW-Authenticate", &challenge));
    server.asked();
    init(&wants_tool(&server, &credentials(&server, "refresh_token = \"long\""))).ok();
    let form = server.asked().into_iter().find(|question| question.path() == "/refresh").unwrap();
    assert_eq!(form.method, "POST");
    let text = form.text();
    assert!(text.contains("grant_type=refresh_token") && text.contains("refresh_token=long"), "{text}");
}

#[test]
fn what_is_not_what_it_should_be_is_refused() {
    let server = HttpsServer::start();
    let registry = published(&server);
    let folder = wants_tool(&server, "");
    let refused = |why: &str| {
        folder.run("init -input=false -no-color").expect(1).says(why);
        assert!(!folder.exists(PACKAGE) && !folder.exists(".terraform.lock.hcl"));
    };
    let blob = registry.path(&format!("blobs/sha256:{}", sha256(&archive())));
    server.answer(&blob, Reply::bytes(zip_of(&[("terraform-provider-tool_v1.0.0", b"other")])));
    refused("is not the one that it should be");
    registry.provider("1.1.0_build", &["darwin_arm64"], &archive());
    refused("has no package for linux_amd64");
    let kind = "application/vnd.oci.empty.v1+json";
    registry.artifact(kind, &archive(), Some("1.1.0_build"));
    refused("is no artifact of the type application/vnd.opentofu.provider");
    // The platform's manifest is named by its digest.
    registry.provider("1.1.0_build", &[HERE], &archive());
    let index = String::from_utf8(server.reply(&registry.path("manifests/1.1.0_build")).unwrap().body).unwrap();
    let index: serde_json::Value = serde_json::from_str(&index).unwrap();
    let digest = index["manifests"][0]["digest"].as_str().unwrap();
    server.answer(&registry.path(&format!("manifests/{digest}")), Reply::bytes("{}"));
    refused("with another document");
    server.answer(&registry.path("tags/list"), Reply::status(404));
    refused("This was searched: the OCI repository");
    let mut folder = wants_tool(&server, "");
    folder.settings("provider_installation {\n  oci_mirror {\n    repository_template = \"r.io/x\"\n  }\n}\n");
    folder.run("init -no-color").expect(1).says("repository_template must have ${hostname}");
}

#[test]
fn modules_come_by_tag_and_digest() {
    let server = HttpsServer::start();
    let registry = OciRegistry { server: &server, name: "modules/net" };
    let module = |text: &str| {
        let output = format!("output \"said\" {{\n  value = {text:?}\n}}\n");
        zip_of(&[("main.tf", output.as_bytes()), ("sub/main.tf", output.replace(text, "sub").as_bytes())])
    };
    registry.module("latest", &module("latest"));
    let digest = registry.module("1.0", &module("one"));
    let address = format!("oci://{}", registry.address());
    let call = |name: &str, source: &str| {
        format!("module {name:?} {{\n  source = {source:?}\n}}\noutput {name:?} {{\n  value = module.{name}.said\n}}\n")
    };
    let calls = [
        call("a", &address),
        call("b", &format!("{address}?tag=1.0")),
        call("c", &format!("{address}//sub?tag=1.0")),
        call("d", &format!("{address}?digest={digest}")),
    ];
    let mut folder = Folder::with(&calls.concat());
    folder.trust(&server);
    folder.run("init -input=false -no-color").ok();
    folder.run("apply -auto-approve").ok();
    let outputs = folder.run("output -json").ok().json();
    let said: Vec<&str> = ["a", "b", "c", "d"].map(|name| outputs[name]["value"].as_str().unwrap()).to_vec();
    assert_eq!(said, ["latest", "one", "sub", "one"]);
    for (source, why) in [
        (format!("{address}?tag=none"), "does not exist"),
        (format!("{address}?tag=1.0&digest={digest}"), "tag and digest exclude each other"),
        (format!("{address}?digest=md5:x"), "is none of the kind sha256"),
        (format!("{address}?ref=1"), "there are the arguments tag and digest"),
        (format!("oci://{}/UPPER", server.host()), "is no repository of an OCI registry"),
    ] {
        let mut folder = Folder::with(&call("a", &source));
        folder.trust(&server);
        folder.run("init -input=false -no-color").expect(1).says(why);
    }
}
