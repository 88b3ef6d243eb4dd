//! A moto server that lives as long as this process.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// Serves until its standard input ends, which it does with the process of the tests, however that ends.
const SERVER: &str = "
import sys, logging
from moto.server import ThreadedMotoServer
logging.getLogger('werkzeug').setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
server.stop()
";

pub struct Cloud {
    pub url: String,
    _server: Child,
}

/// The server of this process.
pub fn cloud() -> &'static Cloud {
    static CLOUD: OnceLock<Cloud> = OnceLock::new();
    CLOUD.get_or_init(start)
}

fn start() -> Cloud {
    let mut server = Command::new(python())
        .args(["-c", SERVER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("python starts");
    let mut lines = BufReader::new(server.stdout.take().expect("stdout is piped")).lines();
    let port = lines.next().expect("moto tells its port").expect("moto's output is text");
    Cloud { url: format!("http://127.0.0.1:{port}"), _server: server }
}

/// A Python that has moto with its server; installed below `target/` if the machine's has not.
fn python() -> PathBuf {
    let has_moto = |python: &Path| {
        let check = Command::new(python).args(["-c", "import moto.server, flask_cors"]).stderr(Stdio::null()).status();
        check.is_ok_and(|status| status.success())
    };
    let system = PathBuf::from("python3");
    if has_moto(&system) {
        return system;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/moto-venv");
    let own = folder.join("bin/python");
    if !has_moto(&own) {
        let run = |program: &Path, args: &[&str]| {
            let status = Command::new(program).args(args).status().expect("python runs");
            assert!(status.success(), "{program:?} {args:?} failed");
        };
        run(&system, &["-m", "venv", folder.to_str().expect("the path is text")]);
        run(&own, &["-m", "pip", "install", "--quiet", "moto[server]"]);
    }
    own
}
