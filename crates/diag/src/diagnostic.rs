//! One problem, and a list of them.

use crate::Span;
use formwork_value::Path;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    Warning,
    Error,
}

/// Who must act.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Blame {
    /// The author of the configuration or of the command line.
    #[default]
    Config,
    /// Whoever runs it: files, network, credentials, locks.
    Environment,
    /// The provider's developers.
    Provider,
    /// Formwork's developers.
    Engine,
}

/// The value of a reference that took part in a failing expression.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ValueNote {
    /// As written: `var.size`.
    pub traversal: String,
    /// `is 2`, `is a string, known only after apply`; never shows sensitive values.
    pub statement: String,
}

/// The function whose call failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FunctionCall {
    pub called_as: String,
    /// `name(param, ...) type`-like text, empty if unknown.
    pub signature: String,
}

/// A problem told to the user.
#[derive(Clone, PartialEq, Debug)]
pub struct Diagnostic {
    pub severity: Severity,
    pub blame: Blame,
    /// One short line without a final full stop.
    pub summary: String,
    /// Sentences: what is wrong and what to do.
    pub detail: String,
    /// The source range to underline.
    pub span: Option<Span>,
    /// Address of the object concerned.
    pub address: Option<String>,
    /// The attribute that a provider blames, relative to the object's configuration.
    pub attribute: Option<Path>,
    pub values: Vec<ValueNote>,
    pub function_call: Option<FunctionCall>,
}

impl Diagnostic {
    pub fn error(summary: impl Into<String>, detail: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            blame: Blame::Config,
            summary: summary.into(),
            detail: detail.into(),
            span: None,
            address: None,
            attribute: None,
            values: Vec::new(),
            function_call: None,
        }
    }

    pub fn warning(summary: impl Into<String>, detail: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(summary, detail) }
    }

    pub fn at(mut self, span: Span) -> Diagnostic {
        self.span = Some(span);
        self
    }

    pub fn at_opt(mut self, span: Option<Span>) -> Diagnostic {
        self.span = span.or(self.span);
        self
    }

    pub fn blame(mut self, blame: Blame) -> Diagnostic {
        self.blame = blame;
        self
    }

    pub fn address(mut self, address: impl ToString) -> Diagnostic {
        self.address = Some(address.to_string());
        self
    }

    pub fn attribute(mut self, path: Path) -> Diagnostic {
        self.attribute = Some(path);
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Problems in the order in which they were found.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    pub fn new() -> Diagnostics {
        Diagnostics::default()
    }

    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    pub fn error(&mut self, summary: impl Into<String>, detail: impl Into<String>) {
        self.push(Diagnostic::error(summary, detail));
    }

    pub fn extend(&mut self, other: impl IntoIterator<Item = Diagnostic>) {
        self.0.extend(other);
    }

    pub fn has_errors(&self) -> bool {
        self.0.iter().any(Diagnostic::is_error)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn get(&self, position: usize) -> Option<&Diagnostic> {
        self.0.get(position)
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Diagnostic> {
        self.0.iter_mut()
    }

    /// Number of errors.
    pub fn errors(&self) -> usize {
        self.0.iter().filter(|d| d.is_error()).count()
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Diagnostics {
        Diagnostics(vec![diagnostic])
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(iter: I) -> Diagnostics {
        Diagnostics(iter.into_iter().collect())
    }
}
