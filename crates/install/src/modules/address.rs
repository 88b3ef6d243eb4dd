//! Addresses of packages.

use crate::network::without_secrets;
use url::Url;

/// How a package is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Getter {
    File,
    Gcs,
    Git,
    Http,
    Oci,
    S3,
}

/// A package, and the directory in it that is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PackageAddress {
    pub getter: Getter,
    pub url: Url,
    /// May be empty.
    pub subdir: String,
}

impl PackageAddress {
    /// Reads `[GETTER::]URL[//SUBDIR][?ARGUMENTS]` and the short forms. The error says what is wrong.
    pub fn parse(text: &str) -> Result<PackageAddress, String> {
        let (package, subdir) = split_subdir(text.trim());
        if subdir.split('/').any(|part| part == "..") {
            return Err(format!("the directory {subdir:?} must not lead out of the package"));
        }
        let (forced, rest) = match package.split_once("::") {
            Some((name, rest)) if name.chars().all(|c| c.is_ascii_alphanumeric()) => (Some(name), rest.to_owned()),
            _ => (None, package.clone()),
        };
        let (found, long, deeper) = detect(&rest)?;
        let url = Url::parse(&long).map_err(|error| format!("{rest:?} is no URL: {error}"))?;
        let name = forced.or(found.as_deref()).unwrap_or(url.scheme());
        let getter = match name {
            "git" | "ssh" => Getter::Git,
            "http" | "https" => Getter::Http,
            "file" => Getter::File,
            "gcs" => Getter::Gcs,
            "s3" => Getter::S3,
            "oci" => Getter::Oci,
            "hg" => {
                return Err("Mercurial repositories cannot be fetched; git repositories and archives can".to_owned());
            }
            other => {
                return Err(format!(
                    "there is no way to fetch {other:?} addresses; there are git, http, https, s3, gcs, oci and file"
                ));
            }
        };
        if matches!(getter, Getter::Http | Getter::Gcs | Getter::S3) && !matches!(url.scheme(), "http" | "https") {
            return Err(format!("{} is no address of a web server", without_secrets(&url)));
        }
        let subdir = if deeper.is_empty() { subdir } else { format!("{deeper}/{subdir}") };
        Ok(PackageAddress { getter, url, subdir: subdir.trim_matches('/').to_owned() })
    }

    /// The package, as what distinguishes it from others.
    pub fn package_text(&self) -> String {
        format!("{:?}::{}", self.getter, self.url)
    }

    /// For people.
    pub fn shown(&self) -> String {
        let url = without_secrets(&self.url);
        match self.getter {
            Getter::Gcs => format!("gcs::{url}"),
            Getter::Git => format!("git::{url}"),
            Getter::S3 => format!("s3::{url}"),
            _ => url,
        }
    }

    /// Takes an argument out of the URL.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let pairs: Vec<(String, String)> = self.url.query_pairs().into_owned().collect();
        let value = pairs.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.clone())?;
        let rest: Vec<_> = pairs.into_iter().filter(|(key, _)| key != name).collect();
        if rest.is_empty() {
            self.url.set_query(None);
        } else {
            self.url.query_pairs_mut().clear().extend_pairs(rest);
        }
        Some(value).filter(|value| !value.is_empty())
    }
}

/// Takes what stands behind `//` out of an address. Arguments stay with the package.
pub(super) fn split_subdir(text: &str) -> (String, String) {
    let (address, query) = match text.split_once('?') {
        Some((address, query)) => (address, format!("?{query}")),
        None => (text, String::new()),
    };
    let start = address.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = address.split_at_checked(start).unwrap_or(("", address));
    match rest.split_once("//") {
        Some((package, subdir)) => (format!("{scheme}{package}{query}"), subdir.to_owned()),
        None => (text.to_owned(), String::new()),
    }
}

/// The long form of an address: getter, URL, and directory, where a short form means them.
fn detect(text: &str) -> Result<(Option<String>, String, String), String> {
    if text.split_once("://").is_some_and(|(scheme, _)| scheme.chars().all(|c| c.is_ascii_alphanumeric() || c == '+')) {
        return Ok((None, text.to_owned(), String::new()));
    }
    let git = || Some("git".to_owned());
    for host in ["github.com/", "bitbucket.org/", "gitlab.com/"] {
        let Some(rest) = text.strip_prefix(host) else { continue };
        let (path, query) = rest.split_once('?').map_or((rest, String::new()), |(p, q)| (p, format!("?{q}")));
        let mut parts = path.splitn(3, '/');
        let (Some(owner), Some(name)) = (parts.next(), parts.next()) else {
            return Err(format!("{text:?} names no repository; write {host}OWNER/REPOSITORY"));
        };
        let name = name.trim_end_matches(".git");
        let deeper = parts.next().unwrap_or_default().to_owned();
        return Ok((git(), format!("https://{host}{owner}/{name}.git{query}"), deeper));
    }
    if let Some((user, rest)) = text.split_once('@')
        && let Some((host, path)) = rest.split_once(':')
        && !user.contains(['/', ':'])
        && !host.contains('/')
    {
        return Ok((git(), format!("ssh://{user}@{host}/{path}"), String::new()));
    }
    if text.contains("googleapis.com/") {
        return Ok((Some("gcs".to_owned()), format!("https://{text}"), String::new()));
    }
    if text.contains(".amazonaws.com/") {
        return Ok((Some("s3".to_owned()), format!("https://{text}"), String::new()));
    }
    if text.starts_with('/') {
        return Ok((Some("file".to_owned()), format!("file://{text}"), String::new()));
    }
    Err(format!("{text:?} is no address of a package that can be fetched"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        let cases = [
            ("git::https://h/r.git//mods/a?ref=v1", "Git::https://h/r.git?ref=v1", "mods/a"),
            ("https://h/x.zip", "Http::https://h/x.zip", ""),
            ("https://h/x.zip//a/b?archive=zip", "Http::https://h/x.zip?archive=zip", "a/b"),
            ("github.com/o/r", "Git::https://github.com/o/r.git", ""),
            ("github.com/o/r//d?ref=x", "Git::https://github.com/o/r.git?ref=x", "d"),
            ("github.com/o/r/d", "Git::https://github.com/o/r.git", "d"),
            ("git@h.io:o/r.git", "Git::ssh://git@h.io/o/r.git", ""),
            ("git::git@h.io:o/r.git//d", "Git::ssh://git@h.io/o/r.git", "d"),
            ("git::ssh://git@h.io/o/r.git", "Git::ssh://git@h.io/o/r.git", ""),
            ("git::file:///r", "Git::file:///r", ""),
            ("s3::https://s3.amazonaws.com/b/k.zip//d", "S3::https://s3.amazonaws.com/b/k.zip", "d"),
            ("b.s3.amazonaws.com/k", "S3::https://b.s3.amazonaws.com/k", ""),
            ("www.googleapis.com/storage/v1/b/o", "Gcs::https://www.googleapis.com/storage/v1/b/o", ""),
            ("/a/b", "File::file:///a/b", ""),
            ("file:///a/b//c", "File::file:///a/b", "c"),
        ];
        for (text, package, subdir) in cases {
            let address = PackageAddress::parse(text).unwrap();
            assert_eq!((address.package_text().as_str(), address.subdir.as_str()), (package, subdir), "{text}");
        }
        for text in ["", "name", "a/b", "hg::https://h/r", "foo::https://h/r", "https://h/x.zip//../y", "http::git@h:x"]
        {
            assert!(PackageAddress::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn arguments_are_taken_out() {
        let mut address = PackageAddress::parse("git::https://h/r?ref=a%2Fb&x=1&depth=").unwrap();
        assert_eq!(address.take("ref").as_deref(), Some("a/b"));
        assert_eq!(address.take("depth"), None);
        assert_eq!(address.take("other"), None);
        assert_eq!(address.url.as_str(), "https://h/r?x=1");
    }
}
