//! Objects and `for` expressions.

use super::evaluator::Evaluator;
use super::iteration::Iteration;
use crate::limits::ELEMENTS;
use crate::{Expr, ForExpr, ObjectItem, ObjectKey};
use formwork_value::{Kind, Marks, Str, Type, Value, convert};
use std::collections::BTreeMap;

/// A key of an object under construction.
enum Key {
    Known(Str),
    Unknown,
    Failed,
}

/// What is said of values that cannot be keys.
struct KeyProblems {
    null: &'static str,
    null_detail: &'static str,
    wrong_type: &'static str,
    /// Before the colon and the reason.
    wrong_type_detail: &'static str,
}

const OBJECT_KEY: KeyProblems = KeyProblems {
    null: "Null value as key",
    null_detail: "A key of an object cannot be null.",
    wrong_type: "Incorrect key type",
    wrong_type_detail: "This value cannot be a key of an object",
};

const FOR_KEY: KeyProblems = KeyProblems {
    null: "Invalid object key",
    null_detail: "The key of an element is null.",
    wrong_type: "Invalid object key",
    wrong_type_detail: "The key of an element must be a string",
};

/// What a `for` expression has produced so far.
#[derive(Default)]
struct Produced {
    /// Elements, including those that a condition left out.
    count: usize,
    items: Vec<Value>,
    attributes: BTreeMap<Str, Value>,
    groups: BTreeMap<Str, Vec<Value>>,
    marks: Marks,
    /// A key or condition was unknown, so the result is.
    unknown: bool,
}

impl Evaluator<'_> {
    pub fn object(&mut self, items: &[ObjectItem]) -> Value {
        let mut attributes = BTreeMap::new();
        let mut marks = Marks::NONE;
        let mut unknown = false;
        for item in items {
            let key = match &item.key {
                ObjectKey::Name { name, .. } => Key::Known(name.clone()),
                ObjectKey::Expr(expr) => {
                    let value = self.eval(expr);
                    marks |= value.marks();
                    self.key(expr, &value, &OBJECT_KEY)
                }
            };
            let value = self.eval(&item.value);
            match key {
                Key::Known(name) => {
                    attributes.insert(name, value);
                }
                Key::Unknown | Key::Failed => unknown = true,
            }
        }
        let object = if unknown { Value::dynamic() } else { Value::object_map(attributes) };
        object.with_marks(marks)
    }

    fn key(&mut self, expr: &Expr, value: &Value, problems: &KeyProblems) -> Key {
        let (summary, detail) = match value.kind() {
            Kind::String(text) => return Key::Known(text.clone()),
            Kind::Null(_) => (problems.null, problems.null_detail.to_string()),
            _ => match convert(value, &Type::String) {
                Ok(converted) => match converted.kind() {
                    Kind::String(text) => return Key::Known(text.clone()),
                    _ => return Key::Unknown,
                },
                Err(error) => (problems.wrong_type, format!("{}: {}.", problems.wrong_type_detail, error.message)),
            },
        };
        self.error(expr, expr.span, summary, detail);
        Key::Failed
    }

    pub fn for_expr(&mut self, expr: &Expr, for_expr: &ForExpr) -> Value {
        let collection = self.eval(&for_expr.collection);
        let marks = collection.marks();
        let iteration = match Iteration::over(&collection) {
            Ok(Some(iteration)) => iteration,
            Ok(None) => return Value::dynamic().with_marks(marks),
            Err((summary, detail)) => {
                return self.error(&for_expr.collection, for_expr.collection.span, summary, detail);
            }
        };
        let mut produced = Produced { marks, ..Produced::default() };
        let failed = self.inside(marks, |evaluator| {
            evaluator.each(expr, iteration, &for_expr.key_name, &for_expr.value_name, |evaluator| {
                evaluator.for_item(for_expr, &mut produced)
            })
        });
        produced.finish(for_expr, failed)
    }

    /// Runs something for each element with its names bound; stops at the first error.
    pub fn each(
        &mut self,
        expr: &Expr,
        iteration: Iteration,
        key_name: &Option<Str>,
        value_name: &Str,
        mut body: impl FnMut(&mut Self),
    ) -> bool {
        let depth = self.bindings.0.len();
        let mut failed = false;
        for (key, value) in iteration {
            if !self.burn(1, expr.span) {
                failed = true;
                break;
            }
            self.bindings.0.truncate(depth);
            if let Some(name) = key_name {
                self.bindings.0.push((name.clone(), key.value()));
            }
            self.bindings.0.push((value_name.clone(), value.clone()));
            let ((), item_failed) = self.checked(&mut body);
            if item_failed {
                failed = true;
                break;
            }
        }
        self.bindings.0.truncate(depth);
        failed
    }

    fn for_item(&mut self, for_expr: &ForExpr, produced: &mut Produced) {
        produced.count += 1;
        if produced.count > ELEMENTS {
            return self.too_many_elements(for_expr.header_span);
        }
        if let Some(condition) = &for_expr.condition {
            match self.for_condition(condition, produced) {
                Some(true) => {}
                Some(false) => return,
                None => {
                    produced.unknown = true;
                    return;
                }
            }
        }
        let Some(key_expr) = &for_expr.key_expr else {
            let value = self.eval(&for_expr.value_expr);
            produced.items.push(value);
            return;
        };
        let key_value = self.eval(key_expr);
        produced.marks |= key_value.marks();
        let key = self.key(key_expr, &key_value, &FOR_KEY);
        let value = self.eval(&for_expr.value_expr);
        match key {
            Key::Known(name) if for_expr.grouping => produced.groups.entry(name).or_default().push(value),
            Key::Known(name) => {
                if produced.attributes.insert(name.clone(), value).is_some() {
                    let shown = if produced.marks.is_sensitive() { "(sensitive value)" } else { &name };
                    let detail = format!(
                        "Two elements gave the key \"{shown}\" here. If that is intended, put an ellipsis (...) behind the \
                         value to collect the values of each key in a list."
                    );
                    self.error(key_expr, key_expr.span, "Duplicate object key", detail);
                }
            }
            Key::Unknown => produced.unknown = true,
            Key::Failed => {}
        }
    }

    /// Whether the element takes part; none if that is unknown or cannot be said.
    fn for_condition(&mut self, condition: &Expr, produced: &mut Produced) -> Option<bool> {
        let value = self.eval(condition);
        produced.marks |= value.marks();
        match value.kind() {
            Kind::Bool(b) => Some(*b),
            Kind::Null(_) => {
                let detail = "The condition behind \"if\" is null; it must be true or false.";
                self.error(condition, condition.span, "Condition is null", detail);
                None
            }
            _ => match convert(&value, &Type::Bool) {
                Ok(converted) => converted.as_bool(),
                Err(error) => {
                    let detail = format!("The condition behind \"if\" must be true or false: {}.", error.message);
                    self.error(condition, condition.span, "Invalid 'for' condition", detail);
                    None
                }
            },
        }
    }
}

impl Produced {
    fn finish(self, for_expr: &ForExpr, failed: bool) -> Value {
        let value = if self.unknown || failed {
            Value::dynamic()
        } else if for_expr.key_expr.is_none() {
            Value::tuple(self.items)
        } else if for_expr.grouping {
            Value::object_map(self.groups.into_iter().map(|(key, items)| (key, Value::tuple(items))).collect())
        } else {
            Value::object_map(self.attributes)
        };
        value.with_marks(self.marks)
    }
}
