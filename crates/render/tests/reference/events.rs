//! What events look like, for people and in the stream.

use formwork_diag::{Diagnostic, Sources};
use formwork_model::{Action, DeposedKey, Event, LockInfo, ObjectEvent, OutputState, ResourceInstance};
use formwork_render::{JsonStream, StreamMode, TextOptions, apply_end_text, event_text, lock_info_text};
use formwork_value::{Str, Value};
use std::collections::BTreeMap;

fn address(text: &str) -> ResourceInstance {
    ResourceInstance::parse(text).unwrap()
}

fn object(action: Action, id: Option<&str>, elapsed_ms: u64) -> ObjectEvent {
    let id = id.map(|id| (Str::from("id"), Str::from(id)));
    ObjectEvent { address: address("module.m[\"k\"].aws_vpc.a[1]"), deposed: None, action, id, elapsed_ms }
}

fn started(object: ObjectEvent) -> Event {
    Event::Started { operation: None, object }
}

fn running(object: ObjectEvent) -> Event {
    Event::Running { operation: None, object }
}

fn finished(object: ObjectEvent) -> Event {
    Event::Finished { operation: None, object }
}

fn failed(object: ObjectEvent) -> Event {
    Event::Failed { operation: None, object }
}

#[test]
fn lines_for_people() {
    let a = "module.m[\"k\"].aws_vpc.a[1]";
    let deposed = ObjectEvent { deposed: Some(DeposedKey("deadbeef".into())), ..object(Action::Delete, Some("v"), 0) };
    let output = |text: &str| Event::ProvisionOutput {
        address: address(a),
        provisioner: "local-exec".into(),
        line: text.into(),
    };
    for (event, expected) in [
        (started(object(Action::Create, None, 0)), "A: Creating...\n"),
        (started(object(Action::Update, Some("v"), 0)), "A: Modifying... [id=v]\n"),
        (started(object(Action::Delete, Some("v"), 0)), "A: Destroying... [id=v]\n"),
        (started(object(Action::Read, None, 0)), "A: Reading...\n"),
        (started(object(Action::Forget, None, 0)), ""),
        (started(deposed.clone()), "A (deposed object deadbeef): Destroying... [id=v]\n"),
        (finished(ObjectEvent { elapsed_ms: 1499, ..deposed }), "A: Destruction complete after 1s\n"),
        (running(object(Action::Create, None, 10_000)), "A: Still creating... [10s elapsed]\n"),
        (running(object(Action::Update, Some("v"), 70_000)), "A: Still modifying... [id=v, 1m10s elapsed]\n"),
        (finished(object(Action::Create, Some("v"), 11_499)), "A: Creation complete after 11s [id=v]\n"),
        (finished(object(Action::Read, Some("v"), 0)), "A: Read complete after 0s [id=v]\n"),
        (failed(object(Action::Create, None, 0)), ""),
        (output("one\r\n\ttwo\u{1b}[2J\n"), "A (local-exec): one\nA (local-exec): \ttwo\\u001b[2J\n"),
        (
            Event::RefreshStarted { address: address(a), deposed: None, id: Some(("id".into(), "v".into())) },
            "A: Refreshing state... [id=v]\n",
        ),
    ] {
        assert_eq!(event_text(&event, TextOptions::default()), expected.replace('A', a), "{event:?}");
    }
}

#[test]
fn messages_of_an_apply() {
    let resource = r#""resource":{"addr":"module.m[\"k\"].aws_vpc.a[1]","module":"module.m[\"k\"]","resource":"aws_vpc.a[1]","implied_provider":"aws","resource_type":"aws_vpc","resource_name":"a","resource_key":1}"#;
    let hook = |message: &str, kind: &str, rest: &str| {
        format!(
            "{{\"@level\":\"info\",\"@message\":\"module.m[\\\"k\\\"].aws_vpc.a[1]: {message}\",\"@module\":\"terraform.ui\",\
             \"@timestamp\":\"T\",\"hook\":{{{resource},{rest}}},\"type\":\"{kind}\"}}\n"
        )
    };
    let id = r#""id_key":"id","id_value":"v""#;
    let mut stream = JsonStream::new(StreamMode::Plan);
    for (event, message, kind, rest) in [
        (started(object(Action::Read, None, 0)), "Refreshing...", "apply_start", r#""action":"read""#.to_string()),
        (
            started(object(Action::Delete, Some("v"), 0)),
            "Destroying... [id=v]",
            "apply_start",
            format!(r#""action":"delete",{id}"#),
        ),
        (
            running(object(Action::Create, None, 10_100)),
            "Still creating... [10s elapsed]",
            "apply_progress",
            r#""action":"create","elapsed_seconds":10"#.to_string(),
        ),
        (
            finished(object(Action::Create, Some("v"), 400)),
            "Creation complete after 0s [id=v]",
            "apply_complete",
            format!(r#""action":"create",{id},"elapsed_seconds":0"#),
        ),
        (
            finished(object(Action::Delete, Some("v"), 900)),
            "Destruction complete after 1s",
            "apply_complete",
            r#""action":"delete","elapsed_seconds":1"#.to_string(),
        ),
        (
            failed(object(Action::Update, Some("v"), 4000)),
            "Modifications errored after 4s",
            "apply_errored",
            r#""action":"update","elapsed_seconds":4"#.to_string(),
        ),
    ] {
        assert_eq!(stream.event(&event, &Sources::new(), "T"), hook(message, kind, &rest));
    }
    assert_eq!(stream.event(&started(object(Action::Forget, None, 0)), &Sources::new(), "T"), "");
    let tally = stream.tally();
    assert_eq!((tally.added, tally.changed, tally.destroyed), (1, 0, 1));
}

#[test]
fn first_and_last_messages() {
    let mut stream = JsonStream::new(StreamMode::SavedPlan);
    assert_eq!(
        stream.version("T"),
        "{\"@level\":\"info\",\"@message\":\"Terraform 1.11.4\",\"@module\":\"terraform.ui\",\"@timestamp\":\"T\",\
         \"terraform\":\"1.11.4\",\"type\":\"version\",\"ui\":\"1.2\"}\n"
    );
    assert_eq!(
        stream.init_output("Initializing the backend...", "initializing_backend_message", "T"),
        "{\"@level\":\"info\",\"@message\":\"Initializing the backend...\",\"@module\":\"terraform.ui\",\
         \"@timestamp\":\"T\",\"message_code\":\"initializing_backend_message\",\"type\":\"init_output\"}\n"
    );
    let diagnostic = Event::Diagnostic(Diagnostic::error("S", "D"));
    assert!(stream.event(&diagnostic, &Sources::new(), "T").contains(r#""@level":"error","@message":"Error: S""#));
    stream.event(&finished(object(Action::Create, None, 0)), &Sources::new(), "T");
    let outputs: BTreeMap<Str, OutputState> = [
        ("a".into(), OutputState { value: Value::from(1), sensitive: false }),
        ("s".into(), OutputState { value: Value::string("x"), sensitive: true }),
    ]
    .into();
    let text = stream.applied(false, &outputs, "T");
    assert!(text.contains(r#""@message":"Apply complete! Resources: 1 added, 0 changed, 0 destroyed.""#));
    assert!(text.contains(r#""changes":{"add":1,"change":0,"import":0,"remove":0,"operation":"apply"}"#));
    assert!(text.contains(
        r#""outputs":{"a":{"sensitive":false,"type":"number","value":1},"s":{"sensitive":true,"type":"string"}}"#
    ));
    assert!(stream.applied(false, &BTreeMap::new(), "T").contains("\"Outputs: 0\""));
    let destroyed = stream.applied(true, &BTreeMap::new(), "T");
    assert!(destroyed.contains("Destroy complete! Resources: 0 destroyed.") && !destroyed.contains("Outputs"));
    let end = apply_end_text(&stream.tally().sentence(false), &outputs, TextOptions::default());
    assert_eq!(
        end,
        "\nApply complete! Resources: 1 added, 0 changed, 0 destroyed.\n\nOutputs:\n\na = 1\ns = <sensitive>\n"
    );
}

#[test]
fn holders_of_locks_are_named() {
    let info = LockInfo {
        id: "i".into(),
        operation: "OperationTypeApply".into(),
        info: "".into(),
        who: "me\u{1b}@host".into(),
        version: "1.11.4".into(),
        created: "2026".into(),
        path: "terraform.tfstate".into(),
    };
    let expected = "Lock Info:\n  ID:        i\n  Path:      terraform.tfstate\n  Operation: OperationTypeApply\n  \
                    Who:       me\\u001b@host\n  Version:   1.11.4\n  Created:   2026\n  Info:\n";
    assert_eq!(lock_info_text(&info), expected);
}
