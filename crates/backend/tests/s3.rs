//! The S3 store against a real HTTP service.

use crate::cloud::Cloud;
use crate::contract::{self, Site};
use crate::proxy::{Fault, Proxy};
use crate::sample::{address, intent, lock_info, result, snapshot, state};
use crate::scratch::Scratch;
use crate::terraform::{binary, command};
use crate::web_server::{Answer, Request, serve_tls};
use formwork_backend::state_file::encode;
use formwork_backend::{Backend, ConfiguredBackend, S3Settings, S3Workspaces, StateSession, configure_backend};
use formwork_model::{LockError, StateStore, StoreError};
use formwork_value::{Str, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Arguments for the service at a port, changed by the case at hand.
fn arguments(port: u16, key: &str, more: &[(&str, Value)]) -> BTreeMap<Str, Value> {
    let endpoint = format!("http://127.0.0.1:{port}");
    let endpoints = Value::object([("s3", Value::from(endpoint.as_str())), ("sts", endpoint.as_str().into())]);
    let mut values: BTreeMap<Str, Value> = BTreeMap::from([
        ("bucket".into(), "states".into()),
        ("key".into(), key.into()),
        ("region".into(), "eu-central-1".into()),
        ("access_key".into(), "test".into()),
        ("secret_key".into(), "test".into()),
        ("endpoints".into(), endpoints),
        ("use_path_style".into(), true.into()),
        ("use_lockfile".into(), true.into()),
        ("skip_credentials_validation".into(), true.into()),
        ("skip_metadata_api_check".into(), true.into()),
    ]);
    values.extend(more.iter().map(|(name, value)| ((*name).into(), value.clone())));
    values
}

async fn workspaces(port: u16, key: &str, more: &[(&str, Value)]) -> S3Workspaces {
    S3Workspaces::connect(S3Settings::parse(&arguments(port, key, more)).unwrap()).await.unwrap()
}

async fn store(port: u16, key: &str) -> Arc<dyn StateStore> {
    Arc::new(workspaces(port, key, &[]).await.store("default").unwrap())
}

/// Without tries of the client itself, which wait a second each.
async fn impatient(port: u16, key: &str) -> Arc<dyn StateStore> {
    Arc::new(workspaces(port, key, &[("max_retries", 1.into())]).await.store("default").unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_holds() {
    use Fault::*;
    const FAULTS: [Fault; 4] = [AnswerLost, ErrorAfter, ErrorBefore, Busy];
    let cloud = Cloud::start();
    let proxy = Proxy::before(cloud.port);
    let site = async |law: &'static str| {
        let key = format!("law/{law}/terraform.tfstate");
        let prefix = Value::from(format!("law/{law}/env"));
        let of = async |port: u16| {
            let more = [("max_retries", Value::from(1)), ("workspace_key_prefix", prefix.clone())];
            Arc::new(workspaces(port, &key, &more).await)
        };
        let faults = proxy.faults.clone();
        let fault = move |number: usize| {
            faults.lock().unwrap().extend(FAULTS.get(number));
            number < FAULTS.len()
        };
        Site { fault: Box::new(fault), ..Site::new(of(proxy.port).await, of(cloud.port).await) }
    };
    contract::holds(site).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objects_are_those_of_the_ecosystem() {
    let cloud = Cloud::start();
    let places = workspaces(cloud.port, "dir/terraform.tfstate", &[]).await;
    let store = places.store("default").unwrap();
    let lock = store.lock(lock_info("our-id")).await.unwrap();
    let expected = "{\"ID\":\"our-id\",\"Operation\":\"OperationTypeApply\",\"Info\":\"\",\"Who\":\"somebody@somewhere\",\
                    \"Version\":\"1.11.4\",\"Created\":\"2026-11-21T04:57:18.112447657Z\",\
                    \"Path\":\"states/dir/terraform.tfstate\"}";
    assert_eq!(cloud.object("dir/terraform.tfstate.tflock").as_deref(), Some(expected));
    store.write(&snapshot(1, 3)).await.unwrap();
    assert_eq!(cloud.object("dir/terraform.tfstate").unwrap().into_bytes(), encode(&snapshot(1, 3)));
    lock.unlock().await.unwrap();
    assert_eq!(cloud.object("dir/terraform.tfstate.tflock"), None);

    assert_eq!(places.workspaces().await.unwrap(), ["default"]);
    for name in ["b", "a.1"] {
        places.create_workspace(name, "lineage").await.unwrap();
    }
    places.create_workspace("b", "other").await.unwrap();
    assert_eq!(places.workspaces().await.unwrap(), ["default", "a.1", "b"]);
    let made = places.store("b").unwrap().read().await.unwrap().unwrap();
    assert_eq!((made.serial, &*made.lineage), (1, "lineage"));
    assert!(cloud.object("env:/b/dir/terraform.tfstate").is_some());
    cloud.request("PUT", "/states/env:/other/else.tfstate", "{}");
    places.delete_workspace("b").await.unwrap();
    assert_eq!(places.workspaces().await.unwrap(), ["default", "a.1"]);
    assert!(places.delete_workspace("default").await.is_err() && places.store("../x").is_err());
    // An empty object is no state.
    cloud.request("PUT", "/states/empty", "");
    let empty = self::store(cloud.port, "empty").await;
    assert_eq!(empty.read().await.unwrap(), None);
    empty.write(&snapshot(1, 1)).await.unwrap();
    // Something else in its place is told.
    cloud.request("PUT", "/states/garbage", "{");
    let error = self::store(cloud.port, "garbage").await.read().await.unwrap_err();
    assert!(error.message.contains("s3://states/garbage") && error.message.contains("cut off"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unclear_answers_are_cleared_up() {
    use Fault::*;
    let cloud = Cloud::start();
    let proxy = Proxy::before(cloud.port);
    let cases: [&[Fault]; 8] = [
        &[AnswerLost],
        &[ErrorAfter],
        &[ErrorBefore],
        &[Busy],
        &[ErrorBefore, AnswerLost],
        &[ErrorAfter, ErrorBefore],
        &[Busy, Busy, AnswerLost],
        &[NoConditions],
    ];
    let read = |key: &str| cloud.object(key).map(String::into_bytes);
    for (number, faults) in cases.into_iter().enumerate() {
        let key = format!("unclear-{number}");
        let (through, rival) = match number {
            0 => (store(proxy.port, &key).await, store(cloud.port, &key).await),
            _ => (impatient(proxy.port, &key).await, store(cloud.port, &key).await),
        };
        // The first write, and one over another state.
        for serial in [1, 2] {
            through.read().await.unwrap();
            proxy.inject(faults);
            through.write(&snapshot(serial, 5)).await.unwrap_or_else(|error| panic!("{faults:?}: {error}"));
            assert_eq!(read(&key), Some(encode(&snapshot(serial, 5))), "{faults:?}");
        }
        // What another run wrote in between is never overwritten.
        rival.write(&snapshot(3, 7)).await.unwrap();
        proxy.inject(faults);
        let error = through.write(&snapshot(3, 6)).await.unwrap_err();
        assert!(error.conflict || faults.contains(&Busy), "{faults:?}: {error}");
        assert_eq!(read(&key), Some(encode(&snapshot(3, 7))), "{faults:?}");
    }
    for faults in &cases[..7] {
        let (through, rival) = (impatient(proxy.port, "locked").await, store(cloud.port, "locked").await);
        proxy.inject(faults);
        let lock = through.lock(lock_info("mine")).await.unwrap_or_else(|error| panic!("{faults:?}: {error}"));
        assert!(matches!(rival.lock(lock_info("x")).await.map(|_| ()), Err(LockError::Held { .. })));
        proxy.inject(faults);
        let Err(LockError::Held { holder, .. }) = through.lock(lock_info("y")).await.map(|_| ()) else {
            panic!("{faults:?}: locked twice");
        };
        assert_eq!(&*holder.unwrap().id, "mine", "{faults:?}");
        proxy.inject(&[]);
        lock.unlock().await.unwrap();
    }
    proxy.inject(&[NoConditions]);
    let error = store(proxy.port, "locked").await.lock(lock_info("x")).await.map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("conditional puts"), "{error}");
}

async fn configured(arguments: &BTreeMap<Str, Value>) -> Result<ConfiguredBackend, StoreError> {
    configure_backend("s3", arguments).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn arguments_have_their_effect() {
    let cloud = Cloud::start();
    let dir = Scratch::new("s3-arguments");
    let round_trip = async |arguments: &BTreeMap<Str, Value>| {
        let backend = configured(arguments).await.unwrap().backend;
        let store = backend.place("default", &dir.0).unwrap().store;
        let lock = store.lock(lock_info("id")).await.unwrap();
        let serial = store.read().await.unwrap().map_or(1, |s| s.serial + 1);
        store.write(&snapshot(serial, 2)).await.unwrap();
        assert_eq!(store.read().await.unwrap(), Some(snapshot(serial, 2)));
        lock.unlock().await.unwrap();
    };
    let customer_key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
    let encryptions: [&[(&str, Value)]; 3] = [
        &[("encrypt", true.into()), ("acl", "bucket-owner-full-control".into())],
        &[("encrypt", true.into()), ("kms_key_id", "alias/state".into())],
        &[("encrypt", true.into()), ("sse_customer_key", customer_key.into()), ("skip_s3_checksum", true.into())],
    ];
    for (number, more) in encryptions.into_iter().enumerate() {
        round_trip(&arguments(cloud.port, &format!("encrypted-{number}"), more)).await;
    }
    // Credentials from files, checked, and a role assumed with them.
    let credentials = dir.path("credentials");
    std::fs::write(&credentials, "[ci]\naws_access_key_id = test\naws_secret_access_key = test\n").unwrap();
    let files = Value::tuple([Value::from(credentials.to_str().unwrap())]);
    let role = Value::object([("role_arn", Value::from("arn:aws:iam::123456789012:role/state"))]);
    let mut by_profile = arguments(
        cloud.port,
        "by-profile",
        &[
            ("profile", "ci".into()),
            ("shared_credentials_files", files),
            ("skip_credentials_validation", false.into()),
            ("allowed_account_ids", Value::tuple(["123456789012".into()])),
        ],
    );
    by_profile.remove("access_key");
    by_profile.remove("secret_key");
    round_trip(&by_profile).await;
    by_profile.insert("assume_role".into(), role);
    round_trip(&by_profile).await;
    // By a token as well.
    std::fs::write(dir.path("token"), "token").unwrap();
    let by_token = Value::object([
        ("role_arn", Value::from("arn:aws:iam::123456789012:role/web")),
        ("web_identity_token_file", dir.path("token").to_str().unwrap().into()),
        ("duration", "1h".into()),
    ]);
    by_profile.insert("assume_role_with_web_identity".into(), by_token);
    round_trip(&by_profile).await;
    by_profile.insert("allowed_account_ids".into(), Value::tuple(["999999999999".into()]));
    let error = configured(&by_profile).await.map(|_| ()).unwrap_err();
    assert!(error.message.contains("account 123456789012"), "{error}");

    let missing = arguments(cloud.port, "k", &[("bucket", "absent".into())]);
    let backend = configured(&missing).await.unwrap().backend;
    let error = backend.place("default", &dir.0).unwrap().store.read().await.unwrap_err();
    assert!(error.message.contains("bucket \"absent\" does not exist"), "{error}");

    let unlocked = configured(&arguments(cloud.port, "unlocked", &[("use_lockfile", false.into())])).await.unwrap();
    assert!(unlocked.warnings.iter().any(|w| w.contains("not locked")));
    let store = unlocked.backend.place("default", &dir.0).unwrap().store;
    let (a, b) = (store.lock(lock_info("a")).await.unwrap(), store.lock(lock_info("b")).await.unwrap());
    assert_eq!(cloud.object("unlocked.tflock"), None);
    a.unlock().await.unwrap();
    b.unlock().await.unwrap();
}

/// The machine is lost in the middle of a run: another one finds what had begun.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_journal_is_beside_the_state() {
    let cloud = Cloud::start();
    let dir = Scratch::new("s3-journal");
    let place = async |machine: &str| {
        workspaces(cloud.port, "run/state", &[]).await.place("default", &dir.path(machine)).unwrap()
    };
    let mut session = StateSession::open(place("a").await, Some(lock_info("a")), "fresh".into()).await.unwrap();
    let journal = session.begin("run".into(), 0).await.unwrap();
    journal.append(vec![intent(1)]).await.unwrap();
    assert!(cloud.object("run/state.journal/0000000000000001").is_some(), "before the effect");
    journal.append(vec![result(1), intent(2)]).await.unwrap();
    drop((session, journal));

    let other = place("b").await;
    let opened = StateSession::open(other.clone(), Some(lock_info("b")), "fresh".into()).await.map(|_| ());
    assert!(opened.unwrap_err().to_string().contains("somebody@somewhere"));
    other.store.force_unlock("a").await.unwrap();
    let mut session = StateSession::open(other, Some(lock_info("b")), "fresh".into()).await.unwrap();
    assert!(session.snapshot().unwrap().state.object(&address(1)).is_some());
    assert_eq!(session.in_doubt().len(), 1);
    assert_eq!(cloud.object("run/state.journal/0000000000000001"), None);

    // Who has lost the lock cannot add to the journal of the next run.
    let journal = session.begin("run".into(), 0).await.unwrap();
    cloud.request("PUT", "/states/run/state.journal/0000000000000001", "of another run");
    let error = journal.append(vec![intent(3)]).await.unwrap_err();
    assert!(error.0.contains("lock has been lost"), "{error}");
    session.finish(state(2)).await.unwrap();
    session.close().await.unwrap();
    assert_eq!(cloud.object("run/state.tflock"), None);
}

/// Who may not list the journal cannot know that there is none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_right_to_list_nothing_begins() {
    let cloud = Cloud::start();
    let proxy = Proxy::before(cloud.port);
    let dir = Scratch::new("s3-rights");
    let place = async |port: u16, machine: &str| {
        workspaces(port, "run/state", &[]).await.place("default", &dir.path(machine)).unwrap()
    };
    let mut session =
        StateSession::open(place(cloud.port, "a").await, Some(lock_info("a")), "fresh".into()).await.unwrap();
    let journal = session.begin("run".into(), 0).await.unwrap();
    journal.append(vec![intent(1)]).await.unwrap();
    drop((session, journal));
    proxy.forbid("journal%2F");
    let other = place(proxy.port, "b").await;
    other.store.force_unlock("a").await.unwrap();
    let error = StateSession::open(other.clone(), Some(lock_info("b")), "".into()).await.map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("s3:ListBucket") && error.to_string().contains("run/state.in-doubt"), "{error}");
    assert_eq!(cloud.object("run/state.tflock"), None, "the lock is released");
    proxy.forbid("nothing");
    let session = StateSession::open(other, Some(lock_info("b")), "".into()).await.unwrap();
    assert_eq!(session.in_doubt().len(), 1);
    session.close().await.unwrap();
}

/// A workspace goes away with everything that belongs to it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_a_workspace_stays_behind() {
    let cloud = Cloud::start();
    let places = workspaces(cloud.port, "state", &[]).await;
    places.create_workspace("w", "lineage").await.unwrap();
    let companions = ["journal/0000000000000001", "journal/0000000000000002", "in-doubt"];
    for name in companions {
        cloud.request("PUT", &format!("/states/env:/w/state.{name}"), "x");
    }
    places.delete_workspace("w").await.unwrap();
    for name in companions {
        assert_eq!(cloud.object(&format!("env:/w/state.{name}")), None);
    }
    assert_eq!(places.workspaces().await.unwrap(), ["default"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terraform_and_we_share_a_bucket() {
    share_a_bucket(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terraform_and_we_share_a_bucket_with_a_table() {
    share_a_bucket(true).await;
}

async fn share_a_bucket(by_table: bool) {
    let Some(terraform) = binary() else { return };
    let cloud = Cloud::start();
    cloud.make_table("locks");
    let lock = if by_table { "dynamodb_table = \"locks\"" } else { "use_lockfile = true" };
    let dir = Scratch::new("s3-rivals");
    let config = format!(
        r#"
        terraform {{
          backend "s3" {{
            bucket                      = "states"
            key                         = "shared"
            region                      = "eu-central-1"
            endpoints                   = {{ s3 = "{0}", dynamodb = "{0}" }}
            use_path_style              = true
            {lock}
            skip_credentials_validation = true
            skip_requesting_account_id  = true
            skip_metadata_api_check     = true
          }}
        }}
        resource "terraform_data" "a" {{
          input = "x"
        }}"#,
        cloud.endpoint()
    );
    std::fs::write(dir.path("main.tf"), config).unwrap();
    let run = |args: &[&str]| {
        let mut command = command(&terraform, &dir.0, args);
        let output = command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test").output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        (output.status.code(), text.into_owned())
    };
    assert_eq!(run(&["init", "-no-color"]).0, Some(0), "{}", run(&["init", "-no-color"]).1);
    let ours = match by_table {
        false => store(cloud.port, "shared").await,
        true => {
            let more = with_table(cloud.port, &[("use_lockfile", false.into())]);
            Arc::new(workspaces(cloud.port, "shared", &more).await.store("default").unwrap())
        }
    };
    let lock = ours.lock(lock_info("our-id")).await.unwrap();
    let (code, text) = run(&["apply", "-auto-approve", "-no-color"]);
    assert!(code == Some(1) && text.contains("our-id") && text.contains("somebody@somewhere"), "{text}");
    lock.unlock().await.unwrap();
    assert_eq!(run(&["apply", "-auto-approve"]).0, Some(0));
    let theirs = ours.read().await.unwrap().unwrap();
    assert_eq!(cloud.object("shared").unwrap().into_bytes(), encode(&theirs));
    let mut next = theirs.clone();
    next.serial += 1;
    ours.write(&next).await.unwrap();
    assert_eq!(run(&["plan", "-detailed-exitcode"]).0, Some(0));
}

fn with_table(port: u16, more: &[(&str, Value)]) -> Vec<(&'static str, Value)> {
    let endpoint = Value::from(format!("http://127.0.0.1:{port}"));
    let names = ["s3", "sts", "dynamodb"];
    let mut values: Vec<(&'static str, Value)> = vec![
        ("dynamodb_table", "locks".into()),
        ("endpoints", Value::object(names.map(|name| (name, endpoint.clone())))),
    ];
    let names = ["use_lockfile", "workspace_key_prefix"];
    values.extend(
        names.into_iter().filter_map(|name| Some((name, more.iter().find(|(other, _)| *other == name)?.1.clone()))),
    );
    values
}

/// A table of locks, without the lock object.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_holds_with_a_table() {
    let cloud = Cloud::start();
    cloud.make_table("locks");
    let site = async |law: &'static str| {
        let key = format!("table/{law}");
        let prefix = Value::from(format!("table/{law}/env"));
        let more = with_table(cloud.port, &[("use_lockfile", false.into()), ("workspace_key_prefix", prefix)]);
        let of = async || Arc::new(workspaces(cloud.port, &key, &more).await);
        Site::new(of().await, of().await)
    };
    contract::holds(site).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn items_are_those_of_the_ecosystem() {
    let cloud = Cloud::start();
    cloud.make_table("locks");
    let of = async |both: bool| {
        let more = with_table(cloud.port, &[("use_lockfile", both.into())]);
        workspaces(cloud.port, "k", &more).await.store("default").unwrap()
    };
    let (store, both) = (of(false).await, of(true).await);
    let lock = store.lock(lock_info("our-id")).await.unwrap();
    let info = cloud.item("locks", "states/k", "Info").unwrap();
    assert!(info.contains("\"ID\":\"our-id\"") && info.contains("\"Path\":\"states/k\""), "{info}");
    assert_eq!(cloud.object("k.tflock"), None);
    // The second lock is taken: the first one is given back.
    assert!(matches!(both.lock(lock_info("x")).await.map(|_| ()), Err(LockError::Held { .. })));
    assert_eq!(cloud.object("k.tflock"), None);
    lock.unlock().await.unwrap();
    assert_eq!(cloud.item("locks", "states/k", "Info"), None);
    let lock = both.lock(lock_info("x")).await.unwrap();
    assert!(cloud.object("k.tflock").is_some() && cloud.item("locks", "states/k", "Info").is_some());
    both.write(&snapshot(1, 1)).await.unwrap();
    lock.unlock().await.unwrap();
    let digest: String =
        <md5::Md5 as md5::Digest>::digest(encode(&snapshot(1, 1))).iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(cloud.item("locks", "states/k-md5", "Digest"), Some(digest));
    cloud.put_item("locks", "states/k-md5", "Digest", "0123");
    let error = store.read().await.unwrap_err();
    assert!(error.message.contains("0123") && error.message.contains("states/k-md5"), "{error}");
}

/// A proxy, certificates of one's own, and none checked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn networks_of_ones_own() {
    const HOST: &str = "s3.eu-central-1.amazonaws.com";
    let cloud = Cloud::start();
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec![HOST.to_owned()]).unwrap().self_signed(&key).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    let port = cloud.port;
    let secure = serve_tls(Arc::new(config), move |request| forward(&request, port));
    // Whatever host is asked for, the tunnel leads to one of the two.
    let tunnel = tunnel(port, secure);
    let dir = Scratch::new("s3-network");
    std::fs::write(dir.path("ca.pem"), certificate.pem()).unwrap();
    let read = async |endpoint: &str, more: &[(&str, Value)]| {
        let proxy = Value::from(format!("http://127.0.0.1:{tunnel}"));
        let endpoints = Value::object([("s3", Value::from(endpoint))]);
        let fixed = [
            ("endpoints", endpoints),
            ("http_proxy", proxy.clone()),
            ("https_proxy", proxy),
            ("max_retries", 1.into()),
        ];
        let store = workspaces(port, "network", &[&fixed, more].concat()).await.store("default").unwrap();
        store.write(&snapshot(1, 1)).await?;
        store.read().await
    };
    assert_eq!(read(&format!("http://{HOST}"), &[]).await.unwrap(), Some(snapshot(1, 1)));
    let bundle = [("custom_ca_bundle", Value::from(dir.path("ca.pem").to_str().unwrap()))];
    assert_eq!(read(&format!("https://{HOST}"), &bundle).await.unwrap(), Some(snapshot(1, 1)));
    assert_eq!(read(&format!("https://{HOST}"), &[("insecure", true.into())]).await.unwrap(), Some(snapshot(1, 1)));
    assert!(read(&format!("https://{HOST}"), &[]).await.is_err(), "nobody knows this certificate");
    assert!(read("https://other.example", &bundle).await.is_err(), "it is that of another host");
    assert!(
        read(&format!("http://{HOST}"), &[("no_proxy", "amazonaws.com".into())]).await.is_err(),
        "nobody else lets us in"
    );
    assert!(cloud.object("network").is_some());
}

/// Passes a request on.
fn forward(request: &Request, port: u16) -> Answer {
    use std::io::{Read, Write};
    let query: Vec<String> = request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut head = format!("{} {}?{} HTTP/1.1\r\nConnection: close\r\n", request.method, request.path, query.join("&"));
    for (name, value) in request.headers.iter().filter(|(name, _)| *name != "connection") {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all((head + "\r\n").as_bytes()).unwrap();
    stream.write_all(&request.body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let text = String::from_utf8_lossy(&answer[..end]).into_owned();
    let mut lines = text.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .filter(|(name, _)| !["content-length", "connection"].contains(&name.to_lowercase().as_str()));
    let mut passed = Answer::of(status, &answer[end + 4..]);
    passed.headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    passed
}

/// A proxy that makes tunnels: to the one port for http, to the other one for https.
fn tunnel(plain: u16, secure: u16) -> u16 {
    use std::io::{BufRead, BufReader, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut lines = BufReader::with_capacity(1, client.try_clone().unwrap()).lines().map_while(Result::ok);
                let Some(first) = lines.next() else { return };
                let to = if first.contains(":443") { secure } else { plain };
                assert!(first.starts_with("CONNECT"), "{first}");
                lines.find(String::is_empty);
                let mut server = std::net::TcpStream::connect(("127.0.0.1", to)).unwrap();
                client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
                let (mut from, mut back) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                std::thread::spawn(move || {
                    let _ = std::io::copy(&mut from, &mut back);
                    let _ = back.shutdown(std::net::Shutdown::Both);
                });
                let _ = std::io::copy(&mut client, &mut server);
                let _ = server.shutdown(std::net::Shutdown::Both);
            });
        }
    });
    port
}
