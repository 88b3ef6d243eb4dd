//! Paths as users write them.

use formwork_value::Path;

/// A path below an attribute name, without the leading dot: `tags["Name"]`.
pub fn path_text(path: &Path) -> String {
    let text = path.to_string();
    text.strip_prefix('.').map(str::to_string).unwrap_or(text)
}
