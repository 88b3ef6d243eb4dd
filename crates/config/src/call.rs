//! Calls of child modules.

use crate::{ModuleSource, ProviderName};
use formwork_diag::Span;
use formwork_hcl::{Body, Expr, Traversal};
use formwork_model::Constraints;
use formwork_value::Str;

/// `module "NAME"`.
#[derive(Clone, Debug)]
pub struct ModuleCall {
    pub name: Str,
    /// As written; empty if it could not be read.
    pub source_text: Str,
    pub source: Option<ModuleSource>,
    pub source_span: Span,
    pub version: Option<Constraints>,
    pub version_span: Option<Span>,
    /// Source and version as long as they are more than constants; loading replaces them by their values.
    pub(crate) early_source: Option<Expr>,
    pub(crate) early_version: Option<Expr>,
    pub count: Option<Expr>,
    pub for_each: Option<Expr>,
    /// `enabled` of `lifecycle`: whether there is an instance at all.
    pub enabled: Option<Expr>,
    pub depends_on: Vec<Traversal>,
    /// `None` if the argument is not there: then all default configurations are inherited.
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
    /// Which instance of the parent's configuration; evaluated in the calling module for each instance of the call.
    pub key: Option<Expr>,
    pub parent_span: Span,
}
