//! The store in Consul, against a server that follows the published interface. No real one can be had here.

use crate::contract::{self, Site};
use crate::sample::{lock_info, snapshot};
use crate::web_server::{Answer, Request, serve};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use formwork_backend::state_file::encode;
use formwork_backend::{Backend, configure_backend};
use formwork_value::{Str, Value};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

#[derive(Clone, Copy, Debug)]
enum Fault {
    Before(u16),
    After(u16),
    Lost,
}

#[derive(Clone, Default)]
struct Pair {
    value: Vec<u8>,
    index: u64,
    session: Option<String>,
}

#[derive(Default)]
struct Kept {
    pairs: BTreeMap<String, Pair>,
    sessions: BTreeSet<String>,
    index: u64,
    faults: VecDeque<Fault>,
}

#[derive(Clone, Default)]
struct Server(Arc<Mutex<Kept>>);

impl Server {
    fn start(&self) -> u16 {
        let server = self.clone();
        serve(move |request| server.answer(&request))
    }

    fn answer(&self, request: &Request) -> Answer {
        if request.header("x-consul-token") != Some("secret") || request.query.get("dc").is_none_or(|dc| dc != "here") {
            return Answer::of(403, "Permission denied");
        }
        let mut kept = self.0.lock().unwrap();
        let fault = if request.path == "/v1/txn" { kept.faults.pop_front() } else { None };
        if let Some(Fault::Before(status)) = fault {
            return Answer::of(status, "no");
        }
        let answer = change(&mut kept, request);
        match fault {
            Some(Fault::After(status)) => Answer::of(status, "unclear"),
            Some(Fault::Lost) => Answer { lost: true, ..Answer::default() },
            _ => answer,
        }
    }
}

fn change(kept: &mut Kept, request: &Request) -> Answer {
    // Requests with a body of more than half a megabyte are refused.
    if request.body.len() > 524_288 {
        return Answer::of(413, "too large");
    }
    kept.index += 1;
    let index = kept.index;
    let text = |yes: bool| Answer::of(200, yes.to_string());
    if request.path == "/v1/txn" {
        let operations: Json = serde_json::from_slice(&request.body).unwrap();
        let operation = &operations[0]["KV"];
        let key = operation["Key"].as_str().unwrap().to_owned();
        let there = kept.pairs.get(&key).map_or(0, |pair| pair.index);
        if operation["Verb"] == "cas" && operation["Index"].as_u64() != Some(there) {
            return Answer::of(409, json!({ "Errors": [{ "OpIndex": 0, "What": "index is stale" }] }).to_string());
        }
        let value = STANDARD.decode(operation["Value"].as_str().unwrap()).unwrap();
        kept.pairs.insert(key, Pair { value, index, session: None });
        return Answer::of(200, json!({ "Results": [{ "KV": { "ModifyIndex": index } }] }).to_string());
    }
    if let Some(rest) = request.path.strip_prefix("/v1/session/") {
        let (action, id) = rest.split_once('/').unwrap_or((rest, ""));
        match action {
            "create" => {
                let id = format!("session-{index}");
                kept.sessions.insert(id.clone());
                return Answer::of(200, json!({ "ID": id }).to_string());
            }
            "destroy" => {
                kept.sessions.remove(id);
                kept.pairs.retain(|_, pair| pair.session.as_deref() != Some(id));
                return text(true);
            }
            _ => return text(kept.sessions.contains(id)),
        }
    }
    let key = request.path.strip_prefix("/v1/kv/").unwrap().to_owned();
    match request.method.as_str() {
        "GET" if request.query.contains_key("keys") => {
            let keys: Vec<&String> = kept.pairs.keys().filter(|name| name.starts_with(&key)).collect();
            if keys.is_empty() { Answer::of(404, "") } else { Answer::of(200, json!(keys).to_string()) }
        }
        "GET" => match kept.pairs.get(&key) {
            None => Answer::of(404, ""),
            Some(pair) => {
                let mut found = json!({ "Key": key, "Value": STANDARD.encode(&pair.value), "ModifyIndex": pair.index });
                if let Some(session) = &pair.session {
                    found["Session"] = json!(session);
                }
                Answer::of(200, json!([found]).to_string())
            }
        },
        "DELETE" => {
            let there = kept.pairs.get(&key).map_or(0, |pair| pair.index);
            if request.query.get("cas").is_some_and(|wanted| *wanted != there.to_string()) {
                return text(false);
            }
            kept.pairs.remove(&key);
            text(true)
        }
        _ => {
            let pair = kept.pairs.entry(key).or_default();
            match (request.query.get("acquire"), request.query.get("release")) {
                (Some(session), _) => {
                    if !kept.sessions.contains(session) || pair.session.as_ref().is_some_and(|held| held != session) {
                        return text(false);
                    }
                    assert_eq!(request.query["flags"], "3304740253564472344", "as Consul's own libraries mark locks");
                    pair.session = Some(session.clone());
                }
                (None, Some(session)) if pair.session.as_ref() == Some(session) => pair.session = None,
                (None, Some(_)) => return text(false),
                (None, None) => {}
            }
            (pair.value, pair.index) = (request.body.clone(), index);
            text(true)
        }
    }
}

async fn backend(port: u16, more: &[(&str, Value)]) -> Arc<dyn Backend> {
    let mut values: BTreeMap<Str, Value> = BTreeMap::from([
        ("path".into(), "team/a".into()),
        ("address".into(), format!("127.0.0.1:{port}").as_str().into()),
        ("access_token".into(), "secret".into()),
        ("datacenter".into(), "here".into()),
    ]);
    values.extend(more.iter().map(|(name, value)| ((*name).into(), value.clone())));
    configure_backend("consul", &values).await.unwrap().backend
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_holds() {
    use Fault::*;
    const FAULTS: [Fault; 3] = [Lost, After(500), Before(503)];
    for gzip in [false, true] {
        let site = async |_: &'static str| {
            let server = Server::default();
            let port = server.start();
            let fault = move |number: usize| {
                server.0.lock().unwrap().faults.extend(FAULTS.get(number));
                number < FAULTS.len()
            };
            let of = async || backend(port, &[("gzip", gzip.into())]).await;
            Site { fault: Box::new(fault), ..Site::new(of().await, of().await) }
        };
        contract::holds(site).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_those_of_the_ecosystem() {
    let server = Server::default();
    let port = server.start();
    let places = backend(port, &[]).await;
    let store = places.place("default", &std::env::temp_dir()).unwrap().store;
    let lock = store.lock(lock_info("own")).await.unwrap();
    let keys = || server.0.lock().unwrap().pairs.keys().cloned().collect::<Vec<String>>();
    assert_eq!(keys(), ["team/a/.lock", "team/a/.lockinfo"]);
    store.write(&snapshot(1, 2)).await.unwrap();
    assert_eq!(server.0.lock().unwrap().pairs["team/a"].value, encode(&snapshot(1, 2)));
    // A large state is in pieces, the old pieces go.
    for serial in 2..4 {
        store.write(&snapshot(serial, 4000)).await.unwrap();
        let list: Json = serde_json::from_slice(&server.0.lock().unwrap().pairs["team/a"].value).unwrap();
        let pieces: Vec<String> = serde_json::from_value(list["chunks"].clone()).unwrap();
        assert!(pieces.len() > 1 && pieces[0].ends_with("/0"), "{pieces:?}");
        assert!(pieces[0].contains(list["current-hash"].as_str().unwrap()));
        let there: Vec<String> = keys().into_iter().filter(|key| key.contains("/tfstate.")).collect();
        assert_eq!(there, pieces);
        assert_eq!(store.read().await.unwrap(), Some(snapshot(serial, 4000)));
    }
    let piece = keys().into_iter().find(|key| key.ends_with("/1")).unwrap();
    server.0.lock().unwrap().pairs.get_mut(&piece).unwrap().value[0] ^= 1;
    assert!(store.read().await.unwrap_err().message.contains("is damaged"));
    server.0.lock().unwrap().pairs.get_mut(&piece).unwrap().value[0] ^= 1;
    store.read().await.unwrap();
    store.write(&snapshot(4, 1)).await.unwrap();
    lock.unlock().await.unwrap();
    assert_eq!(keys(), ["team/a"]);
    assert!(server.0.lock().unwrap().sessions.is_empty());
    places.create_workspace("w", "lineage").await.unwrap();
    assert_eq!(keys(), ["team/a", "team/a-env:w"]);
    // A session that has ended took the lock with it.
    let lock = store.lock(lock_info("own")).await.unwrap();
    server.0.lock().unwrap().pairs.remove("team/a/.lock");
    assert!(lock.unlock().await.unwrap_err().to_string().contains("lost"));
    let without = backend(port, &[("lock", false.into())]).await.place("default", &std::env::temp_dir()).unwrap().store;
    let locks = (without.lock(lock_info("a")).await.unwrap(), without.lock(lock_info("b")).await.unwrap());
    locks.0.unlock().await.unwrap();
    locks.1.unlock().await.unwrap();
}
