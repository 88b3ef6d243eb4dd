//! Calls of child modules.

use crate::ProviderName;
use formwork_diag::Span;
use formwork_hcl::{Body, Expr, Traversal};
use formwork_model::Constraints;
use formwork_value::Str;

/// `module "NAME"`.
#[derive(Clone, Debug)]
pub struct ModuleCall {
    pub name: Str,
    /// As written; empty if it could not be read.
    pub source: Str,
    pub source_span: Span,
    pub version: Option<Constraints>,
    pub count: Option<Expr>,
    pub for_each: Option<Expr>,
    pub depends_on: Vec<Traversal>,
    /// `None` if the argument is not there; default configurations are inherited in both cases unless passed.
    pub providers: Option<Vec<PassedProvider>>,
    /// The input variables, read with [`Body::just_attributes`].
    pub body: Body,
    pub span: Span,
    pub header_span: Span,
}

/// `child = parent` in `providers`.
#[derive(Clone, Debug)]
pub struct PassedProvider {
    pub child: ProviderName,
    pub child_span: Span,
    pub parent: ProviderName,
    pub parent_span: Span,
}
