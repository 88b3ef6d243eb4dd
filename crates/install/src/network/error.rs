//! Why something could not be fetched.

use std::fmt;

/// What it means for those who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkProblem {
    /// The host does not have it.
    NotFound,
    /// The host wants other credentials.
    Unauthorized,
    /// It cannot be had now, or must not be taken.
    Other,
}

/// Names what was asked for, what is wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkError {
    pub problem: NetworkProblem,
    pub text: String,
}

impl NetworkError {
    pub(crate) fn other(text: impl Into<String>) -> NetworkError {
        NetworkError { problem: NetworkProblem::Other, text: text.into() }
    }

    pub(crate) fn not_found(text: impl Into<String>) -> NetworkError {
        NetworkError { problem: NetworkProblem::NotFound, text: text.into() }
    }

    pub(crate) fn is_not_found(&self) -> bool {
        self.problem == NetworkProblem::NotFound
    }

    /// The same with what was to be done in front.
    pub(crate) fn when(self, doing: impl fmt::Display) -> NetworkError {
        NetworkError { text: format!("{doing}: {}", self.text), ..self }
    }
}

impl fmt::Display for NetworkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for NetworkError {}
