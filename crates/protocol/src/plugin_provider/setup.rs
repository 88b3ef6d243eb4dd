//! Calls about the provider itself, validation, and the request to stop.

use super::PluginProvider;
use crate::convert::{capabilities_to, diagnostics_from};
use crate::wire::Method;
use crate::wire::tfplugin6 as wire;
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::{ClientCapabilities, ConfigureRequest, ValidateResponse};
use formwork_value::Value;

impl PluginProvider {
    /// What protocol 5 calls the prepared configuration is not used, as the reference does.
    pub(super) async fn call_validate_provider(&self, config: &Value) -> ValidateResponse {
        let diagnostics = self.try_validate_provider(config).await.unwrap_or_else(Diagnostics::from);
        ValidateResponse { prepared: config.clone(), diagnostics }
    }

    async fn try_validate_provider(&self, config: &Value) -> Result<Diagnostics, Diagnostic> {
        let method = Method::ValidateProviderConfig;
        let config = self.encode(method, config, &self.provider_type())?;
        let answer: wire::validate_provider_config::Response =
            self.call(method, wire::validate_provider_config::Request { config }).await?;
        Ok(diagnostics_from(answer.diagnostics, Blame::Config))
    }

    pub(super) async fn call_configure(&self, request: ConfigureRequest<'_>) -> Result<Diagnostics, Diagnostic> {
        let method = Method::ConfigureProvider;
        let message = wire::configure_provider::Request {
            terraform_version: request.terraform_version.to_owned(),
            config: self.encode(method, request.config, &self.provider_type())?,
            client_capabilities: capabilities_to(request.capabilities),
        };
        let answer: wire::configure_provider::Response = self.call(method, message).await?;
        Ok(diagnostics_from(answer.diagnostics, Blame::Environment))
    }

    pub(super) async fn call_validate_resource(&self, kind: &str, config: &Value) -> Result<Diagnostics, Diagnostic> {
        let method = Method::ValidateResourceConfig;
        let capabilities = ClientCapabilities { write_only_attributes_allowed: true, ..ClientCapabilities::default() };
        let message = wire::validate_resource_config::Request {
            type_name: kind.to_owned(),
            config: self.encode(method, config, &self.resource_type(kind)?)?,
            client_capabilities: capabilities_to(capabilities),
        };
        let answer: wire::validate_resource_config::Response = self.call(method, message).await?;
        Ok(diagnostics_from(answer.diagnostics, Blame::Config))
    }

    pub(super) async fn call_validate_data(&self, kind: &str, config: &Value) -> Result<Diagnostics, Diagnostic> {
        let method = Method::ValidateDataResourceConfig;
        let config = self.encode(method, config, &self.data_type(kind)?)?;
        let message = wire::validate_data_resource_config::Request { type_name: kind.to_owned(), config };
        let answer: wire::validate_data_resource_config::Response = self.call(method, message).await?;
        Ok(diagnostics_from(answer.diagnostics, Blame::Config))
    }

    pub(super) async fn call_validate_ephemeral(&self, kind: &str, config: &Value) -> Result<Diagnostics, Diagnostic> {
        let method = Method::ValidateEphemeralResourceConfig;
        let config = self.encode(method, config, &self.ephemeral_type(kind)?)?;
        let message = wire::validate_ephemeral_resource_config::Request { type_name: kind.to_owned(), config };
        let answer: wire::validate_ephemeral_resource_config::Response = self.call(method, message).await?;
        Ok(diagnostics_from(answer.diagnostics, Blame::Config))
    }

    pub(super) async fn call_stop(&self) -> Result<Diagnostics, Diagnostic> {
        let answer: wire::stop_provider::Response =
            self.call(Method::StopProvider, wire::stop_provider::Request {}).await?;
        let mut diagnostics = Diagnostics::new();
        if !answer.error.is_empty() {
            let detail = format!("Provider {}: {}", self.running.provider(), answer.error);
            diagnostics.push(Diagnostic::error("Provider could not stop", detail).blame(Blame::Provider));
        }
        Ok(diagnostics)
    }
}
