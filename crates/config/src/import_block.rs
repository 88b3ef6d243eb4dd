//! `import`.

use crate::ProviderRef;
use formwork_diag::Span;
use formwork_hcl::Expr;
use formwork_model::{ModuleInstance, Resource};

/// `import`.
#[derive(Clone, Debug)]
pub struct ImportBlock {
    /// The address; instance keys may be any expression.
    pub to: Expr,
    /// The static parts of `to`.
    pub resource: Resource,
    /// Module of `to`, as far as its keys are constant (others are left out).
    pub module: ModuleInstance,
    /// The key of `to`, if there is one; with it the keys of module steps in order.
    pub key: Option<Expr>,
    pub id: Option<Expr>,
    pub identity: Option<Expr>,
    pub for_each: Option<Expr>,
    pub provider: Option<ProviderRef>,
    pub span: Span,
}
