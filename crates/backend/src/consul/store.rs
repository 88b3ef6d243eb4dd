//! The store.

use super::values::Values;
use crate::objects::{Condition, ObjectState, Objects};
use crate::{lock_info, state_file};
use async_trait::async_trait;
use formwork_model::{Lock, LockError, LockInfo, StateSnapshot, StateStore, StoreError};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// A session ends this long after its last renewal (source: fact sheet `backends.md` 8).
const LIFE: &str = "15s";
const RENEWAL: Duration = Duration::from_secs(5);

/// What marks keys as locks in Consul's own libraries; they refuse keys without it.
const LOCK_FLAG: u64 = 0x2ddc_cbc0_58a5_0c18;

/// The state of one workspace in Consul.
#[derive(Clone)]
pub struct ConsulStore {
    values: Arc<Values>,
    pub(super) state: ObjectState,
}

impl ConsulStore {
    pub(super) fn new(values: Arc<Values>, key: &str) -> ConsulStore {
        ConsulStore { state: ObjectState::new(values.clone(), key.to_owned()), values }
    }

    /// A key beside the state.
    fn beside(&self, name: &str) -> String {
        format!("{}/{name}", self.state.name.trim_end_matches('/'))
    }

    async fn put(&self, path: &str, body: String) -> Result<Json, LockError> {
        let failed = |reason: String| LockError::Failed(format!("Consul refuses {path}: {reason}"));
        let answer = self.values.call("PUT", path, Some(body.into_bytes())).await;
        let answer = answer.map_err(|error| failed(error.message))?;
        if answer.status != 200 {
            return Err(failed(answer.describe()));
        }
        serde_json::from_slice(&answer.body).map_err(|error| failed(error.to_string()))
    }

    /// Who has the lock, and by which session.
    async fn holder(&self) -> Result<Option<(LockInfo, String)>, LockError> {
        let failed = |error: StoreError| LockError::Failed(error.message);
        let lock = self.values.raw(&self.beside(".lock")).await.map_err(failed)?;
        let Some(session) = lock.and_then(|(_, _, session)| session) else { return Ok(None) };
        let noted = self.values.raw(&self.beside(".lockinfo")).await.map_err(failed)?;
        let unknown = LockInfo {
            id: session.as_str().into(),
            who: "somebody who has left no name".into(),
            ..LockInfo::default()
        };
        let info = noted.and_then(|(value, ..)| lock_info::decode(&value)).map_or(unknown, |(info, _)| info);
        Ok(Some((info, session)))
    }

    async fn end(&self, session: &str) -> Result<(), LockError> {
        let failed = |reason: String| LockError::Failed(format!("The state cannot be unlocked: {reason}"));
        // Before the lock goes, because afterwards it may be that of the next holder.
        let removed = self.values.delete(&self.beside(".lockinfo"), &Condition::None).await;
        removed.map_err(|error| failed(error.message()))?;
        self.put(&format!("{}?release={session}", Values::path(&self.beside(".lock"))), String::new()).await?;
        self.put(&format!("/v1/session/destroy/{session}"), String::new()).await?;
        let lock = self.values.raw(&self.beside(".lock")).await.map_err(|error| failed(error.message))?;
        match lock {
            // Somebody else may have it by now; then the index is another one.
            Some((_, index, None)) => {
                let _ = self.values.delete(&self.beside(".lock"), &Condition::Version(index.to_string())).await;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// A lock; without locking there is nothing behind it.
struct ConsulLock {
    store: ConsulStore,
    info: LockInfo,
    held: Option<(String, JoinHandle<()>)>,
}

impl Drop for ConsulLock {
    fn drop(&mut self) {
        if let Some((_, renewal)) = &self.held {
            renewal.abort();
        }
    }
}

#[async_trait]
impl Lock for ConsulLock {
    fn info(&self) -> &LockInfo {
        &self.info
    }

    async fn unlock(self: Box<Self>) -> Result<(), LockError> {
        let Some((session, renewal)) = &self.held else { return Ok(()) };
        renewal.abort();
        match self.store.holder().await? {
            Some((_, other)) if other == *session => self.store.end(session).await,
            Some((info, _)) => {
                Err(LockError::Failed(format!("The lock has been lost: {}.", lock_info::describe(&info, None))))
            }
            None => Err(LockError::Failed("The lock has been lost: its session has ended.".into())),
        }
    }
}

#[async_trait]
impl StateStore for ConsulStore {
    async fn lock(&self, mut info: LockInfo) -> Result<Box<dyn Lock>, LockError> {
        info.path = self.state.name.as_str().into();
        if !self.values.settings.lock {
            return Ok(Box::new(ConsulLock { store: self.clone(), info, held: None }));
        }
        let about = json!({ "Name": "Terraform", "TTL": LIFE, "LockDelay": "5s", "Behavior": "delete" });
        let made = self.put("/v1/session/create", about.to_string()).await?;
        let session = made.get("ID").and_then(Json::as_str).unwrap_or_default().to_owned();
        let key = Values::path(&self.beside(".lock"));
        let taken = self.put(&format!("{key}?acquire={session}&flags={LOCK_FLAG}"), String::new()).await;
        if !matches!(taken, Ok(Json::Bool(true))) {
            // The answer to the lock is the one to tell.
            let _ = self.put(&format!("/v1/session/destroy/{session}"), String::new()).await;
            taken?;
            let holder = self.holder().await?.map(|(info, _)| info);
            let unknown =
                LockInfo { who: "a run that has just ended (Consul waits some seconds)".into(), ..LockInfo::default() };
            let who = lock_info::describe(holder.as_ref().unwrap_or(&unknown), None);
            return Err(LockError::Held { message: format!("the state is locked: {who}"), holder });
        }
        info.info = format!("consul session: {session}").into();
        let text = String::from_utf8_lossy(&lock_info::encode(&info, None)).into_owned();
        self.put(&Values::path(&self.beside(".lockinfo")), text).await?;
        let (values, path) = (self.values.clone(), format!("/v1/session/renew/{session}"));
        let renewal = tokio::spawn(async move {
            loop {
                tokio::time::sleep(RENEWAL).await;
                // If this fails for too long the lock is lost, which the next write finds out.
                let _ = values.call("PUT", &path, Some(Vec::new())).await;
            }
        });
        Ok(Box::new(ConsulLock { store: self.clone(), info, held: Some((session, renewal)) }))
    }

    async fn force_unlock(&self, id: &str) -> Result<(), LockError> {
        match self.holder().await? {
            None => Err(lock_info::not_locked(&self.state.name)),
            Some((info, session)) if &*info.id == id => self.end(&session).await,
            Some((info, _)) => Err(lock_info::other_id(id, &info, None)),
        }
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
