//! The life of a plugin process: announcement, connections, end.

use super::dispatch::Dispatcher;
use super::five::is_possible;
use crate::handshake;
use crate::tls::{Identity, server_config};
use crate::wire::{COOKIE_KEY, COOKIE_VALUE};
use formwork_model::{ApplyProvider, ProviderSchema};
use hyper::server::conn::http2::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use nix::unistd::getppid;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::env::{temp_dir, var, var_os};
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{UnixListener, UnixStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

const WINDOW: u32 = 4 << 20;
/// How long connections may take to end after the host asked for it.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often the process looks whether its host is still there.
const PARENT_CHECK: Duration = Duration::from_secs(1);

/// Serves a provider until the host ends it or vanishes. To be called first thing by the program of a plugin, inside
/// of a tokio runtime; the result is for the program's end.
pub async fn serve(provider: Arc<dyn ApplyProvider>) -> ExitCode {
    if var(COOKIE_KEY).ok().as_deref() != Some(COOKIE_VALUE) {
        complain(
            "This program is a plugin of Formwork and Terraform: these start it when a configuration uses it. It does \
             nothing on its own.",
        );
        return ExitCode::FAILURE;
    }
    match run(provider).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("[ERROR] The plugin cannot serve: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

async fn run(provider: Arc<dyn ApplyProvider>) -> Result<(), Box<dyn Error>> {
    let (acceptor, certificate) = match var("PLUGIN_CLIENT_CERT") {
        Ok(pem) if !pem.is_empty() => {
            let host = CertificateDer::from_pem_slice(pem.as_bytes())?;
            let identity = Identity::generate()?;
            let certificate = identity.certificate.clone();
            (Some(TlsAcceptor::from(Arc::new(server_config(identity, host)?))), Some(certificate))
        }
        _ => (None, None),
    };
    // Terminals send the interrupt to the host and its plugins alike: only the host acts on it.
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move { while interrupt.recv().await.is_some() {} });
    let (listener, socket) = bind()?;
    let protocol = chosen_protocol(&provider.schema());
    let line = handshake::line(protocol, &socket.path, certificate.as_ref(), var_os("PLUGIN_MULTIPLEX_GRPC").is_some());
    let mut stdout = std::io::stdout();
    stdout.write_all(line.as_bytes())?;
    stdout.flush()?;
    accept_all(listener, acceptor, Dispatcher::new(provider)).await?;
    Ok(())
}

/// The newest protocol that host and provider know; what is not said is 6.
fn chosen_protocol(schema: &ProviderSchema) -> u32 {
    let offered = var("PLUGIN_PROTOCOL_VERSIONS").unwrap_or_default();
    let mut offered = offered.split(',').map(str::trim).peekable();
    let (mut six, mut five) = (offered.peek().is_none_or(|first| first.is_empty()), false);
    for version in offered {
        six |= version == "6";
        five |= version == "5";
    }
    if !six && five && is_possible(schema) { 5 } else { 6 }
}

/// The socket file, removed with this value.
struct SocketFile {
    path: String,
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

fn bind() -> Result<(UnixListener, SocketFile), Box<dyn Error>> {
    let folder = var_os("PLUGIN_UNIX_SOCKET_DIR").filter(|dir| !dir.is_empty()).map_or_else(temp_dir, PathBuf::from);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.subsec_nanos());
    let mut last = None;
    for attempt in 0..100 {
        let path = folder.join(format!("plugin{}{}", std::process::id(), now.wrapping_add(attempt)));
        match UnixListener::bind(&path) {
            Ok(listener) => return Ok((listener, SocketFile { path: text(&path)? })),
            Err(error) => last = Some(format!("no socket can be made in {}: {error}", folder.display())),
        }
    }
    Err(last.unwrap_or_default().into())
}

fn text(path: &Path) -> Result<String, Box<dyn Error>> {
    match path.to_str() {
        Some(text) if !text.contains(['|', '\n']) => Ok(text.to_owned()),
        _ => Err(format!("the path {} cannot be announced; set TMPDIR to another folder", path.display()).into()),
    }
}

/// Serves connections until the host asks for the end, goes away, or a signal comes.
async fn accept_all(
    listener: UnixListener,
    acceptor: Option<TlsAcceptor>,
    dispatcher: Arc<Dispatcher>,
) -> std::io::Result<()> {
    let mut ending = dispatcher.ending();
    let mut connections = JoinSet::new();
    let mut terminate = signal(SignalKind::terminate())?;
    let host = getppid();
    let mut parent_check = tokio::time::interval(PARENT_CHECK);
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                connections.spawn(serve_connection(stream, acceptor.clone(), dispatcher.clone()));
            }
            Some(_) = connections.join_next() => {}
            _ = ending.wait_for(|end| *end) => break,
            _ = terminate.recv() => break,
            _ = parent_check.tick() => if getppid() != host { break },
        }
    }
    dispatcher.end();
    let all = async { while connections.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(PATIENCE, all).await;
    Ok(())
}

async fn serve_connection(stream: UnixStream, acceptor: Option<TlsAcceptor>, dispatcher: Arc<Dispatcher>) {
    match acceptor {
        None => serve_stream(stream, dispatcher).await,
        Some(acceptor) => match acceptor.accept(stream).await {
            Ok(stream) => serve_stream(stream, dispatcher).await,
            Err(error) => complain(&format!("[WARN] a connection was refused: {error}")),
        },
    }
}

async fn serve_stream<T>(stream: T, dispatcher: Arc<Dispatcher>)
where
    T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let mut ending = dispatcher.ending();
    let service = service_fn(move |request| {
        let dispatcher = dispatcher.clone();
        async move { Ok::<_, std::convert::Infallible>(dispatcher.answer(request).await) }
    });
    let mut connection = std::pin::pin!(
        Builder::new(TokioExecutor::new())
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(WINDOW * 4)
            .max_concurrent_streams(10_000)
            .max_pending_accept_reset_streams(10_000)
            .serve_connection(TokioIo::new(stream), service)
    );
    let ended = tokio::select! {
        result = connection.as_mut() => Some(result),
        _ = ending.wait_for(|end| *end) => None,
    };
    if ended.is_none() {
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    }
}
