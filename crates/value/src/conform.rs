//! Whether a value is of a type.

use crate::value::Kind;
use crate::{Type, Value};

/// True if the value already is of the type (`Dynamic` accepts everything), without building the value's type.
pub fn conforms(value: &Value, ty: &Type) -> bool {
    matches(value, ty, false)
}

/// True if the type is exactly the value's own, without building that.
pub(crate) fn is_of(value: &Value, ty: &Type) -> bool {
    matches(value, ty, true)
}

fn matches(value: &Value, ty: &Type, exact: bool) -> bool {
    let same = |own: &Type, ty: &Type| if exact { own == ty } else { type_conforms(own, ty) };
    match (value.kind(), ty) {
        (Kind::Null(own) | Kind::Unknown(own, _), _) => same(own, ty),
        (_, Type::Dynamic) => !exact,
        (Kind::Bool(_), Type::Bool) | (Kind::Number(_), Type::Number) | (Kind::String(_), Type::String) => true,
        (Kind::List(c), Type::List(element)) | (Kind::Set(c), Type::Set(element)) => same(&c.element, element),
        (Kind::Map(m), Type::Map(element)) => same(&m.element, element),
        (Kind::Object(attributes), Type::Object(object)) => {
            attributes.len() == object.attributes.len()
                && attributes.iter().zip(&object.attributes).all(|((n, v), (m, t))| n == m && matches(v, t, exact))
        }
        (Kind::Tuple(items), Type::Tuple(types)) => {
            items.len() == types.len() && items.iter().zip(types.iter()).all(|(v, t)| matches(v, t, exact))
        }
        _ => false,
    }
}

/// True if every value of a type is of the other (whose `Dynamic` parts accept everything).
pub(crate) fn type_conforms(own: &Type, ty: &Type) -> bool {
    match (own, ty) {
        (_, Type::Dynamic) => true,
        (Type::List(a), Type::List(b)) | (Type::Set(a), Type::Set(b)) | (Type::Map(a), Type::Map(b)) => {
            type_conforms(a, b)
        }
        (Type::Object(a), Type::Object(b)) => {
            a.attributes.len() == b.attributes.len()
                && a.attributes.iter().zip(&b.attributes).all(|((n, a), (m, b))| n == m && type_conforms(a, b))
        }
        (Type::Tuple(a), Type::Tuple(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| type_conforms(a, b))
        }
        _ => own == ty,
    }
}
