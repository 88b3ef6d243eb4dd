//! Problems that are told once, however often they are met.

use crate::{Diagnostic, Diagnostics};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A list without equal problems, in the order of their first appearance. Adding takes logarithmic time.
#[derive(Debug, Default)]
pub struct DistinctDiagnostics {
    list: Diagnostics,
    errors: usize,
    /// Positions by the hash of what tells most problems apart.
    known: BTreeMap<u64, Vec<usize>>,
    #[cfg(test)]
    compared: usize,
}

impl DistinctDiagnostics {
    /// Adds a problem that is not known yet.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let mut hasher = DefaultHasher::new();
        (&diagnostic.summary, &diagnostic.detail, &diagnostic.span, &diagnostic.address).hash(&mut hasher);
        let same = self.known.entry(hasher.finish()).or_default();
        #[cfg(test)]
        {
            self.compared += same.len();
        }
        if same.iter().any(|at| self.list.get(*at) == Some(&diagnostic)) {
            return;
        }
        same.push(self.list.len());
        self.errors += usize::from(diagnostic.is_error());
        self.list.push(diagnostic);
    }

    pub fn extend(&mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        diagnostics.into_iter().for_each(|diagnostic| self.push(diagnostic));
    }

    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }

    pub fn into_list(self) -> Diagnostics {
        self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_problems_are_kept_once_and_others_all() {
        let mut problems = DistinctDiagnostics::default();
        let warning = |n: usize| Diagnostic::warning("Old", format!("{n} is old."));
        for n in (0..2000).chain(0..2000) {
            problems.push(warning(n));
        }
        assert!(!problems.has_errors());
        problems.push(Diagnostic { severity: crate::Severity::Error, ..warning(3) });
        assert!(problems.has_errors());
        // Each was compared with its equal alone.
        assert_eq!(problems.compared, 2001);
        let list = problems.into_list();
        assert_eq!(list.len(), 2001);
        assert!(list.iter().take(2000).enumerate().all(|(n, problem)| *problem == warning(n)));
    }
}
