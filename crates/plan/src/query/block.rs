//! `list` blocks: their instances and arguments.

use super::scope::{Found, ListScope};
use crate::planner::Planner;
use formwork_config::ListBlock;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_eval::{ModuleId, Repetition, decode_block};
use formwork_hcl::Expr;
use formwork_model::{InstanceKey, ProviderSchema};
use formwork_value::{Kind, Type, Value, convert};

/// How many objects are wanted if nothing is said. Source: Terraform 1.14.
const DEFAULT_LIMIT: u64 = 100;

pub(super) struct Instance {
    pub key: InstanceKey,
    pub repetition: Repetition,
}

/// What a list is asked with.
pub(super) struct Arguments {
    /// With marks.
    pub config: Value,
    pub include_resource: bool,
    pub limit: u64,
}

/// The instances of a list; none if that cannot be told, which was reported.
pub(super) fn instances(planner: &Planner<'_>, list: &ListBlock, found: &Found) -> Vec<Instance> {
    let scope = ListScope { inner: planner.evaluator.module_scope(ModuleId::ROOT), found };
    let (expansion, problems) = planner.evaluator.repetition_in(&scope, list.count.as_ref(), list.for_each.as_ref());
    planner.report(problems);
    let of = |key: InstanceKey| Instance { repetition: expansion.repetition(&key), key };
    expansion.keys().into_iter().map(of).collect()
}

/// Evaluates the arguments; `None` if they have errors, which were reported.
pub(super) fn arguments(
    planner: &Planner<'_>,
    list: &ListBlock,
    schemas: &ProviderSchema,
    instance: &Instance,
    found: &Found,
    address: &str,
) -> Option<Arguments> {
    let schema = match (schemas.list_resources.get(&list.kind), schemas.identities.contains_key(&list.kind)) {
        (Some(schema), true) => schema,
        (None, _) => {
            let names = schemas.list_resources.keys().map(|kind| &**kind);
            let hint = formwork_diag::nearest(&list.kind, names).map(|name| format!(" Did you mean {name:?}?"));
            let detail = format!(
                "The provider {} cannot list objects of the type {:?}.{}",
                list.provider_address.for_display(),
                &*list.kind,
                hint.unwrap_or_default()
            );
            planner.report_one(Diagnostic::error("Invalid list resource", detail).at(list.header_span));
            return None;
        }
        (Some(_), false) => {
            let detail = format!(
                "The provider lists objects of the type {:?}, but does not say what identifies one. This is a bug in the \
                 provider.",
                &*list.kind
            );
            planner.report_one(Diagnostic::error("Invalid list resource", detail).at(list.header_span));
            return None;
        }
    };
    let inner = planner.evaluator.module_scope(ModuleId::ROOT).with_repetition(&instance.repetition);
    let scope = ListScope { inner, found };
    let (config, problems) = decode_block(&list.body, &schema.block, &scope);
    let mut failed = problems.has_errors();
    planner.report(located(list, problems, address));
    planner.report(planner.evaluator.take_problems());
    if !failed && !config.is_wholly_known() {
        let detail =
            "What is asked for must be known before anything is applied. Use variables, local values and other lists.";
        planner.report_one(Diagnostic::error("Unknown list configuration", detail).at(list.header_span));
        failed = true;
    }
    let include = argument(planner, list.include_resource.as_ref(), &Type::Bool, &scope);
    let limit = argument(planner, list.limit.as_ref(), &Type::Number, &scope);
    let (include, limit) = (include?, limit?);
    let limit = match limit.as_ref().map(Value::kind) {
        None => Some(DEFAULT_LIMIT),
        Some(Kind::Number(number)) => number.to_usize().map(|number| number as u64),
        Some(_) => None,
    };
    let Some(limit) = limit else {
        let detail = "The limit is how many objects are wanted at most: a whole number, not below 0.";
        let span = list.limit.as_ref().map_or(list.header_span, |expr| expr.span);
        planner.report_one(Diagnostic::error("Invalid limit argument", detail).at(span));
        return None;
    };
    let include_resource = include.and_then(|value| value.as_bool()).unwrap_or(false);
    (!failed).then_some(Arguments { config, include_resource, limit })
}

/// The value of an argument, if it is given; `None` outside: it is wrong, which was reported.
fn argument(planner: &Planner<'_>, expr: Option<&Expr>, ty: &Type, scope: &ListScope<'_>) -> Option<Option<Value>> {
    let Some(expr) = expr else { return Some(None) };
    let evaluated = formwork_hcl::evaluate(expr, scope);
    let failed = evaluated.diagnostics.has_errors();
    planner.report(evaluated.diagnostics);
    let value = convert(&evaluated.value.unmark().0, ty).ok().filter(Value::is_known);
    match value {
        Some(value) if !failed => Some(Some(value).filter(|value| !value.is_null())),
        _ => {
            if !failed {
                let detail = format!("A known {} is needed here.", ty.friendly_name());
                planner.report_one(Diagnostic::error("Invalid argument of a list block", detail).at(expr.span));
            }
            None
        }
    }
}

/// Gives problems the address of the list, and a place in it if they have none.
pub(super) fn located(list: &ListBlock, mut problems: Diagnostics, address: &str) -> Diagnostics {
    for problem in problems.iter_mut() {
        problem.address.get_or_insert_with(|| address.to_owned());
        let place = problem.attribute.as_ref().and_then(|path| formwork_hcl::span_at(&list.body, path));
        problem.span = problem.span.or(place).or(Some(list.header_span));
    }
    problems
}
