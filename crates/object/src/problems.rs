//! What is wrong with a provider's answer, told without showing secrets.

use formwork_value::{Path, PathMarks, PathStep, Value};

/// Problems by the place where they are.
pub(crate) struct Problems<'a> {
    found: Vec<(Path, String)>,
    hidden: &'a [PathMarks],
}

impl Problems<'_> {
    /// Of values whose parts at `hidden` must not be shown.
    pub fn new(hidden: &[PathMarks]) -> Problems<'_> {
        Problems { found: Vec::new(), hidden }
    }

    /// Notes a problem. In what is hidden neither the message nor the rest of the path is told.
    pub fn push(&mut self, path: Path, message: impl Into<String>) {
        let secret = self.hidden.iter().find(|m| begins(&m.path, &path));
        let problem = match secret {
            Some(secret) => (secret.path.clone(), "the value is not the expected one, and is sensitive".to_string()),
            None => (path, message.into()),
        };
        if secret.is_none() || !self.found.contains(&problem) {
            self.found.push(problem);
        }
    }

    /// A value for a message, cut to a bearable length; nothing of it if a part of it is hidden.
    pub fn shown(&self, path: &Path, value: &Value) -> String {
        if value.is_null() {
            return "null".into();
        }
        if self.hidden.iter().any(|m| begins(path, &m.path)) {
            return "(sensitive value)".into();
        }
        let text = match (value.as_str(), value.is_wholly_known()) {
            (Some(text), _) => format!("{text:?}"),
            (None, true) => formwork_value::json::encode_plain(value).unwrap_or_else(|_| value.ty().to_string()),
            (None, false) => format!("unknown {}", value.ty().friendly_name()),
        };
        if text.chars().count() > 200 { text.chars().take(200).chain("...".chars()).collect() } else { text }
    }

    pub fn into_found(self) -> Vec<(Path, String)> {
        self.found
    }
}

/// True if one path begins with the other. Blocks by key are maps or objects: the key counts, not the kind of step.
fn begins(prefix: &Path, path: &Path) -> bool {
    let same = |a: &PathStep, b: &PathStep| match (a, b) {
        (PathStep::Attribute(name), PathStep::Index(key)) | (PathStep::Index(key), PathStep::Attribute(name)) => {
            key.as_str() == Some(name)
        }
        (a, b) => a == b,
    };
    prefix.0.len() <= path.0.len() && prefix.0.iter().zip(&path.0).all(|(a, b)| same(a, b))
}
