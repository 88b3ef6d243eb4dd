//! Types as the console shows them: one attribute or element a line.

use formwork_value::Type;

pub fn type_text(ty: &Type) -> String {
    let mut text = String::new();
    write(&mut text, ty, 0);
    text
}

fn write(text: &mut String, ty: &Type, indent: usize) {
    match ty {
        Type::Dynamic => text.push_str("dynamic"),
        Type::String | Type::Number | Type::Bool => text.push_str(&ty.to_string()),
        Type::List(element) => wrapped(text, "list", element, indent),
        Type::Set(element) => wrapped(text, "set", element, indent),
        Type::Map(element) => wrapped(text, "map", element, indent),
        Type::Tuple(types) if types.is_empty() => text.push_str("tuple([])"),
        Type::Tuple(types) => {
            text.push_str("tuple([\n");
            for ty in types.iter() {
                line(text, "", ty, indent + 1);
            }
            push_indent(text, indent);
            text.push_str("])");
        }
        Type::Object(object) if object.attributes.is_empty() => text.push_str("object({})"),
        Type::Object(object) => {
            text.push_str("object({\n");
            for (name, ty) in &object.attributes {
                line(text, &format!("{name}: "), ty, indent + 1);
            }
            push_indent(text, indent);
            text.push_str("})");
        }
    }
}

/// Elements that take more than a line stand on lines of their own.
fn wrapped(text: &mut String, name: &str, element: &Type, indent: usize) {
    text.push_str(name);
    text.push('(');
    if matches!(element, Type::Dynamic | Type::String | Type::Number | Type::Bool) {
        write(text, element, indent);
    } else {
        text.push('\n');
        line(text, "", element, indent + 1);
        push_indent(text, indent);
    }
    text.push(')');
}

fn line(text: &mut String, head: &str, ty: &Type, indent: usize) {
    push_indent(text, indent);
    text.push_str(head);
    write(text, ty, indent);
    text.push_str(",\n");
}

fn push_indent(text: &mut String, indent: usize) {
    for _ in 0..indent {
        text.push_str("    ");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_attributes_line_by_line() {
        let inner = Type::object([("c", Type::Bool)]);
        let cases = [
            (Type::list(Type::Dynamic), "list(dynamic)"),
            (Type::map(Type::object([("a", Type::Bool)])), "map(\n    object({\n        a: bool,\n    }),\n)"),
            (Type::tuple([Type::Number, Type::String]), "tuple([\n    number,\n    string,\n])"),
            (
                Type::object([("a", Type::Number), ("b", inner)]),
                "object({\n    a: number,\n    b: object({\n        c: bool,\n    }),\n})",
            ),
            (Type::object::<&str>([]), "object({})"),
        ];
        for (ty, expected) in cases {
            assert_eq!(type_text(&ty), expected);
        }
    }
}
