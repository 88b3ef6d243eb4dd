//! What the ecosystem's framework for tests of providers does: it runs commands by `terraform-exec`, with a provider that
//! runs already.

use formwork_tests::{Folder, Program, fixtures};
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Shown to plugins by those who start them.
const COOKIE: (&str, &str) =
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2");

/// A plugin that runs on its own; it ends when dropped.
struct Running {
    child: Child,
    source: &'static str,
    protocol: u64,
    socket: String,
}

impl Running {
    #[track_caller]
    fn start(source: &'static str, program: &Path) -> Running {
        let mut command = Command::new(program);
        command.env(COOKIE.0, COOKIE.1).env("PLUGIN_PROTOCOL_VERSIONS", "5,6");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let parts: Vec<&str> = line.trim().split('|').collect();
        assert_eq!((parts[0], parts[2], parts[4]), ("1", "unix", "grpc"), "{line}");
        Running { source, protocol: parts[1].parse().unwrap(), socket: parts[3].to_owned(), child }
    }

    /// The value of `TF_REATTACH_PROVIDERS`, as the framework writes it.
    fn address(&self) -> String {
        let address = json!({ "Network": "unix", "String": self.socket });
        let entry = json!({
            "Protocol": "grpc",
            "ProtocolVersion": self.protocol,
            "Pid": self.child.id(),
            "Test": true,
            "Addr": address,
        });
        json!({ self.source: entry }).to_string()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Command lines of terraform-exec 0.25, with their exit codes. NAME is the resource under test.
const STEPS: &[(&str, i32)] = &[
    ("version -json", 0),
    ("init -no-color -input=false -backend=true -get=true -upgrade=true", 0),
    ("init -no-color -input=false -backend=true -get=true -upgrade=false", 0),
    ("providers schema -json -no-color", 0),
    ("validate -no-color -json", 0),
    ("get -no-color -update=true", 0),
    ("fmt -no-color -write=false -list=true -diff=false -check=true", 0),
    ("fmt -no-color -write=true -list=false -diff=false", 0),
    ("metadata functions -json", 0),
    ("show -json -no-color", 0),
    (
        "plan -no-color -input=false -detailed-exitcode -lock-timeout=0s -out=tfplan -lock=true -parallelism=10 -refresh=true",
        2,
    ),
    ("show -json -no-color tfplan", 0),
    ("show -no-color tfplan", 0),
    ("graph -plan=tfplan -type=apply", 0),
    ("apply -no-color -auto-approve -input=false -lock-timeout=0s -lock=true -parallelism=10 -refresh=false tfplan", 0),
    ("show -json -no-color", 0),
    ("output -no-color -json", 0),
    (
        "plan -no-color -input=false -detailed-exitcode -lock-timeout=0s -out=tfplan -lock=true -parallelism=10 -refresh=true",
        0,
    ),
    (
        "plan -json -no-color -input=false -detailed-exitcode -lock-timeout=0s -lock=true -parallelism=10 -refresh=true",
        0,
    ),
    (
        "plan -no-color -input=false -detailed-exitcode -lock-timeout=0s -out=tfplan -lock=true -parallelism=10 -refresh=true -refresh-only",
        0,
    ),
    ("refresh -no-color -input=false -lock-timeout=0s -lock=true", 0),
    ("taint -no-color -lock=true NAME", 0),
    ("plan -no-color -input=false -detailed-exitcode -lock-timeout=0s -lock=true -parallelism=10 -refresh=true", 2),
    ("untaint -no-color -lock=true NAME", 0),
    ("state pull", 0),
    ("state show -no-color NAME", 0),
    ("state mv -no-color -lock-timeout=0s -lock=true NAME NAME_moved", 0),
    ("state mv -no-color -lock-timeout=0s -lock=true -dry-run NAME_moved NAME", 0),
    ("state mv -no-color -lock-timeout=0s -lock=true NAME_moved NAME", 0),
    ("workspace list -no-color", 0),
    ("workspace new -no-color second", 0),
    ("workspace show -no-color", 0),
    ("workspace select -no-color default", 0),
    ("workspace delete -no-color -lock=true second", 0),
    ("workspace select -no-color missing", 1),
    ("graph", 0),
    (
        "plan -no-color -input=false -detailed-exitcode -lock-timeout=0s -out=tfplan -lock=true -parallelism=10 -refresh=true -destroy",
        2,
    ),
    (
        "apply -json -no-color -auto-approve -input=false -lock-timeout=0s -lock=true -parallelism=10 -refresh=false tfplan",
        0,
    ),
    ("apply -no-color -auto-approve -input=false -lock=true -parallelism=10 -refresh=true -replace=NAME", 0),
    ("destroy -no-color -auto-approve -input=false -lock-timeout=0s -lock=true -parallelism=10 -refresh=false", 0),
    ("apply -no-color -auto-approve -input=false -lock=true -parallelism=10 -refresh=true", 0),
    ("state rm -no-color -lock-timeout=0s -lock=true NAME", 0),
    ("destroy -json -no-color -auto-approve -input=false -lock-timeout=0s -lock=true -parallelism=10 -refresh=true", 0),
];

/// Runs all steps with one program.
#[track_caller]
fn drive(program: &Program, running: &Running, main: &str, name: &str) {
    let mut folder = Folder::with(main);
    for (variable, value) in [
        ("TF_REATTACH_PROVIDERS", running.address().as_str()),
        ("TF_APPEND_USER_AGENT", "HashiCorp-terraform-exec/0.25.0"),
        ("TF_IN_AUTOMATION", "1"),
        ("TF_INPUT", "0"),
        ("TF_LOG", ""),
        ("TF_LOG_CORE", ""),
        ("TF_LOG_PATH", ""),
        ("TF_LOG_PROVIDER", ""),
        ("TF_CLI_ARGS", ""),
        ("TF_WORKSPACE", ""),
        ("TF_DISABLE_PLUGIN_TLS", ""),
        ("TF_SKIP_PROVIDER_VERIFY", ""),
    ] {
        folder.set(variable, value);
    }
    for (words, code) in STEPS {
        // What a provider of the old SDK reads differs from what it has made in parts that nobody sees.
        let code = if running.protocol == 5 && words.contains("-refresh-only") { 2 } else { *code };
        let run = program.run(&folder, &words.replace("NAME", name)).expect(code);
        if words.starts_with("version") {
            assert_eq!(run.json()["terraform_version"], "1.11.4");
        } else if words.starts_with("providers schema") {
            let schemas = run.json()["provider_schemas"].as_object().cloned().unwrap();
            assert!(schemas.keys().any(|key| key.ends_with(running.source)), "{schemas:?}");
        } else if words.starts_with("show -json -no-color tfplan") {
            let changes = run.json()["resource_changes"].clone();
            assert_eq!(changes[0]["change"]["actions"], json!(["create"]), "{changes}");
        } else if words.starts_with("validate") {
            assert_eq!(run.json()["valid"], true);
        }
    }
    assert!(!folder.exists(".terraform/providers"), "nothing is installed for what runs already");
    assert!(!folder.exists(".terraform.lock.hcl"), "and nothing is locked");
}

fn drive_both(running: &Running, main: &str, name: &str) {
    drive(&Program::formwork(), running, main, name);
    if let Some(terraform) = Program::terraform("command lines of terraform-exec") {
        drive(&terraform, running, main, name);
    }
}

#[test]
fn a_provider_of_protocol_6_is_driven() {
    let running = Running::start("registry.terraform.io/hashicorp/slow", &fixtures::example_provider("slow"));
    assert_eq!(running.protocol, 6);
    let cloud = tempfile::tempdir().unwrap();
    let clouds = cloud.path().join("cloud");
    std::fs::create_dir(&clouds).unwrap();
    let main = format!(
        "provider \"slow\" {{\n  cloud = {clouds:?}\n}}\n\nresource \"slow_object\" \"under_test\" {{\n  name = \"a\"\n}}\n\n\
         output \"id\" {{\n  value = slow_object.under_test.name\n}}\n"
    );
    drive_both(&running, &main, "slow_object.under_test");
}

#[test]
fn a_provider_of_protocol_5_is_driven() {
    let package = fixtures::mirror().join("registry.terraform.io/hashicorp/null/2.1.2/linux_amd64");
    let program = std::fs::read_dir(package).unwrap().next().unwrap().unwrap().path();
    let running = Running::start("registry.terraform.io/hashicorp/null", &program);
    assert_eq!(running.protocol, 5);
    let main = "resource \"null_resource\" \"under_test\" {\n  triggers = {\n    a = \"1\"\n  }\n}\n\noutput \"id\" {\n  \
                value = null_resource.under_test.triggers[\"a\"]\n}\n";
    drive_both(&running, main, "null_resource.under_test");
}
