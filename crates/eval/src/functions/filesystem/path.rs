//! Paths with slashes, as text.

/// Without empty parts, `.`, and `..` where it can be resolved; `.` for the empty path.
pub(super) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&"..") | None if rooted && parts.is_empty() => {}
                Some(&"..") | None => parts.push(".."),
                Some(_) => drop(parts.pop()),
            },
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".into(),
        (false, false) => joined,
    }
}

pub(super) fn absolute(current: &str, path: &str) -> String {
    if path.starts_with('/') { clean(path) } else { clean(&format!("{current}/{path}")) }
}

/// A path below a directory.
pub(super) fn join(directory: &str, name: &str) -> String {
    match directory {
        "" | "." => name.to_owned(),
        _ if directory.ends_with('/') => format!("{directory}{name}"),
        _ => format!("{directory}/{name}"),
    }
}

/// A path as seen from a directory, by its text; both are relative to the same directory, or both absolute.
pub(super) fn relative(directory: &str, path: &str) -> String {
    let (directory, path) = (clean(directory), clean(path));
    let parts = |text: &'_ str| text.split('/').filter(|part| *part != ".").map(str::to_owned).collect::<Vec<_>>();
    let (from, to) = (parts(&directory), parts(&path));
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from.iter().skip(common).map(|_| "..".to_owned());
    up.chain(to.iter().skip(common).cloned()).collect::<Vec<_>>().join("/")
}

pub(super) fn base_name(path: &str) -> String {
    let trimmed = path.trim_end_matches('/');
    match trimmed.rsplit('/').next() {
        _ if path.is_empty() => ".".into(),
        _ if trimmed.is_empty() => "/".into(),
        Some(name) => name.into(),
        None => ".".into(),
    }
}

pub(super) fn dir_name(path: &str) -> String {
    match path.rfind('/') {
        Some(at) => clean(path.get(..=at).unwrap_or_default()),
        None => ".".into(),
    }
}
