//! What only providers of protocol 6 have: attributes with attributes, write-only ones, blocks hidden as a whole.

use formwork_model::*;
use formwork_render::{TextOptions, plan_text};
use formwork_value::{Marks, Type, Value};
use std::sync::Arc;

fn provider(block: Block) -> (ProviderAddress, Arc<ProviderSchema>) {
    let schema = ProviderSchema {
        resources: [("x_thing".into(), Arc::new(Schema { version: 0, block }))].into(),
        ..ProviderSchema::default()
    };
    (ProviderAddress::implied("x"), Arc::new(schema))
}

/// The lines of the resource's body.
fn body(block: Block, action: Action, before: Value, after: Value, replace_paths: Vec<formwork_value::Path>) -> String {
    let (address, schema) = provider(block);
    let instance = ResourceInstance::parse("x_thing.a").unwrap();
    let change = ResourceChange {
        previous_address: instance.clone(),
        address: instance,
        deposed: None,
        provider: ProviderConfigAddress {
            module: ModulePath::root(),
            provider: address.clone(),
            alias: None,
            key: InstanceKey::None,
        },
        action,
        reason: ActionReason::None,
        before,
        after,
        replace_paths,
        private: Vec::new(),
        before_identity: None,
        after_identity: None,
        importing: None,
        generated_config: None,
        create_before_destroy: false,
    };
    let plan = Plan { changes: vec![change], schemas: [(address, schema)].into(), ..Plan::default() };
    let text = plan_text(&plan, TextOptions::default());
    let from = text.find("resource \"x_thing\"").unwrap();
    let until = text.find("\n\nPlan:").unwrap();
    text[from..until].to_string()
}

fn nested(nesting: Nesting) -> Attribute {
    let attributes = [("path", Type::String), ("size", Type::Number)];
    let attributes = attributes.into_iter().map(|(n, t)| (n.into(), Attribute::new(t).optional())).collect();
    Attribute { kind: AttributeType::Nested(NestedType { nesting, attributes }), ..Attribute::new(Type::Dynamic) }
}

fn disk(path: &str, size: i64) -> Value {
    Value::object([("path", Value::string(path)), ("size", Value::from(size))])
}

fn disk_type() -> Type {
    Type::object([("path", Type::String), ("size", Type::Number)])
}

fn with(name: &'static str, value: Value) -> Value {
    Value::object([(name, value)])
}

#[test]
fn nested_lists_are_compared_by_index() {
    let list = |items: Vec<Value>| with("disks", Value::list(disk_type(), items));
    let text = body(
        Block::new([("disks", nested(Nesting::List))], []),
        Action::Update,
        list(vec![disk("/a", 1), disk("/b", 2), disk("/c", 3)]),
        list(vec![disk("/a", 5), disk("/b", 2)]),
        vec![],
    );
    assert_eq!(
        text,
        r#"resource "x_thing" "a" {
      ~ disks = [
          ~ {
              ~ size = 1 -> 5
                # (1 unchanged attribute hidden)
            },
          - {
              - path = "/c" -> null
              - size = 3 -> null
            },
            # (1 unchanged element hidden)
        ]
    }"#
    );
}

#[test]
fn nested_sets_push_the_replacement_to_their_elements() {
    let set = |items: Vec<Value>| with("disks", Value::set(disk_type(), items));
    let text = body(
        Block::new([("disks", nested(Nesting::Set))], []),
        Action::DeleteThenCreate,
        set(vec![disk("/a", 1)]),
        set(vec![disk("/b", 1)]),
        vec![formwork_value::Path::root().attribute("disks")],
    );
    assert_eq!(
        text,
        r#"resource "x_thing" "a" {
      ~ disks = [
          - { # forces replacement
              - path = "/a" -> null
              - size = 1 -> null
            },
          + { # forces replacement
              + path = "/b"
              + size = 1
            },
        ]
    }"#
    );
}

#[test]
fn nested_maps_part_their_objects_by_commas() {
    let map = |items: Vec<(&str, Value)>| {
        with("disks", Value::map(disk_type(), items.into_iter().map(|(k, v)| (k.into(), v)).collect()))
    };
    let text = body(
        Block::new([("disks", nested(Nesting::Map))], []),
        Action::Update,
        map(vec![("one", disk("/a", 1)), ("two", disk("/b", 1))]),
        map(vec![("a long one", disk("/a", 1)), ("one", disk("/a", 2))]),
        vec![],
    );
    assert_eq!(
        text,
        r#"resource "x_thing" "a" {
      ~ disks = {
          + "a long one" = {
              + path = "/a"
              + size = 1
            },
          ~ "one" = {
              ~ size = 1 -> 2
                # (1 unchanged attribute hidden)
            },
          - "two" = {
              - path = "/b" -> null
              - size = 1 -> null
            },
        }
    }"#
    );
}

#[test]
fn attributes_of_an_object_that_becomes_unknown_do_not_go() {
    let text = body(
        Block::new([("disk", nested(Nesting::Single))], []),
        Action::Update,
        with("disk", disk("/a", 1)),
        with("disk", Value::unknown(disk_type())),
        vec![],
    );
    assert_eq!(
        text,
        r#"resource "x_thing" "a" {
      ~ disk = {
          ~ path = "/a" -> (known after apply)
          ~ size = 1 -> (known after apply)
        } -> (known after apply)
    }"#
    );
}

#[test]
fn write_only_attributes_are_named_without_a_value() {
    let mut secret = Attribute::new(Type::String).optional();
    secret.write_only = true;
    let block = || Block::new([("id", Attribute::new(Type::String).computed()), ("secret", secret.clone())], []);
    let value = |id: Value| Value::object([("id", id), ("secret", Value::null(Type::String))]);
    let none = || Value::null(block().implied_type());
    let created = body(block(), Action::Create, none(), value(Value::unknown(Type::String)), vec![]);
    assert_eq!(
        created,
        "resource \"x_thing\" \"a\" {\n      + id     = (known after apply)\n      + secret = (write-only attribute)\n    }"
    );
    let deleted = body(block(), Action::Delete, value("i".into()), none(), vec![]);
    assert!(deleted.contains("- secret = (write-only attribute) -> null"), "{deleted}");
}

#[test]
fn blocks_with_sensitive_content_are_hidden() {
    let inner = Block::new([("key", Attribute::new(Type::String).optional())], []);
    let inner_type = inner.implied_type();
    let block = || NestedBlock { nesting: Nesting::List, block: inner.clone(), min_items: 0, max_items: 0 };
    let value = |key: &str| {
        let items = vec![Value::object([("key", Value::string(key))])];
        with("conf", Value::list(inner_type.clone(), items).with_marks(Marks::SENSITIVE))
    };
    let text = body(Block::new([], [("conf", block())]), Action::Update, value("hush"), value("hush2"), vec![]);
    assert!(!text.contains("hush"), "{text}");
    assert!(text.contains("  ~ conf {\n"), "{text}");
    let element = |key: &str| {
        let secret = Value::object([("key", Value::string(key))]).with_marks(Marks::SENSITIVE);
        with("conf", Value::list(inner_type.clone(), vec![secret]))
    };
    let one = body(Block::new([], [("conf", block())]), Action::Update, element("hush"), element("hush2"), vec![]);
    assert_eq!(one, text);
}

#[test]
fn maps_of_blocks_have_labels() {
    let inner = Block::new([("v", Attribute::new(Type::Number).optional())], []);
    let inner_type = inner.implied_type();
    let block = NestedBlock { nesting: Nesting::Map, block: inner, min_items: 0, max_items: 0 };
    let value = |n: i64| {
        let items = [("a".into(), with("v", n.into())), ("b".into(), with("v", 1.into()))];
        with("conf", Value::map(inner_type.clone(), items.into()))
    };
    let text = body(Block::new([], [("conf", block)]), Action::Update, value(1), value(2), vec![]);
    assert_eq!(
        text,
        "resource \"x_thing\" \"a\" {\n      ~ conf \"a\" {\n          ~ v = 1 -> 2\n        }\n\n        # (1 unchanged block hidden)\n    }"
    );
}
