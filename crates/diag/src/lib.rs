//! Diagnostics: problems that are told to the user, with their place in the source.
//!
//! The front end is total: functions return a value *and* [`Diagnostics`], so that one run reports every problem.
//!
//! Invariant: nothing is printed or coloured here; `render` does that.

mod diagnostic;
mod distinct;
mod source;
mod suggest;

pub use diagnostic::{Blame, Diagnostic, Diagnostics, FunctionCall, Severity, ValueNote};
pub use distinct::DistinctDiagnostics;
pub use source::{BlockContext, FileId, Position, SourceFile, Sources, Span};
pub use suggest::nearest;
