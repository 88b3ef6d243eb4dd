//! Names and passwords of hosts in `.netrc`.

use crate::network::NetworkSettings;
use std::path::PathBuf;
use url::Url;

/// Name and password for a URL, of the file that `NETRC` names or that is in the home directory.
pub(super) fn login(settings: &NetworkSettings, url: &Url) -> Option<(String, String)> {
    let path = settings.variable("NETRC").map(PathBuf::from);
    let path = path.or_else(|| Some(settings.home.as_ref()?.join(".netrc")))?;
    find(&std::fs::read_to_string(path).ok()?, url.host_str()?)
}

fn find(text: &str, host: &str) -> Option<(String, String)> {
    let mut words = text.split_whitespace();
    let (mut is_own, mut name, mut password) = (false, None, None);
    while let Some(word) = words.next() {
        match word {
            "machine" | "default" => {
                if is_own && name.is_some() {
                    break;
                }
                is_own = word == "default" || words.next() == Some(host);
                (name, password) = (None, None);
            }
            "login" => name = words.next(),
            "password" => password = words.next(),
            "account" | "macdef" => drop(words.next()),
            _ => {}
        }
    }
    is_own.then(|| Some((name?.to_owned(), password.unwrap_or_default().to_owned())))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_machine_counts() {
        let text = "machine a.io login x password y\nmachine b.io\n login u\n password v\ndefault login d password e";
        let cases = [("a.io", ("x", "y")), ("b.io", ("u", "v")), ("c.io", ("d", "e"))];
        for (host, (name, password)) in cases {
            assert_eq!(find(text, host), Some((name.to_owned(), password.to_owned())), "{host}");
        }
        assert_eq!(find("machine a.io login x password y", "c.io"), None);
    }
}
