//! A web server for tests: a thread for each connection, one request each, and answers that may go wrong.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Only half of the body comes.
    pub cut: bool,
    /// The connection ends without an answer.
    pub lost: bool,
}

impl Answer {
    pub fn of(status: u16, body: impl Into<Vec<u8>>) -> Answer {
        Answer { status, body: body.into(), ..Answer::default() }
    }

    pub fn header(mut self, name: &str, value: impl Into<String>) -> Answer {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// Serves until the process ends. Gives the port.
pub fn serve(handler: impl Fn(Request) -> Answer + Send + Sync + 'static) -> u16 {
    listen(move |client| answer_one(client, &handler))
}

/// As [`serve`], over TLS.
pub fn serve_tls(
    config: Arc<rustls::ServerConfig>,
    handler: impl Fn(Request) -> Answer + Send + Sync + 'static,
) -> u16 {
    listen(move |client| {
        let Ok(connection) = rustls::ServerConnection::new(config.clone()) else { return };
        answer_one(rustls::StreamOwned::new(connection, client), &handler);
    })
}

fn listen(work: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let work = Arc::new(work);
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let work = work.clone();
            std::thread::spawn(move || work(client));
        }
    });
    port
}

fn answer_one(mut client: impl Read + Write, handler: &dyn Fn(Request) -> Answer) {
    let Some(request) = read_request(&mut client) else { return };
    let is_head = request.method == "HEAD";
    let answer = handler(request);
    if answer.lost {
        return;
    }
    let mut head = format!("HTTP/1.1 {} Status\r\nConnection: close\r\n", answer.status);
    if answer.status != 204 {
        head.push_str(&format!("Content-Length: {}\r\n", answer.body.len()));
    }
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let _ = client.write_all((head + "\r\n").as_bytes());
    let length = if answer.cut { answer.body.len() / 2 } else { answer.body.len() };
    if !is_head {
        let _ = client.write_all(&answer.body[..length]);
    }
    let _ = client.flush();
}

fn read_request(client: &mut impl Read) -> Option<Request> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        more(client, &mut bytes)?;
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let mut lines = text.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: BTreeMap<String, String> =
        lines.filter_map(|line| line.split_once(':')).map(|(n, v)| (n.to_lowercase(), v.trim().to_owned())).collect();
    let mut body = bytes.split_off(head + 4);
    if headers.get("transfer-encoding").is_some_and(|encoding| encoding == "chunked") {
        while !body.ends_with(b"0\r\n\r\n") {
            more(client, &mut body)?;
        }
        body = unchunked(&body)?;
    } else {
        let length: usize = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        while body.len() < length {
            more(client, &mut body)?;
        }
    }
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let query = query.split('&').filter(|part| !part.is_empty()).map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (unescaped(name), unescaped(value))
    });
    Some(Request { method, path: unescaped(path), query: query.collect(), headers, body })
}

fn more(client: &mut impl Read, bytes: &mut Vec<u8>) -> Option<()> {
    let mut buffer = [0; 8192];
    let count = client.read(&mut buffer).ok().filter(|count| *count > 0)?;
    bytes.extend_from_slice(&buffer[..count]);
    Some(())
}

fn unchunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    loop {
        let end = rest.windows(2).position(|window| window == b"\r\n")?;
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..end]).ok()?, 16).ok()?;
        if length == 0 {
            return Some(out);
        }
        out.extend_from_slice(rest.get(end + 2..end + 2 + length)?);
        rest = &rest[end + 4 + length..];
    }
}

pub fn unescaped(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let digits: Vec<u8> = bytes.by_ref().take(2).collect();
                let digits = String::from_utf8(digits).unwrap();
                out.push(u8::from_str_radix(&digits, 16).unwrap());
            }
            b'+' => out.push(b' '),
            byte => out.push(byte),
        }
    }
    String::from_utf8(out).unwrap()
}
