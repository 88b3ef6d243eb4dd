//! `source[*]...` and `source.*...`.

use super::evaluator::Evaluator;
use crate::Expr;
use formwork_diag::Span;
use formwork_value::{Kind, Marks, Refinements, Type, Value, convert, unify};

impl Evaluator<'_> {
    pub fn splat(&mut self, expr: &Expr, source: &Expr, each: &Expr, operator: Span) -> Value {
        let (value, failed) = self.checked(|evaluator| evaluator.eval(source));
        if failed {
            return Value::dynamic();
        }
        let marks = value.marks();
        let result = match value.kind() {
            Kind::Null(Type::List(_) | Type::Set(_) | Type::Tuple(_)) => {
                let detail = "A splat (the * symbol) cannot be applied to a list, set or tuple that is null.";
                return self.error(expr, operator, "Splat of null value", detail);
            }
            Kind::Null(_) => Value::tuple([]),
            Kind::Unknown(Type::Dynamic, _) => Value::dynamic(),
            Kind::Unknown(Type::List(element) | Type::Set(element), known) => {
                let known = known.as_deref().cloned().unwrap_or_default();
                self.splat_unknown(element, known, each)
            }
            Kind::Unknown(Type::Tuple(types), _) => {
                let items: Vec<Value> = types.iter().map(|ty| Value::unknown(ty.clone())).collect();
                Value::unknown(self.splat_items(&items, each).ty())
            }
            Kind::List(list) => self.splat_list(&list.element, &list.items, each),
            Kind::Set(set) => self.splat_list(&set.element, &set.items, each),
            Kind::Tuple(items) => self.splat_items(items, each),
            Kind::Unknown(_, known) if !known.as_deref().is_some_and(|known| known.not_null) => {
                // Null would make it empty, anything else gives one element; still the rest is checked.
                let (item, _) = value.clone().unmark();
                self.splat_items(&[item], each);
                Value::dynamic()
            }
            _ => {
                let (item, _) = value.clone().unmark();
                self.splat_items(&[item], each)
            }
        };
        result.with_marks(marks)
    }

    fn splat_item(&mut self, item: Value, each: &Expr) -> Value {
        self.splat_items.push(item);
        let value = self.eval(each);
        self.splat_items.pop();
        value
    }

    fn splat_items(&mut self, items: &[Value], each: &Expr) -> Value {
        let results: Vec<Value> = items.iter().map(|item| self.splat_item(item.clone(), each)).collect();
        Value::tuple(results)
    }

    fn splat_list(&mut self, element: &Type, items: &[Value], each: &Expr) -> Value {
        if items.is_empty() {
            let ty = self.splat_item(Value::unknown(element.clone()), each).ty();
            return Value::list(ty, Vec::new());
        }
        let results: Vec<Value> = items.iter().map(|item| self.splat_item(item.clone(), each)).collect();
        list_of(results)
    }

    /// An unknown list of whatever each element would give.
    fn splat_unknown(&mut self, element: &Type, known: Refinements, each: &Expr) -> Value {
        let item = self.splat_item(Value::unknown(element.clone()), each);
        let length = Refinements {
            not_null: known.not_null,
            min_length: known.min_length,
            max_length: known.max_length,
            ..Refinements::default()
        };
        Value::unknown_refined(Type::list(item.ty()), length).with_marks(Marks::NONE)
    }
}

/// A list of values whose types are the same or unify; else a tuple.
fn list_of(items: Vec<Value>) -> Value {
    let types: Vec<Type> = items.iter().map(Value::ty).collect();
    let Some(element) = unify(&types) else { return Value::tuple(items) };
    let converted: Result<Vec<Value>, _> = items.iter().map(|item| convert(item, &element)).collect();
    match converted {
        Ok(converted) => Value::list(element, converted),
        Err(_) => Value::tuple(items),
    }
}
