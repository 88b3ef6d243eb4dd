//! `backend` and `cloud`.

use formwork_diag::Span;
use formwork_hcl::Body;
use formwork_value::Str;

/// `backend "TYPE"`.
#[derive(Clone, Debug)]
pub struct BackendBlock {
    pub kind: Str,
    pub body: Body,
    pub span: Span,
    pub header_span: Span,
}

/// `cloud`.
#[derive(Clone, Debug)]
pub struct CloudBlock {
    pub body: Body,
    pub span: Span,
    pub header_span: Span,
}
