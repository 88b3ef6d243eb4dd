//! Why something did not work out.

use formwork_diag::{Blame, Diagnostic};
use formwork_value::Path;

/// A failed operation, told to users.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// One short line without a full stop; empty: what was being done.
    pub summary: String,
    /// Sentences.
    pub detail: String,
    /// The attribute that is to blame.
    pub path: Option<Path>,
}

/// What the functions of a provider return.
pub type Outcome<T> = Result<T, Failure>;

impl Failure {
    pub fn new(detail: impl Into<String>) -> Failure {
        Failure { summary: String::new(), detail: detail.into(), path: None }
    }

    pub fn summary(mut self, summary: impl Into<String>) -> Failure {
        self.summary = summary.into();
        self
    }

    /// Blames an attribute at the top.
    pub fn at(self, attribute: &str) -> Failure {
        self.at_path(Path::root().attribute(attribute))
    }

    pub fn at_path(mut self, path: Path) -> Failure {
        self.path = Some(path);
        self
    }

    pub(crate) fn diagnostic(self, doing: &str) -> Diagnostic {
        let summary = if self.summary.is_empty() { doing.to_owned() } else { self.summary };
        let diagnostic = Diagnostic::error(summary, self.detail).blame(Blame::Environment);
        match self.path {
            Some(path) => diagnostic.attribute(path),
            None => diagnostic,
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure::new(format!("{error}."))
    }
}
