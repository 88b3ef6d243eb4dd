//! Values and names made to do harm, and large ones.

use crate::fixture;
use formwork_model::{Action, OutputChange, Plan};
use formwork_render::{TextOptions, json_plan, plan_text, value_text};
use formwork_value::{Type, Value, json};

fn output(before: Value, after: Value) -> Plan {
    let change = OutputChange { name: "o".into(), action: Action::Update, before, after, sensitive: false };
    Plan { outputs: vec![change], ..Plan::default() }
}

#[test]
fn no_control_character_reaches_the_terminal() {
    let evil = "\u{1b}]0;t\u{7}\u{9b}31m\u{202e}\r\u{0}";
    let values = [
        Value::string(evil),
        Value::string(format!("line\n{evil}\nline")),
        Value::string(format!("{{\"a{evil}\": 1").replace('\u{1b}', "\\u001b")),
        Value::object([(evil, Value::string(evil))]),
        Value::map(Type::String, [(evil.into(), Value::string(evil))].into()),
        Value::string(format!("{{\"k\":{}}}", json::encode_plain(&Value::string(evil)).unwrap())),
    ];
    for value in values {
        let plan = output(Value::null(Type::Dynamic), value.clone());
        for text in [plan_text(&plan, TextOptions::default()), value_text(&value)] {
            assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
            assert!(!text.contains('\u{202e}'), "{text:?}");
        }
    }
}

#[test]
fn deep_values_do_not_overflow_the_stack() {
    let deep = |leaf: &str| {
        let text = format!("{}{leaf}{}", "[".repeat(250), "]".repeat(250));
        json::decode_plain(&text).unwrap()
    };
    let plan = output(deep("1"), deep("2"));
    assert!(plan_text(&plan, TextOptions::default()).contains("~ 1 -> 2"));
    assert!(json_plan(&plan).unwrap().len() > 500);
    let encoded = |leaf| Value::string(json::encode_plain(&deep(leaf)).unwrap());
    let plan = output(encoded("1"), encoded("2"));
    assert!(plan_text(&plan, TextOptions::default()).contains("~ 1 -> 2"));
}

#[test]
fn json_in_json_in_json_is_looked_into_a_few_times_only() {
    let mut value = Value::from(1);
    for _ in 0..12 {
        let text = format!("{}{}{}", "[".repeat(200), json::encode_plain(&value).unwrap(), "]".repeat(200));
        value = Value::string(text);
    }
    let text = plan_text(&output(Value::null(Type::Dynamic), value), TextOptions::default());
    assert_eq!(text.matches("jsonencode(").count(), 3);
}

#[test]
fn large_plans_are_linear() {
    let document = include_str!("../golden/scalars/plan.json");
    let schemas = fixture::schemas(include_str!("../schemas/builtin.json"));
    let mut plan = fixture::plan(document, &schemas);
    let one = plan.changes[0].clone();
    let sample = plan_text(&plan, TextOptions::default()).len();
    plan.changes = (0..2000)
        .map(|n| {
            let mut change = one.clone();
            change.address.key = formwork_model::InstanceKey::Int(n);
            change.previous_address = change.address.clone();
            change
        })
        .collect();
    let text = plan_text(&plan, TextOptions::default());
    assert!(text.len() > sample * 500 && text.contains("0 to add, 2000 to change"));
    assert!(json_plan(&plan).unwrap().contains("terraform_data.a[1999]"));
}
