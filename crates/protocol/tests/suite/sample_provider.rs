//! Our host against our server: everything that goes over the wire comes out the same.

use super::fixture::{no_errors, sample_provider, schema, start};
use formwork_diag::Blame;
use formwork_model::{
    ActionRequest, ApplyProvider, ApplyRequest, ClientCapabilities, ConfigureRequest, Deferred, ImportRequest,
    ListArguments, ListRequest, ListedObject, MoveRequest, PlanProvider, PlanRequest, ProviderSchema, RawState,
    ReadRequest,
};
use formwork_protocol::{
    Attach, LaunchOptions, PluginProvider, TransportAddress, attach, decode_schema, decode_schema_subset,
    encode_schema, launch,
};
use formwork_value::{Path, Type, Value, equals};
use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};
use std::time::Duration;

const NOTE: &str = "sample_note";

/// Served over a version of the protocol.
async fn sample(protocol: u32) -> PluginProvider {
    let mut options = LaunchOptions::new("example.com/test/sample", sample_provider());
    // Its last words are looked at: a long trace would push them out.
    options.env.push(("RUST_BACKTRACE".into(), "0".into()));
    if protocol == 5 {
        options.env.push(("PLUGIN_PROTOCOL_VERSIONS".into(), "4,5".into()));
        options.env.push(("SAMPLE_FLAT".into(), "1".into()));
    }
    let provider = start(&options).await;
    assert_eq!(provider.running().protocol(), protocol);
    let config = Value::object([("prefix", Value::from("p-"))]);
    let request =
        ConfigureRequest { terraform_version: "1.11.4", config: &config, capabilities: ClientCapabilities::default() };
    no_errors(&provider.configure(request).await);
    provider
}

fn note_type(provider: &PluginProvider) -> Type {
    provider.schema().resources[NOTE].block.implied_type()
}

/// A configuration with something of every kind.
fn note(name: &str) -> Value {
    let line = Type::object([("text", Type::String)]);
    let rule = Type::object([("port", Type::Number)]);
    let any = Value::map(Type::Bool, BTreeMap::from([("k".into(), Value::from(true))]));
    Value::object([
        ("name", Value::from(name)),
        ("id", Value::null(Type::String)),
        ("size", Value::from(12_345_678_901)),
        ("any", any),
        ("labels", Value::null(Type::set(Type::String))),
        ("password", Value::from("hidden")),
        ("secret", Value::from("never stored")),
        ("rule", Value::list(rule, vec![Value::object([("port", Value::from(80))])])),
        ("line", Value::list(line, vec![Value::object([("text", Value::from("grüße"))])])),
    ])
}

fn same(left: &Value, right: &Value) -> bool {
    equals(left, right).as_bool() == Some(true)
}

async fn plan(provider: &PluginProvider, prior: &Value, config: &Value) -> formwork_model::PlanResponse {
    let request = PlanRequest {
        kind: NOTE,
        prior,
        proposed: config,
        config,
        prior_private: b"before",
        provider_meta: None,
        prior_identity: None,
        capabilities: ClientCapabilities::default(),
    };
    provider.plan_resource(request).await
}

async fn apply(provider: &PluginProvider, prior: &Value, planned: &Value) -> formwork_model::ApplyResponse {
    let request = ApplyRequest {
        kind: NOTE,
        prior,
        planned,
        config: planned,
        planned_private: b"planned",
        provider_meta: None,
        planned_identity: None,
    };
    provider.apply_resource(request).await
}

async fn read(provider: &PluginProvider, name: &str) -> formwork_model::ReadResponse {
    let request = ReadRequest {
        kind: NOTE,
        current: &note(name),
        private: b"kept",
        provider_meta: None,
        identity: None,
        capabilities: ClientCapabilities::default(),
    };
    provider.read_resource(request).await
}

#[tokio::test]
async fn life_of_an_object() {
    for protocol in [5, 6] {
        life_of_an_object_of(sample(protocol).await).await;
    }
}

async fn life_of_an_object_of(provider: PluginProvider) {
    let (config, nothing) = (note("n"), Value::null(note_type(&provider)));
    let planned = plan(&provider, &nothing, &config).await;
    no_errors(&planned.diagnostics);
    let id = planned.planned.get("id").unwrap();
    assert!(!id.is_known() && id.refinements().is_some(), "the refinement comes through: {id:?}");
    assert!(planned.planned.get("secret").unwrap().is_null());
    assert_eq!(planned.planned_private, b"planned");
    assert_eq!(planned.planned_identity.as_ref().and_then(|i| i.get("name")).and_then(Value::as_str), Some("n"));

    let applied = apply(&provider, &nothing, &planned.planned).await;
    no_errors(&applied.diagnostics);
    let state = applied.new_state.unwrap();
    assert_eq!(state.get("id").and_then(Value::as_str), Some("p-n"));
    for name in ["size", "any", "rule", "line", "password"] {
        assert!(same(state.get(name).unwrap(), config.get(name).unwrap()), "{name}: {state:?}");
    }
    assert_eq!(applied.private, b"planned");

    let renamed = plan(&provider, &state, &note("m")).await;
    assert_eq!(renamed.requires_replace, [Path::root().attribute("name")]);
    let read = read(&provider, "n").await;
    assert_eq!((read.private.as_slice(), read.identity.is_some()), (b"kept".as_slice(), true));
    let gone = apply(&provider, &state, &nothing).await;
    assert!(gone.new_state.unwrap().is_null());
    provider.running().shutdown().await;
}

#[tokio::test]
async fn all_other_calls() {
    for protocol in [5, 6] {
        all_other_calls_of(sample(protocol).await).await;
    }
}

async fn all_other_calls_of(provider: PluginProvider) {
    let problems = provider.validate_resource(NOTE, &note("forbidden")).await;
    let problem = problems.iter().next().unwrap();
    assert_eq!((problem.summary.as_str(), problem.blame), ("Forbidden name", Blame::Config));
    assert_eq!(problem.attribute, Some(Path::root().attribute("name")));

    let json = RawState::Json(r#"{"name":"old","added":1}"#.into());
    let upgraded = provider.upgrade_resource_state(NOTE, 0, json).await;
    no_errors(&upgraded.diagnostics);
    assert_eq!(upgraded.state.get("name").and_then(Value::as_str), Some("old"));
    let identity = provider.upgrade_identity(NOTE, 0, r#"{"name":"x"}"#.into()).await;
    assert_eq!(identity.state.get("name").and_then(Value::as_str), Some("x"));

    for (id, identity) in [("i", None), ("", Some(Value::object([("name", Value::from("i"))])))] {
        let request =
            ImportRequest { kind: NOTE, id, identity: identity.as_ref(), capabilities: ClientCapabilities::default() };
        let imported = provider.import_resource(request).await;
        no_errors(&imported.diagnostics);
        assert_eq!(imported.objects[0].state.get("id").and_then(Value::as_str), Some("p-i"));
        assert!(imported.objects[0].identity.is_some());
    }
    let request = MoveRequest {
        source_provider: "example.com/a/b",
        source_kind: "b_thing",
        source_schema_version: 3,
        source_state: RawState::Json("{}".into()),
        source_private: b"",
        source_identity_json: None,
        target_kind: NOTE,
    };
    let moved = provider.move_resource(request).await;
    assert!(moved.diagnostics.iter().any(|d| d.detail.contains("b_thing")), "{moved:?}");

    let config = Value::object([("name", Value::from("d")), ("id", Value::null(Type::String))]);
    no_errors(&provider.validate_data(NOTE, &config).await);
    let data = provider.read_data(NOTE, &config, None).await;
    assert_eq!(data.state.get("id").and_then(Value::as_str), Some("p-d"));

    let config = Value::object([("name", Value::from("t")), ("token", Value::null(Type::String))]);
    no_errors(&provider.validate_ephemeral("sample_token", &config).await);
    let opened = provider.open_ephemeral("sample_token", &config).await;
    assert_eq!(opened.result.get("token").and_then(Value::as_str), Some("p-token"));
    assert_eq!((opened.private.as_slice(), opened.renew_at), (b"opened".as_slice(), Some(4_000_000_000)));
    let renewed = provider.renew_ephemeral("sample_token", &opened.private).await;
    assert_eq!((renewed.private.as_slice(), renewed.renew_at), (b"opened+".as_slice(), None));
    assert!(provider.close_ephemeral("sample_token", &opened.private).await.is_empty());
    assert_eq!(provider.close_ephemeral("sample_token", &renewed.private).await.len(), 1);

    let glued = provider.call_function("glue", &[Value::from("a"), Value::from("b")]).await;
    assert_eq!((glued.result.as_str(), glued.error), (Some("ab"), None));
    let failed = provider.call_function("glue", &[Value::from("a"), Value::from("")]).await;
    assert_eq!(failed.error, Some(("must not be empty".into(), Some(1))));
    assert!(provider.call_function("other", &[]).await.error.unwrap().0.contains("other"));

    let failed = apply(&provider, &Value::null(note_type(&provider)), &note("unlucky")).await;
    assert!(failed.diagnostics.has_errors() && failed.new_state.is_some(), "a partial result is kept");
}

/// A panic in one call is that call's problem; the end of the process is every call's, and says why.
#[tokio::test]
async fn a_provider_that_crashes() {
    for protocol in [5, 6] {
        a_provider_that_crashes_of(sample(protocol).await).await;
    }
}

async fn a_provider_that_crashes_of(provider: PluginProvider) {
    let panicked = read(&provider, "panic").await;
    assert!(panicked.diagnostics.has_errors());
    assert!(!panicked.state.is_null(), "the object is not lost");
    no_errors(&read(&provider, "fine").await.diagnostics);
    let aborted = read(&provider, "abort").await;
    let problem = aborted.diagnostics.iter().next().unwrap();
    assert_eq!((problem.summary.as_str(), problem.blame), ("Plugin did not respond", Blame::Provider));
    for text in ["ReadResource", "signal: 6", "the note wants it", "example.com/test/sample"] {
        assert!(problem.detail.contains(text), "{text:?} not in {:?}", problem.detail);
    }
}

#[tokio::test]
async fn a_slow_call_is_stopped_cancelled_or_killed() {
    for protocol in [5, 6] {
        a_slow_call_is_stopped_cancelled_or_killed_of(sample(protocol).await).await;
    }
}

async fn a_slow_call_is_stopped_cancelled_or_killed_of(provider: PluginProvider) {
    let dropped = tokio::time::timeout(Duration::from_millis(50), read(&provider, "slow")).await;
    assert!(dropped.is_err());
    let (stopped, answer) = tokio::join!(read(&provider, "slow"), provider.stop());
    no_errors(&stopped.diagnostics);
    no_errors(&answer);

    let provider = sample(6).await;
    let kill = async {
        tokio::task::yield_now().await;
        provider.running().kill();
    };
    let (killed, ()) = tokio::join!(read(&provider, "slow"), kill);
    let problem = killed.diagnostics.iter().next().unwrap();
    assert!(problem.detail.contains("was killed to stop it"), "{problem:?}");
}

#[tokio::test]
async fn schemas_survive_every_encoding() {
    let running = launch(&LaunchOptions::new("sample", sample_provider())).await.unwrap_or_else(|p| panic!("{p:?}"));
    let original = schema(&running).await;
    assert!(original.identities.contains_key(NOTE) && original.functions.contains_key("glue"));
    let bytes = encode_schema(&original);
    assert_eq!(decode_schema(&bytes).unwrap(), original);

    let none = decode_schema_subset(&bytes, Some(&BTreeSet::new())).unwrap();
    let expected = ProviderSchema {
        resources: BTreeMap::new(),
        data_sources: BTreeMap::new(),
        ephemeral_resources: BTreeMap::new(),
        identities: BTreeMap::new(),
        list_resources: BTreeMap::new(),
        actions: BTreeMap::new(),
        ..original.clone()
    };
    assert_eq!(none, expected);
    let wanted = BTreeSet::from([NOTE.into()]);
    let some = decode_schema_subset(&bytes, Some(&wanted)).unwrap();
    assert_eq!((&some.resources, some.ephemeral_resources.len()), (&original.resources, 0));
    for end in 0..bytes.len() {
        // Whatever is cut off, there is an answer.
        let _ = decode_schema(&bytes[..end]);
    }
    assert!(decode_schema(&bytes[..bytes.len() / 2]).is_err());
    assert!(decode_schema(b"something else").is_err());
}

/// As a debugger does it: the plugin is started by somebody else, without TLS.
#[tokio::test]
async fn a_running_plugin_is_used_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(sample_provider())
        .env("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2")
        .env("PLUGIN_UNIX_SOCKET_DIR", folder.path())
        .env_remove("PLUGIN_CLIENT_CERT")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line).unwrap();
    let fields: Vec<_> = line.trim_end().split('|').collect();
    assert_eq!((fields[0], fields[1], fields[2], fields[4], fields[5]), ("1", "6", "unix", "grpc", ""));
    let mut target = Attach { protocol: 6, address: TransportAddress::Unix(fields[3].into()), end_process: None };
    for _ in 0..2 {
        let running = attach(&LaunchOptions::new("sample", ""), &target).await.unwrap_or_else(|p| panic!("{p:?}"));
        assert_eq!(schema(&running).await.resources.len(), 1);
        running.shutdown().await;
    }
    assert!(child.try_wait().unwrap().is_none(), "it runs on");
    target.end_process = Some(child.id());
    let running = attach(&LaunchOptions::new("sample", ""), &target).await.unwrap_or_else(|p| panic!("{p:?}"));
    let waiting = tokio::task::spawn_blocking(move || child.wait().unwrap());
    running.shutdown().await;
    assert!(waiting.await.unwrap().success());
    assert!(attach(&LaunchOptions::new("sample", ""), &target).await.is_err(), "it is gone");
}

#[test]
fn without_a_host_the_plugin_says_what_it_is() {
    let output = Command::new(sample_provider()).env_remove("TF_PLUGIN_MAGIC_COOKIE").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("is a plugin"));
}

#[tokio::test]
async fn a_plugin_ignores_interrupts_and_ends_with_its_host() {
    let folder = tempfile::tempdir().unwrap();
    // The shell is the host, of which the plugin is a child.
    let body = format!("{} & echo $! > pid; wait", sample_provider().display());
    let mut host = Command::new("sh")
        .args(["-c", &body])
        .current_dir(folder.path())
        .env("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2")
        .env("PLUGIN_UNIX_SOCKET_DIR", folder.path())
        .env_remove("PLUGIN_CLIENT_CERT")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(host.stdout.take().unwrap()), &mut line).unwrap();
    let socket = line.split('|').nth(3).unwrap();
    let pid = std::fs::read_to_string(folder.path().join("pid")).unwrap();
    assert!(Command::new("kill").args(["-INT", pid.trim()]).status().unwrap().success());
    let target = Attach { protocol: 6, address: TransportAddress::Unix(socket.into()), end_process: None };
    let running = attach(&LaunchOptions::new("sample", ""), &target).await.unwrap_or_else(|p| panic!("{p:?}"));
    assert_eq!(schema(&running).await.resources.len(), 1, "it serves after an interrupt");

    host.kill().unwrap();
    host.wait().unwrap();
    let ended = async {
        while std::fs::exists(socket).unwrap() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), ended).await.unwrap_or_else(|_| panic!("process {pid} lives on"));
}

/// What a listing tells: names and whether there is an object, and what it says at the end.
async fn list(provider: &PluginProvider, count: i64, limit: u64, include_resource: bool) -> (Vec<String>, usize) {
    let config = Value::object([("prefix", Value::from("x")), ("count", Value::from(count))]);
    let (mut told, mut warnings) = (Vec::new(), 0);
    let request = ListRequest { kind: NOTE, config: &config, include_resource, limit };
    let diagnostics = provider
        .list_resources(request, &mut |object: ListedObject| {
            warnings += object.diagnostics.len();
            if let Some(identity) = &object.identity {
                let name = identity.get("name").and_then(Value::as_str).unwrap();
                told.push(format!("{} {name} {}", object.display_name, object.resource.is_some()));
            }
            told.len() < 4
        })
        .await;
    no_errors(&diagnostics);
    (told, warnings)
}

#[tokio::test]
async fn listings() {
    for protocol in [5, 6] {
        listings_of(sample(protocol).await).await;
    }
}

async fn listings_of(provider: PluginProvider) {
    assert_eq!(list(&provider, 2, 10, true).await, (vec!["Note 0 x0 true".into(), "Note 1 x1 true".into()], 1));
    assert_eq!(list(&provider, 2, 1, false).await.0, ["Note 0 x0 false"]);
    assert_eq!(list(&provider, 0, 0, false).await.0, [""; 0]);
    // Whoever asks may have enough earlier than at the limit; the connection goes on to be of use.
    assert_eq!(list(&provider, 1_000_000, 1_000_000, false).await.0.len(), 4);
    assert_eq!(list(&provider, 1, 10, false).await.0.len(), 1);

    let config = Value::object([("prefix", Value::from("forbidden")), ("count", Value::from(1))]);
    let (include, limit) = (Value::from(true), Value::unknown(Type::Number));
    let arguments = ListArguments { include_resource: Some(&include), limit: Some(&limit) };
    let problems = provider.validate_list(NOTE, &config, arguments).await;
    let problem = problems.iter().next().unwrap();
    assert_eq!((problem.summary.as_str(), problem.detail.as_str()), ("Forbidden prefix", "Some(true) true"));
    assert_eq!(problem.attribute, Some(Path::root().attribute("prefix")));
    let request = ListRequest { kind: "sample_none", config: &config, include_resource: false, limit: 1 };
    assert!(provider.list_resources(request, &mut |_: ListedObject| true).await.has_errors());
}

#[tokio::test]
async fn actions() {
    for protocol in [5, 6] {
        actions_of(sample(protocol).await).await;
    }
}

async fn actions_of(provider: PluginProvider) {
    let config = |times: Value| Value::object([("times", times)]);
    let problems = provider.validate_action("sample_ring", &config(Value::from(0))).await;
    assert_eq!(problems.iter().next().unwrap().attribute, Some(Path::root().attribute("times")));
    no_errors(&provider.validate_action("sample_ring", &config(Value::unknown(Type::Number))).await);

    for (deferral_allowed, deferred) in [(false, None), (true, Some(Deferred::ProviderConfigUnknown))] {
        let capabilities = ClientCapabilities { deferral_allowed, ..Default::default() };
        let config = config(Value::unknown(Type::Number));
        let planned = provider.plan_action(ActionRequest { kind: "sample_ring", config: &config, capabilities }).await;
        no_errors(&planned.diagnostics);
        assert_eq!(planned.deferred, deferred);
    }
    for (times, rings, fails) in [(0, 0, false), (2, 2, false), (9, 3, true)] {
        let config = config(Value::from(times));
        let request = ActionRequest { kind: "sample_ring", config: &config, capabilities: Default::default() };
        let mut told = Vec::new();
        let end = provider.invoke_action(request, &mut |message| told.push(message)).await;
        assert_eq!((told.len(), end.has_errors()), (rings, fails), "{times} {end:?}");
        assert!(told.iter().enumerate().all(|(n, text)| *text == format!("ring {n}")), "{told:?}");
    }
}

#[tokio::test]
async fn moves_and_descriptions() {
    for protocol in [5, 6] {
        moves_and_descriptions_of(sample(protocol).await).await;
    }
}

async fn moves_and_descriptions_of(provider: PluginProvider) {
    let request = MoveRequest {
        source_provider: "registry.terraform.io/example/other",
        source_kind: "other_note",
        source_schema_version: 3,
        source_state: RawState::Json(r#"{"title":"old"}"#.into()),
        source_private: b"private ",
        source_identity_json: Some(r#"{"title":"old"}"#.into()),
        target_kind: NOTE,
    };
    let moved = provider.move_resource(request).await;
    no_errors(&moved.diagnostics);
    assert_eq!(moved.state.get("id").and_then(Value::as_str), Some("p-old"));
    assert_eq!(moved.private, br#"private {"title":"old"}"#);
    assert!(moved.identity.is_some());

    let described = provider.generate_config(NOTE, &note("n")).await;
    no_errors(&described.diagnostics);
    assert_eq!(described.config.get("size"), Some(&Value::from(7)));
    assert!(provider.schema().generate_resource_config);
}
