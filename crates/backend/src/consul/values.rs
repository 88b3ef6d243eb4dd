//! Keys and values.

use super::settings::ConsulSettings;
use crate::objects::{ChangeError, Condition, Object, Objects};
use crate::web::{Retries, WebAnswer, WebClient, WebError, WebRequest, escaped};
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use formwork_model::StoreError;
use md5::{Digest, Md5};
use serde_json::{Value as Json, json};
use std::io::{Read, Write};

/// Most bytes of a piece (source: fact sheet `backends.md` 8).
const PIECE: usize = 524_288;

/// What the names have that [`ObjectLog`](crate::objects::ObjectLog) gives to what is beside a state.
pub(super) const BESIDE: &str = "/.formwork";

/// Most bytes that a compressed state may have.
const LIMIT: u64 = 4 << 30;

/// The store with its settings.
pub(super) struct Values {
    pub settings: ConsulSettings,
    client: WebClient,
}

fn md5(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Values {
    pub fn new(settings: ConsulSettings) -> Result<Values, StoreError> {
        let client = WebClient::new(&settings.tls, Retries::default())?;
        Ok(Values { settings, client })
    }

    /// A request; the path begins with `/v1`.
    pub async fn call(&self, method: &str, path: &str, body: Option<Vec<u8>>) -> Result<WebAnswer, WebError> {
        let mut url = format!("{}{path}", self.settings.address);
        if let Some(datacenter) = &self.settings.datacenter {
            let mark = if path.contains('?') { '&' } else { '?' };
            url.push_str(&format!("{mark}dc={}", escaped(datacenter, "")));
        }
        let mut request = WebRequest::new(method, url);
        request.body = body;
        if let Some(token) = &self.settings.token {
            request = request.header("X-Consul-Token", token);
        }
        if let Some(login) = &self.settings.authorization {
            request = request.header("Authorization", login);
        }
        self.client.send(&request).await
    }

    pub fn path(name: &str) -> String {
        format!("/v1/kv/{}", escaped(name, "/"))
    }

    /// A value as it is, and the index of its last change; for locks also the session.
    pub async fn raw(&self, name: &str) -> Result<Option<(Vec<u8>, u64, Option<String>)>, StoreError> {
        let failed = |reason: String| StoreError::new(format!("{} cannot be read: {reason}", self.shown(name)));
        let answer = self.call("GET", &format!("{}?consistent", Values::path(name)), None).await;
        let answer = answer.map_err(|error| failed(error.message))?;
        if answer.status == 404 {
            return Ok(None);
        }
        let told: Json = serde_json::from_slice(&answer.body).unwrap_or(Json::Null);
        let Some(pair) = told.get(0).filter(|_| answer.status == 200) else {
            return Err(failed(answer.describe()));
        };
        let value = pair.get("Value").and_then(Json::as_str).unwrap_or_default();
        let value = STANDARD.decode(value).map_err(|error| failed(format!("the value is not base64: {error}")))?;
        let index = pair.get("ModifyIndex").and_then(Json::as_u64).unwrap_or_default();
        Ok(Some((value, index, pair.get("Session").and_then(Json::as_str).map(str::to_owned))))
    }

    /// One value in a transaction. Gives its index.
    async fn put_value(&self, name: &str, value: &[u8], condition: &Condition) -> Result<String, ChangeError> {
        let what = format!("{} cannot be written", self.shown(name));
        let mut operation = json!({ "Verb": "set", "Key": name, "Value": STANDARD.encode(value) });
        let index = match condition {
            Condition::None => None,
            Condition::Absent => Some(0),
            Condition::Version(index) => index.parse::<u64>().ok(),
        };
        if let (Some(index), Some(fields)) = (index, operation.as_object_mut()) {
            fields.insert("Verb".to_owned(), json!("cas"));
            fields.insert("Index".to_owned(), json!(index));
        }
        let body = json!([{ "KV": operation }]).to_string().into_bytes();
        let answer = self.call("PUT", "/v1/txn", Some(body)).await;
        let answer = answer.map_err(|error| ChangeError::of_web(&what, &error))?;
        let told: Json = serde_json::from_slice(&answer.body).unwrap_or(Json::Null);
        match answer.status {
            200 => {
                let index =
                    told.get("Results").and_then(|results| results.get(0)?.get("KV")?.get("ModifyIndex")?.as_u64());
                index.map(|index| index.to_string()).ok_or_else(|| ChangeError::Unclear(format!("{what}: no index")))
            }
            // The transaction was rolled back.
            409 => Err(ChangeError::Refused),
            _ => Err(ChangeError::of_answer(&what, &answer)),
        }
    }

    /// Removes the pieces of a state, but for those that are still used.
    pub async fn delete_pieces(&self, name: &str, used: Option<&str>) -> Result<(), StoreError> {
        let prefix = format!("{name}/tfstate.");
        for key in self.list(&prefix).await? {
            let is_used = used.is_some_and(|hash| key.starts_with(&format!("{prefix}{hash}/")));
            if !is_used {
                self.delete(&key, &Condition::None).await.map_err(|error| StoreError::new(error.message()))?;
            }
        }
        Ok(())
    }

    /// The content that a list of pieces stands for; `None` if the value is no such list.
    async fn collected(&self, name: &str, value: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let list: Json = serde_json::from_slice(value).unwrap_or(Json::Null);
        let (Some(hash), Some(keys)) =
            (list.get("current-hash").and_then(Json::as_str), list.get("chunks").and_then(Json::as_array))
        else {
            return Ok(None);
        };
        let mut content = Vec::new();
        for key in keys.iter().filter_map(Json::as_str) {
            let piece = self.raw(key).await?;
            let (piece, ..) = piece.ok_or_else(|| StoreError::new(format!("{} is missing.", self.shown(key))))?;
            content.extend_from_slice(&piece);
        }
        if md5(&unpacked(&content)?) != hash {
            return Err(StoreError::new(format!(
                "{} is damaged: its pieces do not fit its checksum.",
                self.shown(name)
            )));
        }
        Ok(Some(content))
    }
}

/// Without compression, which is known by its first byte.
fn unpacked(value: &[u8]) -> Result<Vec<u8>, StoreError> {
    if value.first() != Some(&0x1f) {
        return Ok(value.to_vec());
    }
    let mut plain = Vec::new();
    let read = GzDecoder::new(value).take(LIMIT).read_to_end(&mut plain);
    read.map_err(|error| StoreError::new(format!("The compressed state cannot be read: {error}.")))?;
    Ok(plain)
}

#[async_trait]
impl Objects for Values {
    fn shown(&self, name: &str) -> String {
        format!("{}{}", self.settings.address, Values::path(name))
    }

    async fn get(&self, name: &str) -> Result<Option<Object>, StoreError> {
        let Some((value, index, _)) = self.raw(name).await? else { return Ok(None) };
        let value = self.collected(name, &value).await?.unwrap_or(value);
        Ok(Some(Object { bytes: unpacked(&value)?, version: index.to_string() }))
    }

    async fn put(&self, name: &str, bytes: &[u8], condition: &Condition) -> Result<String, ChangeError> {
        let failed = |error: String| ChangeError::Failed(format!("{} cannot be written: {error}", self.shown(name)));
        let mut value = bytes.to_vec();
        let is_state = !name.contains(BESIDE);
        if self.settings.gzip && is_state {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(bytes).map_err(|error| failed(error.to_string()))?;
            value = encoder.finish().map_err(|error| failed(error.to_string()))?;
        }
        // In a transaction the value is base64, which must fit as well.
        if value.len() <= PIECE / 2 {
            let index = self.put_value(name, &value, condition).await?;
            if is_state {
                self.delete_pieces(name, None).await.map_err(|error| failed(error.message))?;
            }
            return Ok(index);
        }
        let hash = md5(bytes);
        let mut keys = Vec::new();
        for (number, piece) in value.chunks(PIECE).enumerate() {
            let key = format!("{name}/tfstate.{hash}/{number}");
            let answer = self.call("PUT", &Values::path(&key), Some(piece.to_vec())).await;
            let answer =
                answer.map_err(|error| ChangeError::of_web("A piece of the state cannot be written", &error))?;
            if answer.status != 200 {
                return Err(ChangeError::of_answer("A piece of the state cannot be written", &answer));
            }
            keys.push(key);
        }
        let list = json!({ "current-hash": hash, "chunks": keys }).to_string();
        let index = self.put_value(name, list.as_bytes(), condition).await?;
        self.delete_pieces(name, Some(&hash)).await.map_err(|error| failed(error.message))?;
        Ok(index)
    }

    async fn delete(&self, name: &str, condition: &Condition) -> Result<(), ChangeError> {
        let what = format!("{} cannot be removed", self.shown(name));
        let query = match condition {
            Condition::Version(index) => format!("?cas={index}"),
            Condition::None | Condition::Absent => String::new(),
        };
        let answer = self.call("DELETE", &format!("{}{query}", Values::path(name)), None).await;
        let answer = answer.map_err(|error| ChangeError::of_web(&what, &error))?;
        match (answer.status, answer.body.trim_ascii()) {
            (200, b"true") if name.contains(".journal/") && !name.contains("/tfstate.") => {
                self.delete_pieces(name, None).await.map_err(|error| ChangeError::Failed(error.message))
            }
            (200, b"true") => Ok(()),
            (200, _) => Err(ChangeError::Refused),
            _ => Err(ChangeError::of_answer(&what, &answer)),
        }
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let failed = |reason: String| StoreError::new(format!("{} cannot be listed: {reason}", self.shown(prefix)));
        let answer = self.call("GET", &format!("{}?keys", Values::path(prefix)), None).await;
        let answer = answer.map_err(|error| failed(error.message))?;
        match answer.status {
            200 => serde_json::from_slice(&answer.body).map_err(|error| failed(error.to_string())),
            404 => Ok(Vec::new()),
            _ => Err(failed(answer.describe())),
        }
    }
}
