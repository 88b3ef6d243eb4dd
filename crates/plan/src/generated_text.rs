//! Configuration that is written for an imported object.

use formwork_hcl::{expression_text, format, quoted};
use formwork_model::{Attribute, AttributeType, Block, NestedBlock, NestedType, Nesting, Resource};
use formwork_value::{Kind, Str, Value, json};
use std::fmt::Write as _;

/// A `resource` block that says what the object is: every argument of the schema that is not deprecated and that the provider
/// does not decide alone; sensitive ones are null. `provider` is the reference to the provider configuration, where the
/// resource type does not imply it.
///
/// Source of the rules: the reference's generated configuration.
pub(crate) fn generated_text(resource: &Resource, schema: &Block, provider: Option<&str>, value: &Value) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "resource {} {} {{", quoted(&resource.kind), quoted(&resource.name));
    if let Some(provider) = provider {
        let _ = writeln!(out, "provider = {provider}");
    }
    // Providers of an older kind declare the identity as an argument, which it is not.
    let is_identity = |name: &str, attribute: &Attribute| name == "id" && attribute.optional && attribute.computed;
    for (name, attribute) in schema.attributes.iter().filter(|(name, a)| !is_identity(name, a)) {
        write_attribute(&mut out, name, attribute, value.get(name));
    }
    write_blocks(&mut out, schema, value);
    out.push_str("}\n");
    format(&out).unwrap_or(out)
}

/// An `import` block for an object, by its identity.
pub(crate) fn generated_import(resource: &Resource, provider: Option<&str>, identity: &Value) -> String {
    let mut out = String::from("import {\n");
    let _ = writeln!(out, "to = {resource}");
    if let Some(provider) = provider {
        let _ = writeln!(out, "provider = {provider}");
    }
    out.push_str("identity = {\n");
    for (name, value) in identity.as_mapping().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
        let _ = writeln!(out, "{name} = {}", expression_text(value));
    }
    out.push_str("}\n}\n");
    format(&out).unwrap_or(out)
}

fn write_body(out: &mut String, block: &Block, value: &Value) {
    for (name, attribute) in &block.attributes {
        write_attribute(out, name, attribute, value.get(name));
    }
    write_blocks(out, block, value);
}

fn write_attribute(out: &mut String, name: &str, attribute: &Attribute, value: Option<&Value>) {
    if attribute.deprecated || !(attribute.required || attribute.optional) {
        return;
    }
    let value = value.filter(|value| !value.is_null());
    let is_sensitive = attribute.sensitive || value.is_some_and(Value::is_sensitive);
    match (&attribute.kind, value) {
        (_, None) if attribute.sensitive => _ = writeln!(out, "{name} = null # sensitive"),
        (_, None) => _ = writeln!(out, "{name} = null"),
        (AttributeType::Nested(nested), Some(value)) => write_nested(out, name, nested, value, is_sensitive),
        _ if is_sensitive => _ = writeln!(out, "{name} = null # sensitive"),
        (_, Some(value)) => {
            // Providers of an older kind cannot tell an empty text from none.
            let is_absent = attribute.optional && value.as_str() == Some("");
            let text = if is_absent { "null".to_owned() } else { argument_text(value) };
            _ = writeln!(out, "{name} = {text}");
        }
    }
}

/// A value as an expression; documents inside a text become calls of `jsonencode`.
fn argument_text(value: &Value) -> String {
    let document = value.as_str().and_then(|text| json::decode_plain(text).ok());
    let is_structure = |v: &Value| matches!(v.kind(), Kind::Tuple(_) | Kind::Object(_));
    match document.filter(is_structure) {
        Some(document) => format!("jsonencode({})", expression_text(&document)),
        None => expression_text(&value.unmark_deep().0),
    }
}

fn write_nested(out: &mut String, name: &str, nested: &NestedType, value: &Value, is_sensitive: bool) {
    let (open, close) = match nested.nesting {
        Nesting::List | Nesting::Set => ("[", "]"),
        Nesting::Single | Nesting::Group | Nesting::Map => ("{", "}"),
    };
    if is_sensitive {
        let _ = writeln!(out, "{name} = {open}{close} # sensitive");
        return;
    }
    let _ = writeln!(out, "{name} = {open}");
    match nested.nesting {
        Nesting::Single | Nesting::Group => write_attributes(out, nested, value),
        Nesting::List | Nesting::Set => {
            for item in value.children() {
                if item.is_sensitive() {
                    out.push_str("{}, # sensitive\n");
                    continue;
                }
                out.push_str("{\n");
                write_attributes(out, nested, item);
                out.push_str("},\n");
            }
        }
        Nesting::Map => {
            for (key, item) in entries(value) {
                let key = expression_text(&Value::string(&**key));
                if item.is_sensitive() {
                    let _ = writeln!(out, "{key} = {{}} # sensitive");
                    continue;
                }
                let _ = writeln!(out, "{key} = {{");
                write_attributes(out, nested, item);
                out.push_str("}\n");
            }
        }
    }
    let _ = writeln!(out, "{close}");
}

fn write_attributes(out: &mut String, nested: &NestedType, value: &Value) {
    for (name, attribute) in &nested.attributes {
        write_attribute(out, name, attribute, value.get(name));
    }
}

fn write_blocks(out: &mut String, schema: &Block, value: &Value) {
    for (name, nested) in schema.blocks.iter().filter(|(_, nested)| !nested.block.deprecated) {
        if let Some(value) = value.get(name).filter(|value| !value.is_null()) {
            write_block(out, name, nested, value);
        }
    }
}

fn write_block(out: &mut String, name: &str, nested: &NestedBlock, value: &Value) {
    let mut one = |label: Option<&Str>, value: &Value| {
        out.push_str(name);
        if let Some(label) = label {
            let _ = write!(out, " {}", quoted(label));
        }
        if value.is_sensitive() {
            out.push_str(" {} # sensitive\n");
            return;
        }
        out.push_str(" {\n");
        write_body(out, &nested.block, value);
        out.push_str("}\n");
    };
    match nested.nesting {
        _ if value.is_sensitive() => one(None, value),
        Nesting::Single | Nesting::Group => one(None, value),
        Nesting::List | Nesting::Set => value.children().for_each(|item| one(None, item)),
        Nesting::Map => entries(value).for_each(|(key, item)| one(Some(key), item)),
    }
}

fn entries(value: &Value) -> Box<dyn Iterator<Item = (&Str, &Value)> + '_> {
    match value.kind() {
        Kind::Map(map) => Box::new(map.items.iter()),
        Kind::Object(attributes) => Box::new(attributes.iter()),
        _ => Box::new(std::iter::empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use formwork_model::ResourceMode;
    use formwork_value::{Marks, Type};
    use std::collections::BTreeMap;

    fn block(attributes: &[(&'static str, Attribute)], blocks: &[(&'static str, Nesting, Block)]) -> Block {
        let nested =
            |nesting: Nesting, block: &Block| NestedBlock { nesting, block: block.clone(), min_items: 0, max_items: 0 };
        Block::new(
            attributes.iter().map(|(n, a)| (*n, a.clone())),
            blocks.iter().map(|(n, nesting, b)| (*n, nested(*nesting, b))),
        )
    }

    fn optional(ty: Type) -> Attribute {
        Attribute::new(ty).optional()
    }

    #[test]
    fn writes_arguments_and_blocks_and_nothing_else() {
        let rule = block(&[("port", Attribute::new(Type::Number).required())], &[]);
        let deprecated = Attribute { deprecated: true, ..optional(Type::String) };
        let nested = NestedType {
            nesting: Nesting::List,
            attributes: BTreeMap::from([
                ("n".into(), optional(Type::Number)),
                ("c".into(), Attribute::new(Type::String).computed()),
            ]),
        };
        let schema = block(
            &[
                ("id", optional(Type::String).computed()),
                ("arn", Attribute::new(Type::String).computed()),
                ("old", deprecated),
                ("name", Attribute::new(Type::String).required()),
                ("empty", optional(Type::String)),
                ("policy", optional(Type::String)),
                ("number_text", optional(Type::String)),
                ("password", optional(Type::String).sensitive()),
                ("secret", optional(Type::String)),
                ("tags", optional(Type::map(Type::String))),
                ("nested", Attribute { kind: AttributeType::Nested(nested), ..optional(Type::String) }),
            ],
            &[
                ("rule", Nesting::List, rule.clone()),
                ("by_name", Nesting::Map, rule.clone()),
                ("one", Nesting::Single, rule),
            ],
        );
        let port = |n: i64| Value::object([("port", Value::from(n))]);
        let value = Value::object([
            ("id", Value::from("i-1")),
            ("arn", Value::from("arn")),
            ("old", Value::from("old")),
            ("name", Value::from("${x}")),
            ("empty", Value::from("")),
            ("policy", Value::from(r#"{"A":[1,true]}"#)),
            ("number_text", Value::from("12")),
            ("password", Value::from("p")),
            ("secret", Value::from("s").with_marks(Marks::SENSITIVE)),
            ("tags", Value::object([("a b", Value::from("c"))])),
            ("nested", Value::tuple([Value::object([("n", Value::from(1)), ("c", Value::from("c"))])])),
            ("rule", Value::tuple([port(1), port(2)])),
            ("by_name", Value::object([("k", port(3))])),
            ("one", Value::null(Type::Dynamic)),
        ]);
        let resource = Resource::new(ResourceMode::Managed, "x_thing", "a");
        let expected = r#"resource "x_thing" "a" {
  provider = y.z
  empty    = null
  name     = "$${x}"
  nested = [
    {
      n = 1
    },
  ]
  number_text = "12"
  password    = null # sensitive
  policy = jsonencode({
    A = [1, true]
  })
  secret = null # sensitive
  tags = {
    "a b" = "c"
  }
  by_name "k" {
    port = 3
  }
  rule {
    port = 1
  }
  rule {
    port = 2
  }
}
"#;
        assert_eq!(generated_text(&resource, &schema, Some("y.z"), &value), expected);
    }
}
