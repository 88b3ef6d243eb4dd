//! The store.

use super::settings::HttpSettings;
use crate::web::{WebAnswer, WebClient, WebError, WebRequest};
use crate::{lock_info, state_file};
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use formwork_model::{Lock, LockError, LockInfo, StateSnapshot, StateStore, StoreError};
use md5::{Digest, Md5};
use std::sync::{Arc, Mutex, PoisonError};

/// Tries of a write whose outcome is unclear.
const TRIES: usize = 3;

/// What was last read or written.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    /// `None`: there is no state.
    digest: Option<[u8; 16]>,
    /// One that may be compared byte by byte.
    tag: Option<String>,
}

/// The state behind an address.
#[derive(Clone)]
pub struct HttpStore {
    settings: Arc<HttpSettings>,
    client: WebClient,
    seen: Arc<Mutex<Option<Seen>>>,
    /// What the lock that is held was taken with.
    held: Arc<Mutex<Option<LockInfo>>>,
}

/// Why the state was not written.
enum PutError {
    /// The server has compared: another one was there first.
    Refused,
    /// Nobody knows.
    Unclear(String),
    Failed(String),
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn digest(bytes: &[u8]) -> [u8; 16] {
    Md5::digest(bytes).into()
}

impl HttpStore {
    pub(super) fn new(settings: Arc<HttpSettings>) -> Result<HttpStore, StoreError> {
        let client = WebClient::new(&settings.tls, settings.retries)?;
        Ok(HttpStore { settings, client, seen: Arc::default(), held: Arc::default() })
    }

    fn request(&self, method: &str, url: &str, body: Option<Vec<u8>>) -> WebRequest {
        let mut request = WebRequest::new(method, url);
        if let Some(authorization) = &self.settings.authorization {
            request = request.header("Authorization", authorization);
        }
        match body {
            None => request,
            Some(body) => request
                .header("Content-Type", "application/json")
                .header("Content-MD5", STANDARD.encode(digest(&body)))
                .body(body),
        }
    }

    /// An answer that is no success, in words.
    fn refused(&self, what: &str, request: &WebRequest, answer: &WebAnswer) -> String {
        let place = format!("{} {}", request.method, request.shown_url());
        let reason = match answer.status {
            401 => "the server requires authentication: set username and password".to_owned(),
            403 => "the server does not accept the credentials (username and password)".to_owned(),
            status if status == 429 || status >= 500 => {
                format!("giving up after {} attempt(s), {}", answer.attempts, answer.describe())
            }
            _ => answer.describe(),
        };
        format!("{what}: {place}: {reason}")
    }

    /// The content and its entity tag.
    async fn get(&self) -> Result<(Option<Vec<u8>>, Option<String>), StoreError> {
        let request = self.request("GET", &self.settings.address, None);
        let answer = self
            .client
            .send(&request)
            .await
            .map_err(|error| StoreError::new(format!("The state cannot be read: {error}")))?;
        match answer.status {
            200 => {}
            204 | 404 => return Ok((None, None)),
            _ => return Err(StoreError::new(self.refused("The state cannot be read", &request, &answer))),
        }
        if let Some(told) = answer.header("content-md5") {
            check_digest(told, &answer.body)?;
        }
        let tag = answer.header("etag").filter(|tag| tag.starts_with('"')).map(str::to_owned);
        Ok((Some(answer.body).filter(|body| !body.is_empty()), tag))
    }

    async fn look(&self) -> Result<(Option<Vec<u8>>, Seen), StoreError> {
        let (bytes, tag) = self.get().await?;
        let seen = Seen { digest: bytes.as_deref().map(digest), tag };
        Ok((bytes, seen))
    }

    /// The address with the id of the lock that is held.
    fn address_to_write(&self) -> String {
        let Some(id) = locked(&self.held).as_ref().map(|info| info.id.to_string()) else {
            return self.settings.address.clone();
        };
        match url::Url::parse(&self.settings.address) {
            Ok(mut url) => {
                // The query is encoded anew, sorted by name: as the ecosystem has it.
                let mut pairs: Vec<(String, String)> =
                    url.query_pairs().filter(|(name, _)| name != "ID").map(|(n, v)| (n.into(), v.into())).collect();
                pairs.push(("ID".to_owned(), id));
                pairs.sort_by(|a, b| a.0.cmp(&b.0));
                url.query_pairs_mut().clear().extend_pairs(pairs);
                url.to_string()
            }
            Err(_) => self.settings.address.clone(),
        }
    }

    async fn put_once(&self, bytes: &[u8], seen: &Seen) -> Result<Option<String>, PutError> {
        let mut request = self.request(&self.settings.update_method, &self.address_to_write(), Some(bytes.to_vec()));
        request = match (&seen.tag, &seen.digest) {
            (Some(tag), _) => request.header("If-Match", tag),
            (None, None) => request.header("If-None-Match", "*"),
            (None, Some(_)) => request,
        };
        let answer = match self.client.send(&request).await {
            Ok(answer) => answer,
            Err(WebError { message, unclear: true }) => return Err(PutError::Unclear(message)),
            Err(error) => return Err(PutError::Failed(format!("The state cannot be written: {error}"))),
        };
        let message = || self.refused("The state cannot be written", &request, &answer);
        match answer.status {
            200 | 201 | 204 => Ok(answer.header("etag").filter(|tag| tag.starts_with('"')).map(str::to_owned)),
            412 => Err(PutError::Refused),
            // Perhaps because an earlier attempt has succeeded.
            409 => Err(PutError::Unclear(message())),
            408 | 429 | 500.. => Err(PutError::Unclear(message())),
            _ if answer.unclear => Err(PutError::Unclear(message())),
            _ => Err(PutError::Failed(message())),
        }
    }

    async fn put(&self, bytes: &[u8], seen: Seen) -> Result<(), StoreError> {
        let mut problem = String::new();
        for _ in 0..TRIES {
            match self.put_once(bytes, &seen).await {
                Ok(tag) => {
                    *locked(&self.seen) = Some(Seen { digest: Some(digest(bytes)), tag });
                    return Ok(());
                }
                Err(PutError::Failed(message)) => return Err(StoreError::new(message)),
                Err(PutError::Refused) => {
                    return if self.is_ours(bytes).await? { Ok(()) } else { Err(self.conflict()) };
                }
                Err(PutError::Unclear(message)) => {
                    let (there, now) = self.look().await.map_err(|_| StoreError::new(message.clone()))?;
                    if there.as_deref() == Some(bytes) {
                        *locked(&self.seen) = Some(now);
                        return Ok(());
                    }
                    // Neither the old one nor the new one, although it is not cut off: another program has written.
                    if now.digest != seen.digest && there.is_none_or(|there| state_file::decode(&there).is_ok()) {
                        return Err(self.conflict());
                    }
                    problem = message;
                }
            }
        }
        Err(StoreError::new(problem))
    }

    /// Whether this very content is there; then it is what we have seen.
    async fn is_ours(&self, bytes: &[u8]) -> Result<bool, StoreError> {
        let (there, now) = self.look().await?;
        let is_ours = there.as_deref() == Some(bytes);
        if is_ours {
            *locked(&self.seen) = Some(now);
        }
        Ok(is_ours)
    }

    fn conflict(&self) -> StoreError {
        let shown = WebRequest::new("", &self.settings.address).shown_url();
        let message =
            format!("The state at {shown} was changed by another run since it was read. Nothing was written to it.");
        StoreError { message, conflict: true }
    }

    async fn take(&self, url: &str, info: &LockInfo) -> Result<(), LockError> {
        let request = self.request(&self.settings.lock_method, url, Some(lock_info::encode(info, None)));
        let failed = |message: String| LockError::Failed(message);
        let answer = self.client.send(&request).await;
        let answer = answer.map_err(|error| failed(format!("The state cannot be locked: {error}")))?;
        match answer.status {
            200 => Ok(()),
            409 | 423 => match lock_info::decode(&answer.body).map(|(holder, _)| holder) {
                // An earlier attempt was heard, and its answer lost.
                Some(holder) if !holder.id.is_empty() && holder.id == info.id => Ok(()),
                holder => Err(lock_info::held(holder)),
            },
            _ => Err(failed(self.refused("The state cannot be locked", &request, &answer))),
        }
    }

    async fn release(&self, info: &LockInfo) -> Result<(), LockError> {
        let Some(url) = &self.settings.unlock_address else { return Ok(()) };
        let request = self.request(&self.settings.unlock_method, url, Some(lock_info::encode(info, None)));
        let answer = self.client.send(&request).await;
        let answer = answer.map_err(|error| LockError::Failed(format!("The state cannot be unlocked: {error}")))?;
        match answer.status {
            200 => Ok(()),
            // An earlier attempt was heard, and its answer lost.
            404 | 409 | 423 if answer.unclear => Ok(()),
            _ => {
                let holder = lock_info::decode(&answer.body).map(|(holder, _)| lock_info::describe(&holder, None));
                let holder = holder.map(|holder| format!(" ({holder})")).unwrap_or_default();
                Err(LockError::Failed(self.refused("The state cannot be unlocked", &request, &answer) + &holder))
            }
        }
    }
}

/// A checksum that comes along must be right.
fn check_digest(told: &str, body: &[u8]) -> Result<(), StoreError> {
    match STANDARD.decode(told) {
        Ok(told) if told == digest(body) => Ok(()),
        Ok(_) => Err(StoreError::new("The state that came over the network is damaged: its MD5 is not the one told.")),
        Err(error) => Err(StoreError::new(format!("The server's Content-MD5 header {told:?} is not base64: {error}."))),
    }
}

/// A lock; without a lock address there is nothing behind it.
struct HttpLock {
    store: Option<HttpStore>,
    info: LockInfo,
}

#[async_trait]
impl Lock for HttpLock {
    fn info(&self) -> &LockInfo {
        &self.info
    }

    async fn unlock(self: Box<Self>) -> Result<(), LockError> {
        let Some(store) = &self.store else { return Ok(()) };
        *locked(&store.held) = None;
        store.release(&self.info).await
    }
}

#[async_trait]
impl StateStore for HttpStore {
    async fn lock(&self, info: LockInfo) -> Result<Box<dyn Lock>, LockError> {
        let Some(url) = &self.settings.lock_address else { return Ok(Box::new(HttpLock { store: None, info })) };
        self.take(url, &info).await?;
        *locked(&self.held) = Some(info.clone());
        Ok(Box::new(HttpLock { store: Some(self.clone()), info }))
    }

    async fn force_unlock(&self, id: &str) -> Result<(), LockError> {
        self.release(&LockInfo { id: id.into(), ..LockInfo::default() }).await
    }

    async fn read(&self) -> Result<Option<StateSnapshot>, StoreError> {
        let (bytes, seen) = self.look().await?;
        *locked(&self.seen) = Some(seen);
        let Some(bytes) = bytes else { return Ok(None) };
        state_file::decode(&bytes).map(Some).map_err(|error| {
            let shown = WebRequest::new("", &self.settings.address).shown_url();
            StoreError::new(format!("The state at {shown} cannot be read: {error}"))
        })
    }

    async fn write(&self, snapshot: &StateSnapshot) -> Result<(), StoreError> {
        self.write_encoded(snapshot, state_file::encode(snapshot)).await
    }

    async fn write_encoded(&self, _: &StateSnapshot, encoded: Vec<u8>) -> Result<(), StoreError> {
        let known = locked(&self.seen).clone();
        let seen = match known {
            // The server compares.
            Some(seen) if seen.tag.is_some() => seen,
            known => {
                let (_, now) = self.look().await?;
                if known.is_some_and(|known| known.digest != now.digest) {
                    return Err(self.conflict());
                }
                now
            }
        };
        self.put(&encoded, seen).await
    }
}
