//! What lists refer to: everything that the module has, and other lists.

use super::ListResult;
use formwork_config::ListBlock;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_eval::InstanceScope;
use formwork_hcl::{Expr, Function, FunctionName, Scope, Traversal, TraversalStep, body_references, references};
use formwork_model::InstanceKey;
use formwork_value::{Str, Type, Value};
use std::collections::{BTreeMap, BTreeSet};

type Name = (Str, Str);

/// Results by list and key.
#[derive(Default)]
pub(super) struct Found(BTreeMap<Name, BTreeMap<InstanceKey, Value>>);

impl Found {
    pub fn begin(&mut self, list: &ListBlock) {
        self.0.entry((list.kind.clone(), list.name.clone())).or_default();
    }

    pub fn add(&mut self, list: &ListBlock, key: &InstanceKey, result: &ListResult) {
        let objects = result.objects.iter().map(|object| {
            let null = || Value::null(Type::Dynamic);
            Value::object([
                ("display_name", Value::from(object.display_name.as_str())),
                ("identity", object.identity.clone()),
                ("state", object.resource.clone().unwrap_or_else(null)),
            ])
        });
        let value = Value::object([("data", Value::tuple(objects))]);
        self.0.entry((list.kind.clone(), list.name.clone())).or_default().insert(key.clone(), value);
    }

    fn value(&self, name: &Name) -> Option<Value> {
        let instances = self.0.get(name)?;
        let items = || instances.values().cloned();
        Some(match instances.first_key_value() {
            Some((InstanceKey::None, value)) => value.clone(),
            Some((InstanceKey::Int(_), _)) | None => Value::tuple(items()),
            Some((InstanceKey::String(_), _)) => {
                let key = |key: &InstanceKey| match key {
                    InstanceKey::String(text) => text.clone(),
                    other => other.to_string().into(),
                };
                Value::object_map(instances.iter().map(|(k, value)| (key(k), value.clone())).collect())
            }
        })
    }
}

/// The scope of a list block.
pub(super) struct ListScope<'a> {
    pub inner: InstanceScope<'a>,
    pub found: &'a Found,
}

impl Scope for ListScope<'_> {
    fn reference(&self, traversal: &Traversal) -> Result<(Value, usize), Diagnostics> {
        let Some(name) = list_of(traversal) else { return self.inner.reference(traversal) };
        self.found.value(&name).map(|value| (value, 2)).ok_or_else(|| {
            let detail = format!("There is no list block list.{}.{} in the query files.", name.0, name.1);
            Diagnostic::error("Reference to undeclared list", detail).at(traversal.span).into()
        })
    }

    fn indexed_reference(&self, traversal: &Traversal, key: &Value) -> Option<Result<Value, Diagnostics>> {
        match list_of(traversal) {
            Some(_) => None,
            None => self.inner.indexed_reference(traversal, key),
        }
    }

    fn function(&self, name: &FunctionName) -> Result<&dyn Function, Diagnostic> {
        self.inner.function(name)
    }
}

/// The list that a reference names.
fn list_of(traversal: &Traversal) -> Option<Name> {
    let name = |at: usize| match traversal.steps.get(at)? {
        TraversalStep::Attribute { name, .. } => Some(name.clone()),
        TraversalStep::Index { .. } => None,
    };
    (&*traversal.root == "list").then(|| Some((name(0)?, name(1)?))).flatten()
}

/// The lists, each after those that it refers to.
pub(super) fn in_order(lists: &[ListBlock]) -> Result<Vec<&ListBlock>, Box<Diagnostic>> {
    let declared: BTreeSet<Name> = lists.iter().map(|list| (list.kind.clone(), list.name.clone())).collect();
    let mut waiting: Vec<(&ListBlock, BTreeSet<Name>)> = lists
        .iter()
        .map(|list| (list, needed(list).into_iter().filter(|name| declared.contains(name)).collect()))
        .collect();
    let mut order = Vec::with_capacity(lists.len());
    while !waiting.is_empty() {
        let Some(at) = waiting.iter().position(|(_, needed)| needed.is_empty()) else {
            let names: Vec<String> =
                waiting.iter().map(|(list, _)| format!("list.{}.{}", list.kind, list.name)).collect();
            let detail = format!("These lists refer to each other in a circle: {}.", names.join(", "));
            let span = waiting.first().map(|(list, _)| list.header_span);
            let problem = Diagnostic::error("Cycle", detail);
            return Err(Box::new(match span {
                Some(span) => problem.at(span),
                None => problem,
            }));
        };
        let (list, _) = waiting.remove(at);
        let name = (list.kind.clone(), list.name.clone());
        waiting.iter_mut().for_each(|(_, needed)| _ = needed.remove(&name));
        order.push(list);
    }
    Ok(order)
}

fn needed(list: &ListBlock) -> BTreeSet<Name> {
    let exprs: Vec<&Expr> =
        [&list.count, &list.for_each, &list.include_resource, &list.limit].into_iter().flatten().collect();
    let named = exprs.into_iter().flat_map(references).filter_map(list_of);
    let in_body = body_references(&list.body).into_iter().filter_map(|traversal| list_of(&traversal));
    named.chain(in_body).collect::<BTreeSet<_>>()
}
