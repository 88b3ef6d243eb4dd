//! Workspaces of a database: rows of its table.

use super::log::PgLog;
use super::message::failed;
use super::server::Server;
use super::settings::PgSettings;
use super::store::PgStore;
use crate::backend::{Backend, check_deletable};
use crate::journal::{JournalPaths, RemoteLog, remove_remote};
use crate::local::check_name;
use crate::session::StatePlace;
use crate::state_file;
use async_trait::async_trait;
use formwork_model::StoreError;
use std::path::Path;
use std::sync::Arc;

/// The workspaces of a `pg` backend.
pub struct PgWorkspaces {
    server: Arc<Server>,
}

impl PgWorkspaces {
    /// Connects, and makes the tables that are missing. Also gives what the user should know.
    pub async fn connect(settings: PgSettings) -> Result<(PgWorkspaces, Vec<String>), StoreError> {
        let (server, warnings) = Server::open(settings).await?;
        Ok((PgWorkspaces { server: Arc::new(server) }, warnings))
    }
}

#[async_trait]
impl Backend for PgWorkspaces {
    async fn workspaces(&self) -> Result<Vec<String>, StoreError> {
        let query = format!("SELECT name FROM {} WHERE name <> 'default' ORDER BY name", self.server.states());
        let rows = self.server.reader().await?.query(&query, &[]).await;
        let rows = rows.map_err(|error| failed("The workspaces cannot be listed", &error))?;
        Ok(std::iter::once("default".to_owned()).chain(rows.iter().map(|row| row.get(0))).collect())
    }

    /// Puts an empty state, so that the workspace can be listed.
    async fn create_workspace(&self, name: &str, lineage: &str) -> Result<(), StoreError> {
        check_name(name)?;
        if name == "default" {
            return Ok(());
        }
        let data = String::from_utf8_lossy(&state_file::encode(&state_file::first(lineage))).into_owned();
        let insert =
            format!("INSERT INTO {} (name, data) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", self.server.states());
        let inserted = self.server.reader().await?.execute(&insert, &[&name, &data]).await;
        inserted.map(drop).map_err(|error| failed("The workspace cannot be created", &error))
    }

    async fn delete_workspace(&self, name: &str) -> Result<(), StoreError> {
        check_deletable(name)?;
        if self.server.has_companions {
            remove_remote(&PgLog::new(PgStore::new(self.server.clone(), name))).await?;
        }
        let delete = format!("DELETE FROM {} WHERE name = $1", self.server.states());
        let deleted = self.server.reader().await?.execute(&delete, &[&name]).await;
        deleted.map(drop).map_err(|error| failed("The workspace cannot be deleted", &error))
    }

    fn place(&self, workspace: &str, data_directory: &Path) -> Result<StatePlace, StoreError> {
        check_name(workspace)?;
        let name = if workspace.is_empty() { "default" } else { workspace };
        let store = PgStore::new(self.server.clone(), name);
        let log = || Arc::new(PgLog::new(store.clone())) as Arc<dyn RemoteLog>;
        let settings = &self.server.settings;
        let place = format!("pg:{}:{}:{name}", settings.target.place, settings.schema);
        Ok(StatePlace {
            remote: self.server.has_companions.then(log),
            journal: JournalPaths::in_data_directory(data_directory, &place),
            store: Arc::new(store),
            replacement: None,
        })
    }
}
