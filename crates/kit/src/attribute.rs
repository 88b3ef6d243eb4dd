//! Rust types as types of attributes.

use crate::Body;
use formwork_model::Nesting;
use formwork_value::{Number, Str, Type, Value};
use std::collections::BTreeMap;

/// A Rust type that an attribute can have.
///
/// What is null or unknown is read as `None` where the type is an `Option`, and as the empty text, zero, false or an
/// empty collection otherwise.
pub trait Attribute: Sized {
    fn ty() -> Type;

    /// The attributes inside, if the type is made of objects.
    fn body() -> Option<(Nesting, Body)> {
        None
    }

    fn read(value: &Value) -> Self;

    fn write(&self) -> Value;

    /// What is wrong with a configured value that has the right type.
    fn check(value: &Value) -> Result<(), String> {
        let _ = value;
        Ok(())
    }
}

impl Attribute for String {
    fn ty() -> Type {
        Type::String
    }

    fn read(value: &Value) -> String {
        value.as_str().unwrap_or_default().to_owned()
    }

    fn write(&self) -> Value {
        Value::string(self)
    }
}

impl Attribute for bool {
    fn ty() -> Type {
        Type::Bool
    }

    fn read(value: &Value) -> bool {
        value.as_bool().unwrap_or_default()
    }

    fn write(&self) -> Value {
        Value::from(*self)
    }
}

impl Attribute for i64 {
    fn ty() -> Type {
        Type::Number
    }

    fn read(value: &Value) -> i64 {
        value.as_number().and_then(Number::to_i64).unwrap_or_default()
    }

    fn write(&self) -> Value {
        Value::from(*self)
    }

    fn check(value: &Value) -> Result<(), String> {
        match value.as_number() {
            Some(number) if number.to_i64().is_none() => {
                Err("The number must be whole and have at most 64 bits.".into())
            }
            _ => Ok(()),
        }
    }
}

impl Attribute for f64 {
    fn ty() -> Type {
        Type::Number
    }

    fn read(value: &Value) -> f64 {
        value.as_number().map(Number::to_f64).unwrap_or_default()
    }

    fn write(&self) -> Value {
        Number::from_f64(*self).map_or_else(|| Value::null(Type::Number), Value::from)
    }
}

/// Any value, of any type.
impl Attribute for Value {
    fn ty() -> Type {
        Type::Dynamic
    }

    fn read(value: &Value) -> Value {
        value.clone()
    }

    fn write(&self) -> Value {
        self.clone()
    }
}

impl<T: Attribute> Attribute for Option<T> {
    fn ty() -> Type {
        T::ty()
    }

    fn body() -> Option<(Nesting, Body)> {
        T::body()
    }

    fn read(value: &Value) -> Option<T> {
        (value.is_known() && !value.is_null()).then(|| T::read(value))
    }

    fn write(&self) -> Value {
        self.as_ref().map_or_else(|| Value::null(T::ty()), T::write)
    }

    fn check(value: &Value) -> Result<(), String> {
        T::check(value)
    }
}

impl<T: Attribute> Attribute for Vec<T> {
    fn ty() -> Type {
        Type::list(T::ty())
    }

    fn body() -> Option<(Nesting, Body)> {
        T::body().map(|(_, body)| (Nesting::List, body))
    }

    fn read(value: &Value) -> Vec<T> {
        value.as_sequence().unwrap_or_default().iter().map(T::read).collect()
    }

    fn write(&self) -> Value {
        Value::list(T::ty(), self.iter().map(T::write).collect())
    }

    fn check(value: &Value) -> Result<(), String> {
        value.as_sequence().unwrap_or_default().iter().try_for_each(T::check)
    }
}

/// The elements of a set, in the order that the engine gives them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Set<T>(pub Vec<T>);

impl<T: Attribute> Attribute for Set<T> {
    fn ty() -> Type {
        Type::set(T::ty())
    }

    fn body() -> Option<(Nesting, Body)> {
        T::body().map(|(_, body)| (Nesting::Set, body))
    }

    fn read(value: &Value) -> Set<T> {
        Set(Vec::read(value))
    }

    fn write(&self) -> Value {
        Value::set(T::ty(), self.0.iter().map(T::write).collect())
    }

    fn check(value: &Value) -> Result<(), String> {
        Vec::<T>::check(value)
    }
}

impl<T: Attribute> Attribute for BTreeMap<String, T> {
    fn ty() -> Type {
        Type::map(T::ty())
    }

    fn body() -> Option<(Nesting, Body)> {
        T::body().map(|(_, body)| (Nesting::Map, body))
    }

    fn read(value: &Value) -> BTreeMap<String, T> {
        value.as_mapping().into_iter().flatten().map(|(key, item)| (key.to_string(), T::read(item))).collect()
    }

    fn write(&self) -> Value {
        let entries = self.iter().map(|(key, item)| (Str::from(key.as_str()), item.write()));
        Value::map(T::ty(), entries.collect())
    }

    fn check(value: &Value) -> Result<(), String> {
        value.as_mapping().into_iter().flatten().try_for_each(|(_, item)| T::check(item))
    }
}
