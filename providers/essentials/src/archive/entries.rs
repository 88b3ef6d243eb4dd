//! What goes into an archive.

use formwork_kit::{Failure, Outcome};
use regex::Regex;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// A file in an archive.
pub(super) struct Entry {
    pub content: Vec<u8>,
    pub mode: u32,
}

/// Files by their names in the archive.
pub(super) type Entries = BTreeMap<String, Entry>;

/// Directories within directories that are followed at most.
const DEEPEST: usize = 64;

pub(super) fn of_file(path: &str) -> Outcome<Entries> {
    let name = Path::new(path).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Entries::from([(name, read(Path::new(path))?)]))
}

/// Everything below a directory but what the patterns exclude.
pub(super) fn of_directory(path: &str, excludes: &[String], skip_linked_directories: bool) -> Outcome<Entries> {
    let patterns: Result<Vec<Regex>, String> = excludes.iter().map(|pattern| glob(pattern)).collect();
    let patterns = patterns.map_err(|why| Failure::new(why).at("excludes"))?;
    let mut entries = Entries::new();
    let walk = Walk { patterns, skip_linked_directories };
    walk.directory(Path::new(path), "", 0, &mut entries)?;
    if entries.is_empty() {
        return Err(Failure::new(format!("There is nothing in {path} to put into an archive.")).at("source_dir"));
    }
    Ok(entries)
}

struct Walk {
    patterns: Vec<Regex>,
    skip_linked_directories: bool,
}

impl Walk {
    fn directory(&self, dir: &Path, prefix: &str, depth: usize, entries: &mut Entries) -> Outcome<()> {
        let failed = |error: std::io::Error| Failure::new(format!("{}: {error}.", dir.display())).at("source_dir");
        if depth > DEEPEST {
            let detail = format!("{} is too deep, perhaps by links that lead in a circle.", dir.display());
            return Err(Failure::new(detail).at("source_dir"));
        }
        for item in fs::read_dir(dir).map_err(failed)? {
            let item = item.map_err(failed)?;
            let name = format!("{prefix}{}", item.file_name().to_string_lossy());
            if self.patterns.iter().any(|pattern| pattern.is_match(&name)) {
                continue;
            }
            let path = item.path();
            let is_link = item.file_type().map_err(failed)?.is_symlink();
            if !path.is_dir() {
                entries.insert(name, read(&path)?);
            } else if !(is_link && self.skip_linked_directories) {
                self.directory(&path, &format!("{name}/"), depth + 1, entries)?;
            }
        }
        Ok(())
    }
}

fn read(path: &Path) -> Outcome<Entry> {
    let failed = |error: std::io::Error| Failure::new(format!("{}: {error}.", path.display()));
    let content = fs::read(path).map_err(failed)?;
    #[cfg(unix)]
    let mode = {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(path).map_err(failed)?.permissions().mode() & 0o777
    };
    #[cfg(not(unix))]
    let mode = 0o644;
    Ok(Entry { content, mode })
}

/// A pattern of paths: `*` and `?` within a name, `**` across names, `[a-z]`, `{a,b}`. It also covers what is below.
fn glob(pattern: &str) -> Result<Regex, String> {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    let mut text = String::from("^");
    let mut rest = pattern.chars().peekable();
    let mut choices = 0;
    while let Some(c) = rest.next() {
        match c {
            '*' if rest.next_if_eq(&'*').is_some() => {
                text.push_str(if rest.next_if_eq(&'/').is_some() { "(?:.*/)?" } else { ".*" });
            }
            '*' => text.push_str("[^/]*"),
            '?' => text.push_str("[^/]"),
            '[' => {
                text.push('[');
                if rest.next_if(|c| matches!(c, '!' | '^')).is_some() {
                    text.push('^');
                }
            }
            ']' | '-' => text.push(c),
            '{' => {
                choices += 1;
                text.push_str("(?:");
            }
            '}' if choices > 0 => {
                choices -= 1;
                text.push(')');
            }
            ',' if choices > 0 => text.push('|'),
            '\\' => text.push_str(&regex::escape(&rest.next().unwrap_or('\\').to_string())),
            c => text.push_str(&regex::escape(&c.to_string())),
        }
    }
    text.push_str("(?:/.*)?$");
    Regex::new(&text).map_err(|_| format!("{pattern:?} is no pattern of paths."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_cover_paths() {
        let cases = [
            ("a.txt", "a.txt", true),
            ("a.txt", "b/a.txt", false),
            ("*.txt", "b/a.txt", false),
            ("**/*.txt", "b/c/a.txt", true),
            ("**/*.txt", "a.txt", true),
            ("dir", "dir/x/y", true),
            ("dir/*", "dir/x", true),
            ("d[a-c]?", "dbx", true),
            ("d[!a-c]?", "dbx", false),
            ("{a,b}.c", "b.c", true),
            ("a+b", "a+b", true),
        ];
        for (pattern, path, expected) in cases {
            assert_eq!(glob(pattern).unwrap().is_match(path), expected, "{pattern} {path}");
        }
        assert!(glob("[z-a]").is_err());
    }
}
