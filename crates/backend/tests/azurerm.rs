//! The store in Azure Blob Storage, with Azurite, which is Microsoft's own emulator.

use crate::contract::{self, Site};
use crate::proxy::{Fault, Proxy};
use crate::sample::{lock_info, snapshot};
use crate::scratch::Scratch;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use formwork_backend::{AzureSettings, AzureWorkspaces, Backend};
use formwork_value::{Str, Value};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

/// A storage service of its own, gone when dropped.
struct Azurite {
    server: Child,
    port: u16,
    _dir: Scratch,
}

const ACCOUNT: &str = "tester";

impl Azurite {
    fn start() -> Azurite {
        let program =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/azurite/node_modules/.bin/azurite-blob");
        assert!(program.exists(), "azurite is missing: run tests/setup");
        let dir = Scratch::new("azurite");
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = Command::new(program)
            .args(["--blobHost", "127.0.0.1", "--blobPort", &port.to_string(), "--location", "."])
            .args(["--disableTelemetry", "--skipApiVersionCheck"])
            .env("AZURITE_ACCOUNTS", format!("{ACCOUNT}:{}", key()))
            .current_dir(&dir.0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
        let ready = lines.by_ref().map_while(Result::ok).any(|line| line.contains("successfully list"));
        assert!(ready, "azurite does not start");
        std::thread::spawn(move || lines.for_each(drop));
        Azurite { server, port, _dir: dir }
    }
}

impl Drop for Azurite {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn key() -> String {
    STANDARD.encode(b"a key that nobody else needs to know")
}

async fn backend(port: u16, container: &str, key: &str, more: &[(&str, Value)]) -> AzureWorkspaces {
    let mut values: BTreeMap<Str, Value> = BTreeMap::from([
        ("storage_account_name".into(), ACCOUNT.into()),
        ("container_name".into(), container.into()),
        ("key".into(), key.into()),
        ("access_key".into(), self::key().as_str().into()),
    ]);
    values.extend(more.iter().map(|(name, value)| ((*name).into(), value.clone())));
    let settings = AzureSettings::parse(&values).unwrap().at(Some(format!("http://127.0.0.1:{port}/{ACCOUNT}")));
    AzureWorkspaces::open(settings).await.unwrap()
}

/// Makes a container, by a signature of our own.
fn make_container(azurite: &Azurite, name: &str) {
    let script = "\
import base64, datetime, hashlib, hmac, http.client, sys
port, account, key, name = sys.argv[1:]
date = datetime.datetime.now(datetime.timezone.utc).strftime('%a, %d %b %Y %H:%M:%S GMT')
text = 'PUT\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\n\\nx-ms-date:%s\\nx-ms-version:2021-12-02\\n/%s/%s/%s\\nrestype:container' % (date, account, account, name)
tag = base64.b64encode(hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()).decode()
connection = http.client.HTTPConnection('127.0.0.1', int(port))
headers = {'x-ms-date': date, 'x-ms-version': '2021-12-02', 'Authorization': 'SharedKey %s:%s' % (account, tag), 'Content-Length': '0'}
connection.request('PUT', '/%s/%s?restype=container' % (account, name), headers=headers)
answer = connection.getresponse()
assert answer.status == 201, answer.read()
";
    let made = Command::new("python3").args(["-c", script, &azurite.port.to_string(), ACCOUNT, &key(), name]).output();
    let made = made.unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_holds() {
    use Fault::*;
    const FAULTS: [Fault; 3] = [AnswerLost, ErrorAfter, ErrorBefore];
    let azurite = Azurite::start();
    make_container(&azurite, "states");
    let proxy = Proxy::before(azurite.port);
    let site = async |law: &'static str| {
        let key = format!("{law}.tfstate");
        let of = async |port: u16| Arc::new(backend(port, "states", &key, &[]).await);
        let faults = proxy.faults.clone();
        let fault = move |number: usize| {
            faults.lock().unwrap().extend(FAULTS.get(number));
            number < FAULTS.len()
        };
        Site { fault: Box::new(fault), ..Site::new(of(proxy.port).await, of(azurite.port).await) }
    };
    contract::holds(site).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blobs_are_those_of_the_ecosystem() {
    let azurite = Azurite::start();
    make_container(&azurite, "states");
    let places = backend(azurite.port, "states", "team/a.tfstate", &[("snapshot", true.into())]).await;
    let store = places.place("default", &std::env::temp_dir()).unwrap().store;
    let lock = store.lock(lock_info("6b75a8d1-0000-4000-8000-000000000001")).await.unwrap();
    assert_eq!(&*lock.info().id, "6b75a8d1-0000-4000-8000-000000000001", "the lease has the id of the lock");
    assert_eq!(&*lock.info().path, "states/team/a.tfstate");
    for serial in 1..4 {
        store.write(&snapshot(serial, 2)).await.unwrap();
    }
    let other = backend(azurite.port, "states", "team/a.tfstate", &[]).await;
    let rival = other.place("default", &std::env::temp_dir()).unwrap().store;
    assert_eq!(rival.read().await.unwrap(), Some(snapshot(3, 2)));
    // Who has no lease cannot write.
    assert!(rival.write(&snapshot(4, 1)).await.unwrap_err().conflict);
    lock.unlock().await.unwrap();
    rival.read().await.unwrap();
    rival.write(&snapshot(4, 1)).await.unwrap();
    places.create_workspace("w", "lineage").await.unwrap();
    let named = backend(azurite.port, "states", "team/a.tfstateenv:w", &[]).await;
    let found = named.place("default", &std::env::temp_dir()).unwrap().store.read().await.unwrap();
    assert_eq!(&*found.unwrap().lineage, "lineage");
    // Under its lock, as the command does.
    let store = places.place("w", &std::env::temp_dir()).unwrap().store;
    let lock = store.lock(lock_info("id")).await.unwrap();
    places.delete_workspace("w").await.unwrap();
    lock.unlock().await.unwrap();
    assert_eq!(places.workspaces().await.unwrap(), ["default"]);

    let nowhere = backend(azurite.port, "missing", "k", &[]).await;
    let error = nowhere.workspaces().await.unwrap_err();
    assert!(error.message.contains("\"missing\" does not exist"), "{error}");
    let wrong = backend(azurite.port, "states", "k", &[("access_key", STANDARD.encode("wrong").as_str().into())]).await;
    let error = wrong.workspaces().await.unwrap_err();
    assert!(error.message.contains("403"), "{error}");
}

#[test]
fn mistakes_are_told_together() {
    let parse = |pairs: &[(&str, Value)]| {
        let values = pairs.iter().map(|(name, value)| (Str::from(*name), value.clone())).collect();
        AzureSettings::parse(&values).map(|_| ()).unwrap_err().message
    };
    let message =
        parse(&[("environment", "moon".into()), ("client_certificate", "x".into()), ("use_oidc", true.into())]);
    for text in [
        "\"storage_account_name\" is required",
        "\"container_name\" is required",
        "\"environment\" must be",
        "\"client_certificate\" is not one that Formwork follows",
        "\"use_oidc\" needs client_id",
        "resource_group_name and subscription_id are needed",
    ] {
        assert!(message.contains(text), "{text}: {message}");
    }
}
