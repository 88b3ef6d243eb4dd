//! The HTTP store against a server that keeps to the protocol, or does not.

use crate::contract::{self, Site};
use crate::sample::{lock_info, snapshot};
use crate::scratch::Scratch;
use crate::terraform::{binary, command};
use crate::web_server::{Answer, Request, serve, serve_tls};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use formwork_backend::state_file::encode;
use formwork_backend::{Backend, configure_backend};
use formwork_model::{LockError, StateStore, StoreError};
use formwork_value::{Str, Value};
use md5::{Digest, Md5};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

/// What happens to the next request that changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// It is not done.
    Status(u16),
    /// It is done, and the answer is an error.
    StatusAfter(u16),
    /// It is done, and the connection breaks.
    LostAfter,
    Lost,
    /// The answer to the next GET has a length, and is shorter.
    CutGet,
    /// The answer to the next GET has another content than its checksum.
    DamagedGet,
}

/// What a server keeps.
#[derive(Default)]
struct Kept {
    state: Option<Vec<u8>>,
    lock: Option<Vec<u8>>,
    faults: VecDeque<Fault>,
    seen: Vec<Request>,
}

#[derive(Clone, Default)]
struct Server {
    kept: Arc<Mutex<Kept>>,
    /// Gives entity tags and compares them.
    tags: bool,
}

fn tag(state: &Option<Vec<u8>>) -> Option<String> {
    state.as_ref().map(|bytes| format!("\"{}\"", STANDARD.encode(Md5::digest(bytes))))
}

fn id(lock: &[u8]) -> String {
    serde_json::from_slice::<serde_json::Value>(lock).unwrap()["ID"].as_str().unwrap().to_owned()
}

impl Server {
    fn start(&self) -> u16 {
        let server = self.clone();
        serve(move |request| server.answer(request))
    }

    fn answer(&self, request: Request) -> Answer {
        let mut kept = self.kept.lock().unwrap();
        kept.seen.push(request.clone());
        let of_get = |fault: &Fault| matches!(fault, Fault::CutGet | Fault::DamagedGet);
        if request.method == "GET" {
            let fault = if kept.faults.front().is_some_and(of_get) { kept.faults.pop_front() } else { None };
            let Some(state) = &kept.state else { return Answer::of(404, "") };
            let mut answer = Answer::of(200, state.clone());
            answer.cut = fault == Some(Fault::CutGet);
            if fault == Some(Fault::DamagedGet) {
                answer = answer.header("Content-MD5", STANDARD.encode(Md5::digest(b"other")));
            } else {
                answer = answer.header("Content-MD5", STANDARD.encode(Md5::digest(state)));
            }
            return match tag(&kept.state).filter(|_| self.tags) {
                Some(tag) => answer.header("ETag", tag),
                None => answer,
            };
        }
        let fault =
            if kept.faults.front().is_some_and(|fault| !of_get(fault)) { kept.faults.pop_front() } else { None };
        match fault {
            Some(Fault::Status(status)) => return Answer::of(status, "no"),
            Some(Fault::Lost) => return Answer { lost: true, ..Answer::default() },
            _ => {}
        }
        let answer = self.change(&mut kept, &request);
        match fault {
            Some(Fault::StatusAfter(status)) => Answer::of(status, "unclear"),
            Some(Fault::LostAfter) => Answer { lost: true, ..Answer::default() },
            _ => answer,
        }
    }

    fn change(&self, kept: &mut Kept, request: &Request) -> Answer {
        if let Some(told) = request.header("content-md5") {
            assert_eq!(told, STANDARD.encode(Md5::digest(&request.body)));
            // Terraform forces a lock away without a body.
            assert!(request.body.is_empty() || request.header("content-type") == Some("application/json"));
        }
        match request.method.as_str() {
            "POST" | "PATCH" => {
                let there = tag(&kept.state).filter(|_| self.tags);
                let is_other = request.header("if-match").is_some_and(|tag| there.as_deref() != Some(tag));
                let is_there = request.header("if-none-match") == Some("*") && there.is_some();
                if is_other || is_there {
                    return Answer::of(412, "");
                }
                // Writers without a lock are no business of this server, but who names a lock must hold it.
                if let (Some(named), Some(lock)) = (request.query.get("ID"), &kept.lock)
                    && *named != id(lock)
                {
                    return Answer::of(409, lock.clone());
                }
                kept.state = Some(request.body.clone());
                match tag(&kept.state).filter(|_| self.tags) {
                    Some(tag) => Answer::of(200, "").header("ETag", tag),
                    None => Answer::of(200, ""),
                }
            }
            "LOCK" | "PUT" => match &kept.lock {
                Some(lock) => Answer::of(423, lock.clone()),
                None => {
                    kept.lock = Some(request.body.clone());
                    Answer::of(200, "")
                }
            },
            "UNLOCK" | "DELETE" => match &kept.lock {
                Some(lock) if request.body.is_empty() || id(lock) == id(&request.body) => {
                    kept.lock = None;
                    Answer::of(200, "")
                }
                Some(lock) => Answer::of(409, lock.clone()),
                None => Answer::of(404, "not locked"),
            },
            _ => Answer::of(405, ""),
        }
    }
}

fn arguments(port: u16, more: &[(&str, Value)]) -> BTreeMap<Str, Value> {
    let address = |path: &str| Value::from(format!("http://127.0.0.1:{port}/{path}"));
    let mut values: BTreeMap<Str, Value> = BTreeMap::from([
        ("address".into(), address("state?team=a")),
        ("lock_address".into(), address("lock")),
        ("unlock_address".into(), address("lock")),
        ("retry_wait_min".into(), 0.into()),
    ]);
    values.extend(more.iter().map(|(name, value)| ((*name).into(), value.clone())));
    values
}

async fn backend(port: u16, more: &[(&str, Value)]) -> Arc<dyn Backend> {
    configure_backend("http", &arguments(port, more)).await.unwrap().backend
}

async fn store(port: u16, more: &[(&str, Value)]) -> Arc<dyn StateStore> {
    backend(port, more).await.place("default", &std::env::temp_dir()).unwrap().store
}

async fn the_contract_holds_with(tags: bool) {
    use Fault::*;
    const FAULTS: [&[Fault]; 10] = [
        &[LostAfter],
        &[Lost],
        &[StatusAfter(500)],
        &[StatusAfter(504)],
        &[StatusAfter(409)],
        &[Status(500)],
        &[Status(409)],
        &[Status(503), Status(503), Status(503)],
        &[StatusAfter(502), StatusAfter(502), StatusAfter(502)],
        &[Lost, Lost, Lost, Lost, Lost, Lost, Lost, Lost, Lost],
    ];
    let site = async |_: &'static str| {
        let server = Server { tags, ..Server::default() };
        let port = server.start();
        let fault = move |number: usize| {
            server.kept.lock().unwrap().faults =
                FAULTS.get(number).iter().flat_map(|faults| faults.iter()).copied().collect();
            number < FAULTS.len()
        };
        let site = Site::new(backend(port, &[]).await, backend(port, &[]).await);
        Site { shares_journal: false, fault: Box::new(fault), ..site }
    };
    contract::holds(site).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_holds() {
    the_contract_holds_with(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_holds_where_states_have_tags() {
    the_contract_holds_with(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_are_those_of_the_ecosystem() {
    let server = Server::default();
    let port = server.start();
    let store = store(port, &[("username", "u".into()), ("password", "p".into())]).await;
    let lock = store.lock(lock_info("our-id")).await.unwrap();
    assert_eq!(store.read().await.unwrap(), None);
    store.write(&snapshot(1, 2)).await.unwrap();
    lock.unlock().await.unwrap();
    store.write(&snapshot(2, 2)).await.unwrap();
    let kept = server.kept.lock().unwrap();
    let lines: Vec<String> = kept.seen.iter().map(|r| format!("{} {} {:?}", r.method, r.path, r.query)).collect();
    let expected = [
        "LOCK /lock {}",
        "GET /state {\"team\": \"a\"}",
        "GET /state {\"team\": \"a\"}",
        "POST /state {\"ID\": \"our-id\", \"team\": \"a\"}",
        "UNLOCK /lock {}",
        "GET /state {\"team\": \"a\"}",
        "POST /state {\"team\": \"a\"}",
    ];
    assert_eq!(lines, expected);
    assert!(kept.seen.iter().all(|request| request.header("authorization") == Some("Basic dTpw")));
    let body = "{\"ID\":\"our-id\",\"Operation\":\"OperationTypeApply\",\"Info\":\"\",\"Who\":\"somebody@somewhere\",\
                \"Version\":\"1.11.4\",\"Created\":\"2026-11-21T04:57:18.112447657Z\",\"Path\":\"\"}";
    for number in [0, 4] {
        assert_eq!(String::from_utf8_lossy(&kept.seen[number].body), body);
    }
    assert_eq!(kept.seen[3].body, encode(&snapshot(1, 2)));
    assert_eq!(kept.seen[3].header("content-type"), Some("application/json"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_methods_and_no_locks() {
    let server = Server::default();
    let port = server.start();
    let methods = [("update_method", "PATCH"), ("lock_method", "PUT"), ("unlock_method", "DELETE")];
    let other = store(port, &methods.map(|(name, method)| (name, Value::from(method)))).await;
    let lock = other.lock(lock_info("id")).await.unwrap();
    assert!(server.kept.lock().unwrap().lock.is_some());
    other.write(&snapshot(1, 1)).await.unwrap();
    lock.unlock().await.unwrap();
    let methods: Vec<String> = server.kept.lock().unwrap().seen.iter().map(|r| r.method.clone()).collect();
    assert_eq!(methods, ["PUT", "GET", "PATCH", "DELETE"]);

    let null = Value::null(formwork_value::Type::String);
    let without = arguments(port, &[("lock_address", null.clone()), ("unlock_address", null)]);
    let configured = configure_backend("http", &without).await.unwrap();
    assert!(configured.warnings[0].contains("not locked"), "{:?}", configured.warnings);
    let store = configured.backend.place("default", &std::env::temp_dir()).unwrap().store;
    let locks = [store.lock(lock_info("a")).await.unwrap(), store.lock(lock_info("b")).await.unwrap()];
    for lock in locks {
        lock.unlock().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_are_wrong_are_told() {
    use Fault::*;
    let server = Server::default();
    let port = server.start();
    let store = store(port, &[("retry_max", 1.into())]).await;
    server.kept.lock().unwrap().state = Some(encode(&snapshot(1, 9)));
    let arm = |faults: &[Fault]| server.kept.lock().unwrap().faults = faults.iter().copied().collect();
    arm(&[CutGet]);
    assert_eq!(store.read().await.unwrap(), Some(snapshot(1, 9)), "it is read again");
    arm(&[CutGet, CutGet]);
    let error = store.read().await.unwrap_err();
    assert!(error.message.contains("cut off") && error.message.contains("giving up after 2 attempt(s)"), "{error}");
    arm(&[DamagedGet]);
    assert!(store.read().await.unwrap_err().message.contains("damaged"));
    for (status, word) in [(401, "requires authentication"), (403, "credentials"), (413, "413: no"), (405, "405")] {
        arm(&[Status(status)]);
        let error = store.write(&snapshot(2, 2)).await.unwrap_err();
        assert!(error.message.contains(word) && !error.conflict, "{error}");
        arm(&[Status(status)]);
        let error = store.lock(lock_info("id")).await.map(|_| ()).unwrap_err();
        assert!(error.to_string().contains(word) && matches!(error, LockError::Failed(_)), "{error}");
    }
    // A lock whose answer was lost is ours; one that nobody answers for is not.
    for faults in [[LostAfter], [StatusAfter(500)]] {
        arm(&faults);
        let lock = store.lock(lock_info("mine")).await.unwrap();
        arm(&faults);
        lock.unlock().await.unwrap();
        assert!(server.kept.lock().unwrap().lock.is_none());
    }
    server.kept.lock().unwrap().state = Some(b"{".to_vec());
    let error = store.read().await.unwrap_err();
    assert!(error.message.contains("cannot be read"), "{error}");
    // An empty body is no state.
    server.kept.lock().unwrap().state = Some(Vec::new());
    assert_eq!(store.read().await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mistakes_are_told_together() {
    let failed = async |arguments: &[(&str, Value)]| -> StoreError {
        let arguments = arguments.iter().map(|(name, value)| (Str::from(*name), value.clone())).collect();
        configure_backend("http", &arguments).await.map(|_| ()).unwrap_err()
    };
    let error = failed(&[("lock_address", "ftp://x".into()), ("client_certificate_pem", "x".into())]).await;
    for text in
        ["\"address\" is required", "\"lock_address\" must begin with", "\"client_private_key_pem\" must be set"]
    {
        assert!(error.message.contains(text), "{error}");
    }
    let error =
        failed(&[("address", "no url".into()), ("retry_wait_min", 9.into()), ("retry_wait_max", 1.into())]).await;
    assert!(error.message.contains("\"address\" is not a URL") && error.message.contains("greater"), "{error}");
    let wrong = arguments(1, &[("client_ca_certificate_pem", "nothing".into())]);
    let backend = configure_backend("http", &wrong).await.unwrap().backend;
    let error = backend.place("default", &std::env::temp_dir()).map(|_| ()).unwrap_err();
    assert!(error.message.contains("CA certificate"), "{error}");
}

/// A server that shows a certificate of its own authority and wants one of its clients.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_on_both_sides() {
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::new(Vec::new()).unwrap();
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = parameters.self_signed(&authority_key).unwrap();
    let issuer = rcgen::Issuer::from_params(&parameters, &authority_key);
    let issue = |name: &str| {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate =
            rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
        (certificate, key)
    };
    let (server_certificate, server_key) = issue("localhost");
    let (client_certificate, client_key) = issue("client");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(
            vec![server_certificate.der().clone()],
            rustls::pki_types::PrivateKeyDer::try_from(server_key.serialize_der()).unwrap(),
        )
        .unwrap();
    let server = Server::default();
    server.kept.lock().unwrap().state = Some(encode(&snapshot(1, 1)));
    let port = serve_tls(Arc::new(config), move |request| server.answer(request));
    let of = async |more: &[(&str, Value)]| {
        let address = Value::from(format!("https://localhost:{port}/state"));
        store(port, &[&[("address", address), ("retry_max", 0.into())], more].concat()).await.read().await
    };
    let trusted = [("client_ca_certificate_pem", Value::from(authority.pem()))];
    let known = [
        ("client_certificate_pem", Value::from(client_certificate.pem())),
        ("client_private_key_pem", Value::from(client_key.serialize_pem())),
    ];
    let all = [trusted.as_slice(), &known].concat();
    assert_eq!(of(&all).await.unwrap(), Some(snapshot(1, 1)));
    assert!(of(&trusted).await.is_err(), "the server does not know us");
    assert!(of(&known).await.is_err(), "we do not know the server");
    let blind = [known.as_slice(), &[("skip_cert_verification", true.into())]].concat();
    assert_eq!(of(&blind).await.unwrap(), Some(snapshot(1, 1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terraform_and_we_share_a_server() {
    let Some(terraform) = binary() else { return };
    let server = Server::default();
    let port = server.start();
    let dir = Scratch::new("http-rivals");
    let config = format!(
        r#"
        terraform {{
          backend "http" {{
            address        = "http://127.0.0.1:{port}/state"
            lock_address   = "http://127.0.0.1:{port}/lock"
            unlock_address = "http://127.0.0.1:{port}/lock"
          }}
        }}
        resource "terraform_data" "a" {{
          input = "x"
        }}"#
    );
    std::fs::write(dir.path("main.tf"), config).unwrap();
    let run = |args: &[&str]| {
        let output = command(&terraform, &dir.0, args).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        (output.status.code(), text.into_owned())
    };
    let initialized = run(&["init", "-no-color"]);
    assert_eq!(initialized.0, Some(0), "{}", initialized.1);
    let ours = store(port, &[]).await;
    let lock = ours.lock(lock_info("our-id")).await.unwrap();
    let (code, text) = run(&["apply", "-auto-approve", "-no-color"]);
    assert!(code == Some(1) && text.contains("our-id"), "{text}");
    lock.unlock().await.unwrap();
    assert_eq!(run(&["apply", "-auto-approve"]).0, Some(0));
    let theirs = ours.read().await.unwrap().unwrap();
    assert_eq!(server.kept.lock().unwrap().state, Some(encode(&theirs)));
    let mut next = theirs.clone();
    next.serial += 1;
    ours.write(&next).await.unwrap();
    assert_eq!(run(&["plan", "-detailed-exitcode"]).0, Some(0));
    // One that holds the lock keeps us out, and names itself.
    server.kept.lock().unwrap().lock =
        Some(br#"{"ID":"their-id","Operation":"OperationTypePlan","Who":"them@there"}"#.to_vec());
    let Err(LockError::Held { message, holder }) = ours.lock(lock_info("our-id")).await.map(|_| ()) else {
        panic!("it is locked");
    };
    assert!(message.contains("them@there") && &*holder.unwrap().id == "their-id", "{message}");
    assert_eq!(run(&["force-unlock", "-force", "their-id"]).0, Some(0));
    ours.lock(lock_info("our-id")).await.unwrap().unlock().await.unwrap();
}
