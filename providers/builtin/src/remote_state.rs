//! `terraform_remote_state`: the root outputs of another state.

use async_trait::async_trait;
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::DataResponse;
use formwork_value::{Kind, Path, Str, Type, Value};
use std::collections::BTreeMap;

/// Why a backend cannot be used as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackendProblem {
    /// There is no such type of backend.
    UnknownType,
    /// The arguments do not suit the type; the message says why, for users.
    Arguments(String),
}

/// Where states of any backend can be read.
#[async_trait]
pub trait RemoteStates: Send + Sync {
    /// Checks arguments (an object, or null for none) without touching the backend. Unknown parts are taken as right.
    fn check(&self, backend: &str, config: &Value) -> Result<(), BackendProblem>;

    /// Root outputs of the newest state; `None` if there is no state. The error is for users.
    async fn outputs(
        &self,
        backend: &str,
        config: &Value,
        workspace: &str,
    ) -> Result<Option<BTreeMap<Str, Value>>, String>;
}

pub(crate) fn validate(config: &Value, states: &dyn RemoteStates) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    if let (Some(backend), Some(arguments)) = (config.get("backend"), config.get("config"))
        && let Some(backend) = backend.as_str()
    {
        diagnostics.extend(check_backend(backend, arguments, states));
    }
    if let Some(defaults) = config.get("defaults") {
        diagnostics.extend(check_defaults(defaults));
    }
    diagnostics
}

fn check_backend(backend: &str, arguments: &Value, states: &dyn RemoteStates) -> Option<Diagnostic> {
    let invalid = |detail: String, attribute: &str| {
        Diagnostic::error("Invalid backend configuration", detail).attribute(Path::root().attribute(attribute))
    };
    match states.check(backend, arguments) {
        Ok(()) => None,
        Err(BackendProblem::UnknownType) => {
            Some(invalid(format!("There is no type of backend named {backend:?}."), "backend"))
        }
        Err(BackendProblem::Arguments(problem)) => {
            Some(invalid(format!("These arguments do not suit the backend {backend:?}: {problem}."), "config"))
        }
    }
}

fn check_defaults(defaults: &Value) -> Option<Diagnostic> {
    let suits = match defaults.kind() {
        Kind::Null(_) | Kind::Object(_) => true,
        Kind::Unknown(ty, _) => matches!(ty, Type::Dynamic | Type::Object(_)),
        _ => false,
    };
    let detail = "Defaults are given as an object: an attribute for each output.";
    (!suits).then(|| Diagnostic::error("Invalid default values", detail).attribute(Path::root().attribute("defaults")))
}

pub(crate) async fn read(config: &Value, states: &dyn RemoteStates) -> DataResponse {
    let answer = |state: Value, diagnostics: Diagnostics| DataResponse { state, deferred: None, diagnostics };
    let diagnostics = validate(config, states);
    let Some(attributes) = config.as_mapping() else { return answer(Value::dynamic(), diagnostics) };
    if diagnostics.has_errors() {
        return answer(Value::null(config.ty()), diagnostics);
    }
    let text = |name: &str| attributes.get(name).and_then(Value::as_str).filter(|s| !s.is_empty());
    let arguments = attributes.get("config").cloned().unwrap_or_else(|| Value::null(Type::Dynamic));
    let mut outputs = attributes.get("defaults").and_then(Value::as_mapping).cloned().unwrap_or_default();
    let read = states.outputs(text("backend").unwrap_or(""), &arguments, text("workspace").unwrap_or("default")).await;
    match read {
        Ok(Some(found)) => outputs.extend(found),
        Ok(None) => {
            let detail = "No stored state was found for the given workspace in the given backend.";
            let problem =
                Diagnostic::error("Unable to find remote state", detail).attribute(Path::root().attribute("workspace"));
            return answer(Value::null(config.ty()), problem.into());
        }
        Err(message) => {
            let problem = Diagnostic::error("Unable to read remote state", message).blame(Blame::Environment);
            return answer(Value::null(config.ty()), problem.into());
        }
    }
    let mut state = attributes.clone();
    state.insert("outputs".into(), Value::object_map(outputs));
    answer(Value::object_map(state), diagnostics)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct OneState;

    #[async_trait]
    impl RemoteStates for OneState {
        fn check(&self, backend: &str, config: &Value) -> Result<(), BackendProblem> {
            match (backend, config.kind()) {
                ("local", Kind::Null(_) | Kind::Object(_)) => Ok(()),
                ("local", _) => Err(BackendProblem::Arguments("an object is required".into())),
                _ => Err(BackendProblem::UnknownType),
            }
        }

        async fn outputs(&self, _: &str, _: &Value, workspace: &str) -> Result<Option<BTreeMap<Str, Value>>, String> {
            Ok((workspace == "default").then(|| [("a".into(), Value::from(1))].into()))
        }
    }

    fn config(backend: &str, config: Value, defaults: Value, workspace: Value) -> Value {
        Value::object([
            ("backend", Value::from(backend)),
            ("config", config),
            ("defaults", defaults),
            ("outputs", Value::null(Type::Dynamic)),
            ("workspace", workspace),
        ])
    }

    fn null() -> Value {
        Value::null(Type::Dynamic)
    }

    #[tokio::test]
    async fn gives_outputs_over_defaults() {
        let defaults = Value::object([("a", Value::from(5)), ("z", Value::from(6))]);
        let response = read(&config("local", null(), defaults, Value::from("")), &OneState).await;
        let outputs = Value::object([("a", Value::from(1)), ("z", Value::from(6))]);
        assert_eq!(response.state.get("outputs"), Some(&outputs));
    }

    #[tokio::test]
    async fn names_the_attribute_to_blame() {
        let cases = [
            (config("nope", null(), null(), null()), "backend"),
            (config("local", Value::from("x"), null(), null()), "config"),
            (config("local", null(), Value::tuple([]), null()), "defaults"),
            (config("local", null(), null(), Value::from("other")), "workspace"),
        ];
        for (config, attribute) in cases {
            let response = read(&config, &OneState).await;
            let paths: Vec<_> = response.diagnostics.iter().filter_map(|d| d.attribute.clone()).collect();
            assert_eq!(paths, [Path::root().attribute(attribute)]);
        }
    }
}
