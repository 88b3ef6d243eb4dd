//! A plugin that runs and is connected.

use super::connection::Connection;
use super::launch::{LaunchOptions, Limits};
use super::log::{LogLevel, LogLine, LogSink};
use super::process::{Process, exists, kill_foreign};
use crate::schema_codec::RawSchema;
use crate::wire::plugin::stdio_data::Channel;
use crate::wire::plugin::{Empty, StdioData};
use crate::wire::tfplugin6::{get_provider_schema, get_resource_identity_schemas};
use crate::wire::{MESSAGE_LIMIT, Method, Outgoing, SCHEMA_LIMIT};
use bytes::Bytes;
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use http::uri::PathAndQuery;
use prost::Message;
use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout};
use tonic::{Code, Status, Streaming};

/// A connected plugin. Dropping it kills its process.
pub struct RunningProvider {
    provider: String,
    protocol: u32,
    connection: Connection,
    owner: Owner,
    limits: Limits,
    stdio: OnceLock<AbortHandle>,
}

/// Who answers for the process.
pub(super) enum Owner {
    Process(Process),
    Foreign { end_process: Option<u32> },
}

impl RunningProvider {
    pub(super) fn new(options: &LaunchOptions, protocol: u32, connection: Connection, owner: Owner) -> RunningProvider {
        RunningProvider {
            provider: options.provider.clone(),
            protocol,
            connection,
            owner,
            limits: options.limits,
            stdio: OnceLock::new(),
        }
    }

    /// A provider at the other end of a stream.
    #[cfg(test)]
    pub(crate) async fn over(stream: tokio::io::DuplexStream) -> RunningProvider {
        let connection = Connection::open(stream).await.expect("a stream in memory connects");
        let options = LaunchOptions::new("test/fake", "");
        RunningProvider::new(&options, 6, connection, Owner::Foreign { end_process: None })
    }

    /// Address of the provider, for messages.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// Version of the provider protocol, 5 or 6.
    pub fn protocol(&self) -> u32 {
        self.protocol
    }

    /// Number of the process, if this program started it.
    pub fn pid(&self) -> Option<u32> {
        match &self.owner {
            Owner::Process(process) => Some(process.pid()),
            Owner::Foreign { .. } => None,
        }
    }

    /// True once the plugin is gone or closed the connection.
    pub fn is_closed(&self) -> bool {
        self.connection.is_closed()
    }

    /// Asks the plugin to end, waits a little, and kills it if it is still there.
    pub async fn shutdown(&self) {
        let deadline = Instant::now() + self.limits.shutdown;
        match &self.owner {
            Owner::Process(process) => {
                self.request_end().await;
                process.ended_within(deadline.saturating_duration_since(Instant::now())).await;
                process.kill();
            }
            Owner::Foreign { end_process: Some(pid) } => {
                self.request_end().await;
                while exists(*pid) && Instant::now() < deadline {
                    sleep(Duration::from_millis(20)).await;
                }
                kill_foreign(*pid);
            }
            Owner::Foreign { end_process: None } => {}
        }
    }

    /// An answer does not matter: plugins may close the connection before they answer.
    async fn request_end(&self) {
        let path = PathAndQuery::from_static("/plugin.GRPCController/Shutdown");
        let call = self.connection.unary(path, Box::new(Empty {}), MESSAGE_LIMIT);
        let _ = timeout(self.limits.shutdown, call).await;
    }

    /// Asks the plugin for its schema. The result is for [`decode_schema`](crate::decode_schema) and can be cached.
    pub async fn fetch_schema(&self) -> Result<Vec<u8>, Diagnostics> {
        Ok(self.raw_schema().await?.to_bytes())
    }

    /// Older plugins have no identities.
    pub(crate) async fn raw_schema(&self) -> Result<RawSchema, Diagnostic> {
        let schema = self.call(Method::GetProviderSchema, Box::new(get_provider_schema::Request {})).await?;
        let request = Box::new(get_resource_identity_schemas::Request {});
        let identities = self.call_optional(Method::GetResourceIdentitySchemas, request).await?.unwrap_or_default();
        Ok(RawSchema { protocol: self.protocol, schema, identities })
    }

    /// Lets the plugin prepare its schema, which some need before other calls. The answer is known already.
    pub(crate) async fn prime_schema(&self) -> Result<(), Diagnostic> {
        self.call(Method::GetProviderSchema, Box::new(get_provider_schema::Request {})).await.map(drop)
    }

    /// Ends the process at once, with calls in progress. Does nothing to a process that is not ours.
    pub fn kill(&self) {
        if let Owner::Process(process) = &self.owner {
            process.kill();
        }
    }

    /// Makes a call and waits for the answer as long as the limits allow. Dropping the future cancels the call.
    pub(crate) async fn call(&self, method: Method, message: Box<dyn Outgoing>) -> Result<Bytes, Diagnostic> {
        match self.try_call(method, message).await {
            Ok(answer) => Ok(answer),
            Err(status) => Err(self.explain(method, &status).await),
        }
    }

    /// As [`RunningProvider::call`], but `None` if the plugin does not know the method.
    pub(crate) async fn call_optional(
        &self,
        method: Method,
        message: Box<dyn Outgoing>,
    ) -> Result<Option<Bytes>, Diagnostic> {
        match self.try_call(method, message).await {
            Ok(answer) => Ok(Some(answer)),
            Err(status) if status.code() == Code::Unimplemented => Ok(None),
            Err(status) => Err(self.explain(method, &status).await),
        }
    }

    /// Makes a call that is answered by a stream, to be read with [`RunningProvider::next_of`].
    pub(crate) async fn stream(
        &self,
        method: Method,
        message: Box<dyn Outgoing>,
    ) -> Result<Streaming<Bytes>, Diagnostic> {
        let call = self.connection.server_streaming(method.path(self.protocol), message, MESSAGE_LIMIT);
        match in_time(self.limits.call, call).await {
            Ok(stream) => Ok(stream),
            Err(status) => Err(self.explain(method, &status).await),
        }
    }

    /// The next message of a stream. The limit of time is for each of them.
    pub(crate) async fn next_of(
        &self,
        method: Method,
        stream: &mut Streaming<Bytes>,
    ) -> Result<Option<Bytes>, Diagnostic> {
        match in_time(self.limits.call, stream.message()).await {
            Ok(message) => Ok(message),
            Err(status) => Err(self.explain(method, &status).await),
        }
    }

    async fn try_call(&self, method: Method, message: Box<dyn Outgoing>) -> Result<Bytes, Status> {
        let (limit, time) = match method {
            Method::GetProviderSchema | Method::GetResourceIdentitySchemas => (SCHEMA_LIMIT, Some(self.limits.schema)),
            Method::StopProvider => (MESSAGE_LIMIT, Some(self.limits.stop)),
            _ => (MESSAGE_LIMIT, self.limits.call),
        };
        let call = self.connection.unary(method.path(self.protocol), message, limit);
        in_time(time, call).await
    }

    /// Says what went wrong with a call.
    async fn explain(&self, method: Method, status: &Status) -> Diagnostic {
        let name = method.name(self.protocol);
        if status.code() == Code::Unavailable || self.connection.is_closed() {
            return self.explain_loss(name, status).await;
        }
        let provider = &self.provider;
        let (summary, detail) = match status.code() {
            Code::Cancelled => ("Request cancelled", format!("Provider {provider} cancelled the call {name}.")),
            Code::Unimplemented => (
                "Unsupported plugin method",
                format!("Provider {provider} does not support the call {name}. A newer version of it may."),
            ),
            Code::DeadlineExceeded => (
                "Plugin did not respond",
                format!("Provider {provider} did not answer the call {name} in time: {}.", status.message()),
            ),
            code => (
                "Plugin error",
                format!("Provider {provider} failed in the call {name} ({code:?}): {}", status.message()),
            ),
        };
        Diagnostic::error(summary, detail).blame(Blame::Provider)
    }

    /// Says how the process ended, or that it did not.
    async fn explain_loss(&self, name: &str, status: &Status) -> Diagnostic {
        let mut detail = format!("The connection to provider {} was lost in the call {name}", self.provider);
        let mut blame = Blame::Provider;
        match &self.owner {
            Owner::Process(process) => {
                // The connection breaks a moment before the end of the process is known.
                let ended = process.ended_within(Duration::from_secs(1)).await;
                match ended {
                    Some(_) if process.was_killed() => {
                        detail.push_str(", because its process was killed to stop it.");
                        blame = Blame::Environment;
                    }
                    Some(how) => detail.push_str(&format!(", because its process ended: {how}.")),
                    None => detail.push_str(&format!(", while its process runs on: {}.", status.message())),
                }
                detail.push_str(&process.lines.report());
            }
            Owner::Foreign { .. } => detail.push_str(&format!(": {}.", status.message())),
        }
        Diagnostic::error("Plugin did not respond", detail).blame(blame)
    }

    /// Reads what plugin code prints after serving began, so that the plugin never blocks on it.
    pub(super) fn read_stdio(&self, log: Option<Arc<dyn LogSink>>) {
        let connection = self.connection.clone();
        let provider = self.provider.clone();
        let task = tokio::spawn(async move {
            let path = PathAndQuery::from_static("/plugin.GRPCStdio/StreamStdio");
            let stream = connection.server_streaming(path, Box::new(Empty {}), MESSAGE_LIMIT).await;
            // The call must not keep the connection open.
            drop(connection);
            let Ok(mut stream) = stream else { return };
            while let Ok(Some(data)) = stream.message().await {
                if let (Some(log), Ok(data)) = (&log, StdioData::decode(data)) {
                    let name = if data.channel() == Channel::Stderr { "stderr" } else { "stdout" };
                    let text = String::from_utf8_lossy(&data.data);
                    log.log(&format!("{provider}:{name}"), LogLine::plain(LogLevel::Warn, text.trim_end()));
                }
            }
        });
        let _ = self.stdio.set(task.abort_handle());
    }
}

impl Drop for RunningProvider {
    fn drop(&mut self) {
        // A stream that is open would keep the connection open.
        if let Some(task) = self.stdio.get() {
            task.abort();
        }
    }
}

async fn in_time<T>(time: Option<Duration>, call: impl Future<Output = Result<T, Status>>) -> Result<T, Status> {
    match time {
        None => call.await,
        Some(time) => match timeout(time, call).await {
            Ok(result) => result,
            Err(_) => Err(Status::deadline_exceeded(format!("no answer after {} seconds", time.as_secs_f32()))),
        },
    }
}
