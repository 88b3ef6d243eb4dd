//! An S3 service: moto, as a process that ends with this one.

use fs2::FileExt;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Tells its port, then serves until the other end of its input goes away.
const SERVER: &str = "\
import logging, sys
from moto.server import ThreadedMotoServer
logging.getLogger('werkzeug').setLevel(logging.CRITICAL)
server = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
";

pub struct Cloud {
    pub port: u16,
    _server: Child,
}

impl Cloud {
    /// A service with a bucket named `states`.
    pub fn start() -> Cloud {
        let mut server = Command::new(python())
            .args(["-c", SERVER])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut port = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let cloud = Cloud { port: port.trim().parse().unwrap(), _server: server };
        assert_eq!(cloud.request("PUT", "/states", "").0, 200);
        cloud
    }

    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A plain request, without the client that is tested. Gives status and body.
    pub fn request(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        // Not checked, but asked for.
        let signature = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, \
                         SignedHeaders=host, Signature=0";
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: {signature}\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + body).as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    /// The content of an object.
    pub fn object(&self, key: &str) -> Option<String> {
        let (status, body) = self.request("GET", &format!("/states/{key}"), "");
        (status == 200).then_some(body)
    }
}

/// A Python that has moto; if there is none, one is made below `target/`.
fn python() -> PathBuf {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    let has_moto = |python: &Path| {
        let mut check = Command::new(python);
        check.args(["-c", "import moto.server, flask_cors"]).stderr(Stdio::null());
        check.status().is_ok_and(|status| status.success())
    };
    let own = target.join("moto-venv/bin/python");
    let known = [PathBuf::from("python3"), target.join("venv/bin/python"), own.clone()];
    if let Some(found) = known.iter().find(|python| has_moto(python)) {
        return found.clone();
    }
    // Test processes that come at the same time wait for the first one.
    let lock = std::fs::File::create(target.join("moto-venv.lock")).unwrap();
    lock.lock_exclusive().unwrap();
    if !has_moto(&own) {
        let run = |program: &Path, args: &[&str]| {
            assert!(Command::new(program).args(args).status().unwrap().success(), "{program:?} {args:?}");
        };
        run(Path::new("python3"), &["-m", "venv", target.join("moto-venv").to_str().unwrap()]);
        run(&own, &["-m", "pip", "install", "--quiet", "moto[server]==5.2.5"]);
    }
    own
}

impl Cloud {
    /// A table for locks.
    pub fn make_table(&self, name: &str) {
        let body = format!(
            "{{\"TableName\":\"{name}\",\"BillingMode\":\"PAY_PER_REQUEST\",\"KeySchema\":[{{\"AttributeName\":\"LockID\",\
             \"KeyType\":\"HASH\"}}],\"AttributeDefinitions\":[{{\"AttributeName\":\"LockID\",\"AttributeType\":\"S\"}}]}}"
        );
        assert!(self.table("CreateTable", &body).contains("TableStatus"));
    }

    /// An attribute of an item; `None` without the item.
    pub fn item(&self, table: &str, id: &str, attribute: &str) -> Option<String> {
        let body = format!("{{\"TableName\":\"{table}\",\"Key\":{{\"LockID\":{{\"S\":\"{id}\"}}}}}}");
        let answer: serde_json::Value = serde_json::from_str(&self.table("GetItem", &body)).unwrap();
        Some(answer.get("Item")?.get(attribute)?.get("S")?.as_str().unwrap().to_owned())
    }

    pub fn put_item(&self, table: &str, id: &str, attribute: &str, value: &str) {
        let item = format!("{{\"LockID\":{{\"S\":\"{id}\"}},\"{attribute}\":{{\"S\":\"{value}\"}}}}");
        self.table("PutItem", &format!("{{\"TableName\":\"{table}\",\"Item\":{item}}}"));
    }

    fn table(&self, operation: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let head = format!(
            "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: AWS4-HMAC-SHA256 \
             Credential=test/20260101/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0\r\n\
             X-Amz-Target: DynamoDB_20120810.{operation}\r\nContent-Type: application/x-amz-json-1.0\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + body).as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }
}
