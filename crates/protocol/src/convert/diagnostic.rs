//! Diagnostics.

use super::{path_from, path_to};
use crate::wire::tfplugin6 as wire;
use formwork_diag::{Blame, Diagnostic, Diagnostics, Severity};
use wire::diagnostic::Severity as WireSeverity;

/// Problems that a provider reports. Those about an attribute are the configuration's; the others are blamed as given.
pub(crate) fn diagnostics_from(list: Vec<wire::Diagnostic>, blame: Blame) -> Diagnostics {
    list.into_iter().map(|diagnostic| diagnostic_from(diagnostic, blame)).collect()
}

fn diagnostic_from(from: wire::Diagnostic, blame: Blame) -> Diagnostic {
    let mut diagnostic = match from.severity() {
        WireSeverity::Error => Diagnostic::error(from.summary, from.detail),
        // An invalid severity is no error: it must not fail what works elsewhere.
        WireSeverity::Warning | WireSeverity::Invalid => Diagnostic::warning(from.summary, from.detail),
    };
    diagnostic.blame = blame;
    match from.attribute {
        Some(path) if !path.steps.is_empty() => diagnostic.attribute(path_from(&path)).blame(Blame::Config),
        _ => diagnostic,
    }
}

pub(crate) fn diagnostics_to(list: &Diagnostics) -> Vec<wire::Diagnostic> {
    list.iter().map(diagnostic_to).collect()
}

fn diagnostic_to(from: &Diagnostic) -> wire::Diagnostic {
    let severity = match from.severity {
        Severity::Error => WireSeverity::Error,
        Severity::Warning => WireSeverity::Warning,
    };
    wire::Diagnostic {
        severity: severity.into(),
        summary: from.summary.clone(),
        detail: from.detail.clone(),
        attribute: from.attribute.as_ref().map(path_to),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use formwork_value::Path;

    #[test]
    fn there_and_back() {
        let mut list = Diagnostics::new();
        list.push(Diagnostic::error("e", "d").attribute(Path::root().attribute("a")));
        list.push(Diagnostic::warning("w", ""));
        let back = diagnostics_from(diagnostics_to(&list), Blame::Environment);
        let shown: Vec<_> = back.iter().map(|d| (d.severity, d.blame, d.summary.as_str())).collect();
        let expected = [(Severity::Error, Blame::Config, "e"), (Severity::Warning, Blame::Environment, "w")];
        assert_eq!(shown, expected);
        assert_eq!(back.iter().next().and_then(|d| d.attribute.as_ref()).map(Path::to_string), Some(".a".into()));
    }

    #[test]
    fn an_invalid_severity_is_no_error() {
        for (severity, error) in [(0, false), (1, true), (2, false), (99, false)] {
            let message = wire::Diagnostic { severity, ..Default::default() };
            assert_eq!(diagnostics_from(vec![message], Blame::Config).has_errors(), error, "{severity}");
        }
    }
}
