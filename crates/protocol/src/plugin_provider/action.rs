//! Calls about actions.

use super::PluginProvider;
use crate::convert::{capabilities_to, deferred_from, diagnostics_from};
use crate::wire::Method;
use crate::wire::tfplugin6 as wire;
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::{ActionRequest, PlanActionResponse};
use formwork_value::Value;

impl PluginProvider {
    pub(super) async fn call_validate_action(&self, kind: &str, config: &Value) -> Result<Diagnostics, Diagnostic> {
        let method = Method::ValidateActionConfig;
        let config = self.encode(method, config, &self.action_type(kind)?)?;
        let message = wire::validate_action_config::Request { type_name: kind.to_owned(), config };
        let answer: wire::validate_action_config::Response = self.call(method, message).await?;
        Ok(diagnostics_from(answer.diagnostics, Blame::Config))
    }

    pub(super) async fn call_plan_action(&self, request: ActionRequest<'_>) -> PlanActionResponse {
        self.try_plan_action(request)
            .await
            .unwrap_or_else(|problem| PlanActionResponse { deferred: None, diagnostics: problem.into() })
    }

    async fn try_plan_action(&self, request: ActionRequest<'_>) -> Result<PlanActionResponse, Diagnostic> {
        let method = Method::PlanAction;
        let message = wire::plan_action::Request {
            action_type: request.kind.to_owned(),
            config: self.encode(method, request.config, &self.action_type(request.kind)?)?,
            client_capabilities: capabilities_to(request.capabilities),
        };
        let answer: wire::plan_action::Response = self.call(method, message).await?;
        Ok(PlanActionResponse {
            deferred: deferred_from(answer.deferred),
            diagnostics: diagnostics_from(answer.diagnostics, Blame::Environment),
        })
    }

    /// The stream must end with the word that the action is complete: without it nobody knows how it went.
    pub(super) async fn call_invoke_action(
        &self,
        request: ActionRequest<'_>,
        progress: &mut (dyn FnMut(String) + Send),
    ) -> Result<Diagnostics, Diagnostic> {
        use wire::invoke_action::event::Type;
        let method = Method::InvokeAction;
        let message = wire::invoke_action::Request {
            action_type: request.kind.to_owned(),
            config: self.encode(method, request.config, &self.action_type(request.kind)?)?,
            client_capabilities: capabilities_to(request.capabilities),
        };
        let mut events = self.stream::<wire::invoke_action::Event>(method, message).await?;
        while let Some(event) = events.next().await? {
            match event.r#type {
                Some(Type::Progress(told)) => progress(told.message),
                Some(Type::Completed(end)) => return Ok(diagnostics_from(end.diagnostics, Blame::Environment)),
                None => {}
            }
        }
        Err(self.invalid_answer(method, "It ended without saying how the action went."))
    }
}
