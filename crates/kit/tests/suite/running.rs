//! Operations.

use super::thing::{apply, config, configured, part, plan, provider, ty};
use formwork_model::{ApplyProvider, ApplyRequest, ImportRequest, MoveRequest, PlanProvider, RawState, ReadRequest};
use formwork_value::{Type, Value};

fn null() -> Value {
    Value::null(ty())
}

fn named(name: &str) -> Value {
    config(&[("name", name.into()), ("labels", Value::map(Type::String, Default::default())), ("secret", "s".into())])
}

#[tokio::test]
async fn what_is_made_is_as_planned() {
    let made = apply(&provider(), &null(), &named("abc")).await;
    assert!(made.diagnostics.is_empty());
    let state = made.new_state.unwrap();
    assert_eq!((state.get("id"), state.get("length")), (Some(&"id-abc".into()), Some(&Value::from(3))));
    assert!(state.is_wholly_known() && state.get("secret").unwrap().is_null());
    assert!(formwork_value::conforms(&state, &ty()), "{state:?}");
}

#[tokio::test(start_paused = true)]
async fn failures_say_what_is_left() {
    let cases = [
        ("fails", false, "Could not create x_thing: Nothing was made."),
        ("breaks", true, "Broken: Half was made."),
        ("slow", true, "Could not create x_thing: The operation took longer"),
        ("warns", true, "Careful: It is hot."),
    ];
    for (name, is_left, message) in cases {
        let response = apply(&provider(), &null(), &named(name)).await;
        assert_eq!(!response.new_state.unwrap().is_null(), is_left, "{name}");
        let told: Vec<_> = response.diagnostics.iter().map(|d| format!("{}: {}", d.summary, d.detail)).collect();
        assert!(told.len() == 1 && told[0].starts_with(message), "{told:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn timeouts_are_those_of_the_configuration() {
    let timeouts = Value::object([("create", Value::from("5s"))]);
    let given = config(&[("name", "slow".into()), ("timeouts", timeouts)]);
    let before = tokio::time::Instant::now();
    let response = apply(&provider(), &null(), &given).await;
    assert!(response.diagnostics.has_errors());
    assert_eq!(before.elapsed().as_secs(), 5);
    assert_eq!(response.new_state.unwrap().get("timeouts"), given.get("timeouts"));
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_waits() {
    let provider = provider();
    provider.stop().await;
    let before = tokio::time::Instant::now();
    assert!(!apply(&provider, &null(), &named("slow")).await.diagnostics.has_errors());
    assert_eq!(before.elapsed().as_secs(), 0);
}

#[tokio::test]
async fn reads_tell_changes_and_absence() {
    let provider = provider();
    let read = async |name: &str| {
        let state = apply(&provider, &null(), &config(&[("name", name.into())])).await.new_state.unwrap();
        let request = ReadRequest {
            kind: "x_thing",
            current: &state,
            private: b"p",
            provider_meta: None,
            identity: None,
            capabilities: Default::default(),
        };
        (provider.read_resource(request).await.state, state)
    };
    let (same, before) = read("same").await;
    assert_eq!(same, before);
    assert_eq!(read("moved").await.0.get("zone"), Some(&"far".into()));
    assert!(read("gone").await.0.is_null());
}

#[tokio::test]
async fn unknown_values_of_a_plan_are_taken_from_the_configuration() {
    let provider = provider();
    let open = config(&[("name", Value::unknown(Type::String))]);
    let planned = plan(&provider, &null(), &open).await.planned;
    let known = config(&[("name", "late".into())]);
    let request = ApplyRequest {
        kind: "x_thing",
        prior: &null(),
        planned: &planned,
        config: &known,
        planned_private: b"",
        provider_meta: None,
        planned_identity: None,
    };
    let state = provider.apply_resource(request).await.new_state.unwrap();
    assert_eq!((state.get("name"), state.get("id")), (Some(&"late".into()), Some(&"id-late".into())));
}

#[tokio::test]
async fn stored_objects_are_imported_upgraded_and_moved() {
    let provider = provider();
    let upgrade = async |version, text: &str| {
        provider.upgrade_resource_state("x_thing", version, RawState::Json(text.into())).await
    };
    let current = upgrade(2, r#"{"name":"a","extra":1}"#).await.state;
    assert!(formwork_value::conforms(&current, &ty()), "{current:?}");
    assert!(current.get("color").unwrap().is_null());
    assert_eq!(upgrade(1, r#"{"name":"a"}"#).await.state.get("color"), Some(&"from 1".into()));
    assert!(upgrade(2, "[").await.diagnostics.has_errors());
    let flat = provider.upgrade_resource_state("x_thing", 0, RawState::Flatmap(Vec::new())).await;
    assert!(flat.diagnostics.has_errors());

    let request = ImportRequest { kind: "x_thing", id: "i", identity: None, capabilities: Default::default() };
    let imported = provider.import_resource(request).await.objects;
    assert!(formwork_value::conforms(&imported[0].state, &ty()), "{imported:?}");

    for (kind, works) in [("y_thing", true), ("z_thing", false)] {
        let request = MoveRequest {
            source_provider: "p",
            source_kind: kind,
            source_schema_version: 0,
            source_state: RawState::Json(r#"{"name":"n"}"#.into()),
            source_private: b"",
            source_identity_json: None,
            target_kind: "x_thing",
        };
        let moved = provider.move_resource(request).await;
        assert_eq!(!moved.diagnostics.has_errors(), works);
        assert_eq!(moved.state.get("name").is_some(), works);
    }
}

#[tokio::test]
async fn nothing_works_without_a_configuration_but_plans() {
    let (provider, problems) = configured(Value::unknown(Type::String)).await;
    assert!(problems.is_empty());
    assert!(plan(&provider, &null(), &named("a")).await.diagnostics.is_empty());
    let response = apply(&provider, &null(), &named("a")).await;
    assert!(response.diagnostics.iter().any(|d| d.summary == "Provider is not configured"));
    assert!(configured("nowhere".into()).await.1.iter().any(|d| d.attribute.is_some()));
    let (provider, _) = configured("here".into()).await;
    assert!(apply(&provider, &null(), &named("a")).await.diagnostics.is_empty());
    assert!(provider.validate_resource("x_other", &null()).await.has_errors());
}

#[tokio::test]
async fn leases_and_functions() {
    let provider = provider();
    let parts = Value::list(part("p", None).ty(), vec![part("p", None)]);
    let lease = Value::object([("name", Value::from("n")), ("token", Value::null(Type::String)), ("part", parts)]);
    let opened = provider.open_ephemeral("x_lease", &lease).await;
    let sizes = opened.result.get("part").unwrap().children().map(|part| part.get("size").cloned());
    assert_eq!(sizes.collect::<Vec<_>>(), [Some(Value::from(1))]);
    assert_eq!((opened.result.get("token"), opened.renew_at), (Some(&"t".into()), Some(7)));
    assert_eq!(provider.renew_ephemeral("x_lease", &opened.private).await.private, opened.private);
    assert!(provider.close_ephemeral("x_lease", &opened.private).await.is_empty());
    assert!(provider.open_ephemeral("x_other", &lease).await.diagnostics.has_errors());

    let call = async |number: i64| provider.call_function("double", &[number.into(), "n".into()]).await;
    assert_eq!(call(4).await.result, Value::from(8));
    assert_eq!(call(101).await.error, Some(("n is too much.".to_owned(), Some(0))));
    assert!(provider.call_function("triple", &[]).await.error.is_some());
}
