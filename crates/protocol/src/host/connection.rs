//! The HTTP/2 connection to a plugin, and gRPC calls over it.

use crate::wire::{Outgoing, RawCodec};
use bytes::Bytes;
use http::Uri;
use http::uri::PathAndQuery;
use hyper::body::Incoming;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite};
use tonic::body::Body;
use tonic::client::Grpc;
use tonic::{Request, Status, Streaming};
use tower_service::Service;

/// Bytes that a plugin may send before it is read from: large, since schemas are.
const STREAM_WINDOW: u32 = 4 << 20;
const CONNECTION_WINDOW: u32 = 16 << 20;

/// One connection, on which any number of calls run at the same time.
#[derive(Clone)]
pub(super) struct Connection(SendRequest<Body>);

impl Connection {
    pub(super) async fn open<T>(stream: T) -> Result<Connection, hyper::Error>
    where
        T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (sender, connection) = Builder::new(TokioExecutor::new())
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .handshake(TokioIo::new(stream))
            .await?;
        // It ends when the last sender is dropped, or when the plugin closes the connection.
        tokio::spawn(connection);
        Ok(Connection(sender))
    }

    pub(super) fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    /// A call with one answer. Dropping the future cancels the call.
    pub(super) async fn unary(
        &self,
        path: PathAndQuery,
        message: Box<dyn Outgoing>,
        limit: usize,
    ) -> Result<Bytes, Status> {
        let mut client = self.client(limit);
        client.ready().await?;
        Ok(client.unary(Request::new(message), path, RawCodec).await?.into_inner())
    }

    /// A call with a stream of answers.
    pub(super) async fn server_streaming(
        &self,
        path: PathAndQuery,
        message: Box<dyn Outgoing>,
        limit: usize,
    ) -> Result<Streaming<Bytes>, Status> {
        let mut client = self.client(limit);
        client.ready().await?;
        Ok(client.server_streaming(Request::new(message), path, RawCodec).await?.into_inner())
    }

    fn client(&self, limit: usize) -> Grpc<Connection> {
        Grpc::with_origin(self.clone(), Uri::from_static("http://localhost")).max_decoding_message_size(limit)
    }
}

impl Service<http::Request<Body>> for Connection {
    type Response = http::Response<Incoming>;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Status>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Status>> {
        self.0.poll_ready(context).map_err(unavailable)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let answer = self.0.send_request(request);
        Box::pin(async move { answer.await.map_err(unavailable) })
    }
}

fn unavailable(error: hyper::Error) -> Status {
    Status::unavailable(format!("the connection to the plugin failed: {error}"))
}
