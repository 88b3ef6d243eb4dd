//! Static references: a name followed by attribute and index steps with constant keys.

use formwork_diag::Span;
use formwork_value::{Str, Value};
use std::fmt;

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

/// Writes the reference as in an expression: `var.list[0].name`.
impl fmt::Display for Traversal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.root)?;
        self.steps.iter().try_for_each(|step| write!(f, "{step}"))
    }
}

impl fmt::Display for TraversalStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TraversalStep::Attribute { name, .. } => write!(f, ".{name}"),
            TraversalStep::Index { key, .. } => match (key.as_str(), key.as_number()) {
                (Some(text), _) => write!(f, "[{}]", crate::write::quoted(text)),
                (_, Some(number)) => write!(f, "[{number}]"),
                _ => f.write_str("[...]"),
            },
        }
    }
}
