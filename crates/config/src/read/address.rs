//! Addresses in `moved`, `removed` and `import`.

use crate::reference::RESERVED_ROOTS;
use formwork_diag::{Diagnostic, Diagnostics, Span};
use formwork_hcl::{Expr, ExprKind, Traversal, TraversalStep, static_expr};
use formwork_model::{AbsResource, InstanceKey, ModuleInstance, ModuleStep, Resource, ResourceMode, TargetAddress};
use formwork_value::{Str, Value};
use std::sync::Arc;

/// One part of an address: a name with the key behind it.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub name: Str,
    pub key: Option<Expr>,
}

/// An address whose keys are any expressions.
#[derive(Clone, Debug)]
pub(crate) struct OpenAddress {
    pub module: Vec<Segment>,
    /// Mode, type, and name with key; none for a module address.
    pub resource: Option<(Resource, Option<Expr>)>,
}

fn invalid_expression(span: Span) -> Diagnostics {
    let detail = "An address such as aws_vpc.main or module.network is required here, without quotes.";
    Diagnostic::error("Invalid expression", detail).at(span).into()
}

fn invalid_address(detail: &str, span: Span) -> Diagnostics {
    Diagnostic::error("Invalid address", detail).at(span).into()
}

/// Splits an expression into names and keys. Keys that are not constant are kept as expressions.
fn segments(expr: &Expr) -> Result<Vec<Segment>, Diagnostics> {
    let inner = static_expr(expr)?;
    let mut found = Vec::new();
    collect(&inner, &mut found)?;
    Ok(found)
}

fn collect(expr: &Expr, found: &mut Vec<Segment>) -> Result<(), Diagnostics> {
    match &expr.kind {
        ExprKind::Traversal(traversal) => {
            found.push(Segment { name: traversal.root.clone(), key: None });
            add_steps(&traversal.steps, found, expr.span)
        }
        ExprKind::Steps { source, steps } => {
            collect(source, found)?;
            add_steps(steps, found, expr.span)
        }
        ExprKind::Index { source, key } => {
            collect(source, found)?;
            add_key(Expr::clone(key), found, expr.span)
        }
        _ => Err(invalid_expression(expr.span)),
    }
}

fn add_steps(steps: &[TraversalStep], found: &mut Vec<Segment>, span: Span) -> Result<(), Diagnostics> {
    for step in steps {
        match step {
            TraversalStep::Attribute { name, .. } => found.push(Segment { name: name.clone(), key: None }),
            TraversalStep::Index { key, span: at } => {
                add_key(Expr { kind: ExprKind::Literal(key.clone()), span: *at }, found, span)?;
            }
        }
    }
    Ok(())
}

fn add_key(key: Expr, found: &mut [Segment], span: Span) -> Result<(), Diagnostics> {
    if let ExprKind::Literal(value) = &key.kind
        && value.as_number().is_some_and(|number| number.to_i64().is_none())
    {
        return Err(invalid_address("A key that is a number must be a whole one, of 64 bits at most.", key.span));
    }
    match found.last_mut() {
        Some(last) if last.key.is_none() => {
            last.key = Some(key);
            Ok(())
        }
        _ => Err(invalid_address("A key can follow a module or resource name only, and only one.", span)),
    }
}

/// Reads an address whose keys are any expressions.
pub(crate) fn open_address(expr: &Expr) -> Result<OpenAddress, Diagnostics> {
    let all = segments(expr)?;
    let mut address = OpenAddress { module: Vec::new(), resource: None };
    let mut rest = all.as_slice();
    while let [call, tail @ ..] = rest {
        if &*call.name != "module" || call.key.is_some() {
            break;
        }
        let [name, tail @ ..] = tail else {
            return Err(invalid_address("A module name must follow \"module.\".", expr.span));
        };
        address.module.push(name.clone());
        rest = tail;
    }
    let mode = match rest.first().map(|s| &*s.name) {
        None => return Ok(address),
        Some("data") => Some(ResourceMode::Data),
        Some("ephemeral") => Some(ResourceMode::Ephemeral),
        Some("resource") => Some(ResourceMode::Managed),
        Some(_) => None,
    };
    match rest.get(usize::from(mode.is_some())..) {
        Some([kind, name]) if kind.key.is_none() => {
            let resource = Resource::new(mode.unwrap_or(ResourceMode::Managed), kind.name.clone(), name.name.clone());
            address.resource = Some((resource, name.key.clone()));
            Ok(address)
        }
        _ => {
            let detail =
                "The address of a resource consists of its type and its name, and a key in brackets for one instance.";
            Err(invalid_address(detail, expr.span))
        }
    }
}

/// A static address: of a module, a resource, or one instance.
pub fn read_address(expr: &Expr) -> Result<TargetAddress, Diagnostics> {
    open_address(expr)?.closed()
}

/// A constant key.
fn constant_key(key: &Expr) -> Result<InstanceKey, Diagnostics> {
    let detail = "A key must be a whole number or a string, written literally.";
    let bad = || Diagnostics::from(Diagnostic::error("Invalid expression", detail).at(key.span));
    let ExprKind::Literal(value) = &key.kind else { return Err(bad()) };
    instance_key(value).ok_or_else(bad)
}

/// A value as instance key.
pub(crate) fn instance_key(value: &Value) -> Option<InstanceKey> {
    match (value.as_str(), value.as_number()) {
        (Some(text), _) => Some(InstanceKey::String(Str::from(text))),
        (_, Some(number)) => number.to_string().parse().ok().map(InstanceKey::Int),
        _ => None,
    }
}

impl OpenAddress {
    /// The same with constant keys only.
    pub fn closed(&self) -> Result<TargetAddress, Diagnostics> {
        let mut module = ModuleInstance::root();
        for segment in &self.module {
            let key = segment.key.as_ref().map_or(Ok(InstanceKey::None), constant_key)?;
            module.0.push(ModuleStep { name: segment.name.clone(), key });
        }
        Ok(match &self.resource {
            None => TargetAddress::Module(module),
            Some((resource, key)) => {
                let resource = AbsResource { module, resource: resource.clone() };
                match key {
                    None => TargetAddress::Resource(resource),
                    Some(key) => TargetAddress::Instance(resource.instance(constant_key(key)?)),
                }
            }
        })
    }
}

/// As [`read_address`], for what acts on resources and modules: names that stand for other things are refused.
pub fn read_target_address(expr: &Expr) -> Result<TargetAddress, Diagnostics> {
    if starts_reserved(expr) {
        let detail = "This name does not begin the address of a resource or module. For a resource type of the name, \
                      write \"resource.\" in front.";
        return Err(Diagnostic::error("Invalid address", detail).at(expr.span).into());
    }
    read_address(expr)
}

/// True if the address starts with a name that has another meaning.
pub(crate) fn starts_reserved(expr: &Expr) -> bool {
    let root = match static_expr(expr).map(|e| e.kind) {
        Ok(ExprKind::Traversal(traversal)) => Arc::<Traversal>::unwrap_or_clone(traversal).root,
        _ => return false,
    };
    RESERVED_ROOTS.contains(&&*root) && &*root != "module"
}
