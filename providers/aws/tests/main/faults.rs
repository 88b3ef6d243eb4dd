//! AWS on a bad day: a proxy before the service that refuses requests, or pretends that objects are not known yet.

use crate::cloud::cloud;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the proxy answers to the next requests of an operation.
#[derive(Clone, Copy)]
pub struct Fault {
    pub operation: &'static str,
    pub code: &'static str,
    pub times: usize,
}

/// Request id of every refusal.
pub const REQUEST: &str = "11111111-2222-3333-4444-555555555555";

/// A proxy for one test.
pub struct Proxy {
    pub url: String,
    state: Arc<Mutex<State>>,
    /// Changes with every request.
    requests: watch::Sender<()>,
}

#[derive(Default)]
struct State {
    faults: Vec<Fault>,
    seen: BTreeMap<String, usize>,
}

impl Proxy {
    pub async fn start() -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let state = Arc::new(Mutex::new(State::default()));
        let (requests, _) = watch::channel(());
        let shared = (state.clone(), requests.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (state, requests) = shared.clone();
                tokio::spawn(serve(stream, state, requests));
            }
        });
        Proxy { url, state, requests }
    }

    pub fn fail(&self, faults: &[Fault]) {
        self.state.lock().unwrap().faults.extend_from_slice(faults);
    }

    /// How many requests of an operation came in.
    pub fn count(&self, operation: &str) -> usize {
        self.state.lock().unwrap().seen.get(operation).copied().unwrap_or_default()
    }

    /// Waits until so many requests of an operation have come in.
    pub async fn until(&self, operation: &str, count: usize) {
        let mut requests = self.requests.subscribe();
        while self.count(operation) < count {
            requests.changed().await.expect("the proxy lives");
        }
    }

    /// True if every fault was met as often as it should be.
    pub fn is_spent(&self) -> bool {
        self.state.lock().unwrap().faults.iter().all(|fault| fault.times == 0)
    }
}

/// Serves the requests of a connection one after the other.
async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>, requests: watch::Sender<()>) {
    while let Some((head, body)) = read_message(&mut stream).await {
        let text = String::from_utf8_lossy(&body).into_owned();
        let operation = text.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap_or_default().to_owned();
        let answer = match fault(&state, &operation) {
            Some(code) => refusal(code),
            None => forward(&head, &body).await,
        };
        requests.send_replace(());
        if stream.write_all(&answer).await.is_err() {
            return;
        }
    }
}

fn fault(state: &Mutex<State>, operation: &str) -> Option<&'static str> {
    let mut state = state.lock().unwrap();
    *state.seen.entry(operation.to_owned()).or_default() += 1;
    let fault = state.faults.iter_mut().find(|fault| fault.operation == operation && fault.times > 0)?;
    fault.times -= 1;
    Some(fault.code)
}

fn refusal(code: &str) -> Vec<u8> {
    let status = if code == "RequestLimitExceeded" { 503 } else { 400 };
    let body = format!(
        "<Response><Errors><Error><Code>{code}</Code><Message>not today</Message></Error></Errors>\
         <RequestID>{REQUEST}</RequestID></Response>"
    );
    format!("HTTP/1.1 {status} Refused\r\ncontent-type: text/xml\r\nx-amzn-requestid: {REQUEST}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into()
}

/// The service's answer, which it ends by closing the connection.
async fn forward(head: &str, body: &[u8]) -> Vec<u8> {
    let address = cloud().url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.expect("moto listens");
    let lines = head.trim_end().lines().filter(|line| !line.to_lowercase().starts_with("connection:"));
    let head: Vec<&str> = lines.chain(["connection: close", "", ""]).collect();
    stream.write_all(head.join("\r\n").as_bytes()).await.expect("moto reads");
    stream.write_all(body).await.expect("moto reads");
    let (head, body) = read_message(&mut stream).await.expect("moto answers");
    let lines = head.trim_end().lines().filter(|line| !line.to_lowercase().starts_with("connection:"));
    let head: Vec<&str> = lines.chain(["", ""]).collect();
    [head.join("\r\n").into_bytes(), body].concat()
}

/// Head and body of a message with a content length.
async fn read_message(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = bytes.split_off(end);
    while body.len() < length.unwrap_or(0usize) {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some((head, body))
}
