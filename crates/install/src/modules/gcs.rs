//! Objects in Google Cloud Storage, through its JSON interface.
//!
//! The token comes from `GOOGLE_OAUTH_ACCESS_TOKEN`, or from the program `gcloud`; without one, public objects can be had.

use super::address::PackageAddress;
use super::objects::{MAX_OBJECTS, MAX_SIZE, place, prefix};
use super::{DOWNLOAD, ModuleError, error};
use crate::network::{Download, Network, Request};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};
use url::Url;

/// A bucket with its objects.
struct Bucket<'a> {
    network: &'a Network,
    token: Option<String>,
    /// Ends in `/o`.
    base: Url,
    shown: String,
}

/// The bucket and the name of an object, in `https://www.googleapis.com/storage/v1/BUCKET/OBJECT`.
fn locate(url: &Url) -> Option<(String, String)> {
    let mut parts = url.path().trim_start_matches('/').splitn(4, '/');
    let (service, _version, bucket, object) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let decoded =
        url::form_urlencoded::parse(format!("x={}", object.replace('+', "%2B")).as_bytes()).next()?.1.into_owned();
    (service == "storage" && !bucket.is_empty()).then(|| (bucket.to_owned(), decoded))
}

impl Bucket<'_> {
    fn open<'a>(network: &'a Network, address: &PackageAddress) -> Result<(Bucket<'a>, String), ModuleError> {
        let shown = address.shown();
        let (bucket, object) = locate(&address.url).ok_or_else(|| {
            let detail = format!("{shown} does not have the form https://www.googleapis.com/storage/v1/BUCKET/OBJECT.");
            error(DOWNLOAD, detail)
        })?;
        let host = network.settings.variable("STORAGE_EMULATOR_HOST");
        let host = host.map_or_else(
            || "https://storage.googleapis.com".to_owned(),
            |host| match host.contains("://") {
                true => host.trim_end_matches('/').to_owned(),
                false => format!("http://{host}"),
            },
        );
        let base = Url::parse(&format!("{host}/storage/v1/b/{bucket}/o"));
        let base = base.map_err(|why| error(DOWNLOAD, format!("{shown}: {why}.")))?;
        Ok((Bucket { network, token: token(network), base, shown }, object))
    }

    fn request(&self, url: Url) -> Request {
        Request { token: self.token.clone(), ..self.network.file(url) }
    }

    fn fetch(&self, object: &str, path: &Path, limit: u64) -> Result<u64, ModuleError> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.push(object);
        }
        url.query_pairs_mut().append_pair("alt", "media");
        let request = self.request(url);
        let download = Download { request, path, limit, resumes: false, tell: &|_| {} };
        self.network.download(&download).map_err(|why| self.failed(&why))?;
        path.metadata().map(|file| file.len()).map_err(|why| self.failed(&why))
    }

    fn failed(&self, why: &dyn std::fmt::Display) -> ModuleError {
        error(DOWNLOAD, format!("{} cannot be fetched: {why}.", self.shown))
    }
}

fn token(network: &Network) -> Option<String> {
    if let Some(token) = network.settings.variable("GOOGLE_OAUTH_ACCESS_TOKEN") {
        return Some(token.to_owned());
    }
    let mut command = Command::new("gcloud");
    let command = command.args(["auth", "application-default", "print-access-token"]).stdin(Stdio::null());
    let output = command.stderr(Stdio::null()).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned()).filter(|token| !token.is_empty())
}

/// Fetches an object into a file.
pub(super) fn fetch_file(network: &Network, address: &PackageAddress, path: &Path) -> Result<(), ModuleError> {
    let (bucket, object) = Bucket::open(network, address)?;
    bucket.fetch(&object, path, MAX_SIZE).map(drop)
}

/// Fetches all objects of a directory.
pub(super) fn fetch_dir(network: &Network, address: &PackageAddress, target: &Path) -> Result<(), ModuleError> {
    let (bucket, object) = Bucket::open(network, address)?;
    let prefix = prefix(&object);
    let (mut left, mut count, mut page) = (MAX_SIZE, 0, None::<String>);
    loop {
        let mut url = bucket.base.clone();
        url.query_pairs_mut().append_pair("prefix", &prefix);
        if let Some(page) = &page {
            url.query_pairs_mut().append_pair("pageToken", page);
        }
        let answer = network.ask_for(&bucket.request(url)).and_then(|answer| answer.json());
        let answer = answer.map_err(|why| bucket.failed(&why))?;
        let items = answer.get("items").and_then(Value::as_array).into_iter().flatten();
        for name in items.filter_map(|item| item.get("name")?.as_str()) {
            let Some(path) = place(target, &prefix, name).map_err(|why| bucket.failed(&why))? else { continue };
            count += 1;
            if count > MAX_OBJECTS {
                return Err(bucket.failed(&"it has too many objects"));
            }
            left -= bucket.fetch(name, &path, left)?;
        }
        page = answer.get("nextPageToken").and_then(Value::as_str).map(str::to_owned);
        if page.is_none() {
            break;
        }
    }
    if count == 0 { Err(bucket.failed(&"there is nothing below this name")) } else { Ok(()) }
}
