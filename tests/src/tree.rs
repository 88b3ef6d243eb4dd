//! The source tree, as the tidy tests read it.

use std::path::{Path, PathBuf};

/// A source file: its path relative to the root, with forward slashes, and its text.
pub struct Source {
    pub path: String,
    pub text: String,
}

/// All Rust files that people write (generated code is left out).
pub fn rust_sources() -> Vec<Source> {
    sources(&["crates", "providers", "tests"], "rs", &["gen", "target"])
}

/// All documents for people.
pub fn markdown() -> Vec<Source> {
    let mut all = sources(&["docs", "examples"], "md", &[]);
    for name in ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"] {
        let path = crate::root().join(name);
        all.extend(std::fs::read_to_string(path).ok().map(|text| Source { path: name.to_owned(), text }));
    }
    all
}

fn sources(folders: &[&str], extension: &str, without: &[&str]) -> Vec<Source> {
    let root = crate::root();
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = folders.iter().map(|folder| root.join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() {
                if !without.contains(&name.as_str()) && !name.starts_with('.') {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|e| e == extension)
                && let Ok(text) = std::fs::read_to_string(&path)
            {
                found.push(Source { path: relative(&root, &path), text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// A function, by the layout that rustfmt gives it: it ends at the first closing brace in its own column.
pub struct Function {
    pub name: String,
    pub lines: usize,
}

/// The functions of a file, inner ones included.
pub fn functions(text: &str) -> Vec<Function> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let indent: String = line.chars().take_while(|c| *c == ' ').collect();
        let closing = format!("{indent}}}");
        let rest = lines.iter().skip(start);
        // A body on the same line, or none at all (in a trait).
        let end = match line.ends_with('}') || line.ends_with(';') {
            true => 0,
            false => rest.clone().position(|l| *l == closing || *l == format!("{indent});")).unwrap_or(0),
        };
        found.push(Function { name, lines: end + 1 });
    }
    found
}

fn function_name(line: &str) -> Option<String> {
    let mut words = line.trim_start();
    for prefix in ["pub(crate) ", "pub(super) ", "pub ", "const ", "async ", "unsafe "] {
        words = words.strip_prefix(prefix).unwrap_or(words);
    }
    let name = words.strip_prefix("fn ")?;
    Some(name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
}
