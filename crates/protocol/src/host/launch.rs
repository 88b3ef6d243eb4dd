//! Starting a plugin and connecting to it.

use super::connection::Connection;
use super::log::LogSink;
use super::output::{LastLines, drain, read_line, read_log};
use super::process::Process;
use super::reattach::TransportAddress;
use super::running::{Owner, RunningProvider};
use crate::handshake::Handshake;
use crate::tls::{Identity, client_config};
use crate::wire::{COOKIE_KEY, COOKIE_VALUE};
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use rustls::pki_types::{CertificateDer, ServerName};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, BufReader};
use tokio::net::{TcpStream, UnixStream};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;

/// How to start a plugin.
#[derive(Clone)]
pub struct LaunchOptions {
    pub executable: PathBuf,
    /// Address of the provider, for messages.
    pub provider: String,
    /// Where the plugin puts its socket and temporary files; its own choice if `None`. Must be short: the path of a
    /// socket is limited to about 100 bytes.
    pub temp_dir: Option<PathBuf>,
    /// Added to the environment of this process, which the plugin inherits.
    pub env: Vec<(OsString, OsString)>,
    /// Encrypt the connection (the plugin may still serve in plain text).
    pub tls: bool,
    pub limits: Limits,
    pub log: Option<Arc<dyn LogSink>>,
}

/// How long to wait for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From the start of the process until it is connected.
    pub start: Duration,
    /// For schemas.
    pub schema: Duration,
    /// For the request to stop.
    pub stop: Duration,
    /// For every other call; `None` lets it take as long as it needs (it can be stopped, cancelled or killed).
    pub call: Option<Duration>,
    /// From the request to end until the process is killed.
    pub shutdown: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            start: Duration::from_secs(60),
            schema: Duration::from_secs(60),
            stop: Duration::from_secs(10),
            call: None,
            shutdown: Duration::from_secs(2),
        }
    }
}

impl LaunchOptions {
    pub fn new(provider: impl ToString, executable: impl Into<PathBuf>) -> LaunchOptions {
        LaunchOptions {
            executable: executable.into(),
            provider: provider.to_string(),
            temp_dir: None,
            env: Vec::new(),
            tls: true,
            limits: Limits::default(),
            log: None,
        }
    }
}

/// Starts a plugin, reads its handshake and connects. On failure the process is gone.
pub async fn launch(options: &LaunchOptions) -> Result<RunningProvider, Diagnostics> {
    let identity = match options.tls {
        true => Some(Identity::generate().map_err(|error| engine_error(options, &error.to_string()))?),
        false => None,
    };
    let deadline = Instant::now() + options.limits.start;
    let mut child = spawn(options, identity.as_ref()).await.map_err(|error| spawn_error(options, &error))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (Some(stdout), Some(stderr)) = (stdout, stderr) else {
        return Err(engine_error(options, "its output cannot be read").into());
    };
    let lines = Arc::new(LastLines::default());
    let log = tokio::spawn(read_log(stderr, lines.clone(), options.provider.clone(), options.log.clone()));
    let Some(process) = Process::watch(child, lines, log) else {
        return Err(engine_error(options, "its process has no number").into());
    };
    let handshake = match timeout_at(deadline, read_handshake(options, &process, stdout)).await {
        Ok(result) => result?,
        Err(_) => {
            return Err(start_error(options, &process, &not_in_time(options, "announce where it listens")).into());
        }
    };
    if let TransportAddress::Unix(path) = &handshake.address {
        process.owns_socket(path);
    }
    let protocol = handshake.protocol;
    let connection = match timeout_at(deadline, connect(handshake, identity)).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(reason)) => return Err(start_error(options, &process, &reason).into()),
        Err(_) => return Err(start_error(options, &process, &not_in_time(options, "accept a connection")).into()),
    };
    let running = RunningProvider::new(options, protocol, connection, Owner::Process(process));
    running.read_stdio(options.log.clone());
    Ok(running)
}

/// Starts the process. A file that was written a moment ago may still count as busy: that passes.
async fn spawn(options: &LaunchOptions, identity: Option<&Identity>) -> std::io::Result<Child> {
    let mut command = Command::new(&options.executable);
    command
        .env(COOKIE_KEY, COOKIE_VALUE)
        .env("PLUGIN_PROTOCOL_VERSIONS", "5,6")
        .env("PLUGIN_MIN_PORT", "10000")
        .env("PLUGIN_MAX_PORT", "25000")
        .env_remove("PLUGIN_MULTIPLEX_GRPC")
        .env_remove("PLUGIN_CLIENT_CERT");
    if let Some(identity) = identity {
        command.env("PLUGIN_CLIENT_CERT", &identity.pem);
    }
    if let Some(directory) = &options.temp_dir {
        command.env("TMPDIR", directory).env("PLUGIN_UNIX_SOCKET_DIR", directory);
    }
    command
        .envs(options.env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    for _ in 0..20 {
        match command.spawn() {
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            result => return result,
        }
    }
    command.spawn()
}

async fn read_handshake(
    options: &LaunchOptions,
    process: &Process,
    stdout: ChildStdout,
) -> Result<Handshake, Diagnostics> {
    let mut stdout = BufReader::new(stdout);
    match read_line(&mut stdout).await {
        Ok(line) => {
            tokio::spawn(drain(stdout));
            Handshake::parse(&line).map_err(|reason| {
                let reason = format!("{reason} Its first line was: {}", quoted(&line));
                start_error(options, process, &reason).into()
            })
        }
        Err(rest) => {
            let mut reason = match process.ended_within(Duration::from_secs(1)).await {
                Some(status) => format!("It ended before a connection was made: {status}."),
                None => "It did not write a line of the plugin handshake to its standard output.".to_owned(),
            };
            if !rest.is_empty() {
                reason.push_str(&format!(" Its output was: {}", quoted(&rest)));
            }
            Err(start_error(options, process, &reason).into())
        }
    }
}

/// Connects to where a plugin listens. The error is a sentence.
async fn connect(handshake: Handshake, identity: Option<Identity>) -> Result<Connection, String> {
    match handshake.address {
        TransportAddress::Unix(path) => {
            let stream = UnixStream::connect(&path)
                .await
                .map_err(|error| format!("Its socket {} cannot be connected to: {error}.", path.display()))?;
            secure(stream, handshake.certificate, identity).await
        }
        TransportAddress::Tcp(address) => {
            let stream = TcpStream::connect(&address)
                .await
                .map_err(|error| format!("Its address {address} cannot be connected to: {error}."))?;
            // Small messages must not wait for each other.
            let _ = stream.set_nodelay(true);
            secure(stream, handshake.certificate, identity).await
        }
    }
}

async fn secure<T>(
    stream: T,
    certificate: Option<CertificateDer<'static>>,
    identity: Option<Identity>,
) -> Result<Connection, String>
where
    T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let Some(certificate) = certificate else {
        return open(stream).await;
    };
    // Some plugins encrypt whether they are asked to or not.
    let identity = match identity {
        Some(identity) => identity,
        None => Identity::generate().map_err(|error| format!("TLS cannot be set up: {error}."))?,
    };
    let config = client_config(identity, certificate).map_err(|error| format!("TLS cannot be set up: {error}."))?;
    let name = ServerName::try_from("localhost").map_err(|error| error.to_string())?;
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .map_err(|error| format!("The TLS handshake with it failed: {error}."))?;
    open(stream).await
}

pub(super) async fn open<T>(stream: T) -> Result<Connection, String>
where
    T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    Connection::open(stream).await.map_err(|error| format!("The HTTP/2 connection to it failed: {error}."))
}

fn not_in_time(options: &LaunchOptions, what: &str) -> String {
    format!("It did not {what} within {} seconds.", options.limits.start.as_secs_f32())
}

/// Text from a plugin as it is shown: limited, control characters escaped.
fn quoted(text: &str) -> String {
    let shown: String = text.trim_end().chars().take(500).collect();
    format!("{shown:?}")
}

fn start_error(options: &LaunchOptions, process: &Process, reason: &str) -> Diagnostic {
    let (provider, path) = (&options.provider, options.executable.display());
    let detail =
        format!("The plugin of provider {provider} ({path}) is not usable. {reason}{}", process.lines.report());
    process.kill();
    Diagnostic::error("Provider did not start", detail).blame(Blame::Provider)
}

fn spawn_error(options: &LaunchOptions, error: &std::io::Error) -> Diagnostic {
    let (provider, path) = (&options.provider, options.executable.display());
    let advice = match error.kind() {
        std::io::ErrorKind::NotFound => {
            "Run init to install it. If the file exists, it was built for another system or its interpreter is missing."
        }
        std::io::ErrorKind::PermissionDenied => "Make the file executable, on a file system that allows execution.",
        _ => "Check that the file is an executable for this system.",
    };
    let detail = format!("The plugin of provider {provider} ({path}) could not be started: {error}. {advice}");
    Diagnostic::error("Provider did not start", detail).blame(Blame::Environment)
}

fn engine_error(options: &LaunchOptions, reason: &str) -> Diagnostic {
    let detail = format!("The plugin of provider {} could not be started: {reason}.", options.provider);
    Diagnostic::error("Provider did not start", detail).blame(Blame::Engine)
}
