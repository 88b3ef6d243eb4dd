//! The whole life of an object of a provider that others wrote (hashicorp/null 2.1.2, protocol 5).

use super::fixture::{no_errors, null_provider, start};
use formwork_model::{
    ApplyProvider, ApplyRequest, ClientCapabilities, ConfigureRequest, ImportRequest, PlanProvider, PlanRequest,
    RawState, ReadRequest,
};
use formwork_protocol::{LaunchOptions, PluginProvider};
use formwork_value::{Type, Value};
use std::collections::BTreeMap;

const KIND: &str = "null_resource";

fn ty(provider: &PluginProvider) -> Type {
    provider.schema().resources[KIND].block.implied_type()
}

fn config(trigger: &str) -> Value {
    let triggers = Value::map(Type::String, BTreeMap::from([("a".into(), Value::from(trigger))]));
    Value::object([("id", Value::null(Type::String)), ("triggers", triggers)])
}

/// What the planner proposes: the identifier is computed.
fn proposed(prior: &Value, config: &Value) -> Value {
    let id = prior.get("id").cloned().unwrap_or_else(|| Value::unknown(Type::String));
    Value::object([("id", id), ("triggers", config.get("triggers").unwrap().clone())])
}

async fn plan(provider: &PluginProvider, prior: &Value, config: &Value) -> formwork_model::PlanResponse {
    let proposed = proposed(prior, config);
    provider
        .plan_resource(PlanRequest {
            kind: KIND,
            prior,
            proposed: &proposed,
            config,
            prior_private: &[],
            provider_meta: None,
            prior_identity: None,
            capabilities: ClientCapabilities::default(),
        })
        .await
}

async fn apply(provider: &PluginProvider, prior: &Value, planned: &Value, config: &Value) -> Value {
    let request = ApplyRequest {
        kind: KIND,
        prior,
        planned,
        config,
        planned_private: &[],
        provider_meta: None,
        planned_identity: None,
    };
    let response = provider.apply_resource(request).await;
    no_errors(&response.diagnostics);
    response.new_state.unwrap()
}

async fn configure(provider: &PluginProvider) {
    let config = Value::empty_object();
    no_errors(&provider.validate_provider(&config).await.diagnostics);
    let request =
        ConfigureRequest { terraform_version: "1.11.4", config: &config, capabilities: ClientCapabilities::default() };
    no_errors(&provider.configure(request).await);
}

async fn read(provider: &PluginProvider, current: &Value) -> Value {
    let request = ReadRequest {
        kind: KIND,
        current,
        private: &[],
        provider_meta: None,
        identity: None,
        capabilities: ClientCapabilities::default(),
    };
    let response = provider.read_resource(request).await;
    no_errors(&response.diagnostics);
    response.state
}

#[tokio::test]
async fn life_of_an_object() {
    let Some(executable) = null_provider() else { return };
    for tls in [true, false] {
        let mut options = LaunchOptions::new("hashicorp/null", &executable);
        options.tls = tls;
        // Without a certificate from the host the plugin serves in plain text.
        let provider = start(&options).await;
        assert_eq!(provider.running().protocol(), 5);
        configure(&provider).await;
        let (first, second) = (config("1"), config("2"));
        no_errors(&provider.validate_resource(KIND, &first).await);

        let nothing = Value::null(ty(&provider));
        let planned = plan(&provider, &nothing, &first).await;
        no_errors(&planned.diagnostics);
        assert!(planned.legacy_type_system);
        assert!(!planned.planned.get("id").unwrap().is_known());

        let created = apply(&provider, &nothing, &planned.planned, &first).await;
        let id = created.get("id").and_then(Value::as_str).unwrap().to_owned();
        assert!(!id.is_empty());
        let again = read(&provider, &created).await;
        assert_eq!(again.get("id").and_then(Value::as_str), Some(id.as_str()));

        let changed = plan(&provider, &created, &second).await;
        no_errors(&changed.diagnostics);
        let replaced: Vec<_> = changed.requires_replace.iter().map(ToString::to_string).collect();
        assert!(replaced.iter().any(|path| path.starts_with(".triggers")), "{replaced:?}");

        assert!(apply(&provider, &created, &nothing, &nothing).await.is_null());
        provider.running().shutdown().await;
    }
}

#[tokio::test]
async fn state_is_upgraded_and_mistakes_are_told() {
    let Some(executable) = null_provider() else { return };
    let provider = start(&LaunchOptions::new("hashicorp/null", executable)).await;
    configure(&provider).await;

    let json = RawState::Json(r#"{"id":"7","triggers":{"a":"b"}}"#.into());
    let upgraded = provider.upgrade_resource_state(KIND, 0, json).await;
    no_errors(&upgraded.diagnostics);
    assert_eq!(upgraded.state.get("id").and_then(Value::as_str), Some("7"));
    let flat = RawState::Flatmap(vec![("id".into(), "8".into())]);
    let upgraded = provider.upgrade_resource_state(KIND, 0, flat).await;
    no_errors(&upgraded.diagnostics);
    assert_eq!(upgraded.state.get("id").and_then(Value::as_str), Some("8"));
    let damaged = provider.upgrade_resource_state(KIND, 0, RawState::Json("{".into())).await;
    assert!(damaged.diagnostics.has_errors());

    let unknown_kind = provider.validate_resource("null_other", &Value::empty_object()).await;
    assert!(unknown_kind.iter().any(|d| d.detail.contains("null_other")), "{unknown_kind:?}");
    let wrong = provider.validate_resource(KIND, &Value::from(true)).await;
    assert!(wrong.has_errors(), "a value of another type is refused");
    let request = ImportRequest { kind: KIND, id: "x", identity: None, capabilities: ClientCapabilities::default() };
    assert!(provider.import_resource(request).await.diagnostics.has_errors(), "null_resource has no import");
    no_errors(&provider.stop().await);
}

#[tokio::test]
async fn many_calls_at_once() {
    let Some(executable) = null_provider() else { return };
    let provider = start(&LaunchOptions::new("hashicorp/null", executable)).await;
    configure(&provider).await;
    let tasks: Vec<_> = (0..200)
        .map(|i| {
            let provider = provider.clone();
            tokio::spawn(async move {
                let config = config(&i.to_string());
                let nothing = Value::null(ty(&provider));
                let planned = plan(&provider, &nothing, &config).await;
                apply(&provider, &nothing, &planned.planned, &config).await
            })
        })
        .collect();
    for (i, task) in tasks.into_iter().enumerate() {
        let state = task.await.unwrap();
        let trigger = state.get("triggers").and_then(|t| t.get("a")).and_then(Value::as_str);
        assert_eq!(trigger, Some(i.to_string().as_str()));
    }
}

#[tokio::test]
async fn nothing_is_left_after_the_end() {
    let Some(executable) = null_provider() else { return };
    for shutdown in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let mut options = LaunchOptions::new("hashicorp/null", &executable);
        options.temp_dir = Some(folder.path().to_owned());
        let provider = start(&options).await;
        let process = format!("/proc/{}", provider.running().pid().unwrap());
        assert!(std::fs::exists(&process).unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "the socket is where it was asked for");
        if shutdown {
            provider.running().shutdown().await;
        }
        drop(provider);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the socket is removed");
        // Killed processes vanish when the runtime reaps them.
        while std::fs::exists(&process).unwrap() {
            tokio::task::yield_now().await;
        }
    }
}
