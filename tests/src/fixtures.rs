//! Programs and packages that the tests need. `tests/setup` installs those that come from elsewhere.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// The binary under test: `FORMWORK_BIN`, or the one that cargo builds from this tree.
pub fn formwork() -> PathBuf {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| built("FORMWORK_BIN", "formwork-cli", "formwork", &[])).clone()
}

/// The binary of the aws provider: `FORMWORK_AWS_BIN`, or built here.
pub fn aws_provider() -> PathBuf {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY
        .get_or_init(|| built("FORMWORK_AWS_BIN", "formwork-provider-aws", "terraform-provider-aws", &["-j1"]))
        .clone()
}

fn built(variable: &str, package: &str, binary: &str, options: &[&str]) -> PathBuf {
    if let Some(path) = std::env::var_os(variable) {
        return PathBuf::from(path);
    }
    build(package, options);
    target_dir().join("debug").join(binary)
}

fn build(package: &str, options: &[&str]) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--package", package]).args(options).current_dir(crate::root());
    let status = command.status().expect("cargo runs");
    assert!(status.success(), "cargo cannot build {package}");
}

/// Where cargo puts its results.
pub fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from).unwrap_or_else(|| crate::root().join("target"))
}

/// What `tests/setup` has installed.
fn installed(path: &str) -> PathBuf {
    let path = target_dir().join(path);
    assert!(path.exists(), "{} is missing: run tests/setup", path.display());
    path
}

/// A provider of `tests/examples`, by its name. Cargo builds them with all targets of this package, but not with a single one.
pub fn example_provider(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the test has a path");
    let program = format!("examples/terraform-provider-{name}");
    let path = test.ancestors().nth(2).map(|dir| dir.join(program)).unwrap_or_default();
    if !path.exists() {
        build("formwork-tests", &["--examples"]);
    }
    assert!(path.exists(), "{} is missing: run cargo build --examples -p formwork-tests", path.display());
    path
}

/// A filesystem mirror with hashicorp/null 2.1.2 and hashicorp/aws 3.39.0.
pub fn mirror() -> PathBuf {
    installed("fixtures/mirror")
}

/// A program of a set of tools that others have written.
pub fn tool(path: &str) -> PathBuf {
    installed("tools").join(path)
}

/// Python with boto3 and moto.
pub fn python() -> PathBuf {
    installed("venv/bin/python")
}

/// A cloud of its own: `moto_server`, gone when dropped.
pub struct Cloud {
    server: Child,
    pub endpoint: String,
}

impl Cloud {
    #[track_caller]
    pub fn start() -> Cloud {
        let program = installed("venv/bin/moto_server");
        // The port is free now; should another process take it in between, the server says so and the test fails.
        let port = {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
            listener.local_addr().expect("an address").port()
        };
        let mut server = Command::new(program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("moto_server starts");
        let errors = server.stderr.take().expect("a pipe");
        let mut lines = BufReader::new(errors).lines();
        let ready = lines.by_ref().map_while(Result::ok).any(|line| line.contains("Running on"));
        assert!(ready, "moto_server does not start");
        // Its log must be read, or it would wait for room in the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Cloud { server, endpoint: format!("http://127.0.0.1:{port}") }
    }
}

/// What a script may use: clients by their names, and `say` for its result.
const PRELUDE: &str = r#"
import boto3, json, sys
session = boto3.Session("test", "test", region_name="eu-central-1")
clients = {}
def client(name):
    if name not in clients:
        clients[name] = session.client(name, endpoint_url=sys.argv[1])
    return clients[name]
def say(value):
    print(json.dumps(value, default=str, sort_keys=True))
"#;

impl Cloud {
    /// Runs a script of boto3, a client that is not ours: `client("ec2")` is a client, `say(value)` gives the result.
    #[track_caller]
    pub fn ask(&self, script: &str) -> serde_json::Value {
        let output = Command::new(python())
            .args(["-c", &format!("{PRELUDE}\n{script}"), &self.endpoint])
            .output()
            .expect("Python starts");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{script}\n{errors}");
        match output.stdout.is_empty() {
            true => serde_json::Value::Null,
            false => serde_json::from_slice(&output.stdout).expect("JSON"),
        }
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
