//! A server over TLS, on a port of its own, with a certificate of its own authority.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use tempfile::TempDir;

/// What a client has asked.
#[derive(Clone, Debug, Default)]
pub struct Question {
    pub method: String,
    /// With what stands behind `?`.
    pub target: String,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Question {
    /// What was sent with it.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
}

/// What is answered.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The connection breaks after so many bytes of the body, once.
    pub breaks_after: Option<usize>,
}

impl Reply {
    pub fn bytes(body: impl Into<Vec<u8>>) -> Reply {
        Reply { status: 200, headers: Vec::new(), body: body.into(), breaks_after: None }
    }

    pub fn json(value: &serde_json::Value) -> Reply {
        Reply::bytes(value.to_string()).with("Content-Type", "application/json")
    }

    pub fn status(status: u16) -> Reply {
        Reply { status, ..Reply::bytes("") }
    }

    pub fn redirect(to: &str) -> Reply {
        Reply::status(302).with("Location", to)
    }

    pub fn with(mut self, name: &str, value: &str) -> Reply {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

#[derive(Default)]
struct Shared {
    replies: Mutex<BTreeMap<String, Reply>>,
    questions: Mutex<Vec<Question>>,
    /// Beginnings of paths, the credentials that are wanted there, and what others get.
    guards: Mutex<Vec<(String, String, Reply)>>,
    /// Repositories, for paths that begin with `/git/`.
    repositories: Option<PathBuf>,
    ends: AtomicBool,
}

/// A server; it ends when dropped.
pub struct HttpsServer {
    pub port: u16,
    shared: Arc<Shared>,
    dir: TempDir,
}

impl Default for HttpsServer {
    fn default() -> HttpsServer {
        HttpsServer::start()
    }
}

impl HttpsServer {
    /// Another name of the server, which only its proxy knows.
    pub const NAME: &str = "registry.example.test";

    /// Starts a proxy that leads everywhere to this server. Returns its address, and where it tells which hosts it was asked
    /// for.
    #[track_caller]
    pub fn proxy(&self) -> (String, Receiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let (port, (sender, asked)) = (self.port, channel());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let sender = sender.clone();
                std::thread::spawn(move || {
                    // A client that goes away is none of the proxy's business.
                    let _ = lead(stream, port, &sender);
                });
            }
        });
        (address, asked)
    }

    #[track_caller]
    pub fn start() -> HttpsServer {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let config = Arc::new(server_config(&dir.path().join("authority.pem")));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let repositories = dir.path().join("git");
        std::fs::create_dir(&repositories).expect("a folder");
        let shared = Arc::new(Shared { repositories: Some(repositories), ..Shared::default() });
        let own = shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if own.ends.load(Ordering::Relaxed) {
                    break;
                }
                let (shared, config) = (own.clone(), config.clone());
                std::thread::spawn(move || {
                    // A client that goes away is none of the server's business.
                    let _ = serve(&shared, config, stream);
                });
            }
        });
        HttpsServer { port, shared, dir }
    }

    /// `localhost` with the port.
    pub fn host(&self) -> String {
        format!("localhost:{}", self.port)
    }

    pub fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.host())
    }

    /// The certificate of the authority.
    pub fn authority(&self) -> PathBuf {
        self.dir.path().join("authority.pem")
    }

    /// Repositories in it are served below `/git/`.
    pub fn repositories(&self) -> PathBuf {
        self.dir.path().join("git")
    }

    /// Answers a path from now on.
    pub fn answer(&self, path: &str, reply: Reply) {
        self.replies().insert(path.to_owned(), reply);
    }

    /// From now on, who asks for a path with this beginning and does not show the credentials gets the other answer. What was
    /// said last counts.
    pub fn guard(&self, prefix: &str, authorization: &str, otherwise: Reply) {
        let mut guards = self.shared.guards.lock().unwrap_or_else(PoisonError::into_inner);
        guards.insert(0, (prefix.to_owned(), authorization.to_owned(), otherwise));
    }

    /// What is answered to a path.
    pub fn reply(&self, path: &str) -> Option<Reply> {
        self.replies().get(path).cloned()
    }

    /// What was asked since the last call.
    pub fn asked(&self) -> Vec<Question> {
        std::mem::take(&mut *self.shared.questions.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn replies(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Reply>> {
        self.shared.replies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for HttpsServer {
    fn drop(&mut self) {
        self.shared.ends.store(true, Ordering::Relaxed);
        // It waits for one more connection.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

/// Answers CONNECT, and passes on what comes.
fn lead(client: TcpStream, port: u16, asked: &Sender<String>) -> std::io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let question = read_question(&mut reader)?;
    // The test may be over.
    let _ = asked.send(format!("{} {}", question.method, question.target));
    let server = TcpStream::connect(("127.0.0.1", port))?;
    let (mut to_client, mut from_server) = (client, server.try_clone()?);
    to_client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n")?;
    let mut to_server = server;
    let back = std::thread::spawn(move || std::io::copy(&mut from_server, &mut to_client));
    std::io::copy(&mut reader, &mut to_server)?;
    to_server.shutdown(std::net::Shutdown::Write)?;
    let _ = back.join();
    Ok(())
}

fn server_config(authority: &std::path::Path) -> ServerConfig {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(Vec::new()).expect("names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).expect("a certificate");
    std::fs::write(authority, certificate.pem()).expect("a file");
    let issuer = Issuer::new(params, key);
    let own = KeyPair::generate().expect("a key");
    let names = ["localhost", "127.0.0.1", HttpsServer::NAME].map(str::to_owned).to_vec();
    let leaf = CertificateParams::new(names).expect("names").signed_by(&own, &issuer).expect("a certificate");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], PrivatePkcs8KeyDer::from(own.serialize_der()).into())
        .expect("a certificate with its key")
}

fn serve(shared: &Shared, config: Arc<ServerConfig>, stream: TcpStream) -> std::io::Result<()> {
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut reader = BufReader::new(StreamOwned::new(connection, stream));
    let question = read_question(&mut reader)?;
    shared.questions.lock().unwrap_or_else(PoisonError::into_inner).push(question.clone());
    let reply = answer(shared, &question);
    let mut stream = reader.into_inner();
    let mut head = format!("HTTP/1.1 {} Reply\r\nConnection: close\r\n", reply.status);
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if reply.status != 204 && !reply.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
        head.push_str(&format!("Content-Length: {}\r\n", reply.body.len()));
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    if question.method != "HEAD" {
        let end = reply.breaks_after.unwrap_or(reply.body.len()).min(reply.body.len());
        stream.write_all(&reply.body[..end])?;
    }
    stream.flush()?;
    if reply.breaks_after.is_none() {
        stream.conn.send_close_notify();
        stream.flush()?;
    }
    Ok(())
}

fn read_question(reader: &mut impl BufRead) -> std::io::Result<Question> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let mut question = Question {
        method: words.next().unwrap_or_default(),
        target: words.next().unwrap_or_default(),
        ..Question::default()
    };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        question.headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = question.headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    reader.take(length).read_to_end(&mut question.body)?;
    Ok(question)
}

fn answer(shared: &Shared, question: &Question) -> Reply {
    if let (Some(rest), Some(root)) = (question.path().strip_prefix("/git"), &shared.repositories) {
        return git(root, rest, question);
    }
    {
        let guards = shared.guards.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = question.headers.get("authorization");
        if let Some((_, wanted, otherwise)) = guards.iter().find(|(prefix, ..)| question.target.starts_with(prefix))
            && shown != Some(wanted)
        {
            return otherwise.clone();
        }
    }
    let mut replies = shared.replies.lock().unwrap_or_else(PoisonError::into_inner);
    let known = replies.get_mut(&question.target);
    let Some(reply) = known else { return replies.get(question.path()).cloned().unwrap_or(Reply::status(404)) };
    let mut answer = reply.clone();
    reply.breaks_after = None;
    let from = question.headers.get("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-'));
    if let Some(from) = from.and_then(|text| text.parse::<usize>().ok()).filter(|_| answer.status == 200) {
        let size = answer.body.len();
        if from >= size {
            return Reply::status(416);
        }
        answer.body.drain(..from);
        answer.status = 206;
        answer = answer.with("Content-Range", &format!("bytes {from}-{}/{size}", size - 1));
    }
    answer
}

/// What git's own program for servers answers.
fn git(root: &std::path::Path, path: &str, question: &Question) -> Reply {
    let query = question.target.split_once('?').map_or("", |(_, query)| query);
    let header = |name: &str| question.headers.get(name).cloned().unwrap_or_default();
    let mut command = Command::new("git");
    command.arg("http-backend").env("GIT_PROJECT_ROOT", root).env("GIT_HTTP_EXPORT_ALL", "1");
    command.env("PATH_INFO", path).env("QUERY_STRING", query).env("REQUEST_METHOD", &question.method);
    command.env("CONTENT_TYPE", header("content-type")).env("HTTP_CONTENT_ENCODING", header("content-encoding"));
    command.env("CONTENT_LENGTH", question.body.len().to_string()).env("GIT_PROTOCOL", header("git-protocol"));
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = child.expect("git starts");
    let (mut stdin, body) = (child.stdin.take().expect("a pipe"), question.body.clone());
    // It may answer before it has read everything.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&body)));
    let output = child.wait_with_output().expect("git ends").stdout;
    let _ = writer.join();
    let split = output.windows(4).position(|part| part == b"\r\n\r\n").unwrap_or(output.len());
    let mut reply = Reply::bytes(output.get(split + 4..).unwrap_or_default());
    for line in String::from_utf8_lossy(&output[..split]).lines() {
        match line.split_once(": ") {
            Some(("Status", status)) => reply.status = status.get(..3).and_then(|s| s.parse().ok()).unwrap_or(500),
            Some((name, value)) => reply.headers.push((name.to_owned(), value.to_owned())),
            None => {}
        }
    }
    reply
}
