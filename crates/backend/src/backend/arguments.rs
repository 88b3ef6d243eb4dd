//! Reading the arguments of a backend, with all mistakes in one message.

use formwork_model::StoreError;
use formwork_value::{Str, Type, Value, convert};
use std::collections::BTreeMap;

pub(crate) struct Arguments<'a> {
    values: &'a BTreeMap<Str, Value>,
    mistakes: Vec<String>,
}

impl<'a> Arguments<'a> {
    pub fn new(values: &'a BTreeMap<Str, Value>) -> Arguments<'a> {
        Arguments { values, mistakes: Vec::new() }
    }

    /// An argument that is set, converted.
    pub fn get(&mut self, name: &str, ty: &Type) -> Option<Value> {
        let value = self.values.get(name).filter(|value| !value.is_null())?;
        let bare = value.unmark_deep().0;
        match convert(&bare, ty) {
            Ok(value) if value.is_wholly_known() => Some(value),
            Ok(_) => {
                self.refuse(name, "must be known");
                None
            }
            Err(error) => {
                self.refuse(name, &format!("is not valid: {error}"));
                None
            }
        }
    }

    pub fn text(&mut self, name: &str) -> Option<String> {
        self.get(name, &Type::String)?.as_str().map(str::to_owned)
    }

    /// An argument, or the first of some environment variables that is set and not empty.
    pub fn text_or(&mut self, name: &str, variables: &[&str]) -> Option<String> {
        let of = |variable: &&str| std::env::var(variable).ok().filter(|text| !text.is_empty());
        self.text(name).or_else(|| variables.iter().find_map(of))
    }

    pub fn flag(&mut self, name: &str) -> bool {
        self.get(name, &Type::Bool).and_then(|value| value.as_bool()).unwrap_or(false)
    }

    pub fn number(&mut self, name: &str) -> Option<u32> {
        let number = self.get(name, &Type::Number)?.as_number()?.to_usize().and_then(|n| u32::try_from(n).ok());
        if number.is_none() {
            self.refuse(name, "must be a whole number");
        }
        number
    }

    /// A whole number, or that of an environment variable.
    pub fn number_or(&mut self, name: &str, variable: &str) -> Option<u32> {
        if self.is_set(name) {
            return self.number(name);
        }
        let text = std::env::var(variable).ok().filter(|text| !text.is_empty())?;
        let number = text.trim().parse().ok();
        if number.is_none() {
            self.refuse(name, &format!("must be a whole number, and {variable} is not"));
        }
        number
    }

    /// True or false, or what an environment variable says.
    pub fn flag_or(&mut self, name: &str, variables: &[&str]) -> bool {
        if self.is_set(name) {
            return self.flag(name);
        }
        let of = |variable: &&str| std::env::var(variable).ok().filter(|text| !text.is_empty());
        match variables.iter().find_map(of).map(|text| text.to_ascii_lowercase()).as_deref() {
            None | Some("0" | "f" | "false") => false,
            Some("1" | "t" | "true") => true,
            Some(other) => {
                self.refuse(name, &format!("must be true or false, and the environment says {other:?}"));
                false
            }
        }
    }

    pub fn texts(&mut self, name: &str) -> Vec<String> {
        let values = self.get(name, &Type::set(Type::String));
        let items = values.as_ref().and_then(Value::as_sequence).unwrap_or_default();
        items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
    }

    pub fn list(&mut self, name: &str) -> Vec<String> {
        let values = self.get(name, &Type::list(Type::String));
        let items = values.as_ref().and_then(Value::as_sequence).unwrap_or_default();
        items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
    }

    /// The attributes of an argument that is an object (or a map, as files with values have it).
    pub fn object(&mut self, name: &str) -> Option<BTreeMap<Str, Value>> {
        let value = self.values.get(name).filter(|value| !value.is_null())?.unmark_deep().0;
        // A nested block is a list of one.
        let value = match value.as_sequence() {
            Some([one]) => one.clone(),
            Some([]) => return None,
            _ => value,
        };
        if value.as_mapping().is_none() {
            self.refuse(name, "must be an object");
        }
        value.as_mapping().cloned()
    }

    pub fn is_set(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(|value| !value.is_null())
    }

    pub fn refuse(&mut self, name: &str, reason: &str) {
        self.mistakes.push(format!("\"{name}\" {reason}"));
    }

    pub fn conflict(&mut self, a: &str, b: &str) {
        if self.is_set(a) && self.is_set(b) {
            self.mistakes.push(format!("only one of \"{a}\" and \"{b}\" can be set"));
        }
    }

    /// All mistakes as one error.
    pub fn finish(self, kind: &str) -> Result<(), StoreError> {
        if self.mistakes.is_empty() {
            return Ok(());
        }
        Err(StoreError::new(format!(
            "The configuration of the \"{kind}\" backend is not valid: {}.",
            self.mistakes.join("; ")
        )))
    }

    /// Mistakes found in a part of the arguments.
    pub fn adopt(&mut self, part: &str, inner: Arguments<'_>) {
        self.mistakes.extend(inner.mistakes.into_iter().map(|mistake| format!("in \"{part}\": {mistake}")));
    }
}
