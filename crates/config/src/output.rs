//! Output values.

use crate::CheckRule;
use formwork_diag::Span;
use formwork_hcl::{Expr, Traversal};
use formwork_value::Str;

/// `output "NAME"`.
#[derive(Clone, Debug)]
pub struct OutputBlock {
    pub name: Str,
    pub value: Expr,
    pub description: Option<Str>,
    pub sensitive: bool,
    /// `sensitive` was written.
    pub sensitive_set: bool,
    pub ephemeral: bool,
    pub deprecated: Option<Str>,
    pub depends_on: Vec<Traversal>,
    pub preconditions: Vec<CheckRule>,
    pub span: Span,
    pub header_span: Span,
}
