//! Workspaces of a bucket: state objects below a prefix.

use super::client::connect;
use super::log::S3Log;
use super::object::Bucket;
use super::settings::S3Settings;
use super::store::S3Store;
use crate::backend::{Backend, check_deletable, listed};
use crate::journal::{JournalPaths, remove_remote};
use crate::local::check_name;
use crate::session::StatePlace;
use crate::state_file;
use async_trait::async_trait;
use formwork_model::{StateStore, StoreError};
use std::path::Path;
use std::sync::Arc;

/// The workspaces of an `s3` backend.
pub struct S3Workspaces {
    bucket: Arc<Bucket>,
}

impl S3Workspaces {
    pub async fn connect(settings: S3Settings) -> Result<S3Workspaces, StoreError> {
        let (client, table) = connect(&settings).await?;
        Ok(S3Workspaces { bucket: Arc::new(Bucket { client, settings, table }) })
    }

    /// The store of a workspace.
    pub fn store(&self, workspace: &str) -> Result<S3Store, StoreError> {
        check_name(workspace)?;
        Ok(S3Store::new(self.bucket.clone(), self.bucket.settings.object_key(workspace)))
    }

    fn prefix(&self) -> String {
        match self.bucket.settings.workspace_key_prefix.as_str() {
            "" => String::new(),
            prefix => format!("{prefix}/"),
        }
    }
}

#[async_trait]
impl Backend for S3Workspaces {
    async fn workspaces(&self) -> Result<Vec<String>, StoreError> {
        let prefix = self.prefix();
        let suffix = format!("/{}", self.bucket.settings.key);
        let keys = match self.bucket.list(&prefix).await? {
            Some(keys) => keys,
            // With the default prefix many are only allowed to see their own state (source: fact sheet `backends.md` 4.1).
            None if prefix == "env:/" => Vec::new(),
            None => {
                let bucket = &self.bucket.settings.bucket;
                return Err(StoreError::new(format!(
                    "The workspaces in s3://{bucket}/{prefix} cannot be listed: AccessDenied"
                )));
            }
        };
        Ok(listed(keys.iter().filter_map(|key| key.strip_prefix(&prefix)?.strip_suffix(&suffix))))
    }

    /// Puts an empty state, so that the workspace can be listed.
    async fn create_workspace(&self, name: &str, lineage: &str) -> Result<(), StoreError> {
        let store = self.store(name)?;
        if name == "default" || store.read().await?.is_some() {
            return Ok(());
        }
        match store.write(&state_file::first(lineage)).await {
            // Somebody else made it at the same time.
            Err(error) if error.conflict => Ok(()),
            result => result,
        }
    }

    async fn delete_workspace(&self, name: &str) -> Result<(), StoreError> {
        check_name(name)?;
        check_deletable(name)?;
        let key = self.bucket.settings.object_key(name);
        remove_remote(&S3Log::new(self.bucket.clone(), &key)).await?;
        self.bucket.delete(&key).await?;
        self.store(name)?.forget_digest().await
    }

    fn place(&self, workspace: &str, data_directory: &Path) -> Result<StatePlace, StoreError> {
        let store = self.store(workspace)?;
        let key = self.bucket.settings.object_key(workspace);
        let settings = &self.bucket.settings;
        let endpoint = settings.endpoint.as_deref().unwrap_or_default();
        let place = format!("s3:{endpoint}:{}/{key}", settings.bucket);
        Ok(StatePlace {
            store: Arc::new(store),
            journal: JournalPaths::in_data_directory(data_directory, &place),
            remote: Some(Arc::new(S3Log::new(self.bucket.clone(), &key))),
            replacement: None,
        })
    }
}
