//! Static references: a name followed by attribute and index steps with constant keys.

use formwork_diag::Span;
use formwork_value::{Str, Value};

/// `root.step[key].step`.
#[derive(Clone, Debug, PartialEq)]
pub struct Traversal {
    pub root: Str,
    pub root_span: Span,
    pub steps: Vec<TraversalStep>,
    pub span: Span,
}

/// One step, with the span of the step itself including its dot or brackets.
#[derive(Clone, Debug, PartialEq)]
pub enum TraversalStep {
    Attribute {
        name: Str,
        span: Span,
    },
    /// A constant key: number or string (also from the legacy form `x.0`).
    Index {
        key: Value,
        span: Span,
    },
}

impl TraversalStep {
    pub fn span(&self) -> Span {
        match self {
            TraversalStep::Attribute { span, .. } | TraversalStep::Index { span, .. } => *span,
        }
    }
}
