//! Objects in S3, and in stores that speak as it does.

use super::address::PackageAddress;
use super::objects::{MAX_OBJECTS, MAX_SIZE, place, prefix};
use super::{DOWNLOAD, ModuleError, error};
use aws_config::{BehaviorVersion, Region};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Credentials;
use aws_sdk_s3::error::DisplayErrorContext;
use std::fs::File;
use std::future::Future;
use std::io::Write;
use std::path::Path;
use url::Url;

/// An object or a directory, and how it is asked for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Place {
    /// Of stores that are not Amazon's.
    endpoint: Option<String>,
    region: Option<String>,
    bucket: String,
    key: String,
}

/// Takes a URL apart: a bucket in the name of the host, or in front of the path.
fn locate(url: &Url) -> Option<Place> {
    let host = url.host_str()?;
    let path = url.path().trim_start_matches('/');
    let decoded = |text: &str| {
        url::form_urlencoded::parse(format!("x={}", text.replace('+', "%2B")).as_bytes())
            .next()
            .map(|(_, value)| value.into_owned())
    };
    let in_path = || {
        let (bucket, key) = path.split_once('/')?;
        Some((decoded(bucket)?, decoded(key)?))
    };
    let Some(front) = host.strip_suffix(".amazonaws.com") else {
        let (bucket, key) = in_path()?;
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        return Some(Place { endpoint: Some(format!("{}://{host}{port}", url.scheme())), region: None, bucket, key });
    };
    let labels: Vec<&str> = front.split('.').collect();
    let region_of = |label: &str| label.strip_prefix("s3-").map(str::to_owned);
    let (bucket, region) = match labels.as_slice() {
        ["s3"] => (None, None),
        ["s3", region] => (None, Some((*region).to_owned())),
        [service] => (None, Some(region_of(service)?)),
        [bucket @ .., "s3", region] => (Some(bucket.join(".")), Some((*region).to_owned())),
        [bucket @ .., "s3"] => (Some(bucket.join(".")), None),
        [bucket @ .., service] => (Some(bucket.join(".")), Some(region_of(service)?)),
        [] => return None,
    };
    let (bucket, key) = match bucket {
        Some(bucket) => (bucket, decoded(path)?),
        None => in_path()?,
    };
    (!bucket.is_empty()).then_some(Place { endpoint: None, region, bucket, key })
}

/// A client with what an address says of it.
struct Store {
    client: Client,
    place: Place,
    version: Option<String>,
}

async fn open(mut address: PackageAddress) -> Result<Store, ModuleError> {
    let (id, secret) = (address.take("aws_access_key_id"), address.take("aws_access_key_secret"));
    let token = address.take("aws_access_token");
    let (profile, region) = (address.take("aws_profile"), address.take("region"));
    let version = address.take("version");
    let place = locate(&address.url)
        .ok_or_else(|| error(DOWNLOAD, format!("{} does not name a bucket and an object in it.", address.shown())))?;
    let mut loader = aws_config::defaults(BehaviorVersion::latest());
    if let Some(region) = region.or_else(|| place.region.clone()) {
        loader = loader.region(Region::new(region));
    }
    if let (Some(id), Some(secret)) = (id, secret) {
        loader = loader.credentials_provider(Credentials::new(id, secret, token, None, "source"));
    }
    if let Some(profile) = profile {
        loader = loader.profile_name(profile);
    }
    let settings = loader.load().await;
    let mut config = aws_sdk_s3::config::Builder::from(&settings);
    if settings.region().is_none() {
        config = config.region(Region::new("us-east-1"));
    }
    if let Some(endpoint) = &place.endpoint {
        config = config.endpoint_url(endpoint).force_path_style(true);
    }
    Ok(Store { client: Client::from_conf(config.build()), place, version })
}

/// Fetches an object into a file.
pub(super) fn fetch_file(address: PackageAddress, path: &Path) -> Result<(), ModuleError> {
    run(async {
        let store = open(address).await?;
        let key = store.place.key.clone();
        store.fetch(&key, path, MAX_SIZE).await.map(drop)
    })
}

/// Fetches all objects of a directory.
pub(super) fn fetch_dir(address: PackageAddress, target: &Path) -> Result<(), ModuleError> {
    run(async {
        let shown = address.shown();
        let store = open(address).await?;
        let prefix = prefix(&store.place.key);
        let request = store.client.list_objects_v2().bucket(&store.place.bucket).prefix(&prefix);
        let mut pages = request.into_paginator().send();
        let (mut left, mut count) = (MAX_SIZE, 0);
        while let Some(page) = pages.next().await {
            let page = page.map_err(|why| failed(&shown, &DisplayErrorContext(why)))?;
            for name in page.contents().iter().filter_map(|object| object.key()) {
                let Some(path) = place(target, &prefix, name).map_err(|why| failed(&shown, &why))? else { continue };
                count += 1;
                if count > MAX_OBJECTS {
                    return Err(failed(&shown, &"it has too many objects"));
                }
                left -= store.fetch(name, &path, left).await?;
            }
        }
        if count == 0 {
            return Err(failed(&shown, &"there is nothing below this name"));
        }
        Ok(())
    })
}

impl Store {
    /// Fetches an object; returns its size.
    async fn fetch(&self, key: &str, path: &Path, limit: u64) -> Result<u64, ModuleError> {
        let shown = format!("The object {key} of the bucket {}", self.place.bucket);
        let request = self.client.get_object().bucket(&self.place.bucket).key(key).set_version_id(self.version.clone());
        let mut object = request.send().await.map_err(|why| failed(&shown, &DisplayErrorContext(why)))?;
        let mut file = File::create(path).map_err(|why| failed(&shown, &why))?;
        let mut size = 0;
        while let Some(part) = object.body.next().await {
            let part = part.map_err(|why| failed(&shown, &why))?;
            size += part.len() as u64;
            if size > limit {
                return Err(failed(&shown, &"it is too large"));
            }
            file.write_all(&part).map_err(|why| failed(&shown, &why))?;
        }
        Ok(size)
    }
}

fn failed(what: &str, why: &dyn std::fmt::Display) -> ModuleError {
    error(DOWNLOAD, format!("{what} cannot be fetched: {why}."))
}

fn run(work: impl Future<Output = Result<(), ModuleError>>) -> Result<(), ModuleError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|why| failed("The package", &why))?.block_on(work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_stand_in_hosts_and_paths() {
        let cases = [
            ("https://s3.amazonaws.com/b/k/x.zip", None, None, "b", "k/x.zip"),
            ("https://s3-eu-west-1.amazonaws.com/b/k", None, Some("eu-west-1"), "b", "k"),
            ("https://s3.eu-west-1.amazonaws.com/b/k%20x", None, Some("eu-west-1"), "b", "k x"),
            ("https://b.s3.amazonaws.com/k", None, None, "b", "k"),
            ("https://b.c.s3.eu-west-1.amazonaws.com/k", None, Some("eu-west-1"), "b.c", "k"),
            ("https://b.s3-eu-west-1.amazonaws.com/a+b", None, Some("eu-west-1"), "b", "a+b"),
            ("http://127.0.0.1:9000/b/k", Some("http://127.0.0.1:9000"), None, "b", "k"),
        ];
        for (url, endpoint, region, bucket, key) in cases {
            let expected = Place {
                endpoint: endpoint.map(str::to_owned),
                region: region.map(str::to_owned),
                bucket: bucket.to_owned(),
                key: key.to_owned(),
            };
            assert_eq!(locate(&Url::parse(url).unwrap()), Some(expected), "{url}");
        }
        for url in ["https://s3.amazonaws.com/b", "https://ec2.amazonaws.com/b/k", "https://h/b"] {
            assert_eq!(locate(&Url::parse(url).unwrap()), None, "{url}");
        }
    }
}
