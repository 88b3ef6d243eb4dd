//! A connection to a machine.

use super::authenticate::Credentials;
use super::connection::{Connection, Endpoint, Proxy};
use super::host_check::{HostCheck, Refusal};
use crate::machine::line_buffer::{LineBuffer, LineSink};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use russh::client::{Config, Handle, Msg, connect_stream};
use russh::{Channel, ChannelMsg, Disconnect};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout, timeout_at};

/// Pauses between attempts: the first, and the longest.
const PAUSE: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(20));

/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(30);

/// Longest answer of a proxy.
const MAX_ANSWER: usize = 16 * 1024;

/// A machine to which somebody is logged in.
pub struct RemoteSession {
    handle: Handle<HostCheck>,
    /// Kept: the connection goes through it.
    bastion: Option<Handle<HostCheck>>,
}

/// What is tried again and again until a machine is up.
struct Attempt<'a> {
    connection: &'a Connection,
    target: Credentials,
    bastion: Option<(&'a Endpoint, Credentials)>,
    config: Arc<Config>,
}

impl RemoteSession {
    /// Connects and logs in. A machine that is not up yet, or does not let anybody in yet, is tried again until the
    /// connection's timeout.
    pub async fn open(connection: &Connection) -> Result<RemoteSession, String> {
        let attempt = Attempt::prepare(connection)?;
        let end = Instant::now() + connection.timeout;
        let mut pause = PAUSE.0;
        let mut last = "there was no time for an attempt".to_owned();
        loop {
            match timeout_at(end, timeout(ATTEMPT, attempt.run())).await {
                Ok(Ok(Ok(session))) => return Ok(session),
                Ok(Ok(Err(error))) => last = error,
                Ok(Err(_)) => last = format!("no answer within {} seconds", ATTEMPT.as_secs()),
                Err(_) => return Err(given_up(connection, &last)),
            }
            if Instant::now() + pause >= end {
                return Err(given_up(connection, &last));
            }
            sleep(pause).await;
            pause = (pause * 2).min(PAUSE.1);
        }
    }

    /// Runs a command to its end; lines of both its streams go to the output.
    pub async fn execute(&self, command: &str, output: LineSink<'_>) -> Result<(), String> {
        let mut channel = self.channel().await?;
        channel.exec(true, command).await.map_err(|error| format!("cannot start {command:?}: {error}"))?;
        finish(&mut channel, command, output).await
    }

    /// Runs a command with bytes on its standard input.
    pub async fn feed(&self, command: &str, input: &[u8]) -> Result<(), String> {
        let mut channel = self.channel().await?;
        let failed = |error: russh::Error| format!("cannot run {command:?}: {error}");
        channel.exec(true, command).await.map_err(failed)?;
        channel.data(input).await.map_err(failed)?;
        channel.eof().await.map_err(failed)?;
        finish(&mut channel, command, &|_| {}).await
    }

    pub async fn channel(&self) -> Result<Channel<Msg>, String> {
        self.handle.channel_open_session().await.map_err(|error| format!("the machine opens no session: {error}"))
    }

    /// Says goodbye. That it was not heard does not matter any more.
    pub async fn close(self) {
        for handle in std::iter::once(self.handle).chain(self.bastion) {
            let _ = handle.disconnect(Disconnect::ByApplication, "", "en").await;
        }
    }
}

fn given_up(connection: &Connection, last: &str) -> String {
    let Endpoint { host, port, .. } = &connection.target;
    format!("No connection to {host}:{port} within {:?}. The last attempt failed: {last}.", connection.timeout)
}

/// Reads a command's output up to its exit status.
async fn finish(channel: &mut Channel<Msg>, command: &str, output: LineSink<'_>) -> Result<(), String> {
    let (mut out, mut err) = (LineBuffer::default(), LineBuffer::default());
    let mut result = Err(format!("{command:?} ended without an exit status; the connection may be lost"));
    while let Some(message) = channel.wait().await {
        match message {
            ChannelMsg::Data { data } => out.push(&data, output),
            ChannelMsg::ExtendedData { data, .. } => err.push(&data, output),
            ChannelMsg::ExitStatus { exit_status: 0 } => result = Ok(()),
            ChannelMsg::ExitStatus { exit_status } => {
                result = Err(format!("error executing {command:?}: the process exited with status {exit_status}"));
            }
            ChannelMsg::ExitSignal { signal_name, .. } => {
                result = Err(format!("error executing {command:?}: the process was ended by signal {signal_name:?}"));
            }
            ChannelMsg::Failure => result = Err(format!("the machine refuses to run {command:?}")),
            ChannelMsg::Close => break,
            _ => {}
        }
    }
    out.finish(output);
    err.finish(output);
    result
}

impl Attempt<'_> {
    fn prepare(connection: &Connection) -> Result<Attempt<'_>, String> {
        let credentials = |endpoint| Credentials::of(endpoint, connection);
        // Keys that cannot be read are no reason to wait for the machine.
        for endpoint in std::iter::once(&connection.target).chain(&connection.bastion) {
            HostCheck::new(&endpoint.host, endpoint.host_key.as_deref())?;
        }
        Ok(Attempt {
            connection,
            target: credentials(&connection.target)?,
            bastion: match &connection.bastion {
                None => None,
                Some(bastion) => Some((bastion, credentials(bastion)?)),
            },
            config: Arc::new(Config {
                keepalive_interval: Some(Duration::from_secs(10)),
                keepalive_max: 12,
                nodelay: true,
                ..Config::default()
            }),
        })
    }

    async fn run(&self) -> Result<RemoteSession, String> {
        let target = &self.connection.target;
        let Some((bastion, credentials)) = &self.bastion else {
            let stream = self.dial(target).await?;
            return Ok(RemoteSession { handle: self.enter(stream, target, &self.target).await?, bastion: None });
        };
        let stream = self.dial(bastion).await?;
        let outer = self.enter(stream, bastion, credentials).await.map_err(|error| format!("bastion: {error}"))?;
        let channel = outer.channel_open_direct_tcpip(&target.host, u32::from(target.port), "127.0.0.1", 0).await;
        let channel =
            channel.map_err(|error| format!("the bastion does not reach {}:{}: {error}", target.host, target.port))?;
        let handle = self.enter(channel.into_stream(), target, &self.target).await?;
        Ok(RemoteSession { handle, bastion: Some(outer) })
    }

    /// A TCP connection, through the proxy if there is one.
    async fn dial(&self, endpoint: &Endpoint) -> Result<TcpStream, String> {
        let to = self.connection.proxy.as_ref().map_or((&*endpoint.host, endpoint.port), |p| (&*p.host, p.port));
        let stream = TcpStream::connect(to).await.map_err(|error| format!("{}:{}: {error}", to.0, to.1))?;
        let _ = stream.set_nodelay(true);
        match &self.connection.proxy {
            None => Ok(stream),
            Some(proxy) => ask_proxy(stream, proxy, endpoint).await,
        }
    }

    /// Greets and logs in.
    async fn enter(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        endpoint: &Endpoint,
        credentials: &Credentials,
    ) -> Result<Handle<HostCheck>, String> {
        let (check, refusal) = HostCheck::new(&endpoint.host, endpoint.host_key.as_deref())?;
        let connected = connect_stream(self.config.clone(), stream, check).await;
        let mut handle = connected.map_err(|error| greeting(&refusal, &error))?;
        credentials.log_in(&mut handle).await?;
        Ok(handle)
    }
}

fn greeting(refusal: &Refusal, error: &russh::Error) -> String {
    refusal.take().unwrap_or_else(|| format!("the machine does not speak SSH as expected: {error}"))
}

/// Asks an HTTP proxy for a connection to a machine.
async fn ask_proxy(mut stream: TcpStream, proxy: &Proxy, endpoint: &Endpoint) -> Result<TcpStream, String> {
    let (host, port) = (&endpoint.host, endpoint.port);
    let mut request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n");
    if let Some((name, password)) = &proxy.credentials {
        let encoded = STANDARD.encode(format!("{name}:{password}"));
        request.push_str(&format!("Proxy-Authorization: Basic {encoded}\r\n"));
    }
    request.push_str("\r\n");
    let failed = |error: std::io::Error| format!("the proxy {}:{} fails: {error}", proxy.host, proxy.port);
    stream.write_all(request.as_bytes()).await.map_err(failed)?;
    let mut answer = Vec::new();
    // Byte by byte: what follows the answer belongs to the machine behind the proxy.
    while !answer.ends_with(b"\r\n\r\n") && answer.len() < MAX_ANSWER {
        answer.push(stream.read_u8().await.map_err(failed)?);
    }
    let text = String::from_utf8_lossy(&answer);
    let first = text.lines().next().unwrap_or_default();
    match first.split(' ').nth(1) {
        Some("200") => Ok(stream),
        _ => Err(format!("the proxy {}:{} refuses: {first}", proxy.host, proxy.port)),
    }
}
