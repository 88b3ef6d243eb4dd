//! Calls about data sources, ephemeral resources and functions.

use super::PluginProvider;
use super::call::bytes;
use crate::convert::{capabilities_to, decode_value, deferred_from, diagnostics_from, encode_value};
use crate::wire::tfplugin6 as wire;
use crate::wire::{Method, Timestamp};
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::{CallFunctionResponse, ClientCapabilities, DataResponse, EphemeralResponse};
use formwork_value::{Type, Value};

impl PluginProvider {
    pub(super) async fn call_read_data(&self, kind: &str, config: &Value, meta: Option<&Value>) -> DataResponse {
        self.try_read_data(kind, config, meta).await.unwrap_or_else(|diagnostic| DataResponse {
            state: Value::null(Type::Dynamic),
            deferred: None,
            diagnostics: diagnostic.into(),
        })
    }

    async fn try_read_data(
        &self,
        kind: &str,
        config: &Value,
        meta: Option<&Value>,
    ) -> Result<DataResponse, Diagnostic> {
        let method = Method::ReadDataSource;
        let ty = self.data_type(kind)?;
        let message = wire::read_data_source::Request {
            type_name: kind.to_owned(),
            config: self.encode(method, config, &ty)?,
            provider_meta: self.encode_meta(method, meta)?,
            client_capabilities: capabilities_to(ClientCapabilities::default()),
        };
        let answer: wire::read_data_source::Response = self.call(method, message).await?;
        let mut diagnostics = diagnostics_from(answer.diagnostics, Blame::Environment);
        let state = self.decode(method, answer.state.as_ref(), &ty, &mut diagnostics);
        Ok(DataResponse { state, deferred: deferred_from(answer.deferred), diagnostics })
    }

    pub(super) async fn call_open(&self, kind: &str, config: &Value) -> EphemeralResponse {
        self.try_open(kind, config).await.unwrap_or_else(|diagnostic| failed(Vec::new(), diagnostic))
    }

    async fn try_open(&self, kind: &str, config: &Value) -> Result<EphemeralResponse, Diagnostic> {
        let method = Method::OpenEphemeralResource;
        let ty = self.ephemeral_type(kind)?;
        let message = wire::open_ephemeral_resource::Request {
            type_name: kind.to_owned(),
            config: self.encode(method, config, &ty)?,
            client_capabilities: capabilities_to(ClientCapabilities::default()),
        };
        let answer: wire::open_ephemeral_resource::Response = self.call(method, message).await?;
        let mut diagnostics = diagnostics_from(answer.diagnostics, Blame::Environment);
        Ok(EphemeralResponse {
            result: self.decode(method, answer.result.as_ref(), &ty, &mut diagnostics),
            private: answer.private.unwrap_or_default().to_vec(),
            renew_at: answer.renew_at.map(seconds),
            deferred: deferred_from(answer.deferred),
            diagnostics,
        })
    }

    pub(super) async fn call_renew(&self, kind: &str, private: &[u8]) -> EphemeralResponse {
        self.try_renew(kind, private).await.unwrap_or_else(|diagnostic| failed(private.to_vec(), diagnostic))
    }

    async fn try_renew(&self, kind: &str, private: &[u8]) -> Result<EphemeralResponse, Diagnostic> {
        let method = Method::RenewEphemeralResource;
        let ty = self.ephemeral_type(kind)?;
        let message = wire::renew_ephemeral_resource::Request { type_name: kind.to_owned(), private: some(private) };
        let answer: wire::renew_ephemeral_resource::Response = self.call(method, message).await?;
        Ok(EphemeralResponse {
            result: Value::null(ty),
            // Without new private data the old remains in use.
            private: answer.private.map_or_else(|| private.to_vec(), |new| new.to_vec()),
            renew_at: answer.renew_at.map(seconds),
            deferred: None,
            diagnostics: diagnostics_from(answer.diagnostics, Blame::Environment),
        })
    }

    pub(super) async fn call_close(&self, kind: &str, private: &[u8]) -> Result<Diagnostics, Diagnostic> {
        let method = Method::CloseEphemeralResource;
        let message = wire::close_ephemeral_resource::Request { type_name: kind.to_owned(), private: some(private) };
        let answer: wire::close_ephemeral_resource::Response = self.call(method, message).await?;
        Ok(diagnostics_from(answer.diagnostics, Blame::Environment))
    }

    pub(super) async fn call_provider_function(&self, name: &str, args: &[Value]) -> CallFunctionResponse {
        match self.try_call_function(name, args).await {
            Ok(response) => response,
            Err(error) => CallFunctionResponse { result: Value::dynamic(), error: Some(error) },
        }
    }

    async fn try_call_function(
        &self,
        name: &str,
        args: &[Value],
    ) -> Result<CallFunctionResponse, (String, Option<usize>)> {
        let Some(signature) = self.schema.functions.get(name) else {
            return Err((format!("Provider {} has no function {name:?}.", self.running.provider()), None));
        };
        let parameters = signature.parameters.iter().chain(signature.variadic.iter().cycle());
        let mut arguments = Vec::with_capacity(args.len());
        for (index, (value, parameter)) in args.iter().zip(parameters).enumerate() {
            arguments.push(encode_value(value, &parameter.ty).map_err(|reason| (reason, Some(index)))?);
        }
        let message = wire::call_function::Request { name: name.to_owned(), arguments };
        let answer: wire::call_function::Response =
            self.call(Method::CallFunction, message).await.map_err(|diagnostic| (diagnostic.detail, None))?;
        if let Some(error) = answer.error {
            let argument = error.function_argument.and_then(|index| usize::try_from(index).ok());
            return Err((error.text, argument));
        }
        let result = decode_value(answer.result.as_ref(), &signature.return_type)
            .map_err(|reason| (self.invalid_answer(Method::CallFunction, &reason).detail, None))?;
        Ok(CallFunctionResponse { result, error: None })
    }
}

fn failed(private: Vec<u8>, diagnostic: Diagnostic) -> EphemeralResponse {
    EphemeralResponse {
        result: Value::null(Type::Dynamic),
        private,
        renew_at: None,
        deferred: None,
        diagnostics: diagnostic.into(),
    }
}

fn some(private: &[u8]) -> Option<bytes::Bytes> {
    Some(bytes(private)).filter(|private| !private.is_empty())
}

fn seconds(time: Timestamp) -> i64 {
    time.seconds
}
