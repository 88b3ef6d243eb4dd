//! The store.

use super::message::{failed, is_lost};
use super::server::Server;
use crate::{lock_info, state_file};
use async_trait::async_trait;
use formwork_model::{Lock, LockError, LockInfo, StateSnapshot, StateStore, StoreError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio_postgres::{Client, Error};

/// Tries of a write whose outcome is unclear, and of a lock.
const TRIES: usize = 3;

/// Between tries of a lock: somebody may just be on the way in or out.
const PAUSE: Duration = Duration::from_millis(100);

/// The lock under which states are created (source: fact sheet `backends.md` 5).
const CREATION: i64 = -1;

/// What the database says about the content: its MD5, empty without a state.
type Digest = String;

/// A lock in its session.
struct Hold {
    session: Client,
    key: i64,
    epoch: Option<i64>,
}

/// The state of one workspace in the database.
#[derive(Clone)]
pub struct PgStore {
    server: Arc<Server>,
    name: String,
    hold: Arc<Mutex<Option<Hold>>>,
    seen: Arc<Mutex<Option<Digest>>>,
}

/// How a transaction ended.
enum Written {
    Done(Digest),
    /// The state is another one.
    Changed,
    /// There is a newer epoch.
    Fenced,
}

/// Another session that has the lock.
struct Rival {
    process: i32,
    info: LockInfo,
}

impl PgStore {
    pub(super) fn new(server: Arc<Server>, name: &str) -> PgStore {
        PgStore { server, name: name.to_owned(), hold: Arc::default(), seen: Arc::default() }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn server(&self) -> &Server {
        &self.server
    }

    fn conflict(&self, reason: &str) -> StoreError {
        let message = format!("{reason} Nothing was written to the state {:?} in the database.", self.name);
        StoreError { message, conflict: true }
    }

    fn lost(&self) -> StoreError {
        self.conflict("The lock has been lost: another run has taken it.")
    }

    /// The content and its digest.
    async fn look(&self) -> Result<(Option<String>, Digest), StoreError> {
        let query = format!("SELECT data, md5(data) FROM {} WHERE name = $1", self.server.states());
        let mut problem = None;
        for _ in 0..TRIES {
            match self.server.reader().await?.query_opt(&query, &[&self.name]).await {
                Ok(None) => return Ok((None, String::new())),
                Ok(Some(row)) => {
                    let data = row.get::<_, Option<String>>(0).filter(|data| !data.is_empty());
                    return Ok((data, row.get::<_, Option<String>>(1).unwrap_or_default()));
                }
                Err(error) if is_lost(&error) => problem = Some(error),
                Err(error) => return Err(failed("The state cannot be read", &error)),
            }
        }
        Err(match problem {
            Some(error) => failed("The state cannot be read", &error),
            None => StoreError::new("The state cannot be read."),
        })
    }

    /// The epoch of the lock that is held; `None` without a lock. If its session has ended, the lock is taken again, which
    /// works as long as nobody else has taken it.
    pub(super) async fn epoch(&self) -> Result<Option<i64>, StoreError> {
        let mut hold = self.hold.lock().await;
        let Some(held) = hold.as_mut() else { return Ok(None) };
        if held.session.simple_query("SELECT 1").await.is_ok() {
            return Ok(held.epoch);
        }
        let session = self.server.session().await?;
        let again = session.query_one("SELECT pg_try_advisory_lock($1), pg_backend_pid()", &[&held.key]).await;
        let again = again.map_err(|error| failed("The lock cannot be taken again", &error))?;
        if !again.get::<_, bool>(0) {
            return Err(self.lost());
        }
        if let Some(epoch) = held.epoch {
            let update = format!("UPDATE {} SET holder = $3 WHERE name = $1 AND epoch = $2", self.server.runs());
            let process: i32 = again.get(1);
            let updated = session.execute(&update, &[&self.name, &epoch, &process]).await;
            if updated.map_err(|error| failed("The lock cannot be taken again", &error))? != 1 {
                return Err(self.lost());
            }
        }
        held.session = session;
        Ok(held.epoch)
    }

    /// One transaction: the epoch is ours, and the state is the one that was seen.
    async fn replace(&self, epoch: Option<i64>, data: &str, seen: &Digest) -> Result<Written, Error> {
        // If this is cancelled the session goes away, and what it has begun with it.
        let client = self.server.connect().await?;
        client
            .batch_execute(
                "BEGIN; SELECT set_config('synchronous_commit', 'on', true) \
                 WHERE current_setting('synchronous_commit') IN ('off', 'local')",
            )
            .await?;
        if let Some(epoch) = epoch {
            let query = format!("SELECT epoch FROM {} WHERE name = $1 FOR UPDATE", self.server.runs());
            let found = client.query_opt(&query, &[&self.name]).await?;
            if found.map(|row| row.get::<_, i64>(0)) != Some(epoch) {
                return Ok(Written::Fenced);
            }
        }
        let table = self.server.states();
        let row = if seen.is_empty() {
            let insert = format!(
                "INSERT INTO {table} AS s (name, data) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE \
                 SET data = EXCLUDED.data WHERE coalesce(s.data, '') = '' RETURNING md5(s.data)"
            );
            client.query_opt(&insert, &[&self.name, &data]).await?
        } else {
            let update = format!("UPDATE {table} SET data = $2 WHERE name = $1 AND md5(data) = $3 RETURNING md5(data)");
            client.query_opt(&update, &[&self.name, &data, seen]).await?
        };
        let Some(row) = row else { return Ok(Written::Changed) };
        client.batch_execute("COMMIT").await?;
        Ok(Written::Done(row.get(0)))
    }

    async fn put(&self, data: &str, seen: Digest) -> Result<(), StoreError> {
        let mut problem = None;
        for _ in 0..TRIES {
            let epoch = self.epoch().await?;
            match self.replace(epoch, data, &seen).await {
                Ok(Written::Done(digest)) => {
                    *self.seen.lock().await = Some(digest);
                    return Ok(());
                }
                Ok(Written::Fenced) => return Err(self.lost()),
                Ok(Written::Changed) if self.is_ours(data).await? => return Ok(()),
                Ok(Written::Changed) => {
                    return Err(self.conflict("The state was changed by another run since it was read."));
                }
                Err(error) if is_lost(&error) => {
                    if self.is_ours(data).await? {
                        return Ok(());
                    }
                    problem = Some(error);
                }
                Err(error) => return Err(failed("The state cannot be written", &error)),
            }
        }
        Err(match problem {
            Some(error) => failed("The state cannot be written", &error),
            None => StoreError::new("The state cannot be written."),
        })
    }

    /// True if the state is this very one; then it is what we have seen.
    async fn is_ours(&self, data: &str) -> Result<bool, StoreError> {
        let (there, digest) = self.look().await?;
        let is_ours = there.as_deref() == Some(data);
        if is_ours {
            *self.seen.lock().await = Some(digest);
        }
        Ok(is_ours)
    }

    /// Takes the lock in a session. `Err` gives the key that is busy. In tables that old versions of Terraform made, ids are
    /// `integer`.
    async fn try_lock(&self, session: &Client) -> Result<Result<i64, i64>, Error> {
        let table = self.server.states();
        let query = format!(
            "SELECT id::bigint, pg_try_advisory_lock(id), pg_try_advisory_lock({CREATION}) FROM {table} WHERE name = $1"
        );
        let release = async |key: i64| session.query_one("SELECT pg_advisory_unlock($1)", &[&key]).await.map(drop);
        let Some(row) = session.query_opt(&query, &[&self.name]).await? else {
            let row = session.query_one("SELECT pg_try_advisory_lock($1)", &[&CREATION]).await?;
            return Ok(if row.get(0) { Ok(CREATION) } else { Err(CREATION) });
        };
        let (key, has_row, has_creation): (i64, bool, bool) = (row.get(0), row.get(1), row.get(2));
        if has_creation {
            release(CREATION).await?;
        }
        match (has_row, has_creation) {
            (true, true) => Ok(Ok(key)),
            (true, false) => {
                release(key).await?;
                Ok(Err(CREATION))
            }
            (false, _) => Ok(Err(key)),
        }
    }

    /// Begins an epoch, and notes who has it.
    async fn begin_epoch(&self, session: &Client, process: i32, info: &LockInfo) -> Result<Option<i64>, Error> {
        if !self.server.has_companions {
            return Ok(None);
        }
        let insert = format!(
            "INSERT INTO {} AS r (name, epoch, holder, lock_info) VALUES ($1, 1, $2, $3) ON CONFLICT (name) DO UPDATE \
             SET epoch = r.epoch + 1, holder = EXCLUDED.holder, lock_info = EXCLUDED.lock_info RETURNING epoch",
            self.server.runs()
        );
        let text = String::from_utf8_lossy(&lock_info::encode(info, None)).into_owned();
        session.query_one(&insert, &[&self.name, &process, &text]).await.map(|row| Some(row.get(0)))
    }

    /// Who has the lock with this key.
    async fn rival(&self, key: i64) -> Result<Option<Rival>, StoreError> {
        let reader = self.server.reader().await?;
        let query = "SELECT l.pid, a.usename::text, a.application_name, host(a.client_addr), \
                     to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') \
                     FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid \
                     WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 \
                     AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
                     AND ((l.classid::bigint << 32) | l.objid::bigint) = $1";
        let failed = |error: Error| failed("The locks cannot be listed", &error);
        let Some(row) = reader.query_opt(query, &[&key]).await.map_err(failed)? else { return Ok(None) };
        let process: i32 = row.get(0);
        if self.server.has_companions {
            let query = format!("SELECT lock_info FROM {} WHERE name = $1 AND holder = $2", self.server.runs());
            let noted = reader.query_opt(&query, &[&self.name, &process]).await.map_err(failed)?;
            let noted = noted.and_then(|row| row.get::<_, Option<String>>(0));
            if let Some((info, _)) = noted.and_then(|text| lock_info::decode(text.as_bytes())) {
                return Ok(Some(Rival { process, info }));
            }
        }
        let text = |index: usize| row.get::<_, Option<String>>(index).filter(|text| !text.is_empty());
        let mut who = text(1).unwrap_or_else(|| "a user of the database".to_owned());
        if let Some(host) = text(3) {
            who = format!("{who}@{host}");
        }
        let program = text(2).map(|program| format!(", program {program}")).unwrap_or_default();
        let info = LockInfo {
            id: format!("session-{process}").into(),
            who: format!("{who} (session {process} of the database{program})").into(),
            created: text(4).unwrap_or_default().into(),
            path: key.to_string().into(),
            ..LockInfo::default()
        };
        Ok(Some(Rival { process, info }))
    }

    /// The key of the lock on the state as it is now.
    async fn key(&self) -> Result<i64, StoreError> {
        let query = format!("SELECT id::bigint FROM {} WHERE name = $1", self.server.states());
        let row = self.server.reader().await?.query_opt(&query, &[&self.name]).await;
        let row = row.map_err(|error| failed("The state cannot be looked up", &error))?;
        Ok(row.map_or(CREATION, |row| row.get(0)))
    }

    /// Who has locked the state: by its row, or, if it was taken before there was one, by the lock for creating.
    async fn holder(&self) -> Result<Option<Rival>, StoreError> {
        match self.rival(self.key().await?).await? {
            Some(rival) => Ok(Some(rival)),
            None => self.rival(CREATION).await,
        }
    }

    async fn end_session(&self, rival: &Rival) -> Result<(), StoreError> {
        let reader = self.server.reader().await?;
        let refused = |error: Error| {
            failed(
                "The session that holds the lock cannot be ended (it belongs to another user of the database). Its run \
                 cannot write any more, but the lock stays until it ends",
                &error,
            )
        };
        reader.query_one("SELECT pg_terminate_backend($1)", &[&rival.process]).await.map_err(refused)?;
        // It takes the server a moment.
        for _ in 0..100 {
            let there =
                reader.query_one("SELECT count(*) FROM pg_stat_activity WHERE pid = $1", &[&rival.process]).await;
            if there.map_err(refused)?.get::<_, i64>(0) == 0 {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(StoreError::new("The session that holds the lock does not end."))
    }
}

/// A lock.
struct PgLock {
    store: PgStore,
    info: LockInfo,
}

#[async_trait]
impl Lock for PgLock {
    fn info(&self) -> &LockInfo {
        &self.info
    }

    async fn unlock(self: Box<Self>) -> Result<(), LockError> {
        let lost = || LockError::Failed("The lock has been lost: its session in the database has ended.".into());
        let hold = self.store.hold.lock().await.take().ok_or_else(lost)?;
        if let Some(epoch) = hold.epoch {
            let clear = format!(
                "UPDATE {} SET holder = NULL, lock_info = NULL WHERE name = $1 AND epoch = $2",
                self.store.server.runs()
            );
            let cleared = hold.session.execute(&clear, &[&self.store.name, &epoch]).await;
            if cleared.map_err(|_| lost())? != 1 {
                return Err(lost());
            }
        }
        let released = hold.session.query_one("SELECT pg_advisory_unlock($1)", &[&hold.key]).await;
        if released.map_err(|_| lost())?.get(0) { Ok(()) } else { Err(lost()) }
    }
}

#[async_trait]
impl StateStore for PgStore {
    async fn lock(&self, mut info: LockInfo) -> Result<Box<dyn Lock>, LockError> {
        let store_failed = |error: StoreError| LockError::Failed(error.message);
        let sql_failed = |error: Error| store_failed(failed("The state cannot be locked", &error));
        let session = self.server.session().await.map_err(store_failed)?;
        let mut busy = CREATION;
        for attempt in 0..TRIES {
            if attempt > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            match self.try_lock(&session).await.map_err(sql_failed)? {
                Ok(key) => {
                    let alone = "SELECT pg_backend_pid(), (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() \
                                 AND locktype = 'advisory')";
                    let row = session.query_one(alone, &[]).await.map_err(sql_failed)?;
                    if row.get::<_, i64>(1) == 0 {
                        return Err(LockError::Failed(
                            "The lock does not stay with its session: there is a connection pool between this program \
                             and the database. Connect to the database itself, or let the pool work by session."
                                .into(),
                        ));
                    }
                    info.path = key.to_string().into();
                    let epoch = self.begin_epoch(&session, row.get(0), &info).await.map_err(sql_failed)?;
                    *self.hold.lock().await = Some(Hold { session, key, epoch });
                    return Ok(Box::new(PgLock { store: self.clone(), info }));
                }
                Err(key) => busy = key,
            }
        }
        let holder = self.rival(busy).await.map_err(store_failed)?.map(|rival| rival.info);
        let unknown = LockInfo::default();
        let what = if busy == CREATION { "states are locked for creating one" } else { "the state is locked" };
        let message = format!("{what}: {}", lock_info::describe(holder.as_ref().unwrap_or(&unknown), None));
        Err(LockError::Held { message, holder })
    }

    async fn force_unlock(&self, id: &str) -> Result<(), LockError> {
        let store_failed = |error: StoreError| LockError::Failed(error.message);
        let Some(rival) = self.holder().await.map_err(store_failed)? else {
            return Err(lock_info::not_locked(&format!("{:?}", self.name)));
        };
        if &*rival.info.id != id {
            return Err(lock_info::other_id(id, &rival.info, None));
        }
        if self.server.has_companions {
            let bump = format!(
                "UPDATE {} SET epoch = epoch + 1, holder = NULL, lock_info = NULL WHERE name = $1",
                self.server.runs()
            );
            let bumped = self.server.reader().await.map_err(store_failed)?.execute(&bump, &[&self.name]).await;
            bumped.map_err(|error| store_failed(failed("The epoch cannot be ended", &error)))?;
        }
        self.end_session(&rival).await.map_err(store_failed)
    }

    async fn read(&self) -> Result<Option<StateSnapshot>, StoreError> {
        let (data, digest) = self.look().await?;
        *self.seen.lock().await = Some(digest);
        let Some(data) = data else { return Ok(None) };
        state_file::decode(data.as_bytes()).map(Some).map_err(|error| {
            StoreError::new(format!("The state {:?} in the database cannot be read: {error}", self.name))
        })
    }

    async fn write(&self, snapshot: &StateSnapshot) -> Result<(), StoreError> {
        self.write_encoded(snapshot, state_file::encode(snapshot)).await
    }

    async fn write_encoded(&self, _: &StateSnapshot, encoded: Vec<u8>) -> Result<(), StoreError> {
        let data = String::from_utf8(encoded).map_err(|_| StoreError::new("The state is not UTF-8."))?;
        let known = self.seen.lock().await.clone();
        let seen = match known {
            Some(digest) => digest,
            None => self.look().await?.1,
        };
        self.put(&data, seen).await
    }
}
