//! The store in Google Cloud Storage, against a server that follows the published interface. No real one can be had here.

use crate::contract::{self, Site};
use crate::sample::{lock_info, snapshot};
use crate::web_server::{Answer, Request, serve};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use formwork_backend::state_file::encode;
use formwork_backend::{Backend, configure_backend};
use formwork_value::{Str, Value};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

#[derive(Clone, Copy, Debug)]
enum Fault {
    Before(u16),
    After(u16),
    Lost,
}

#[derive(Default)]
struct Kept {
    objects: BTreeMap<String, (u64, Vec<u8>)>,
    generation: u64,
    faults: VecDeque<Fault>,
    seen: Vec<Request>,
}

#[derive(Clone, Default)]
struct Server(Arc<Mutex<Kept>>);

impl Server {
    fn start(&self) -> u16 {
        let server = self.clone();
        serve(move |request| server.answer(request))
    }

    fn answer(&self, request: Request) -> Answer {
        let mut kept = self.0.lock().unwrap();
        kept.seen.push(request.clone());
        if request.path == "/token" {
            return Answer::of(200, "{\"access_token\":\"by-key\",\"expires_in\":3600}");
        }
        let is_known = ["Bearer given", "Bearer by-key"].contains(&request.header("authorization").unwrap_or_default());
        if !is_known {
            return Answer::of(401, "{\"error\":{\"message\":\"Invalid Credentials\"}}");
        }
        let fault = if request.method == "POST" { kept.faults.pop_front() } else { None };
        match fault {
            Some(Fault::Before(status)) => return Answer::of(status, "no"),
            None | Some(Fault::After(_) | Fault::Lost) => {}
        }
        let answer = change(&mut kept, &request);
        match fault {
            Some(Fault::After(status)) => Answer::of(status, "unclear"),
            Some(Fault::Lost) => Answer { lost: true, ..Answer::default() },
            _ => answer,
        }
    }
}

fn change(kept: &mut Kept, request: &Request) -> Answer {
    let base = "/storage/v1/b/states/o";
    let holds = |name: &str| {
        let there = kept.objects.get(name).map_or(0, |(generation, _)| *generation);
        request.query.get("ifGenerationMatch").is_none_or(|wanted| *wanted == there.to_string())
    };
    match (request.method.as_str(), request.path.as_str()) {
        ("POST", path) if path == format!("/upload{base}") => {
            let name = request.query["name"].clone();
            if !holds(&name) {
                return Answer::of(412, "conditionNotMet");
            }
            kept.generation += 1;
            kept.objects.insert(name, (kept.generation, request.body.clone()));
            Answer::of(200, format!("{{\"kind\":\"storage#object\",\"generation\":\"{}\"}}", kept.generation))
        }
        ("GET", path) if path == base => {
            let (prefix, after) = (&request.query["prefix"], request.query.get("pageToken"));
            let direct = |name: &&String| name.starts_with(prefix.as_str()) && !name[prefix.len()..].contains('/');
            let names: Vec<&String> =
                kept.objects.keys().filter(direct).filter(|name| after.is_none_or(|after| *name > after)).collect();
            // Two at a time.
            let items: Vec<String> = names.iter().take(2).map(|name| format!("{{\"name\":\"{name}\"}}")).collect();
            let next = names.get(2).map(|_| format!(",\"nextPageToken\":\"{}\"", names[1])).unwrap_or_default();
            Answer::of(200, format!("{{\"items\":[{}]{next}}}", items.join(",")))
        }
        (method, path) if path.starts_with(base) => {
            let name = path[base.len() + 1..].to_owned();
            let Some((generation, bytes)) = kept.objects.get(&name) else { return Answer::of(404, "Not Found") };
            if method == "GET" {
                return Answer::of(200, bytes.clone()).header("x-goog-generation", generation.to_string());
            }
            if !holds(&name) {
                return Answer::of(412, "conditionNotMet");
            }
            kept.objects.remove(&name);
            Answer::of(204, "")
        }
        _ => Answer::of(404, "The specified bucket does not exist."),
    }
}

async fn backend(port: u16, more: &[(&str, Value)]) -> Arc<dyn Backend> {
    let mut values: BTreeMap<Str, Value> = BTreeMap::from([
        ("bucket".into(), "states".into()),
        ("prefix".into(), "/team/a".into()),
        ("storage_custom_endpoint".into(), format!("http://127.0.0.1:{port}/storage/v1/b").as_str().into()),
        ("access_token".into(), "given".into()),
    ]);
    values.extend(more.iter().map(|(name, value)| ((*name).into(), value.clone())));
    configure_backend("gcs", &values).await.unwrap().backend
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_holds() {
    use Fault::*;
    const FAULTS: [Fault; 4] = [Lost, After(500), Before(503), Before(409)];
    let site = async |_: &'static str| {
        let server = Server::default();
        let port = server.start();
        let fault = move |number: usize| {
            server.0.lock().unwrap().faults.extend(FAULTS.get(number));
            number < FAULTS.len()
        };
        Site { fault: Box::new(fault), ..Site::new(backend(port, &[]).await, backend(port, &[]).await) }
    };
    contract::holds(site).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objects_are_those_of_the_ecosystem() {
    let server = Server::default();
    let port = server.start();
    let key = STANDARD.encode([7; 32]);
    let encrypted = backend(port, &[("encryption_key", key.as_str().into())]).await;
    let store = encrypted.place("default", &std::env::temp_dir()).unwrap().store;
    let lock = store.lock(lock_info("own")).await.unwrap();
    store.write(&snapshot(1, 2)).await.unwrap();
    {
        let kept = server.0.lock().unwrap();
        let (generation, content) = &kept.objects["team/a/default.tflock"];
        assert_eq!(*lock.info().id, generation.to_string(), "the id is the generation");
        let content = String::from_utf8_lossy(content);
        assert!(
            content.contains("\"ID\":\"own\"") && content.contains("gs://states/team/a/default.tflock"),
            "{content}"
        );
        assert_eq!(kept.objects["team/a/default.tfstate"].1, encode(&snapshot(1, 2)));
        // The key is for the state, and not for the lock.
        let key_of = |name: &str| {
            let puts = |request: &&Request| request.query.get("name").is_some_and(|other| other.ends_with(name));
            kept.seen.iter().find(puts).unwrap().header("x-goog-encryption-key").map(str::to_owned)
        };
        assert_eq!((key_of(".tflock"), key_of(".tfstate")), (None, Some(key)));
    }
    lock.unlock().await.unwrap();
    assert!(store.force_unlock("no-number").await.unwrap_err().to_string().contains("is a number"));
    let kms = backend(port, &[("kms_encryption_key", "projects/p/k".into())]).await;
    kms.create_workspace("w", "lineage").await.unwrap();
    assert_eq!(server.0.lock().unwrap().seen.last().unwrap().query["kmsKeyName"], "projects/p/k");
    let nowhere = backend(port, &[("bucket", "other".into())]).await;
    assert!(nowhere.workspaces().await.unwrap_err().message.contains("\"other\" does not exist"));
}

/// A key file of a service account is exchanged for a token, once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_exchanged_for_tokens() {
    let server = Server::default();
    let port = server.start();
    let key = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
    let der = aws_lc_rs::encoding::AsDer::<aws_lc_rs::encoding::Pkcs8V1Der>::as_der(&key).unwrap();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der.as_ref()));
    let credentials = serde_json::json!({
        "type": "service_account",
        "client_email": "robot@example.com",
        "private_key": pem,
        "token_uri": format!("http://127.0.0.1:{port}/token"),
    });
    let null = Value::null(formwork_value::Type::String);
    let more = [("access_token", null), ("credentials", Value::from(credentials.to_string()))];
    let places = backend(port, &more).await;
    assert_eq!(places.workspaces().await.unwrap(), ["default"]);
    assert_eq!(places.workspaces().await.unwrap(), ["default"]);
    let kept = server.0.lock().unwrap();
    let exchanges: Vec<_> = kept.seen.iter().filter(|request| request.path == "/token").collect();
    assert_eq!(exchanges.len(), 1);
    let body = String::from_utf8_lossy(&exchanges[0].body);
    let assertion = body.split("assertion=").nth(1).unwrap();
    let parts: Vec<&str> = assertion.split('.').collect();
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(parts[1]).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["iss"], "robot@example.com");
    let signature = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
    let public = aws_lc_rs::signature::KeyPair::public_key(&key).as_ref().to_vec();
    let verifier = &aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256;
    let signed = format!("{}.{}", parts[0], parts[1]);
    aws_lc_rs::signature::UnparsedPublicKey::new(verifier, public).verify(signed.as_bytes(), &signature).unwrap();
}
