//! The state of one workspace as an object.

use super::{ChangeError, Condition, Object, Objects};
use crate::state_file;
use formwork_model::{StateSnapshot, StoreError};
use std::sync::{Arc, Mutex, PoisonError};

/// Tries of a write whose outcome is unclear.
const TRIES: usize = 4;

/// One client's view of the object.
#[derive(Clone)]
pub(crate) struct ObjectState {
    pub objects: Arc<dyn Objects>,
    pub name: String,
    /// What must still hold for a write: what was last read or written.
    seen: Arc<Mutex<Option<Condition>>>,
}

fn condition_of(object: Option<&Object>) -> Condition {
    object.map_or(Condition::Absent, |object| Condition::Version(object.version.clone()))
}

impl ObjectState {
    pub fn new(objects: Arc<dyn Objects>, name: String) -> ObjectState {
        ObjectState { objects, name, seen: Arc::default() }
    }

    fn see(&self, condition: Condition) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(condition);
    }

    /// What was seen does not count any more.
    pub fn forget(&self) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Empty objects are no states.
    pub async fn read(&self) -> Result<Option<StateSnapshot>, StoreError> {
        let object = self.objects.get(&self.name).await?;
        self.see(condition_of(object.as_ref()));
        let Some(object) = object.filter(|object| !object.bytes.is_empty()) else { return Ok(None) };
        state_file::decode(&object.bytes)
            .map(Some)
            .map_err(|error| StoreError::new(format!("{} cannot be read: {error}", self.objects.shown(&self.name))))
    }

    pub async fn write(&self, bytes: &[u8]) -> Result<(), StoreError> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let condition = match seen {
            Some(seen) => seen,
            None => condition_of(self.objects.get(&self.name).await?.as_ref()),
        };
        let mut problem = String::new();
        for _ in 0..TRIES {
            match self.objects.put(&self.name, bytes, &condition).await {
                Ok(version) => {
                    self.see(Condition::Version(version));
                    return Ok(());
                }
                Err(ChangeError::Failed(message)) => return Err(StoreError::new(message)),
                // An earlier try, here or of the client, may have been heard.
                Err(ChangeError::Refused) if self.is_ours(bytes).await? => return Ok(()),
                Err(ChangeError::Refused) => return Err(self.conflict()),
                Err(ChangeError::Unclear(message)) => {
                    if self.is_ours(bytes).await? {
                        return Ok(());
                    }
                    problem = message;
                }
            }
        }
        Err(StoreError::new(problem))
    }

    async fn is_ours(&self, bytes: &[u8]) -> Result<bool, StoreError> {
        match self.objects.get(&self.name).await? {
            Some(object) if object.bytes == bytes => {
                self.see(Condition::Version(object.version));
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn conflict(&self) -> StoreError {
        let shown = self.objects.shown(&self.name);
        let message =
            format!("The state {shown} was changed by another run since it was read. Nothing was written to it.");
        StoreError { message, conflict: true }
    }

    /// Puts a first, empty state, unless there is one.
    pub async fn create(&self, lineage: &str) -> Result<(), StoreError> {
        if self.read().await?.is_some() {
            return Ok(());
        }
        match self.write(&state_file::encode(&state_file::first(lineage))).await {
            // Somebody else made it at the same time.
            Err(error) if error.conflict => Ok(()),
            result => result,
        }
    }

    pub async fn remove(&self) -> Result<(), StoreError> {
        let removed = self.objects.delete(&self.name, &Condition::None).await;
        removed.map_err(|error| StoreError::new(error.message()))
    }
}
