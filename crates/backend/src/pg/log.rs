//! The journal beside the state, in the database.

use super::message::{describe, is_lost};
use super::store::PgStore;
use crate::journal::{RemoteLog, lost};
use async_trait::async_trait;
use formwork_model::{JournalError, StoreError};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row};

/// Tries of a statement whose connection breaks.
const TRIES: usize = 3;

/// The journal of one workspace.
pub(super) struct PgLog {
    store: PgStore,
}

fn failed(reason: &str) -> JournalError {
    JournalError(format!("The journal in the database cannot be used, so no new operation can begin: {reason}"))
}

fn of_store(error: StoreError) -> JournalError {
    failed(&error.message)
}

impl PgLog {
    pub fn new(store: PgStore) -> PgLog {
        PgLog { store }
    }

    /// Runs a statement that may be repeated.
    async fn query(&self, statement: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error> {
        let mut last = None;
        for _ in 0..TRIES {
            let client = match self.store.server().connect_reader().await {
                Ok(client) => client,
                Err(error) => {
                    last = Some(error);
                    continue;
                }
            };
            match client.query(statement, values).await {
                Err(error) if is_lost(&error) => last = Some(error),
                result => return result,
            }
        }
        match last {
            Some(error) => Err(error),
            None => Ok(Vec::new()),
        }
    }

    async fn piece(&self, number: i64) -> Result<Option<Vec<u8>>, JournalError> {
        let query = format!("SELECT data FROM {} WHERE name = $1 AND number = $2", self.store.server().journal());
        let rows = self.query(&query, &[&self.store.name(), &number]).await;
        let rows = rows.map_err(|error| failed(&describe(&error)))?;
        Ok(rows.first().map(|row| row.get(0)))
    }
}

#[async_trait]
impl RemoteLog for PgLog {
    async fn put(&self, number: u64, bytes: Vec<u8>) -> Result<(), JournalError> {
        let number = i64::try_from(number).map_err(|_| failed("it is too long"))?;
        let epoch = self.store.epoch().await.map_err(of_store)?;
        let server = self.store.server();
        let insert = format!(
            "INSERT INTO {} (name, number, data) SELECT $1, $2, $3 WHERE $4::bigint IS NULL OR EXISTS \
             (SELECT 1 FROM {} WHERE name = $1 AND epoch = $4 FOR UPDATE) RETURNING number",
            server.journal(),
            server.runs()
        );
        match self.query(&insert, &[&self.store.name(), &number, &bytes, &epoch]).await {
            Ok(rows) if rows.is_empty() => Err(lost()),
            Ok(_) => Ok(()),
            // An earlier try may have been heard, and its answer lost.
            Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
                if self.piece(number).await?.as_ref() == Some(&bytes) { Ok(()) } else { Err(lost()) }
            }
            Err(error) => Err(failed(&describe(&error))),
        }
    }

    async fn pieces(&self) -> Result<Vec<Vec<u8>>, JournalError> {
        let query = format!("SELECT data FROM {} WHERE name = $1 ORDER BY number", self.store.server().journal());
        let rows = self.query(&query, &[&self.store.name()]).await.map_err(|error| failed(&describe(&error)))?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    async fn clear(&self) -> Result<(), JournalError> {
        let delete = format!("DELETE FROM {} WHERE name = $1", self.store.server().journal());
        let deleted = self.query(&delete, &[&self.store.name()]).await;
        deleted.map(drop).map_err(|error| failed(&describe(&error)))
    }

    async fn in_doubt(&self) -> Result<Option<Vec<u8>>, JournalError> {
        let query = format!("SELECT in_doubt FROM {} WHERE name = $1", self.store.server().runs());
        let rows = self.query(&query, &[&self.store.name()]).await.map_err(|error| failed(&describe(&error)))?;
        Ok(rows.first().and_then(|row| row.get(0)))
    }

    async fn set_in_doubt(&self, list: Option<Vec<u8>>) -> Result<(), JournalError> {
        let upsert = format!(
            "INSERT INTO {} (name, epoch, in_doubt) VALUES ($1, 0, $2) ON CONFLICT (name) DO UPDATE \
             SET in_doubt = EXCLUDED.in_doubt",
            self.store.server().runs()
        );
        let stored = self.query(&upsert, &[&self.store.name(), &list]).await;
        stored.map(drop).map_err(|error| failed(&describe(&error)))
    }
}
