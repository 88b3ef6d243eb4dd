//! Calls about lists of objects, and about the configurations that describe objects.

use super::PluginProvider;
use crate::convert::{decode_value, diagnostics_from};
use crate::wire::Method;
use crate::wire::tfplugin6 as wire;
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::{GenerateResponse, ListArguments, ListRequest, ListSink, ListedObject};
use formwork_value::{Type, Value};

impl PluginProvider {
    pub(super) async fn call_generate(&self, kind: &str, state: &Value) -> GenerateResponse {
        self.try_generate(kind, state)
            .await
            .unwrap_or_else(|problem| GenerateResponse { config: Value::null(state.ty()), diagnostics: problem.into() })
    }

    async fn try_generate(&self, kind: &str, state: &Value) -> Result<GenerateResponse, Diagnostic> {
        let method = Method::GenerateResourceConfig;
        let ty = self.resource_type(kind)?;
        let message = wire::generate_resource_config::Request {
            type_name: kind.to_owned(),
            state: self.encode(method, state, &ty)?,
        };
        let answer: wire::generate_resource_config::Response = self.call(method, message).await?;
        let mut diagnostics = diagnostics_from(answer.diagnostics, Blame::Environment);
        let config = self.decode(method, answer.config.as_ref(), &ty, &mut diagnostics);
        Ok(GenerateResponse { config, diagnostics })
    }

    pub(super) async fn call_validate_list(
        &self,
        kind: &str,
        config: &Value,
        arguments: ListArguments<'_>,
    ) -> Result<Diagnostics, Diagnostic> {
        let method = Method::ValidateListResourceConfig;
        let argument = |value: Option<&Value>, ty: &Type| match value {
            Some(value) => self.encode(method, value, ty),
            None => Ok(None),
        };
        let message = wire::validate_list_resource_config::Request {
            type_name: kind.to_owned(),
            config: self.encode(method, config, &self.list_type(kind)?)?,
            include_resource_object: argument(arguments.include_resource, &Type::Bool)?,
            limit: argument(arguments.limit, &Type::Number)?,
        };
        let answer: wire::validate_list_resource_config::Response = self.call(method, message).await?;
        Ok(diagnostics_from(answer.diagnostics, Blame::Config))
    }

    pub(super) async fn call_list(&self, request: ListRequest<'_>, found: &mut dyn ListSink) -> Result<(), Diagnostic> {
        let method = Method::ListResource;
        let (identity, resource) = self.listed_types(request.kind)?;
        let message = wire::list_resource::Request {
            type_name: request.kind.to_owned(),
            config: self.encode(method, request.config, &self.list_type(request.kind)?)?,
            include_resource_object: request.include_resource,
            limit: i64::try_from(request.limit).unwrap_or(i64::MAX),
        };
        let mut events = self.stream(method, message).await?;
        while let Some(event) = events.next().await? {
            if !found.take(self.listed_object(event, &identity, &resource)).await {
                break;
            }
        }
        Ok(())
    }

    /// The types of the identity and of the object itself.
    fn listed_types(&self, kind: &str) -> Result<(Type, Type), Diagnostic> {
        let identity = self.identity_type(kind).ok_or_else(|| {
            self.invalid_answer(
                Method::ListResource,
                &format!("It lists objects of the type {kind:?}, but does not say what identifies one."),
            )
        })?;
        Ok((identity, self.resource_type(kind)?))
    }

    fn listed_object(&self, event: wire::list_resource::Event, identity: &Type, resource: &Type) -> ListedObject {
        let mut diagnostics = diagnostics_from(event.diagnostic, Blame::Environment);
        let mut decode = |value: Option<wire::DynamicValue>, ty: &Type| {
            let value = decode_value(Some(&value?), ty);
            value
                .map_err(|reason| diagnostics.push(self.invalid_answer(Method::ListResource, &reason)))
                .ok()
                .filter(|value| !value.is_null())
        };
        let identity = decode(event.identity.and_then(|identity| identity.identity_data), identity);
        let resource = decode(event.resource_object, resource);
        ListedObject { identity, display_name: event.display_name, resource, diagnostics }
    }
}
