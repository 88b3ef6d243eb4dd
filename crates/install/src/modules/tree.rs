//! Directories of packages.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::fs;
use std::io;
use std::path::Path;

/// Deepest nesting of directories.
const MAX_DEPTH: usize = 128;

/// `h1:` of a package: names and contents of all its files, but for what git keeps. A link counts by where it leads.
pub(super) fn hash_tree(dir: &Path) -> io::Result<String> {
    let mut lines: Vec<(String, String)> = Vec::new();
    walk(dir, "", 0, &mut |name, path| {
        let content = match fs::read_link(path) {
            Ok(to) => format!("link {}", to.display()).into_bytes(),
            Err(_) => fs::read(path)?,
        };
        let sum: String = Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
        lines.push((name.to_owned(), sum));
        Ok(())
    })?;
    lines.sort();
    let text: String = lines.iter().map(|(name, sum)| format!("{sum}  {name}\n")).collect();
    Ok(format!("h1:{}", STANDARD.encode(Sha256::digest(text))))
}

/// Calls something for each file and link below a directory.
fn walk(
    dir: &Path,
    prefix: &str,
    depth: usize,
    visit: &mut dyn FnMut(&str, &Path) -> io::Result<()>,
) -> io::Result<()> {
    if depth > MAX_DEPTH {
        return Err(io::Error::other("the directories are nested too deeply"));
    }
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_str().ok_or_else(|| io::Error::other(format!("the file name {name:?} is not text")))?;
        if name == ".git" && depth == 0 {
            continue;
        }
        let name = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), &name, depth + 1, visit)?;
        } else {
            visit(&name, &entry.path())?;
        }
    }
    Ok(())
}

/// Copies a package; links stay links.
pub(crate) fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    copy(from, to, 0)
}

fn copy(from: &Path, to: &Path, depth: usize) -> io::Result<()> {
    if depth > MAX_DEPTH {
        return Err(io::Error::other("the directories are nested too deeply"));
    }
    #[cfg(unix)]
    if from.is_symlink() {
        return std::os::unix::fs::symlink(fs::read_link(from)?, to);
    }
    if !from.is_dir() {
        return fs::copy(from, to).map(drop);
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()), depth + 1)?;
    }
    Ok(())
}

/// Directories that a path with `*` in it matches.
pub(super) fn matching(package: &Path, pattern: &str) -> io::Result<Vec<String>> {
    let mut found = vec![String::new()];
    for part in pattern.split('/') {
        let mut next = Vec::new();
        for front in &found {
            for entry in fs::read_dir(package.join(front))? {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                if entry.file_type()?.is_dir() && fits(part, &name) {
                    next.push(if front.is_empty() { name } else { format!("{front}/{name}") });
                }
            }
        }
        found = next;
    }
    Ok(found)
}

/// True if a name fits a pattern in which `*` stands for any characters.
fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some((_, behind)) = rest.split_once(part) else { return false };
        rest = behind;
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn stars_stand_for_anything() {
        let cases = [
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "ab", true),
            ("*", "anything", true),
            ("a*c", "abc", true),
            ("a*c", "abcd", false),
            ("*b*", "abc", true),
            ("*x*", "abc", false),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}
