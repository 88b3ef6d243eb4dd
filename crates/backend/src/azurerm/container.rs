//! Blobs of a container.

use super::credentials::{account_key, signature, token};
use super::settings::{Access, AzureSettings};
use crate::objects::{ChangeError, Condition, Object, Objects, PAGES, too_many_pages};
use crate::web::{KeptToken, Retries, TlsSettings, WebAnswer, WebClient, WebRequest, escaped};
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use formwork_model::StoreError;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use time::OffsetDateTime;
use time::macros::format_description;

/// Version of the interface.
const VERSION: &str = "2021-12-02";

/// Where lock information is kept (fact sheet `backends.md` 7).
pub(super) const LOCK_HEADER: &str = "x-ms-meta-terraformlockid";

/// A lease that is held.
#[derive(Clone)]
pub(super) struct Lease {
    pub id: String,
    /// As the metadata have it.
    pub info: String,
}

enum Key {
    Account(Vec<u8>),
    Signature(String),
    Directory(KeptToken),
}

/// A container with its settings.
pub(super) struct Container {
    pub settings: AzureSettings,
    /// Without a slash at the end.
    pub address: String,
    key: Key,
    client: WebClient,
    leases: Mutex<BTreeMap<String, Lease>>,
}

impl Container {
    pub async fn open(settings: AzureSettings) -> Result<Container, StoreError> {
        let client = WebClient::new(&TlsSettings::default(), Retries::default())?;
        let decode = |key: &str| {
            let bytes = STANDARD.decode(key.trim());
            bytes.map(Key::Account).map_err(|_| StoreError::new("The access_key of the storage account is not base64."))
        };
        let key = match &settings.access {
            Access::Key(key) => decode(key)?,
            Access::Signature(text) => Key::Signature(text.clone()),
            Access::Directory => Key::Directory(KeptToken::default()),
            Access::LookUp => decode(&account_key(&client, &settings).await?)?,
        };
        let usual = || format!("https://{}.blob.{}", settings.account, settings.cloud.storage);
        let service = settings.endpoint.clone().unwrap_or_else(usual);
        let address = format!("{}/{}", service.trim_end_matches('/'), settings.container);
        Ok(Container { settings, address, key, client, leases: Mutex::default() })
    }

    pub fn lease(&self, name: &str) -> Option<Lease> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    pub fn set_lease(&self, name: &str, lease: Option<Lease>) {
        let mut leases = self.leases.lock().unwrap_or_else(PoisonError::into_inner);
        match lease {
            Some(lease) => leases.insert(name.to_owned(), lease),
            None => leases.remove(name),
        };
    }

    pub fn url(&self, name: &str) -> String {
        format!("{}/{}", self.address, escaped(name, "/"))
    }

    fn list_url(&self, prefix: &str, marker: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("comp", "list").append_pair("prefix", prefix).append_pair("restype", "container");
        if !marker.is_empty() {
            query.append_pair("marker", marker);
        }
        format!("{}?{}", self.address, query.finish())
    }

    /// Sends a request with what shows that we may.
    pub async fn send(&self, request: WebRequest) -> Result<WebAnswer, ChangeError> {
        let format =
            format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
        let now = OffsetDateTime::now_utc().format(&format).unwrap_or_default();
        let mut request = request.header("x-ms-date", now).header("x-ms-version", VERSION);
        match &self.key {
            Key::Account(key) => {
                let signature = signature(&self.settings.account, key, &request);
                request = request.header("Authorization", signature);
            }
            Key::Signature(text) => {
                let mark = if request.url.contains('?') { '&' } else { '?' };
                request.url = format!("{}{mark}{text}", request.url);
            }
            Key::Directory(kept) => {
                let token = kept.get(token(&self.client, &self.settings, "https://storage.azure.com")).await;
                let token = token.map_err(|error| ChangeError::Failed(error.message))?;
                request = request.header("Authorization", format!("Bearer {token}"));
            }
        }
        let answer = self.client.send(&request).await;
        answer.map_err(|error| ChangeError::of_web("Azure Blob Storage cannot be reached", &error))
    }

    /// An answer that is no success. Leases of others and blobs that are there already are conditions that do not hold.
    pub fn refused(&self, action: &str, name: &str, answer: &WebAnswer) -> ChangeError {
        let what = format!("{} cannot be {action}", self.shown(name));
        match answer.header("x-ms-error-code") {
            Some("BlobAlreadyExists") => ChangeError::Refused,
            Some("ContainerNotFound") => ChangeError::Failed(format!(
                "{what}: the container {:?} does not exist. Create it, or correct \"container_name\".",
                self.settings.container
            )),
            _ => ChangeError::of_answer(&what, answer),
        }
    }

    async fn snapshot(&self, name: &str, lease: Option<&Lease>) -> Result<(), ChangeError> {
        let mut request = WebRequest::new("PUT", format!("{}?comp=snapshot", self.url(name))).body(Vec::<u8>::new());
        if let Some(lease) = lease {
            request = request.header("x-ms-lease-id", &lease.id);
        }
        let answer = self.send(request).await?;
        if answer.is_success() || answer.status == 404 { Ok(()) } else { Err(self.refused("kept", name, &answer)) }
    }
}

fn with_condition(request: WebRequest, condition: &Condition) -> WebRequest {
    match condition {
        Condition::None => request,
        Condition::Absent => request.header("If-None-Match", "*"),
        Condition::Version(tag) => request.header("If-Match", tag),
    }
}

#[async_trait]
impl Objects for Container {
    fn shown(&self, name: &str) -> String {
        format!("{}/{name}", self.address)
    }

    async fn get(&self, name: &str) -> Result<Option<Object>, StoreError> {
        let failed = |error: ChangeError| StoreError::new(error.message());
        let answer = self.send(WebRequest::new("GET", self.url(name))).await.map_err(failed)?;
        match answer.status {
            200 => {
                let version = answer.header("etag").unwrap_or_default().to_owned();
                Ok(Some(Object { bytes: answer.body, version }))
            }
            404 if answer.header("x-ms-error-code") != Some("ContainerNotFound") => Ok(None),
            _ => Err(failed(self.refused("read", name, &answer))),
        }
    }

    async fn put(&self, name: &str, bytes: &[u8], condition: &Condition) -> Result<String, ChangeError> {
        let lease = self.lease(name);
        if self.settings.snapshot && !name.contains(".formwork.") && *condition != Condition::Absent {
            self.snapshot(name, lease.as_ref()).await?;
        }
        let request = WebRequest::new("PUT", self.url(name))
            .header("x-ms-blob-type", "BlockBlob")
            .header("Content-Type", "application/json")
            .body(bytes);
        let mut request = with_condition(request, condition);
        if let Some(lease) = lease {
            request = request.header("x-ms-lease-id", lease.id).header(LOCK_HEADER, lease.info);
        }
        let answer = self.send(request).await?;
        if !answer.is_success() {
            return Err(self.refused("written", name, &answer));
        }
        Ok(answer.header("etag").unwrap_or_default().to_owned())
    }

    async fn delete(&self, name: &str, condition: &Condition) -> Result<(), ChangeError> {
        let request = WebRequest::new("DELETE", self.url(name)).header("x-ms-delete-snapshots", "include");
        let mut request = with_condition(request, condition);
        if let Some(lease) = self.lease(name) {
            request = request.header("x-ms-lease-id", lease.id);
        }
        let answer = self.send(request).await?;
        if answer.is_success() || answer.status == 404 { Ok(()) } else { Err(self.refused("removed", name, &answer)) }
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let failed = |error: ChangeError| StoreError::new(error.message());
        let mut names = Vec::new();
        let mut marker = String::new();
        for _ in 0..PAGES {
            let url = self.list_url(prefix, &marker);
            let answer = self.send(WebRequest::new("GET", url)).await.map_err(failed)?;
            if !answer.is_success() {
                return Err(failed(self.refused("listed", prefix, &answer)));
            }
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            names.extend(elements(&text, "Name"));
            marker = elements(&text, "NextMarker").pop().unwrap_or_default();
            if marker.is_empty() {
                return Ok(names);
            }
        }
        Err(too_many_pages(&self.shown(prefix)))
    }
}

/// The texts of all elements with a name; those of Azure's lists have no attributes.
fn elements(xml: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let texts = xml.split(&open).skip(1).filter_map(|rest| rest.split(&close).next());
    let plain = |text: &str| {
        let pairs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
        pairs.iter().fold(text.to_owned(), |text, (escape, plain)| text.replace(escape, plain))
    };
    texts.map(plain).collect()
}
