//! The store.

use super::container::{Container, LOCK_HEADER, Lease};
use crate::objects::{ChangeError, Condition, ObjectState, Objects};
use crate::web::{WebAnswer, WebRequest};
use crate::{lock_info, state_file};
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use formwork_model::{Lock, LockError, LockInfo, StateSnapshot, StateStore, StoreError};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// The state of one workspace in a container.
#[derive(Clone)]
pub struct AzureStore {
    container: Arc<Container>,
    pub(super) state: ObjectState,
}

fn failed(error: ChangeError) -> LockError {
    LockError::Failed(error.message())
}

/// Leases have ids of one form only.
fn lease_id(id: &str) -> String {
    let has_form = id.len() == 36
        && id.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    if has_form {
        return id.to_owned();
    }
    let digits: String = Sha256::digest(id).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let cuts = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)];
    cuts.map(|(from, to)| digits.get(from..to).unwrap_or_default()).join("-")
}

impl AzureStore {
    pub(super) fn new(container: Arc<Container>, name: &str) -> AzureStore {
        AzureStore { state: ObjectState::new(container.clone(), name.to_owned()), container }
    }

    async fn change(&self, part: &str, headers: &[(&str, &str)]) -> Result<WebAnswer, LockError> {
        let url = format!("{}?comp={part}", self.container.url(&self.state.name));
        let mut request = WebRequest::new("PUT", url).body(Vec::<u8>::new());
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        self.container.send(request).await.map_err(failed)
    }

    /// Who has the lock, as the metadata tell, and whether there is a lease at all.
    async fn holder(&self) -> Result<(Option<LockInfo>, bool), LockError> {
        let request = WebRequest::new("HEAD", self.container.url(&self.state.name));
        let answer = self.container.send(request).await.map_err(failed)?;
        let info = answer.header(LOCK_HEADER).and_then(|text| STANDARD.decode(text).ok());
        let info = info.and_then(|bytes| lock_info::decode(&bytes)).map(|(info, _)| info);
        Ok((info, answer.header("x-ms-lease-status") == Some("locked")))
    }

    /// Takes the information away, then the lease.
    async fn release(&self, id: &str) -> Result<(), LockError> {
        let (holder, is_leased) = self.holder().await?;
        if !is_leased && holder.is_none() {
            return Err(lock_info::not_locked(&self.container.shown(&self.state.name)));
        }
        if let Some(holder) = holder.filter(|holder| &*holder.id != id) {
            return Err(lock_info::other_id(id, &holder, None));
        }
        self.container.set_lease(&self.state.name, None);
        let lease: &[(&str, &str)] = if is_leased { &[("x-ms-lease-id", id)] } else { &[] };
        let answer = self.change("metadata", lease).await?;
        if !answer.is_success() {
            return Err(failed(self.container.refused("unlocked", &self.state.name, &answer)));
        }
        if is_leased {
            let answer = self.change("lease", &[("x-ms-lease-action", "release"), ("x-ms-lease-id", id)]).await?;
            if !answer.is_success() {
                return Err(failed(self.container.refused("unlocked", &self.state.name, &answer)));
            }
        }
        // The metadata have changed the version of the blob, and nobody else can have changed its content.
        self.state.forget();
        Ok(())
    }

    pub(super) async fn remove(&self) -> Result<(), StoreError> {
        self.state.remove().await?;
        self.container.set_lease(&self.state.name, None);
        Ok(())
    }

    /// Makes an empty blob, which is no state, if there is none: only what is there can be leased.
    async fn make(&self) -> Result<(), LockError> {
        match self.container.put(&self.state.name, b"", &Condition::Absent).await {
            Ok(_) | Err(ChangeError::Refused) => Ok(()),
            Err(error) => match self.container.get(&self.state.name).await {
                Ok(Some(_)) => Ok(()),
                _ => Err(failed(error)),
            },
        }
    }
}

struct AzureLock {
    store: AzureStore,
    info: LockInfo,
}

#[async_trait]
impl Lock for AzureLock {
    fn info(&self) -> &LockInfo {
        &self.info
    }

    async fn unlock(self: Box<Self>) -> Result<(), LockError> {
        let name = &self.store.state.name;
        if self.store.container.lease(name).is_none() && matches!(self.store.container.get(name).await, Ok(None)) {
            // The state was deleted, and the lock with it.
            return Ok(());
        }
        self.store.release(&self.info.id).await
    }
}

#[async_trait]
impl StateStore for AzureStore {
    async fn lock(&self, mut info: LockInfo) -> Result<Box<dyn Lock>, LockError> {
        let name = &self.state.name;
        info.path = format!("{}/{name}", self.container.settings.container).into();
        info.id = lease_id(&info.id).into();
        let text = STANDARD.encode(lock_info::encode(&info, None));
        let acquire =
            [("x-ms-lease-action", "acquire"), ("x-ms-lease-duration", "-1"), ("x-ms-proposed-lease-id", &*info.id)];
        let mut answer = self.change("lease", &acquire).await?;
        if answer.status == 404 && answer.header("x-ms-error-code") != Some("ContainerNotFound") {
            self.make().await?;
            answer = self.change("lease", &acquire).await?;
        }
        if answer.header("x-ms-error-code") == Some("LeaseAlreadyPresent") {
            return Err(lock_info::held(self.holder().await?.0));
        }
        if !answer.is_success() {
            return Err(failed(self.container.refused("locked", name, &answer)));
        }
        let noted = self.change("metadata", &[("x-ms-lease-id", &*info.id), (LOCK_HEADER, &text)]).await?;
        if !noted.is_success() {
            let problem = failed(self.container.refused("locked", name, &noted));
            // The first error is the one to tell.
            let _ = self.change("lease", &[("x-ms-lease-action", "release"), ("x-ms-lease-id", &*info.id)]).await;
            return Err(problem);
        }
        self.container.set_lease(name, Some(Lease { id: info.id.to_string(), info: text }));
        self.state.forget();
        Ok(Box::new(AzureLock { store: self.clone(), info }))
    }

    async fn force_unlock(&self, id: &str) -> Result<(), LockError> {
        self.release(id).await
    }

    async fn read(&self) -> Result<Option<StateSnapshot>, StoreError> {
        self.state.read().await
    }

    async fn write(&self, snapshot: &StateSnapshot) -> Result<(), StoreError> {
        self.state.write(&state_file::encode(snapshot)).await
    }

    async fn write_encoded(&self, _: &StateSnapshot, encoded: Vec<u8>) -> Result<(), StoreError> {
        self.state.write(&encoded).await
    }
}
