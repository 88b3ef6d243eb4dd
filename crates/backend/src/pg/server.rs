//! The database: connections and tables.

use super::message::{describe, failed};
use super::settings::{PgSettings, quoted};
use super::tls::Encryption;
use formwork_model::StoreError;
use std::sync::Arc;
use tokio::sync::Mutex;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error};

/// A database with its settings.
pub(super) struct Server {
    pub settings: PgSettings,
    encryption: Encryption,
    /// The tables of our own are there.
    pub has_companions: bool,
    /// For reading.
    reader: Mutex<Option<Arc<Client>>>,
}

impl Server {
    /// Connects, and makes the tables that are missing. Also gives what the user should know.
    pub async fn open(settings: PgSettings) -> Result<(Server, Vec<String>), StoreError> {
        let encryption = Encryption::new(&settings.target.tls)
            .map_err(|error| StoreError::new(format!("The connection to PostgreSQL cannot be encrypted: {error}.")))?;
        let mut server = Server { settings, encryption, has_companions: false, reader: Mutex::default() };
        let client = server.reader().await?;
        server.make_tables(&client).await?;
        let problem = server.make_companions(&client).await;
        let found = client
            .query_one(
                "SELECT to_regclass($1) IS NOT NULL AND to_regclass($2) IS NOT NULL",
                &[&server.runs(), &server.journal()],
            )
            .await;
        server.has_companions = found.map_err(|error| failed("The tables cannot be looked up", &error))?.get(0);
        let warnings = match server.has_companions {
            true => Vec::new(),
            false => vec![format!(
                "Formwork cannot keep its journal in the database{}, so it is on this machine only, and locks have no \
                 epochs. Let it make the tables formwork_runs and formwork_journal in the schema {:?}.",
                problem.map(|problem| format!(" ({problem})")).unwrap_or_default(),
                server.settings.schema
            )],
        };
        Ok((server, warnings))
    }

    pub fn states(&self) -> String {
        self.settings.name("states")
    }

    pub fn runs(&self) -> String {
        self.settings.name("formwork_runs")
    }

    pub fn journal(&self) -> String {
        self.settings.name("formwork_journal")
    }

    /// A new session.
    pub async fn connect(&self) -> Result<Client, Error> {
        let (client, connection) = self.settings.target.config.connect(self.encryption.clone()).await?;
        tokio::spawn(async move {
            // Whoever uses the client is told what went wrong.
            let _ = connection.await;
        });
        Ok(client)
    }

    /// As [`Server::connect`], with an error for users.
    pub async fn session(&self) -> Result<Client, StoreError> {
        self.connect().await.map_err(|error| self.unreachable(&error))
    }

    fn unreachable(&self, error: &Error) -> StoreError {
        StoreError::new(format!(
            "The database at {} cannot be reached: {}. See conn_str and the PG* environment variables; encryption is \
             required unless sslmode says otherwise.",
            self.settings.target.place,
            describe(error)
        ))
    }

    /// The session for statements that may be repeated, made anew if it has ended.
    pub async fn connect_reader(&self) -> Result<Arc<Client>, Error> {
        let mut reader = self.reader.lock().await;
        if let Some(client) = reader.as_ref().filter(|client| !client.is_closed()) {
            return Ok(client.clone());
        }
        let client = Arc::new(self.connect().await?);
        *reader = Some(client.clone());
        Ok(client)
    }

    /// As [`Server::connect_reader`], with an error for users.
    pub async fn reader(&self) -> Result<Arc<Client>, StoreError> {
        self.connect_reader().await.map_err(|error| self.unreachable(&error))
    }

    /// The tables of the ecosystem (fact sheet `backends.md` 5).
    async fn make_tables(&self, client: &Client) -> Result<(), StoreError> {
        let settings = &self.settings;
        let schema = quoted(&settings.schema);
        if !settings.skip_schema_creation {
            let known = "SELECT count(*) FROM information_schema.schemata WHERE schema_name = $1";
            let known = client.query_one(known, &[&settings.schema]).await;
            let known: i64 = known.map_err(|error| failed("The schemas cannot be listed", &error))?.get(0);
            if known == 0 {
                make(client, &format!("CREATE SCHEMA {schema}")).await?;
            }
        }
        if !settings.skip_table_creation {
            make_unless(
                client,
                "public.global_states_id_seq",
                "CREATE SEQUENCE IF NOT EXISTS public.global_states_id_seq AS bigint",
            )
            .await?;
            let table = self.states();
            let create = format!(
                "CREATE TABLE IF NOT EXISTS {table} (id bigint NOT NULL DEFAULT nextval('public.global_states_id_seq') \
                 PRIMARY KEY, name text UNIQUE, data text)"
            );
            make_unless(client, &table, &create).await?;
        }
        if !settings.skip_index_creation {
            let create = format!("CREATE UNIQUE INDEX IF NOT EXISTS states_by_name ON {} (name)", self.states());
            make_unless(client, &settings.name("states_by_name"), &create).await?;
        }
        Ok(())
    }

    /// Tables of our own. What keeps them from being made is not the end: others may have made them.
    async fn make_companions(&self, client: &Client) -> Option<String> {
        if self.settings.skip_table_creation {
            return Some("skip_table_creation is set".to_owned());
        }
        let (runs, journal) = (self.runs(), self.journal());
        let tables = [
            (&runs, "name text PRIMARY KEY, epoch bigint NOT NULL, holder integer, lock_info text, in_doubt bytea"),
            (&journal, "name text, number bigint, data bytea NOT NULL, PRIMARY KEY (name, number)"),
        ];
        for (name, columns) in tables {
            let create = format!("CREATE TABLE IF NOT EXISTS {name} ({columns})");
            if let Err(error) = make_unless(client, name, &create).await {
                return Some(error.message);
            }
        }
        None
    }
}

/// Nothing is made that is there: that would need rights which users of a finished database have no need of.
async fn make_unless(client: &Client, name: &str, statement: &str) -> Result<(), StoreError> {
    let found = client.query_one("SELECT to_regclass($1) IS NOT NULL", &[&name]).await;
    if found.map_err(|error| failed("The tables cannot be looked up", &error))?.get(0) {
        return Ok(());
    }
    make(client, statement).await
}

async fn make(client: &Client, statement: &str) -> Result<(), StoreError> {
    match client.batch_execute(statement).await {
        // Another process makes the same at this moment.
        Err(error)
            if [
                SqlState::UNIQUE_VIOLATION,
                SqlState::DUPLICATE_SCHEMA,
                SqlState::DUPLICATE_TABLE,
                SqlState::DUPLICATE_OBJECT,
            ]
            .contains(error.code().unwrap_or(&SqlState::SUCCESSFUL_COMPLETION)) =>
        {
            Ok(())
        }
        result => result.map_err(|error| failed(&format!("The database refuses {statement:?}"), &error)),
    }
}
