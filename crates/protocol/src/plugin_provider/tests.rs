//! What the host makes of answers that no honest provider gives.

use super::PluginProvider;
use crate::RunningProvider;
use crate::wire::tfplugin6::{DynamicValue, apply_resource_change, plan_resource_change, read_resource};
use crate::wire::{Outgoing, RawCodec};
use bytes::Bytes;
use formwork_diag::{Blame, Diagnostic};
use formwork_model::{
    ApplyProvider, ApplyRequest, ApplyResponse, Attribute, Block, PlanProvider, PlanRequest, PlanResponse,
    ProviderSchema, ReadRequest, ReadResponse, Schema,
};
use formwork_value::{Type, Value};
use hyper::server::conn::http2::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::collections::BTreeMap;
use std::sync::Arc;
use tonic::server::{Grpc, UnaryService};
use tonic::{Code, Request, Response, Status};

/// Gives the same answer to everything.
#[derive(Clone)]
enum Answer {
    Message(fn() -> Box<dyn Outgoing>),
    Failure(Code),
    /// Closes the connection.
    Silence,
}

impl UnaryService<Bytes> for Answer {
    type Response = Box<dyn Outgoing>;
    type Future = std::future::Ready<Result<Response<Box<dyn Outgoing>>, Status>>;

    fn call(&mut self, _: Request<Bytes>) -> Self::Future {
        std::future::ready(match self {
            Answer::Message(make) => Ok(Response::new(make())),
            Answer::Failure(code) => Err(Status::new(*code, "so it is")),
            Answer::Silence => unreachable!("the connection is closed instead"),
        })
    }
}

async fn provider(answer: Answer) -> PluginProvider {
    let (near, far) = tokio::io::duplex(1 << 16);
    match answer {
        Answer::Silence => {
            let mut far = far;
            tokio::spawn(async move { tokio::io::AsyncReadExt::read(&mut far, &mut [0; 64]).await });
        }
        answer => {
            let service = service_fn(move |request| {
                let answer = answer.clone();
                async move { Ok::<_, std::convert::Infallible>(Grpc::new(RawCodec).unary(answer, request).await) }
            });
            tokio::spawn(Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(far), service));
        }
    }
    let block = Block::new([("a", Attribute::new(Type::String).optional())], []);
    let schema = Arc::new(Schema { version: 0, block });
    let schema = ProviderSchema { resources: BTreeMap::from([("r".into(), schema)]), ..ProviderSchema::default() };
    PluginProvider::new(Arc::new(RunningProvider::over(near).await), Arc::new(schema))
}

fn object() -> Value {
    Value::object([("a", Value::from("before"))])
}

async fn apply(provider: &PluginProvider) -> ApplyResponse {
    let value = object();
    let request = ApplyRequest {
        kind: "r",
        prior: &value,
        planned: &value,
        config: &value,
        planned_private: &[],
        provider_meta: None,
        planned_identity: None,
    };
    provider.apply_resource(request).await
}

async fn plan(provider: &PluginProvider) -> PlanResponse {
    let value = object();
    let request = PlanRequest {
        kind: "r",
        prior: &value,
        proposed: &value,
        config: &value,
        prior_private: &[],
        provider_meta: None,
        prior_identity: None,
        capabilities: Default::default(),
    };
    provider.plan_resource(request).await
}

async fn read(provider: &PluginProvider) -> ReadResponse {
    let value = object();
    let request = ReadRequest {
        kind: "r",
        current: &value,
        private: b"kept",
        provider_meta: None,
        identity: None,
        capabilities: Default::default(),
    };
    provider.read_resource(request).await
}

fn first(diagnostics: &formwork_diag::Diagnostics) -> &Diagnostic {
    diagnostics.iter().next().unwrap()
}

fn wrong() -> Option<DynamicValue> {
    // A map that lacks the attribute, and has another one.
    Some(DynamicValue { msgpack: Bytes::from_static(b"\x81\xa1b\xc0"), json: Bytes::new() })
}

#[tokio::test]
async fn values_of_another_type_are_the_providers_fault() {
    let make: fn() -> Box<dyn Outgoing> =
        || Box::new(apply_resource_change::Response { new_state: wrong(), ..Default::default() });
    let applied = apply(&provider(Answer::Message(make)).await).await;
    assert!(applied.new_state.is_none(), "the object must not be taken for destroyed");
    assert_eq!(first(&applied.diagnostics).blame, Blame::Provider);

    let make: fn() -> Box<dyn Outgoing> =
        || Box::new(plan_resource_change::Response { planned_state: wrong(), ..Default::default() });
    let planned = plan(&provider(Answer::Message(make)).await).await;
    let problem = first(&planned.diagnostics);
    assert!(problem.is_error() && problem.blame == Blame::Provider);
    for text in ["PlanResourceChange", "test/fake", "bug in the provider"] {
        assert!(problem.detail.contains(text), "{problem:?}");
    }
}

#[tokio::test]
async fn a_missing_value_is_null_and_a_missing_result_none() {
    let make: fn() -> Box<dyn Outgoing> = || Box::new(read_resource::Response::default());
    let answered = read(&provider(Answer::Message(make)).await).await;
    assert!(answered.diagnostics.is_empty() && answered.state.is_null() && answered.private.is_empty());
    let make: fn() -> Box<dyn Outgoing> = || Box::new(apply_resource_change::Response::default());
    let applied = apply(&provider(Answer::Message(make)).await).await;
    assert!(applied.diagnostics.is_empty() && applied.new_state.is_none());
}

#[tokio::test]
async fn an_answer_that_is_no_message() {
    #[derive(Clone, PartialEq, prost::Message)]
    struct Other {
        #[prost(uint64, tag = "1")]
        number: u64,
    }
    let provider = provider(Answer::Message(|| Box::new(Other { number: 1 }))).await;
    let answered = read(&provider).await;
    assert!(first(&answered.diagnostics).detail.contains("cannot be decoded"), "{answered:?}");
    assert!(!answered.state.is_null() && answered.private == b"kept", "what was known is kept");
}

#[tokio::test]
async fn failures_of_calls_by_their_status() {
    for (code, summary) in [
        (Code::Unavailable, "Plugin did not respond"),
        (Code::Cancelled, "Request cancelled"),
        (Code::Unimplemented, "Unsupported plugin method"),
        (Code::Internal, "Plugin error"),
        (Code::Unknown, "Plugin error"),
    ] {
        let answered = read(&provider(Answer::Failure(code)).await).await;
        let problem = first(&answered.diagnostics);
        assert_eq!(problem.summary, summary, "{code:?}");
        assert!(problem.is_error() && problem.detail.contains("ReadResource"), "{problem:?}");
        assert_eq!(answered.private, b"kept");
    }
    let lost = read(&provider(Answer::Silence).await).await;
    assert_eq!(first(&lost.diagnostics).summary, "Plugin did not respond");
}
