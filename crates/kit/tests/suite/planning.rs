//! Schemas, validation and plans.

use super::thing::{apply, config, part, plan, provider, ty};
use formwork_kit::{Attribute, Object, Set};
use formwork_model::{AttributeType, Nesting, PlanProvider};
use formwork_value::{Path, Type, Value};

fn null() -> Value {
    Value::null(ty())
}

#[test]
fn schemas_have_what_is_declared() {
    let schema = provider().schema();
    let thing = &schema.resources["x_thing"];
    assert_eq!(thing.version, 2);
    let attribute = |name: &str| &thing.block.attributes[name];
    assert!(attribute("name").required && &*attribute("name").description == "Two lines.");
    assert!(attribute("color").optional && attribute("color").computed);
    assert!(attribute("secret").write_only && attribute("old").deprecated);
    assert!(matches!(&attribute("inner").kind, AttributeType::Nested(nested) if nested.nesting == Nesting::Single));
    let blocks = &thing.block.blocks;
    assert_eq!((blocks["part"].nesting, blocks["side"].nesting), (Nesting::List, Nesting::Set));
    assert_eq!((blocks["side"].max_items, blocks["timeouts"].nesting), (2, Nesting::Single));
    assert_eq!(blocks["timeouts"].block.attributes.keys().map(|key| &**key).collect::<Vec<_>>(), ["create"]);
    assert_eq!(schema.functions["double"].return_type, Type::Number);
}

#[test]
fn structures_and_values_are_the_same() {
    let value = super::thing::Thing {
        name: "a".into(),
        side: Set(vec![super::thing::Part { name: "s".into(), ..Default::default() }]),
        ..Default::default()
    };
    assert_eq!(super::thing::Thing::read(&value.write()), value);
    assert_eq!(super::thing::Thing::members().0.len(), 11);
    // What is null or unknown is nothing.
    let unknown = super::thing::Thing::read(&Value::object([("name", Value::unknown(Type::String))]));
    assert_eq!(unknown, super::thing::Thing::default());
}

#[tokio::test]
async fn validation_follows_the_rules() {
    type Given<'a> = &'a [(&'a str, Value)];
    let cases: &[(Given<'_>, &[&str])] = &[
        (&[("name", "a".into())], &[]),
        (&[("inner", part("i", Some(10)))], &["Invalid value for size"]),
        (&[("part", Value::list(part("p", Some(1)).ty(), vec![part("p", Some(10))]))], &["Invalid value for size"]),
        (&[("old", true.into())], &["Argument is deprecated"]),
        (&[("old", true.into()), ("zone", "z".into())], &["Argument is deprecated", "old conflicts with zone"]),
        (&[("old", Value::unknown(Type::Bool)), ("zone", "z".into())], &["Argument is deprecated"]),
        (&[("secret", "s".into())], &["Missing labels"]),
    ];
    for (given, expected) in cases {
        let diagnostics = provider().validate_resource("x_thing", &config(given)).await;
        let summaries: Vec<_> = diagnostics.iter().map(|d| d.summary.as_str()).collect();
        assert_eq!(summaries, *expected, "{given:?}");
    }
    let half = Value::from(formwork_value::Number::parse("1.5").unwrap());
    let inner = Value::object([("name", "i".into()), ("size", half), ("id", Value::null(Type::String))]);
    let diagnostics = provider().validate_resource("x_thing", &config(&[("inner", inner)])).await;
    let problem = diagnostics.iter().next().unwrap();
    assert_eq!(problem.attribute, Some(Path::root().attribute("inner").attribute("size")));
}

#[tokio::test]
async fn new_objects_have_defaults_and_unknowns() {
    let given = config(&[("name", "a".into()), ("secret", "s".into()), ("inner", part("i", None))]);
    let planned = plan(&provider(), &null(), &given).await.planned;
    assert_eq!(planned.get("color"), Some(&"grey".into()));
    assert!(!planned.get("id").unwrap().is_known() && !planned.get("zone").unwrap().is_known());
    assert!(planned.get("secret").unwrap().is_null() && planned.get("labels").unwrap().is_null());
    let inner = planned.get("inner").unwrap();
    assert_eq!(inner.get("size"), Some(&Value::from(1)));
    assert!(!inner.get("id").unwrap().is_known());
}

#[tokio::test]
async fn changes_follow_the_rules() {
    let parts = |names: &[&str]| Value::list(part("", None).ty(), names.iter().map(|name| part(name, None)).collect());
    let first = config(&[("name", "a".into()), ("part", parts(&["p"]))]);
    let provider = provider();
    let prior = apply(&provider, &null(), &first).await.new_state.unwrap();
    let cases: &[(Value, &[&str], bool)] = &[
        (first.clone(), &[], true),
        (config(&[("name", "b".into()), ("part", parts(&["p"]))]), &["name"], false),
        (config(&[("name", Value::unknown(Type::String)), ("part", parts(&["p"]))]), &["name"], false),
        (config(&[("name", "a".into()), ("color", "red".into()), ("part", parts(&["p"]))]), &[], false),
        (config(&[("name", "a".into()), ("color", "paint".into()), ("part", parts(&["p"]))]), &["color"], false),
        (config(&[("name", "a".into()), ("zone", "near".into()), ("part", parts(&["p"]))]), &[], true),
        (config(&[("name", "a".into()), ("zone", "far".into()), ("part", parts(&["p"]))]), &["zone"], true),
        (config(&[("name", "a".into()), ("part", parts(&["q"]))]), &["part[0].name"], true),
        (config(&[("name", "a".into()), ("part", parts(&["p", "q"]))]), &[], true),
    ];
    for (config, replaced, keeps_length) in cases {
        let response = plan(&provider, &prior, config).await;
        let paths: Vec<String> =
            response.requires_replace.iter().map(|path| path.to_string().trim_start_matches('.').to_owned()).collect();
        assert_eq!(paths, *replaced, "{config:?}");
        assert_eq!(response.planned.get("length").unwrap().is_known(), *keeps_length, "{config:?}");
        assert_eq!(response.planned.get("id"), prior.get("id"));
    }
    assert_eq!(plan(&provider, &prior, &first).await.planned, prior);
    let refused = plan(&provider, &prior, &config(&[("name", "a".into()), ("color", "none".into())])).await.diagnostics;
    assert_eq!(refused.iter().next().and_then(|d| d.attribute.clone()), Some(Path::root().attribute("color")));
    assert!(plan(&provider, &prior, &null()).await.planned.is_null());
}
