//! Objects of a bucket, over the JSON interface.

use super::credentials::{Source, Tokens};
use super::settings::GcsSettings;
use crate::objects::{ChangeError, Condition, Object, Objects, PAGES, too_many_pages};
use crate::web::{Retries, TlsSettings, WebAnswer, WebClient, WebRequest, escaped};
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use formwork_model::StoreError;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

/// A bucket with its settings.
pub(super) struct Bucket {
    pub settings: GcsSettings,
    tokens: Tokens,
    client: WebClient,
}

impl Bucket {
    pub fn new(mut settings: GcsSettings) -> Result<Bucket, StoreError> {
        let client = WebClient::new(&TlsSettings::default(), Retries::default())?;
        let source = std::mem::replace(&mut settings.credentials, Source::Usual);
        let tokens = Tokens::new(source, settings.impersonate.clone(), settings.delegates.clone(), client.clone());
        Ok(Bucket { settings, tokens, client })
    }

    fn url(&self, name: &str) -> String {
        format!("{}/storage/v1/b/{}/o/{}", self.settings.service, escaped(&self.settings.bucket, ""), escaped(name, ""))
    }

    async fn request(&self, method: &str, url: String) -> Result<WebRequest, StoreError> {
        let token = self.tokens.token().await?;
        Ok(WebRequest::new(method, url).header("Authorization", format!("Bearer {token}")))
    }

    /// The customer's key is for states and what is beside them, not for locks: others must read who holds them.
    fn with_key(&self, request: WebRequest, name: &str) -> WebRequest {
        let Some(key) = self.settings.encryption_key.as_ref().filter(|_| !name.ends_with(".tflock")) else {
            return request;
        };
        request
            .header("X-Goog-Encryption-Algorithm", "AES256")
            .header("X-Goog-Encryption-Key", STANDARD.encode(key))
            .header("X-Goog-Encryption-Key-Sha256", STANDARD.encode(Sha256::digest(key)))
    }

    fn failed(&self, action: &str, name: &str, answer: &WebAnswer) -> StoreError {
        if answer.status == 404 {
            let bucket = &self.settings.bucket;
            return StoreError::new(format!("The bucket {bucket:?} does not exist. Create it, or correct \"bucket\"."));
        }
        StoreError::new(format!("{} cannot be {action}: {}", self.shown(name), answer.describe()))
    }
}

fn match_of(condition: &Condition) -> String {
    match condition {
        Condition::None => String::new(),
        Condition::Absent => "ifGenerationMatch=0".to_owned(),
        Condition::Version(generation) => format!("ifGenerationMatch={generation}"),
    }
}

#[async_trait]
impl Objects for Bucket {
    fn shown(&self, name: &str) -> String {
        format!("gs://{}/{name}", self.settings.bucket)
    }

    async fn get(&self, name: &str) -> Result<Option<Object>, StoreError> {
        let request = self.request("GET", format!("{}?alt=media", self.url(name))).await?;
        let request = self.with_key(request, name);
        let answer = self
            .client
            .send(&request)
            .await
            .map_err(|error| StoreError::new(format!("{} cannot be read: {error}", self.shown(name))))?;
        match answer.status {
            200 => {
                let version = answer.header("x-goog-generation").unwrap_or_default().to_owned();
                if version.is_empty() {
                    let problem = "the service tells no generation, so that writes could not be guarded";
                    return Err(StoreError::new(format!("{} cannot be read: {problem}.", self.shown(name))));
                }
                Ok(Some(Object { bytes: answer.body, version }))
            }
            404 => Ok(None),
            _ => Err(self.failed("read", name, &answer)),
        }
    }

    async fn put(&self, name: &str, bytes: &[u8], condition: &Condition) -> Result<String, ChangeError> {
        let (service, bucket) = (&self.settings.service, escaped(&self.settings.bucket, ""));
        let mut url = format!("{service}/upload/storage/v1/b/{bucket}/o?uploadType=media&name={}", escaped(name, ""));
        if *condition != Condition::None {
            url.push_str(&format!("&{}", match_of(condition)));
        }
        if let Some(key) = self.settings.kms_key.as_ref().filter(|_| !name.ends_with(".tflock")) {
            url.push_str(&format!("&kmsKeyName={}", escaped(key, "")));
        }
        let request = self.request("POST", url).await.map_err(|error| ChangeError::Failed(error.message))?;
        let request = self.with_key(request, name).header("Content-Type", "application/json").body(bytes);
        let what = format!("{} cannot be written", self.shown(name));
        let answer = self.client.send(&request).await.map_err(|error| ChangeError::of_web(&what, &error))?;
        if answer.status == 404 {
            return Err(ChangeError::Failed(self.failed("written", name, &answer).message));
        }
        if !answer.is_success() {
            return Err(ChangeError::of_answer(&what, &answer));
        }
        let told: Json = serde_json::from_slice(&answer.body).unwrap_or(Json::Null);
        let generation = told.get("generation");
        let generation =
            generation.and_then(|g| g.as_str().map(str::to_owned).or_else(|| Some(g.as_u64()?.to_string())));
        generation.ok_or_else(|| ChangeError::Unclear(format!("{what}: the answer tells no generation")))
    }

    async fn delete(&self, name: &str, condition: &Condition) -> Result<(), ChangeError> {
        let url = format!("{}?{}", self.url(name), match_of(condition));
        let request = self.request("DELETE", url).await.map_err(|error| ChangeError::Failed(error.message))?;
        let what = format!("{} cannot be removed", self.shown(name));
        let answer = self.client.send(&request).await.map_err(|error| ChangeError::of_web(&what, &error))?;
        if answer.is_success() || answer.status == 404 { Ok(()) } else { Err(ChangeError::of_answer(&what, &answer)) }
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let (service, bucket) = (&self.settings.service, escaped(&self.settings.bucket, ""));
        let first = format!("{service}/storage/v1/b/{bucket}/o?delimiter=%2F&prefix={}", escaped(prefix, ""));
        let mut names = Vec::new();
        let mut page = String::new();
        for _ in 0..PAGES {
            let request = self.request("GET", format!("{first}{page}")).await?;
            let answer = self
                .client
                .send(&request)
                .await
                .map_err(|error| StoreError::new(format!("{} cannot be listed: {error}", self.shown(prefix))))?;
            if answer.status != 200 {
                return Err(self.failed("listed", prefix, &answer));
            }
            let told: Json = serde_json::from_slice(&answer.body).map_err(|error| {
                StoreError::new(format!("{} cannot be listed: the answer is no JSON: {error}", self.shown(prefix)))
            })?;
            let items = told.get("items").and_then(Json::as_array).into_iter().flatten();
            names.extend(items.filter_map(|item| Some(item.get("name")?.as_str()?.to_owned())));
            match told.get("nextPageToken").and_then(Json::as_str) {
                Some(token) => page = format!("&pageToken={}", escaped(token, "")),
                None => return Ok(names),
            }
        }
        Err(too_many_pages(&self.shown(prefix)))
    }
}
