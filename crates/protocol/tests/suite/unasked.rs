//! Calls that our host never makes, and that our plugins answer: made here by hand, over a socket.

use super::fixture::sample_provider;
use bytes::{Buf, BufMut, Bytes};
use http::Uri;
use http::uri::PathAndQuery;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::future::Future;
use std::pin::Pin;
use std::process::{Child, Command, Stdio};
use std::task::{Context, Poll};
use tokio::net::UnixStream;
use tonic::body::Body;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Code, Request, Status};
use tower_service::Service;

/// Messages as bytes.
#[derive(Clone, Copy, Default)]
struct Plain;

impl Codec for Plain {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Plain;
    type Decoder = Plain;

    fn encoder(&mut self) -> Plain {
        Plain
    }

    fn decoder(&mut self) -> Plain {
        Plain
    }
}

impl Encoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(message);
        Ok(())
    }
}

impl Decoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}

#[derive(Clone)]
struct Connection(SendRequest<Body>);

impl Service<http::Request<Body>> for Connection {
    type Response = http::Response<hyper::body::Incoming>;
    type Error = hyper::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, hyper::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), hyper::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(self.0.send_request(request))
    }
}

/// A plugin that was started by hand, without encryption.
struct Plugin {
    child: Child,
    client: Grpc<Connection>,
}

impl Plugin {
    async fn start(folder: &std::path::Path, versions: &str) -> Plugin {
        let mut child = Command::new(sample_provider())
            .env("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2")
            .env("PLUGIN_PROTOCOL_VERSIONS", versions)
            .env("PLUGIN_UNIX_SOCKET_DIR", folder)
            .env("SAMPLE_FLAT", "1")
            .env_remove("PLUGIN_CLIENT_CERT")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line).unwrap();
        let stream = UnixStream::connect(line.split('|').nth(3).unwrap()).await.unwrap();
        let (sender, connection) = Builder::new(TokioExecutor::new()).handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let client = Grpc::with_origin(Connection(sender), Uri::from_static("http://localhost"));
        Plugin { child, client }
    }

    async fn ask(&mut self, path: &'static str) -> Result<String, Status> {
        self.client.ready().await.unwrap();
        let request = Request::new(Bytes::new());
        let answer = self.client.unary(request, PathAndQuery::from_static(path), Plain).await?;
        Ok(String::from_utf8_lossy(&answer.into_inner()).into_owned())
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn metadata_functions_and_health_are_told() {
    let folder = tempfile::tempdir().unwrap();
    for (versions, metadata, functions) in [
        ("5,6", "/tfplugin6.Provider/GetMetadata", "/tfplugin6.Provider/GetFunctions"),
        ("5", "/tfplugin5.Provider/GetMetadata", "/tfplugin5.Provider/GetFunctions"),
    ] {
        let mut plugin = Plugin::start(folder.path(), versions).await;
        let told = plugin.ask(metadata).await.unwrap();
        for name in ["sample_note", "sample_token", "sample_ring", "glue"] {
            assert!(told.contains(name), "{versions}: {told:?}");
        }
        assert!(plugin.ask(functions).await.unwrap().contains("Glues texts together"));
        plugin.ask("/grpc.health.v1.Health/Check").await.unwrap();
    }
}

/// They are experimental in Terraform itself.
#[tokio::test]
async fn state_stores_are_refused_as_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let mut plugin = Plugin::start(folder.path(), "6").await;
    for path in [
        "/tfplugin6.Provider/ValidateStateStoreConfig",
        "/tfplugin6.Provider/ConfigureStateStore",
        "/tfplugin6.Provider/ReadStateBytes",
        "/tfplugin6.Provider/WriteStateBytes",
        "/tfplugin6.Provider/LockState",
        "/tfplugin6.Provider/UnlockState",
        "/tfplugin6.Provider/GetStates",
        "/tfplugin6.Provider/DeleteState",
    ] {
        assert_eq!(plugin.ask(path).await.unwrap_err().code(), Code::Unimplemented, "{path}");
    }
}
