//! Reading and writing attributes.

use formwork_value::{Kind, Number, Path, Str, Type, Value};
use std::collections::BTreeMap;

/// Typed access to the attributes of an object value. What is null, unknown or of another type is `None`.
pub trait Attributes {
    fn value(&self, name: &str) -> Option<&Value>;

    /// Text that is not empty.
    fn text(&self, name: &str) -> Option<&str> {
        self.value(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// As [`Attributes::text`], owned, as AWS's builders take it.
    fn string(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    fn flag(&self, name: &str) -> Option<bool> {
        self.value(name)?.as_bool()
    }

    fn int(&self, name: &str) -> Option<i32> {
        i32::try_from(self.value(name)?.as_number()?.to_i64()?).ok()
    }

    /// Known texts of a list or set.
    fn texts(&self, name: &str) -> Vec<String> {
        self.items(name).iter().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Known texts of a list or set; `None` if there is none.
    fn some_texts(&self, name: &str) -> Option<Vec<String>> {
        Some(self.texts(name)).filter(|texts| !texts.is_empty())
    }

    /// Known entries of a map of texts.
    fn text_map(&self, name: &str) -> BTreeMap<String, String> {
        let entries = self.value(name).and_then(Value::as_mapping).into_iter().flatten();
        entries.filter_map(|(key, value)| Some((key.to_string(), value.as_str()?.to_owned()))).collect()
    }

    /// Elements of a list or set, e.g. the blocks of a type.
    fn items(&self, name: &str) -> &[Value] {
        self.value(name).and_then(Value::as_sequence).unwrap_or_default()
    }

    /// The first block of a type.
    fn one(&self, name: &str) -> Option<&Value> {
        self.items(name).first()
    }

    /// True if the value is given: not null, perhaps unknown.
    fn has(&self, name: &str) -> bool {
        self.value(name).is_some_and(|value| !value.is_null())
    }

    fn is_unknown(&self, name: &str) -> bool {
        self.value(name).is_some_and(|value| !value.is_known())
    }
}

impl Attributes for Value {
    fn value(&self, name: &str) -> Option<&Value> {
        self.get(name)
    }
}

/// An object that is being built: every attribute of its type, null at first.
#[derive(Clone, Debug)]
pub struct Object {
    ty: Type,
    attributes: BTreeMap<Str, Value>,
    config: Option<Value>,
}

impl Attributes for Object {
    fn value(&self, name: &str) -> Option<&Value> {
        self.attributes.get(name)
    }
}

impl Object {
    /// All attributes null; nested blocks of lists and sets empty is up to the caller.
    pub fn empty(ty: &Type) -> Object {
        let Type::Object(object) = ty else {
            return Object { ty: ty.clone(), attributes: BTreeMap::new(), config: None };
        };
        let attributes = object.attributes.iter().map(|(name, ty)| (name.clone(), Value::null(ty.clone())));
        Object { ty: ty.clone(), attributes: attributes.collect(), config: None }
    }

    /// The attributes of a value of the type.
    pub fn from_value(ty: &Type, value: &Value) -> Object {
        let mut object = Object::empty(ty);
        for (name, attribute) in value.as_mapping().into_iter().flatten() {
            object.attributes.insert(name.clone(), attribute.clone());
        }
        object
    }

    /// With the configuration, where attributes are as they were written.
    pub fn configured(self, config: &Value) -> Object {
        Object { config: Some(config.clone()), ..self }
    }

    pub fn config(&self) -> Option<&Value> {
        self.config.as_ref()
    }

    pub fn ty(&self) -> &Type {
        &self.ty
    }

    pub fn id(&self) -> &str {
        self.text("id").unwrap_or_default()
    }

    /// Sets an attribute, in the type it has in the schema.
    pub fn set(&mut self, name: &str, value: impl IntoAttribute) {
        let Some(ty) = self.ty.attribute(name) else {
            debug_assert!(false, "no attribute {name:?} in the schema");
            return;
        };
        self.attributes.insert(name.into(), value.into_attribute(ty));
    }

    /// Sets several attributes of one type of value.
    pub fn set_all<V: IntoAttribute>(&mut self, values: impl IntoIterator<Item = (&'static str, V)>) {
        for (name, value) in values {
            self.set(name, value);
        }
    }

    pub fn with(mut self, name: &str, value: impl IntoAttribute) -> Object {
        self.set(name, value);
        self
    }

    /// Sets attributes that are null, and leaves others (unknown ones as well).
    pub fn fill<V: IntoAttribute>(&mut self, values: impl IntoIterator<Item = (&'static str, V)>) {
        for (name, value) in values {
            if !self.has(name) {
                self.set(name, value);
            }
        }
    }

    /// Type of an attribute; dynamic if there is none.
    pub fn type_of(&self, name: &str) -> Type {
        self.ty.attribute(name).cloned().unwrap_or(Type::Dynamic)
    }

    /// Type of the elements of a list or set.
    pub fn element_type(&self, name: &str) -> Type {
        self.ty.attribute(name).and_then(Type::element).cloned().unwrap_or(Type::Dynamic)
    }

    pub fn attributes(&self) -> &BTreeMap<Str, Value> {
        &self.attributes
    }

    pub fn to_value(&self) -> Value {
        Value::object_map(self.attributes.clone())
    }
}

/// What can become the value of an attribute.
pub trait IntoAttribute {
    fn into_attribute(self, ty: &Type) -> Value;
}

impl IntoAttribute for Value {
    fn into_attribute(self, _: &Type) -> Value {
        self
    }
}

impl IntoAttribute for Object {
    fn into_attribute(self, _: &Type) -> Value {
        Value::object_map(self.attributes)
    }
}

impl IntoAttribute for &str {
    fn into_attribute(self, _: &Type) -> Value {
        Value::string(self)
    }
}

impl IntoAttribute for String {
    fn into_attribute(self, _: &Type) -> Value {
        Value::string(self)
    }
}

impl IntoAttribute for &String {
    fn into_attribute(self, _: &Type) -> Value {
        Value::string(self.as_str())
    }
}

impl IntoAttribute for bool {
    fn into_attribute(self, _: &Type) -> Value {
        Value::from(self)
    }
}

impl IntoAttribute for i32 {
    fn into_attribute(self, _: &Type) -> Value {
        Value::from(i64::from(self))
    }
}

/// `None` is null.
impl<T: IntoAttribute> IntoAttribute for Option<T> {
    fn into_attribute(self, ty: &Type) -> Value {
        match self {
            Some(value) => value.into_attribute(ty),
            None => Value::null(ty.clone()),
        }
    }
}

/// A list or a set, as the type says.
impl<T: IntoAttribute> IntoAttribute for Vec<T> {
    fn into_attribute(self, ty: &Type) -> Value {
        let element = ty.element().cloned().unwrap_or(Type::Dynamic);
        let items = self.into_iter().map(|item| item.into_attribute(&element)).collect();
        match ty {
            Type::Set(_) => Value::set(element, items),
            _ => Value::list(element, items),
        }
    }
}

impl IntoAttribute for BTreeMap<String, String> {
    fn into_attribute(self, _: &Type) -> Value {
        let entries = self.into_iter().map(|(key, text)| (key.into(), Value::string(text)));
        Value::map(Type::String, entries.collect())
    }
}

/// Path of a top-level attribute.
pub fn path(name: &str) -> Path {
    Path::root().attribute(name)
}

/// Path of an element of a list.
pub fn element(path: &Path, index: usize) -> Path {
    path.clone().index(Kind::Number(Number::from(index)).into())
}
