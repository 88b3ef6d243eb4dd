//! Identities, private data, deferral, listings, actions, descriptions.

use formwork_kit::{
    Action, Call, Deferred, Failure, Found, Function, Identity, List, Outcome, Plan, Presence, Provider, Resource,
    async_trait, computed, object, optional, required,
};
use formwork_model::{
    ActionRequest, ApplyProvider, ApplyRequest, ClientCapabilities, ImportRequest, ListRequest, ListedObject,
    PlanProvider, PlanRequest, ReadRequest,
};
use formwork_value::{Type, Value};

object! {
    pub struct Parcel {
        name: String = required(),
        color: String = optional().default_value("grey"),
        size: Option<i64> = computed(),
        old: Option<String> = optional().deprecated("Leave it out."),
    }
}

struct Parcels;

#[async_trait]
impl Resource for Parcels {
    type State = Parcel;
    type Client = ();

    const KIND: &'static str = "x_box";

    fn identity(&self) -> Identity {
        Identity::of(&["name"]).optional(&["color"]).version(2)
    }

    fn upgrade_identity(&self, version: u64, identity: Value) -> Outcome<Value> {
        let name = identity.get("label").cloned().unwrap_or_else(|| Value::from(version as i64));
        Ok(Value::object([("name", name), ("color", Value::from("red"))]))
    }

    fn plan(&self, plan: &mut Plan<'_>) {
        plan.private = b"planned".to_vec();
        if plan.text("name") == Some("later") && !plan.defer(Deferred::AbsentPrerequisite) {
            plan.fail(Failure::new("It cannot be made yet."));
        }
    }

    async fn create(&self, call: &Call<()>, state: &mut Parcel) -> Outcome<()> {
        call.set_private([&call.private()[..], b" and made"].concat());
        state.size = Some(1);
        Ok(())
    }

    async fn read(&self, call: &Call<()>, state: &mut Parcel) -> Outcome<Presence> {
        if state.name == "later" && call.defer(Deferred::ProviderConfigUnknown) {
            return Ok(Presence::Present);
        }
        call.set_private("read");
        state.size = Some(7);
        Ok(Presence::Present)
    }

    fn describe(&self, state: &mut Parcel) {
        if state.name == "plain" {
            state.color = "plain".into();
        }
    }
}

object! {
    struct Which {
        count: i64 = required(),
        fails: bool = optional().default_value(false),
    }
}

struct AllParcels;

#[async_trait]
impl List for AllParcels {
    type Resource = Parcels;
    type Config = Which;

    async fn list(&self, _: &Call<()>, which: Which, found: &mut Found<'_, Parcel>) -> Outcome<()> {
        for number in 0..which.count {
            let state = Parcel { name: format!("b{number}"), ..Parcel::default() };
            if !found.tell(format!("Parcel {number}"), state).await {
                return Ok(());
            }
        }
        match which.fails {
            true => Err(Failure::new("The rest is out of reach.").at("fails")),
            false => Ok(()),
        }
    }
}

struct Shake;

#[async_trait]
impl Action for Shake {
    type Config = Which;
    type Client = ();

    const KIND: &'static str = "x_shake";

    async fn plan(&self, call: &Call<()>, config: &Value) -> Outcome<()> {
        if !config.is_wholly_known() {
            call.defer(Deferred::ProviderConfigUnknown);
        }
        Ok(())
    }

    async fn invoke(&self, call: &Call<()>, which: Which) -> Outcome<()> {
        for number in 0..which.count {
            call.progress(format!("shake {number}"));
        }
        match which.fails {
            true => Err(Failure::new("It fell.")),
            false => Ok(()),
        }
    }
}

fn total((first, rest): (i64, Vec<i64>)) -> Outcome<i64> {
    Ok(first + rest.iter().sum::<i64>())
}

fn provider() -> Provider<()> {
    Provider::new("x", ())
        .resource(Parcels)
        .list(AllParcels, Parcels)
        .action(Shake)
        .describing()
        .function(Function::new("total", &["first", "rest"], total).variadic())
}

fn config(name: &str) -> Value {
    let text = || Value::null(Type::String);
    Value::object([("name", name.into()), ("color", text()), ("size", Value::null(Type::Number)), ("old", text())])
}

fn stored(name: &str, color: &str) -> Value {
    Value::object([("name", name.into()), ("color", color.into()), ("size", Value::from(3)), ("old", Value::from("o"))])
}

fn allowed(deferral_allowed: bool) -> ClientCapabilities {
    ClientCapabilities { deferral_allowed, ..Default::default() }
}

fn identity(name: &str, color: &str) -> Value {
    Value::object([("name", Value::from(name)), ("color", Value::from(color))])
}

#[tokio::test]
async fn identities_and_private_data_go_with_the_object() {
    let provider = provider();
    let schema = provider.schema();
    let declared = &schema.identities["x_box"];
    assert!(declared.version == 2 && declared.attributes["name"].required_for_import);
    assert!(declared.attributes["color"].optional_for_import);
    let (null, config) = (Value::null(schema.resources["x_box"].block.implied_type()), config("a"));
    let request = PlanRequest {
        kind: "x_box",
        prior: &null,
        proposed: &config,
        config: &config,
        prior_private: b"",
        provider_meta: None,
        prior_identity: None,
        capabilities: allowed(false),
    };
    let planned = provider.plan_resource(request).await;
    assert_eq!(planned.planned_identity, Some(identity("a", "grey")));
    let request = ApplyRequest {
        kind: "x_box",
        prior: &null,
        planned: &planned.planned,
        config: &config,
        planned_private: &planned.planned_private,
        provider_meta: None,
        planned_identity: planned.planned_identity.as_ref(),
    };
    let made = provider.apply_resource(request).await;
    assert_eq!((made.private.as_slice(), made.identity), (b"planned and made".as_slice(), Some(identity("a", "grey"))));

    let wanted = Value::object([("name", Value::from("i")), ("color", Value::null(Type::String))]);
    let request = ImportRequest { kind: "x_box", id: "", identity: Some(&wanted), capabilities: allowed(false) };
    let imported = provider.import_resource(request).await.objects.remove(0);
    assert_eq!(imported.state.get("name"), Some(&"i".into()));
    let upgraded = provider.upgrade_identity("x_box", 1, r#"{"label":"l"}"#.into()).await;
    assert_eq!(upgraded.state, identity("l", "red"));
    assert!(provider.upgrade_identity("x_box", 1, "[".into()).await.diagnostics.has_errors());
}

#[tokio::test]
async fn what_cannot_be_done_yet_is_put_off_only_if_that_is_offered() {
    let provider = provider();
    let (later, now) = (stored("later", "c"), stored("now", "c"));
    for (current, is_allowed, deferred) in
        [(&later, true, Some(Deferred::ProviderConfigUnknown)), (&later, false, None), (&now, true, None)]
    {
        let request = ReadRequest {
            kind: "x_box",
            current,
            private: b"p",
            provider_meta: None,
            identity: None,
            capabilities: allowed(is_allowed),
        };
        let read = provider.read_resource(request).await;
        assert_eq!(read.deferred, deferred);
        assert_eq!(read.private, if deferred.is_some() { b"p".to_vec() } else { b"read".to_vec() });
    }
    let (null, config) = (Value::null(later.ty()), config("later"));
    for is_allowed in [false, true] {
        let request = PlanRequest {
            kind: "x_box",
            prior: &null,
            proposed: &config,
            config: &config,
            prior_private: b"",
            provider_meta: None,
            prior_identity: None,
            capabilities: allowed(is_allowed),
        };
        let planned = provider.plan_resource(request).await;
        assert_eq!((planned.deferred.is_some(), planned.diagnostics.has_errors()), (is_allowed, !is_allowed));
    }
}

fn which(count: i64, fails: Option<bool>) -> Value {
    let fails = fails.map_or_else(|| Value::null(Type::Bool), Value::from);
    Value::object([("count", Value::from(count)), ("fails", fails)])
}

#[tokio::test]
async fn listings_stop_where_they_are_told_to() {
    let provider = provider();
    for (count, limit, fails, names, failed) in [
        (2, 9, None, vec!["Parcel 0", "Parcel 1"], false),
        (2, 1, Some(true), vec!["Parcel 0"], false),
        (1, 9, Some(true), vec!["Parcel 0"], true),
        (1, 0, None, vec![], false),
    ] {
        let config = which(count, fails);
        let request = ListRequest { kind: "x_box", config: &config, include_resource: count == 2, limit };
        let mut told = Vec::new();
        let mut take = |object: ListedObject| {
            assert_eq!(object.resource.is_some(), count == 2);
            assert!(object.identity.unwrap().get("name").unwrap().as_str().unwrap().starts_with('b'));
            told.push(object.display_name);
            true
        };
        let end = provider.list_resources(request, &mut take).await;
        assert_eq!((told, end.has_errors()), (names.into_iter().map(str::to_owned).collect(), failed), "{end:?}");
    }
}

#[tokio::test]
async fn actions_tell_their_progress_and_end() {
    let provider = provider();
    for (count, fails) in [(0, false), (3, false), (2, true)] {
        let config = which(count, Some(fails));
        let request = ActionRequest { kind: "x_shake", config: &config, capabilities: allowed(false) };
        let mut told = Vec::new();
        let end = provider.invoke_action(request, &mut |message| told.push(message)).await;
        assert_eq!(told, (0..count).map(|n| format!("shake {n}")).collect::<Vec<_>>());
        assert_eq!(end.has_errors(), fails);
    }
    let open = Value::object([("count", Value::unknown(Type::Number)), ("fails", Value::null(Type::Bool))]);
    for is_allowed in [true, false] {
        let request = ActionRequest { kind: "x_shake", config: &open, capabilities: allowed(is_allowed) };
        assert_eq!(provider.plan_action(request).await.deferred.is_some(), is_allowed);
    }
    assert!(provider.validate_action("x_none", &open).await.has_errors());
}

#[tokio::test]
async fn descriptions_leave_out_what_is_so_anyway() {
    let provider = provider();
    for (name, color, described) in [("a", "grey", None), ("a", "red", Some("red")), ("plain", "red", Some("plain"))] {
        let config = provider.generate_config("x_box", &stored(name, color)).await.config;
        assert_eq!(config.get("color").and_then(Value::as_str), described);
        assert!(config.get("size").unwrap().is_null() && config.get("old").unwrap().is_null(), "{config:?}");
        assert_eq!(config.get("name"), Some(&name.into()));
    }
}

#[tokio::test]
async fn functions_take_any_number_of_arguments() {
    let provider = provider();
    let signature = &provider.schema().functions["total"];
    assert_eq!((signature.parameters.len(), signature.variadic.as_ref().unwrap().ty.clone()), (1, Type::Number));
    for (given, sum) in [(vec![1], 1), (vec![1, 2], 3), (vec![1, 2, 3, 4], 10)] {
        let given: Vec<Value> = given.into_iter().map(Value::from).collect();
        assert_eq!(provider.call_function("total", &given).await.result, Value::from(sum));
    }
}
