//! A proxy that loses answers and makes up errors.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What happens to the next put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is done, and the connection breaks before the answer.
    AnswerLost,
    /// It is done, and the answer is an error.
    ErrorAfter,
    /// It is not done.
    ErrorBefore,
    /// It is not done because somebody else writes at this moment.
    Busy,
    /// It is not done because the service does not know conditions.
    NoConditions,
}

pub struct Proxy {
    pub port: u16,
    pub faults: Arc<Mutex<VecDeque<Fault>>>,
    forbidden: Arc<Mutex<Option<String>>>,
}

impl Proxy {
    pub fn before(server: u16) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let faults = Arc::new(Mutex::new(VecDeque::new()));
        let forbidden = Arc::new(Mutex::new(None));
        let (queue, secret) = (faults.clone(), forbidden.clone());
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (queue, secret) = (queue.clone(), secret.clone());
                std::thread::spawn(move || serve(client.unwrap(), server, &queue, &secret));
            }
        });
        Proxy { port, faults, forbidden }
    }

    pub fn inject(&self, faults: &[Fault]) {
        *self.faults.lock().unwrap() = faults.iter().copied().collect();
    }

    /// From now on nobody has the right to requests with this text in their first line.
    pub fn forbid(&self, text: &str) {
        *self.forbidden.lock().unwrap() = Some(text.to_owned());
    }
}

const DENIED: &str = "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";

/// One request, then the connection ends.
fn serve(mut client: TcpStream, server: u16, queue: &Mutex<VecDeque<Fault>>, forbidden: &Mutex<Option<String>>) {
    let Some(request) = read_request(&mut client) else { return };
    let line = String::from_utf8_lossy(request.split(|b| *b == b'\r').next().unwrap_or_default()).into_owned();
    if forbidden.lock().unwrap().as_ref().is_some_and(|text| line.contains(text)) {
        let head = format!("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", DENIED.len());
        let _ = client.write_all((head + DENIED).as_bytes());
        return;
    }
    let is_put = request.starts_with(b"PUT ");
    let fault = if is_put { queue.lock().unwrap().pop_front() } else { None };
    let answer =
        |status: &str| format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").into_bytes();
    let response = match fault {
        None => forward(&request, server),
        Some(Fault::AnswerLost) => {
            forward(&request, server);
            let _ = client.shutdown(Shutdown::Both);
            return;
        }
        Some(Fault::ErrorAfter) => {
            forward(&request, server);
            answer("500 Internal Server Error")
        }
        Some(Fault::ErrorBefore) => answer("503 Slow Down"),
        Some(Fault::Busy) => answer("409 Conflict"),
        // Only those with a condition are refused.
        Some(Fault::NoConditions) => answer("501 Not Implemented"),
    };
    let _ = client.write_all(&response);
}

fn read_request(client: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = client.read(&mut buffer).ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&buffer[..count]);
        let Some(head) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
        let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
        let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
        if bytes.len() >= head + 4 + length.unwrap_or(0) {
            return Some(bytes);
        }
    }
}

fn forward(request: &[u8], server: u16) -> Vec<u8> {
    let head = request.windows(2).position(|w| w == b"\r\n").unwrap() + 2;
    let mut stream = TcpStream::connect(("127.0.0.1", server)).unwrap();
    stream.write_all(&[&request[..head], b"Connection: close\r\n", &request[head..]].concat()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}
