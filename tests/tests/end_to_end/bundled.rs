//! The providers that are part of the program.

use formwork_tests::{Folder, Program, assert_same, fixtures, root};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpListener;

const PUBLISHED: [&str; 8] = [
    "archive-2.8.0",
    "external-2.4.0",
    "http-3.6.0",
    "local-2.9.0",
    "null-3.3.1",
    "random-3.9.0",
    "time-0.14.0",
    "tls-4.2.1",
];

/// Values that are drawn once, in every form there is, with what depends on them.
const VALUES: &str = r#"
resource "random_password" "p" {
  length      = 20
  min_special = 3
  keepers     = { a = "b", c = null }
}
resource "random_string" "s" {
  length = 5
  number = false
}
resource "random_id" "i" {
  byte_length = 4
  prefix      = "x-"
}
resource "random_integer" "n" {
  min = 1
  max = 5
}
resource "random_pet" "p" {}
resource "random_uuid" "u" {}
resource "random_uuid4" "u" {}
resource "random_uuid7" "u" {}
resource "random_bytes" "b" { length = 9 }
resource "random_shuffle" "s" {
  input        = ["a", "b", "c"]
  result_count = 5
}
resource "time_static" "s" {}
resource "time_offset" "o" {
  offset_days = 3
  triggers    = { integer = random_integer.n.result }
}
resource "time_rotating" "r" { rotation_hours = 3 }
resource "time_sleep" "s" { create_duration = "1ms" }
resource "tls_private_key" "k" { algorithm = "ED25519" }
resource "tls_private_key" "e" { algorithm = "ECDSA" }
resource "tls_self_signed_cert" "c" {
  private_key_pem       = tls_private_key.k.private_key_pem
  validity_period_hours = 10
  early_renewal_hours   = 1
  is_ca_certificate     = true
  allowed_uses          = ["cert_signing"]
  subject { common_name = random_pet.p.id }
}
resource "tls_cert_request" "r" {
  private_key_pem = tls_private_key.e.private_key_pem
  dns_names       = ["a.example"]
}
resource "tls_locally_signed_cert" "l" {
  cert_request_pem      = tls_cert_request.r.cert_request_pem
  ca_private_key_pem    = tls_private_key.k.private_key_pem
  ca_cert_pem           = tls_self_signed_cert.c.cert_pem
  validity_period_hours = 10
  allowed_uses          = ["server_auth"]
}
data "tls_certificate" "c" { content = tls_locally_signed_cert.l.cert_pem }
resource "local_file" "f" {
  filename        = "out/deep/file"
  content         = "hello"
  file_permission = "0640"
}
resource "local_sensitive_file" "s" {
  filename       = "out/secret"
  content_base64 = "aGk="
}
data "local_file" "f" { filename = local_file.f.filename }
"#;

/// What only makes sense in the program itself.
const REST: &str = r#"
resource "null_resource" "n" { triggers = { a = "b" } }
ephemeral "random_password" "e" { length = 5 }
ephemeral "tls_private_key" "e" { algorithm = "ED25519" }
data "external" "e" {
  program = ["cat"]
  query   = { a = "b" }
}
data "local_command" "c" {
  command = "cat"
  stdin   = "abc"
}
data "archive_file" "z" {
  type        = "zip"
  output_path = "out/a.zip"
  source_dir  = "out/deep"
  depends_on  = [local_file.f]
}
resource "archive_file" "t" {
  type        = "tar.gz"
  output_path = "out/a.tar.gz"
  source {
    filename = "a/b"
    content  = "c"
  }
}
data "cloudinit_config" "c" {
  gzip          = false
  base64_encode = false
  part { content = "x" }
}
terraform {
  required_providers {
    local = { source = "hashicorp/local" }
    time  = { source = "hashicorp/time" }
  }
}
output "seen" {
  value = [
    data.external.e.result.a, data.local_command.c.stdout, data.cloudinit_config.c.id != "",
    data.tls_certificate.c.certificates[0].issuer == "CN=${random_pet.p.id}", data.local_file.f.content,
    provider::local::direxists("."), provider::time::duration_parse("90s").minutes, random_string.s.numeric,
  ]
}
"#;

/// Without what tells nothing of values: descriptions are sentences of their own.
fn stripped(value: &Value) -> Value {
    const PROSE: [&str; 4] = ["description", "description_kind", "deprecation_message", "summary"];
    match value {
        Value::Object(map) => {
            let kept = map.iter().filter(|(key, _)| !PROSE.contains(&key.as_str()));
            Value::Object(kept.map(|(key, value)| (key.clone(), stripped(value))).collect())
        }
        Value::Array(items) => items.iter().map(stripped).collect(),
        other => other.clone(),
    }
}

#[test]
fn schemas_are_those_of_the_published_providers() {
    let requirements: String = PUBLISHED
        .iter()
        .filter_map(|name| name.split_once('-'))
        .map(|(name, version)| format!("{name} = {{\nsource = \"hashicorp/{name}\"\nversion = \"{version}\"\n}}\n"))
        .collect();
    let folder = Folder::with(&format!("terraform {{\nrequired_providers {{\n{requirements}}}\n}}\n"));
    let schemas = folder.run("providers schema -json").ok().json();
    for name in PUBLISHED {
        let path = root().join(format!("tests/tests/end_to_end/data/provider-schemas/{name}.json"));
        let published: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        for (address, schema) in published.as_object().unwrap() {
            assert_same(&stripped(&schemas["provider_schemas"][address]), schema, name);
        }
    }
}

#[test]
fn everything_works_without_network_lock_file_and_packages() {
    let folder = Folder::with(VALUES);
    folder.write("rest.tf", REST);
    folder.run("init").ok().says("Using bundled hashicorp/random v3.9.0");
    folder.run("version").ok().says("+ provider registry.terraform.io/hashicorp/random v3.9.0");
    let selected = folder.run("version -json").ok().json()["provider_selections"].clone();
    assert_eq!(selected["registry.terraform.io/hashicorp/random"], "3.9.0", "{selected}");
    assert!(!folder.exists(".terraform.lock.hcl") && !folder.exists(".terraform/providers"));
    folder.run("apply -auto-approve").ok();
    let seen = folder.run("output -json seen").ok().json();
    assert_eq!(seen, json!(["b", "abc", true, true, "hello", true, 1.5, false]));
    folder.run("plan -detailed-exitcode").ok().says("No changes.");
    let mode = |name: &str| {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(folder.file(name)).unwrap().permissions().mode() & 0o777
    };
    assert_eq!((mode("out/deep/file"), mode("out/secret")), (0o640, 0o700));
    assert!(folder.exists("out/a.zip") && folder.exists("out/a.tar.gz"));
    // A file that has changed is written again; so is one that is gone.
    folder.write("out/deep/file", "other");
    std::fs::remove_file(folder.file("out/secret")).unwrap();
    folder.run("apply -auto-approve").ok().says("2 added");
    assert_eq!((folder.read("out/deep/file"), folder.read("out/secret")), ("hello".to_owned(), "hi".to_owned()));
    folder.run("destroy -auto-approve").ok();
    assert!(!folder.exists("out/deep/file") && !folder.exists("out/a.tar.gz"));
}

#[test]
fn they_are_plugins_as_well_and_states_move_between_both() {
    let binary = fixtures::example_provider("bundled");
    let names = ["hashicorp/random", "hashicorp/time", "hashicorp/tls", "hashicorp/local"];
    let binaries: Vec<_> = names.iter().map(|name| (*name, binary.as_path())).collect();
    let programs = [Some(Program::formwork()), Program::terraform("the bundled providers as plugins")];
    for program in programs.iter().flatten() {
        let mut folder = Folder::with(VALUES);
        folder.run("apply -auto-approve").ok();
        folder.use_binaries(&binaries);
        program.run(&folder, "plan -detailed-exitcode -no-color").ok();
        program.run(&folder, "destroy -auto-approve -no-color").ok();
        program.run(&folder, "apply -auto-approve -no-color").ok();
        folder.unset("TF_CLI_CONFIG_FILE");
        folder.run("plan -detailed-exitcode").ok();
    }
}

fn null(version: &str) -> String {
    format!(
        "terraform {{\n  required_providers {{\n    null = {{\n      source = \"hashicorp/null\"\n{version}    }}\n  \
         }}\n}}\nresource \"null_resource\" \"n\" {{\n  triggers = {{ a = \"b\" }}\n}}\nresource \"null_resource\" \
         \"bare\" {{}}\n"
    )
}

const OLD: &str = "      version = \"2.1.2\"\n";

#[test]
fn null_and_its_published_self_have_the_same_state() {
    let programs = [Some(Program::formwork()), Program::terraform("states of null with the published provider")];
    for program in programs.iter().flatten() {
        let mut folder = Folder::with(&null(""));
        folder.run("apply -auto-approve").ok();
        folder.use_mirror();
        folder.write("main.tf", &null(OLD));
        program.run(&folder, "init -no-color").ok();
        program.run(&folder, "plan -detailed-exitcode -no-color").ok();
        program.run(&folder, "apply -auto-approve -no-color -replace=null_resource.n").ok();
        // Back: the lock file's entry is what speaks for the published one.
        folder.write("main.tf", &null(""));
        std::fs::remove_file(folder.file(".terraform.lock.hcl")).unwrap();
        folder.unset("TF_CLI_CONFIG_FILE");
        folder.run("plan -detailed-exitcode").ok().says("No changes.");
        folder.run("state show null_resource.n").ok().says("triggers");
    }
}

#[test]
fn a_published_package_is_used_where_anything_says_so() {
    let bundled = "Using bundled hashicorp/null v3.3.1";
    // The configuration.
    let folder = Folder::with(&null(OLD));
    folder.run("init").expect(1).says("hashicorp/null");
    // A mirror that the user names; then the lock file, without any other word.
    let mut folder = Folder::with(&null(""));
    folder.use_mirror();
    folder.run("init").ok().says("Installed hashicorp/null v2.1.2");
    folder.unset("TF_CLI_CONFIG_FILE");
    folder.run("init").ok().says("Using previously-installed hashicorp/null v2.1.2");
    folder.run("plan").ok();
    let locked = folder.read(".terraform.lock.hcl");
    std::fs::remove_dir_all(folder.file(".terraform")).unwrap();
    folder.run("plan").expect(1).says("Run \"formwork init\"");
    assert_eq!(folder.read(".terraform.lock.hcl"), locked);
    // A directory that is searched without being named; and not one with versions that are not accepted.
    let package = "registry.terraform.io/hashicorp/null/2.1.2/linux_amd64";
    for (constraint, expected) in [("", "Installed hashicorp/null v2.1.2"), ("      version = \">= 3.0\"\n", bundled)] {
        let folder = Folder::with(&null(constraint));
        let place = folder.file(&format!("terraform.d/plugins/{package}"));
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(fixtures::mirror().join(package), place).unwrap();
        folder.run("init").ok().says(expected);
        folder.run("plan").ok();
    }
    // -plugin-dir, which is remembered.
    let folder = Folder::with(&null(""));
    folder
        .run(&format!("init -plugin-dir={}", fixtures::mirror().display()))
        .ok()
        .says("Installed hashicorp/null v2.1.2");
    // A plain `direct`, beside an override of another provider, says nothing.
    let mut folder = Folder::with(&null(""));
    folder.use_binaries(&[("hashicorp/random", &fixtures::example_provider("bundled"))]);
    folder.run("init").ok().says(bundled);
}

#[test]
fn objects_are_imported() {
    let folder = Folder::with(VALUES);
    let cases = [
        ("random_password.p", "se,cret", "length = 7"),
        ("random_string.s", "abcde", "result = \"abcde\""),
        ("random_id.i", "x-,AQIDBA", "dec = \"x-16909060\""),
        ("random_integer.n", "3,1,5", "result = 3"),
        ("random_uuid.u", "aabbccdd-eeff-4011-8233-445566778899", "result = \"aabbccdd-eeff-4011-8233-445566778899\""),
        ("random_bytes.b", "AQID", "length = 3"),
        ("time_static.s", "2020-02-12T06:36:13Z", "unix = 1581489373"),
        ("time_offset.o", "2020-02-12T06:36:13Z,0,0,3,0,0,0", "rfc3339 = \"2020-02-15T06:36:13Z\""),
        ("time_rotating.r", "2999-02-12T06:36:13Z,0,0,0,3,0", "rotation_rfc3339 = \"2999-02-12T09:36:13Z\""),
        ("time_sleep.s", "1ms,", "create_duration = \"1ms\""),
    ];
    for (address, id, shown) in cases {
        folder.run(&format!("import {address} {id}")).ok();
        folder.run(&format!("state show {address}")).ok().says(shown);
    }
    let wrong = [("random_uuid7.u", "aabbccdd-eeff-4011-8233-445566778899"), ("random_pet.p", "x")];
    for (address, id) in wrong {
        folder.run(&format!("import {address} {id}")).expect(1).says("Could not import");
    }
}

#[test]
fn mistakes_are_shown_where_they_are() {
    let cases = [
        ("resource \"random_integer\" \"x\" {\n  min = 5\n  max = 1\n}", "min = 5", "more than max"),
        ("resource \"random_string\" \"x\" {\n  length = 2\n  min_lower = 3\n}", "length = 2", "3 characters"),
        ("resource \"local_file\" \"x\" {\n  filename = \"x\"\n}", "local_file", "exactly one of content"),
        ("resource \"time_static\" \"x\" {\n  rfc3339 = \"now\"\n}", "rfc3339 = \"now\"", "RFC 3339"),
        ("resource \"tls_private_key\" \"x\" {\n  algorithm = \"DSA\"\n}", "algorithm = \"DSA\"", "not one of"),
        ("data \"http\" \"x\" {\n  url = \"ftp://x\"\n}", "url = \"ftp://x\"", "http or https"),
    ];
    for (text, place, message) in cases {
        Folder::with(text).run("validate").expect(1).says(place).says(message);
    }
}

/// Answers requests one after the other, each with the next answer.
fn server(answers: Vec<&'static str>) -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let mut requests = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                let read = stream.read(&mut buffer).unwrap();
                request.extend_from_slice(&buffer[..read]);
            }
            stream.write_all(answer.as_bytes()).unwrap();
            requests.push(String::from_utf8_lossy(&request).into_owned());
        }
        requests
    });
    (url, thread)
}

#[test]
fn functions_can_be_called_in_the_console() {
    let folder =
        Folder::with("terraform {\n  required_providers {\n    time = { source = \"hashicorp/time\" }\n  }\n}\n");
    let run = folder.run_with_input("console", "provider::time::unix_timestamp_parse(1).rfc3339\n");
    run.ok().says("1970-01-01T00:00:01Z");
}

#[test]
fn web_servers_are_asked_again_and_redirections_followed() {
    let (url, server) = server(vec![
        "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 5\r\n\r\nhello",
    ]);
    let folder = Folder::with(&format!(
        "data \"http\" \"h\" {{\n  url = \"{url}/here\"\n  request_headers = {{ X-Q = \"q\" }}\n  retry {{\n    attempts = \
         1\n    min_delay_ms = 1\n  }}\n}}\noutput \"h\" {{\n  value = [data.http.h.response_body, \
         data.http.h.status_code, data.http.h.response_headers[\"X-A\"]]\n}}\n"
    ));
    folder.run("apply -auto-approve").ok();
    assert_eq!(folder.run("output -json h").ok().json(), json!(["hello", 200, "1, 2"]));
    let requests = server.join().unwrap();
    assert!(requests[0].starts_with("GET /here ") && requests[2].starts_with("GET /there "), "{requests:?}");
    assert!(requests.iter().all(|request| request.to_lowercase().contains("x-q: q")), "{requests:?}");
}
