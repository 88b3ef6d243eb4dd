//! `backend` and `cloud`.

use formwork_diag::Span;
use formwork_hcl::{Body, Evaluated};
use formwork_value::Str;
use std::collections::BTreeMap;

/// `backend "TYPE"`.
#[derive(Clone, Debug)]
pub struct BackendBlock {
    pub kind: Str,
    pub body: Body,
    /// Values of the arguments that are more than constants, where loading could find them.
    pub early: BTreeMap<Str, Evaluated>,
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
