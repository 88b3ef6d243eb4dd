//! Conditions, and blocks that consist of them.

use formwork_diag::Span;
use formwork_hcl::Expr;
use formwork_model::Resource;
use formwork_value::Str;

/// A `validation`, `precondition`, `postcondition` or `assert` block.
#[derive(Clone, Debug)]
pub struct CheckRule {
    pub condition: Expr,
    pub error_message: Expr,
    pub span: Span,
}

/// `check "NAME"`.
#[derive(Clone, Debug)]
pub struct CheckBlock {
    pub name: Str,
    /// The nested data source, which is among the module's resources.
    pub data: Option<Resource>,
    pub asserts: Vec<CheckRule>,
    pub span: Span,
    pub header_span: Span,
}
