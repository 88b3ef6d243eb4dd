//! `?checksum=` of archives.

use super::{DOWNLOAD, ModuleError, error};
use crate::network::{Network, without_secrets};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use url::Url;

/// Checks a file against `[TYPE:]HEX`, or against a list that `file:URL` names.
pub(super) fn check(network: &Network, expected: &str, url: &Url, path: &Path) -> Result<(), ModuleError> {
    let shown = without_secrets(url);
    let wrong = |why: String| error(DOWNLOAD, format!("The checksum of {shown}: {why}."));
    let expected = match expected.strip_prefix("file:") {
        Some(list) => listed(network, list, url)?,
        None => expected.to_owned(),
    };
    let (kind, hex) = match expected.split_once(':') {
        Some((kind, hex)) => (kind, hex),
        None => (kind_of(&expected).unwrap_or_default(), expected.as_str()),
    };
    let actual = match kind {
        "md5" => digest::<Md5>(path),
        "sha1" => digest::<Sha1>(path),
        "sha256" => digest::<Sha256>(path),
        "sha512" => digest::<Sha512>(path),
        _ => return Err(wrong(format!("{expected:?} is of no known kind; there are md5, sha1, sha256 and sha512"))),
    };
    let actual = actual.map_err(|problem| wrong(problem.to_string()))?;
    if actual.eq_ignore_ascii_case(hex) {
        return Ok(());
    }
    Err(wrong(format!("it should be {hex}, but is {actual}. The archive was not unpacked")))
}

fn kind_of(hex: &str) -> Option<&'static str> {
    match hex.len() {
        32 => Some("md5"),
        40 => Some("sha1"),
        64 => Some("sha256"),
        128 => Some("sha512"),
        _ => None,
    }
}

/// The checksum of a file in a list with lines `HEX  NAME`, or `KIND (NAME) = HEX`.
fn listed(network: &Network, list: &str, url: &Url) -> Result<String, ModuleError> {
    let failed = |why: String| error(DOWNLOAD, format!("The checksums {list:?} cannot be used: {why}."));
    let place = Url::parse(list).map_err(|problem| failed(problem.to_string()))?;
    if !matches!(place.scheme(), "http" | "https") {
        return Err(failed("they must come from a web server".to_owned()));
    }
    let answer = network.ask_for(&network.file(place)).map_err(|problem| failed(problem.to_string()))?;
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    let name = url.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default();
    let found = text.lines().find_map(|line| {
        if let Some((front, hex)) = line.split_once(" = ") {
            let (_, inner) = front.split_once(" (")?;
            return (inner.strip_suffix(')')? == name).then(|| hex.trim().to_owned());
        }
        let mut words = line.split_whitespace();
        let (hex, of) = (words.next()?, words.next());
        let is_own = of.is_none_or(|of| of.trim_start_matches(['*', '.', '/']) == name);
        (is_own && kind_of(hex).is_some()).then(|| hex.to_owned())
    });
    found.ok_or_else(|| failed(format!("they have no line for {name}")))
}

fn digest<D: Digest>(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = D::new();
    let mut buffer = vec![0; 128 * 1024];
    loop {
        let count = file.read(&mut buffer)?;
        match buffer.get(..count) {
            Some(part) if count > 0 => hasher.update(part),
            _ => return Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
        }
    }
}
