//! Web servers: archives, and addresses of other places.

use super::address::PackageAddress;
use super::netrc::login;
use super::{DOWNLOAD, ModuleError, error};
use crate::network::{Download, Network, Request, without_secrets};
use std::path::Path;
use url::Url;

/// Largest archive of a module.
const LIMIT: u64 = 4 << 30;

fn request(network: &Network, url: Url) -> Request {
    let mut request = network.file(url.clone());
    request.login = match (url.username(), url.password()) {
        ("", None) => login(&network.settings, &url),
        (name, password) => Some((name.to_owned(), password.unwrap_or_default().to_owned())),
    };
    request
}

/// Fetches a file.
pub(super) fn download(network: &Network, address: &PackageAddress, path: &Path) -> Result<(), ModuleError> {
    let request = request(network, address.url.clone());
    let download = Download { request, path, limit: LIMIT, resumes: false, tell: &|_| {} };
    let fetched = network.download(&download);
    fetched.map(drop).map_err(|why| error(DOWNLOAD, format!("The package cannot be fetched: {why}.")))
}

/// Asks a server where a module is: it says so in a header, or in a page.
pub(super) fn ask_for_location(network: &Network, address: &PackageAddress) -> Result<String, ModuleError> {
    let mut url = address.url.clone();
    url.query_pairs_mut().append_pair("terraform-get", "1");
    let answer = network.ask_for(&request(network, url));
    let answer = answer.map_err(|why| error(DOWNLOAD, format!("The package cannot be found: {why}.")))?;
    if let Some(location) = answer.header("x-terraform-get").filter(|text| !text.is_empty()) {
        return Ok(location.to_owned());
    }
    location_in(&String::from_utf8_lossy(&answer.body)).ok_or_else(|| {
        let shown = without_secrets(&address.url);
        let detail = format!(
            "{shown} is no archive by its name, and the server does not say where the module is (header X-Terraform-Get, \
             or meta element \"terraform-get\"). If it is an archive, add ?archive=zip or another kind to the address."
        );
        error(DOWNLOAD, detail)
    })
}

/// The content of the first `<meta name="terraform-get">`.
fn location_in(page: &str) -> Option<String> {
    let lower = page.to_ascii_lowercase();
    let mut from = 0;
    while let Some(start) = lower.get(from..)?.find("<meta").map(|at| from + at) {
        let end = lower.get(start..)?.find('>').map(|at| start + at)?;
        let element = page.get(start..end)?;
        if attribute(element, "name").is_some_and(|name| name == "terraform-get") {
            return attribute(element, "content")
                .map(|text| text.replace("&amp;", "&"))
                .filter(|text| !text.is_empty());
        }
        from = end;
    }
    None
}

/// An attribute of an element.
fn attribute(element: &str, name: &str) -> Option<String> {
    let lower = element.to_ascii_lowercase();
    let mut from = 0;
    while let Some(at) = lower.get(from..)?.find(name).map(|at| from + at) {
        from = at + name.len();
        let is_start = element.get(..at)?.ends_with([' ', '\t', '\n', '\r', '"', '\'']);
        let Some(value) = element.get(from..)?.trim_start().strip_prefix('=') else { continue };
        let value = value.trim_start();
        if !is_start {
            continue;
        }
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        return Some(match quote {
            Some(quote) => value.get(1..)?.split(quote).next()?.to_owned(),
            None => value.split([' ', '\t', '\n', '/']).next()?.to_owned(),
        });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_name_other_places() {
        let cases = [
            ("<meta name=\"terraform-get\" content=\"https://h/x.zip\">", Some("https://h/x.zip")),
            ("<META content='git::https://h/x' NAME='terraform-get' />", Some("git::https://h/x")),
            ("<meta name=other content=y><meta\n name=terraform-get content=\"a?b&amp;c\">", Some("a?b&c")),
            ("<meta name=\"terraform-get\">", None),
            ("<meta data-name=\"terraform-get\" content=\"x\">", None),
            ("<meta name=\"terraform-get\" content=\"", None),
            ("text", None),
        ];
        for (page, expected) in cases {
            assert_eq!(location_in(page).as_deref(), expected, "{page}");
        }
    }
}
