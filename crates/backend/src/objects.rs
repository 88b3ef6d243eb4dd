//! State as one object among others, in services that know versions of objects.
//!
//! *Write.* On the condition that the object still has the version that was read, or is still absent. If an answer is
//! lost, the object is read back: what is there tells whether the write happened.

mod log;
mod state;

pub(crate) use log::ObjectLog;
pub(crate) use state::ObjectState;

use crate::web::{WebAnswer, WebError};
use async_trait::async_trait;
use formwork_model::StoreError;

/// Most pages of a list of names.
pub(crate) const PAGES: usize = 10_000;

/// A list that a service goes on with for ever.
pub(crate) fn too_many_pages(shown: &str) -> StoreError {
    StoreError::new(format!("{shown} cannot be listed: there are more than {PAGES} pages of names."))
}

/// Content and version.
pub(crate) struct Object {
    pub bytes: Vec<u8>,
    pub version: String,
}

/// What must hold for a change to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    None,
    Absent,
    Version(String),
}

/// Why a change did not (or may not have) happened.
#[derive(Debug)]
pub(crate) enum ChangeError {
    /// The condition does not hold.
    Refused,
    /// Nobody knows.
    Unclear(String),
    Failed(String),
}

impl ChangeError {
    /// Of a request without an answer.
    pub fn of_web(what: &str, error: &WebError) -> ChangeError {
        let message = format!("{what}: {error}");
        if error.unclear { ChangeError::Unclear(message) } else { ChangeError::Failed(message) }
    }

    /// Of an answer that is no success.
    pub fn of_answer(what: &str, answer: &WebAnswer) -> ChangeError {
        let message = format!("{what}: {}", answer.describe());
        match answer.status {
            412 => ChangeError::Refused,
            408 | 409 | 429 | 500.. => ChangeError::Unclear(message),
            _ if answer.unclear => ChangeError::Unclear(message),
            _ => ChangeError::Failed(message),
        }
    }

    pub fn message(self) -> String {
        match self {
            ChangeError::Refused => "another run was there first".to_owned(),
            ChangeError::Unclear(message) | ChangeError::Failed(message) => message,
        }
    }
}

/// Objects of a service, by their names.
#[async_trait]
pub(crate) trait Objects: Send + Sync {
    /// The name for users.
    fn shown(&self, name: &str) -> String;

    async fn get(&self, name: &str) -> Result<Option<Object>, StoreError>;

    /// Gives the new version.
    async fn put(&self, name: &str, bytes: &[u8], condition: &Condition) -> Result<String, ChangeError>;

    /// Removes an object; one that is not there is none.
    async fn delete(&self, name: &str, condition: &Condition) -> Result<(), ChangeError>;

    /// The names that begin with a text, in no order.
    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError>;
}
