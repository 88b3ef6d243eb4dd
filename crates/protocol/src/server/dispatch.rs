//! From the path of a request to the function that answers it.

use super::calls::{Calls, answer};
use super::calls_actions::{is_streaming, stream};
use super::five::{answer_five, name_in_six};
use super::streams::Silence;
use crate::wire::health::HealthCheckResponse;
use crate::wire::health::health_check_response::ServingStatus;
use crate::wire::plugin::Empty;
use crate::wire::{MESSAGE_LIMIT, Outgoing, RawCodec};
use bytes::Bytes;
use formwork_model::ApplyProvider;
use http::{Request as HttpRequest, Response as HttpResponse};
use hyper::body::Incoming;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::body::Body;
use tonic::server::Grpc;
use tonic::{Request, Response, Status, Streaming};
use tower_service::Service;

/// How many messages of a stream may wait for the host.
const EVENTS: usize = 32;

pub(super) type Answer = Result<Box<dyn Outgoing>, Status>;
type Pinned<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Answers the requests of all connections.
pub(super) struct Dispatcher {
    provider: Arc<dyn ApplyProvider>,
    end: watch::Sender<bool>,
}

impl Dispatcher {
    pub(super) fn new(provider: Arc<dyn ApplyProvider>) -> Arc<Dispatcher> {
        Arc::new(Dispatcher { provider, end: watch::Sender::new(false) })
    }

    /// Becomes true when the process is to end.
    pub(super) fn ending(&self) -> watch::Receiver<bool> {
        self.end.subscribe()
    }

    /// Lets the process end. Connections finish their answers before.
    pub(super) fn end(&self) {
        self.end.send_replace(true);
    }

    pub(super) async fn answer(self: &Arc<Self>, request: HttpRequest<Incoming>) -> HttpResponse<Body> {
        let mut grpc = Grpc::new(RawCodec).max_decoding_message_size(MESSAGE_LIMIT);
        let path = request.uri().path();
        let six = path.strip_prefix("/tfplugin6.Provider/").map(|method| (6, method));
        let five = || path.strip_prefix("/tfplugin5.Provider/").map(|method| (5, name_in_six(method)));
        if let Some((protocol, method)) = six.or_else(five) {
            let (provider, method) = (self.provider.clone(), method.to_owned());
            if is_streaming(&method) {
                return grpc.server_streaming(Telling { provider, method }, request).await;
            }
            let call = unary(move |message| async move {
                let calls = Calls::new(&*provider);
                match protocol {
                    5 => answer_five(&calls, &method, message).await,
                    _ => answer(&calls, &method, message).await,
                }
            });
            return grpc.unary(call, request).await;
        }
        match path {
            "/plugin.GRPCController/Shutdown" => {
                self.end();
                grpc.unary(constant(Empty {}), request).await
            }
            "/plugin.GRPCStdio/StreamStdio" => grpc.streaming(self.silent(false), request).await,
            "/plugin.GRPCBroker/StartStream" => grpc.streaming(self.silent(true), request).await,
            "/grpc.health.v1.Health/Check" => {
                let status = ServingStatus::Serving.into();
                grpc.unary(constant(HealthCheckResponse { status }), request).await
            }
            _ => Status::unimplemented(format!("{path} is not served")).into_http(),
        }
    }

    fn silent(&self, wait_for_host: bool) -> Silent {
        Silent { ending: self.ending(), wait_for_host }
    }
}

/// Answers one request by a function.
struct Unary(Option<Box<dyn FnOnce(Bytes) -> Pinned<Answer> + Send>>);

fn unary<F>(call: impl FnOnce(Bytes) -> F + Send + 'static) -> Unary
where
    F: Future<Output = Answer> + Send + 'static,
{
    Unary(Some(Box::new(|message| Box::pin(call(message)))))
}

fn constant(message: impl Outgoing) -> Unary {
    let message: Box<dyn Outgoing> = Box::new(message);
    unary(|_| ready(Ok(message)))
}

impl Service<Request<Bytes>> for Unary {
    type Response = Response<Box<dyn Outgoing>>;
    type Error = Status;
    type Future = Pinned<Result<Response<Box<dyn Outgoing>>, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let call = self.0.take();
        Box::pin(async move {
            let call = call.ok_or_else(|| Status::internal("the request was answered before"))?;
            call(request.into_inner()).await.map(Response::new)
        })
    }
}

/// Answers one request with what a provider tells, as it tells it. The provider is not asked any further when the host
/// stops listening.
struct Telling {
    provider: Arc<dyn ApplyProvider>,
    method: String,
}

impl Service<Request<Bytes>> for Telling {
    type Response = Response<ReceiverStream<Result<Box<dyn Outgoing>, Status>>>;
    type Error = Status;
    type Future = std::future::Ready<Result<Self::Response, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let (provider, method) = (self.provider.clone(), self.method.clone());
        let (events, receiver) = mpsc::channel(EVENTS);
        tokio::spawn(async move {
            let calls = Calls::new(&*provider);
            let told = async {
                if let Err(status) = stream(&calls, &method, request.into_inner(), &events).await {
                    drop(events.send(Err(status)).await);
                }
            };
            tokio::select! {
                () = told => {}
                () = events.closed() => {}
            }
        });
        ready(Ok(Response::new(ReceiverStream::new(receiver))))
    }
}

/// Answers with a stream without messages. With `wait_for_host` it ends when the host closes its half.
struct Silent {
    ending: watch::Receiver<bool>,
    wait_for_host: bool,
}

impl Service<Request<Streaming<Bytes>>> for Silent {
    type Response = Response<Silence>;
    type Error = Status;
    type Future = std::future::Ready<Result<Response<Silence>, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Streaming<Bytes>>) -> Self::Future {
        let incoming = self.wait_for_host.then(|| request.into_inner());
        ready(Ok(Response::new(Silence::new(self.ending.clone(), incoming))))
    }
}
