//! The state during one command: locked, recovered, journalled, written, unlocked.
//!
//! A crash at any point is safe. What a run has learnt is in the journal until a state with it has been written; what
//! nobody knows is in the list of effects in doubt before the journal goes away; both steps may be repeated.

use crate::durable;
use crate::journal::{self, JournalFile, JournalFileError, JournalPaths, Recovered, RemoteLog, recover_pieces};
use crate::state_file::{encode, same_content};
use formwork_model::{
    InDoubt, Journal, JournalEntry, JournalError, Lock, LockError, LockInfo, OperationKind, ResourceInstance, State,
    StateSnapshot, StateStore, StoreError, TERRAFORM_VERSION,
};
use formwork_value::Str;
use std::fmt;
use std::sync::Arc;

/// Why the state cannot be used.
#[derive(Debug)]
pub enum SessionError {
    Lock(LockError),
    Store(StoreError),
    JournalFile(JournalFileError),
    Journal(JournalError),
    /// What an interrupted run left does not fit the state that is there now.
    Mismatch(String),
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SessionError::Lock(error) => error.fmt(f),
            SessionError::Store(error) => error.fmt(f),
            SessionError::JournalFile(error) => error.fmt(f),
            SessionError::Journal(error) => error.fmt(f),
            SessionError::Mismatch(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for SessionError {}

impl From<LockError> for SessionError {
    fn from(error: LockError) -> SessionError {
        SessionError::Lock(error)
    }
}

impl From<StoreError> for SessionError {
    fn from(error: StoreError) -> SessionError {
        SessionError::Store(error)
    }
}

impl From<JournalFileError> for SessionError {
    fn from(error: JournalFileError) -> SessionError {
        SessionError::JournalFile(error)
    }
}

impl From<JournalError> for SessionError {
    fn from(error: JournalError) -> SessionError {
        SessionError::Journal(error)
    }
}

/// How far the end of a run came.
#[derive(Debug)]
pub enum FinishError {
    /// The store does not have the new state.
    NotWritten(SessionError),
    /// It has, but the journal or the list of effects in doubt could not be brought up to date.
    NotCleared(SessionError),
}

impl fmt::Display for FinishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FinishError::NotWritten(error) | FinishError::NotCleared(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for FinishError {}

/// Where the state and its journal are.
#[derive(Clone)]
pub struct StatePlace {
    pub store: Arc<dyn StateStore>,
    pub journal: JournalPaths,
    /// Keeps the journal beside a remote state as well.
    pub remote: Option<Arc<dyn RemoteLog>>,
    /// A state that is about to take the place of the stored one. An interrupted run whose results it has need not fit the
    /// stored one.
    pub replacement: Option<Arc<StateSnapshot>>,
}

/// What was brought in and is only in memory yet.
#[derive(Default)]
struct Unsaved {
    snapshot: bool,
    in_doubt: bool,
}

/// The state in the hands of one command.
pub struct StateSession {
    place: StatePlace,
    lock: Option<Box<dyn Lock>>,
    snapshot: Option<StateSnapshot>,
    in_doubt: Vec<InDoubt>,
    recovered: Option<Recovered>,
    unsaved: Unsaved,
    /// What the journal has is in the state that is about to be written, and nowhere else: it stays until then.
    covered: bool,
    /// The journal belongs to a run that goes on.
    other_run: bool,
    journal: Option<Arc<JournalFile>>,
    /// Lineage of a state that does not exist yet.
    fresh_lineage: Str,
}

impl StateSession {
    /// Locks the state (unless `lock` is `None`), reads it, and brings in what an interrupted run left. Without the lock
    /// that stays in memory until a run begins. `fresh_lineage` is given to a state that does not exist yet when it is
    /// first written.
    pub async fn open(
        place: StatePlace,
        lock: Option<LockInfo>,
        fresh_lineage: Str,
    ) -> Result<StateSession, SessionError> {
        StateSession::open_for(place, lock, fresh_lineage, true).await
    }

    /// As [`StateSession::open`], but nothing is written: what an interrupted run left stays in memory, also under the lock.
    pub async fn open_to_read(place: StatePlace, lock: Option<LockInfo>) -> Result<StateSession, SessionError> {
        StateSession::open_for(place, lock, Str::default(), false).await
    }

    async fn open_for(
        place: StatePlace,
        lock: Option<LockInfo>,
        fresh_lineage: Str,
        settles: bool,
    ) -> Result<StateSession, SessionError> {
        let lock = match lock {
            Some(info) => Some(place.store.lock(info).await?),
            None => None,
        };
        let mut session = StateSession {
            place,
            lock,
            snapshot: None,
            in_doubt: Vec::new(),
            recovered: None,
            unsaved: Unsaved::default(),
            covered: false,
            other_run: false,
            journal: None,
            fresh_lineage,
        };
        match session.load(settles).await {
            Ok(()) => Ok(session),
            Err(error) => {
                // The first error is the one to tell.
                let _ = session.close().await;
                Err(error)
            }
        }
    }

    async fn load(&mut self, settles: bool) -> Result<(), SessionError> {
        self.snapshot = self.place.store.read().await?;
        self.in_doubt = self.load_in_doubt().await?;
        let local = match journal::recover(&self.place.journal.journal) {
            // Who does not lock may look while another run goes on.
            Err(JournalFileError::InUse { .. }) if self.lock.is_none() => {
                self.other_run = true;
                return Ok(());
            }
            recovered => recovered?,
        };
        let pieces = match (&self.place.remote, &self.lock) {
            (Some(remote), Some(_)) => remote.pieces().await?,
            // Without the lock they may belong to a run that goes on elsewhere.
            _ => Vec::new(),
        };
        let uploaded = recover_pieces(&pieces).map_err(SessionError::Mismatch)?;
        if let Some(recovered) = self.last_run(local, uploaded) {
            self.fold_in(recovered)?;
        }
        if self.lock.is_some() && settles {
            self.settle_recovery().await?;
            if !self.covered {
                self.remove_journal(!pieces.is_empty()).await?;
            }
            self.forget_found().await?;
        }
        Ok(())
    }

    /// Of what is in the local journal and in the uploaded one, the run that nobody has recovered yet. What another
    /// machine has recovered is in the state, or in doubt, and must not be brought in once more.
    fn last_run(&self, local: Option<Recovered>, uploaded: Option<Recovered>) -> Option<Recovered> {
        match (local, uploaded) {
            // The local one has more: everything that happened after the last upload.
            (Some(local), Some(uploaded)) if local.run == uploaded.run => Some(local),
            (Some(local), None) if !self.is_recovered_elsewhere(&local) => Some(local),
            // The other run could not begin before the local one was recovered.
            (_, uploaded) => uploaded,
        }
    }

    /// True if a run has begun to create things, so that its journal was uploaded, but the upload is not there any more
    /// and the state has moved on.
    fn is_recovered_elsewhere(&self, local: &Recovered) -> bool {
        let Some(snapshot) = &self.snapshot else { return false };
        let moved_on = snapshot.lineage == local.lineage && snapshot.serial > local.base_serial;
        self.place.remote.is_some() && self.lock.is_some() && local.creates && moved_on && !has_written(local, snapshot)
    }

    /// The list beside the state. Beside a remote state there is one for all machines.
    async fn load_in_doubt(&self) -> Result<Vec<InDoubt>, SessionError> {
        let Some(remote) = &self.place.remote else {
            return Ok(journal::load_in_doubt(&self.place.journal.in_doubt)?);
        };
        let Some(bytes) = remote.in_doubt().await? else { return Ok(Vec::new()) };
        let damaged =
            |reason| SessionError::Mismatch(format!("The remote list of effects in doubt is damaged: {reason}."));
        journal::decode_in_doubt(&bytes).map_err(damaged)
    }

    /// Brings results into the snapshot and effects in doubt into their list, in memory.
    fn fold_in(&mut self, recovered: Recovered) -> Result<(), SessionError> {
        if !recovered.ended {
            if let Some(snapshot) = self.replayed(&recovered)? {
                self.snapshot = Some(snapshot);
                self.unsaved.snapshot = true;
            }
            let before = self.in_doubt.len();
            self.in_doubt.retain(|doubt| !recovered.settles(doubt));
            self.unsaved.in_doubt |= self.in_doubt.len() != before;
            recovered.in_doubt.iter().cloned().for_each(|doubt| self.add_doubt(doubt));
        }
        self.recovered = Some(recovered);
        Ok(())
    }

    /// Saves what was brought in: effects in doubt first, because they are nowhere else once the journal is gone.
    async fn settle_recovery(&mut self) -> Result<(), SessionError> {
        if self.unsaved.in_doubt {
            self.save_in_doubt().await?;
        }
        if let Some(snapshot) = self.snapshot.as_ref().filter(|_| self.unsaved.snapshot) {
            self.place.store.write(snapshot).await?;
            self.unsaved.snapshot = false;
        }
        Ok(())
    }

    /// The state with the results of an interrupted run; `None` if it has them.
    fn replayed(&mut self, recovered: &Recovered) -> Result<Option<StateSnapshot>, SessionError> {
        let base = match &self.snapshot {
            Some(snapshot) => snapshot.clone(),
            None => StateSnapshot { lineage: recovered.lineage.clone(), ..StateSnapshot::default() },
        };
        let mut snapshot = base.clone();
        journal::replay(&mut snapshot, recovered);
        if same_content(&base.state, &snapshot.state) {
            return Ok(None);
        }
        if let Err(mismatch) = self.check_base(&base, recovered) {
            self.covered = self.is_in_replacement(recovered);
            return if self.covered { Ok(None) } else { Err(mismatch) };
        }
        snapshot.serial += 1;
        snapshot.terraform_version = TERRAFORM_VERSION.into();
        Ok(Some(snapshot))
    }

    /// True if the state that is about to be written has all that the run has left.
    fn is_in_replacement(&self, recovered: &Recovered) -> bool {
        let Some(new) = self.place.replacement.as_ref().filter(|new| new.lineage == recovered.lineage) else {
            return false;
        };
        let mut replayed = StateSnapshot::clone(new);
        journal::replay(&mut replayed, recovered);
        same_content(&new.state, &replayed.state)
    }

    /// Writes the state that takes the place of the stored one, with its own lineage and serial. A journal whose results are in
    /// it goes.
    pub async fn replace(&mut self, snapshot: StateSnapshot) -> Result<(), SessionError> {
        self.write_snapshot(snapshot).await?;
        if self.covered {
            self.remove_journal(self.place.remote.is_some()).await?;
            self.covered = false;
        }
        Ok(())
    }

    /// The results belong to the state from which the run started, or to one that the run itself wrote.
    fn check_base(&self, base: &StateSnapshot, recovered: &Recovered) -> Result<(), SessionError> {
        let same_lineage = base.lineage == recovered.lineage || base.lineage.is_empty() || recovered.lineage.is_empty();
        let of_run = base.serial == recovered.base_serial || has_written(recovered, base);
        if same_lineage && of_run {
            return Ok(());
        }
        let found = match &self.snapshot {
            None => "there is no state now, or it is empty".to_owned(),
            Some(_) if !same_lineage => format!("the state now has the lineage {:?}", base.lineage),
            Some(_) => format!("the state now has serial {}, written by another program", base.serial),
        };
        Err(SessionError::Mismatch(format!(
            "A run that was interrupted has left {} results in {}. They belong to a state with lineage {:?} and serial \
             {}, but {found}. Restore that state, for example from its backup, and run again. If that run has written \
             errored.tfstate, \"formwork state push errored.tfstate\" brings it all in. If the results are not wanted, move \
             the file away.",
            recovered.results.len(),
            self.place.journal.journal.display(),
            recovered.lineage,
            recovered.base_serial,
        )))
    }

    /// Adds a creation to the list of effects in doubt. Of the other effects the next refresh tells, and objects of built-in
    /// providers exist in the state only.
    fn add_doubt(&mut self, doubt: InDoubt) {
        let creates = matches!(doubt.kind, OperationKind::Create | OperationKind::CreateReplacement { .. });
        if creates && !doubt.provider.provider.is_builtin() && !self.in_doubt.contains(&doubt) {
            self.in_doubt.push(doubt);
            self.unsaved.in_doubt = true;
        }
    }

    async fn save_in_doubt(&mut self) -> Result<(), SessionError> {
        match &self.place.remote {
            None => journal::store_in_doubt(&self.place.journal.in_doubt, &self.in_doubt)?,
            Some(remote) => {
                let list = Some(&self.in_doubt).filter(|list| !list.is_empty());
                remote.set_in_doubt(list.map(|list| journal::encode_in_doubt(list))).await?;
            }
        }
        self.unsaved.in_doubt = false;
        Ok(())
    }

    async fn remove_journal(&self, is_remote: bool) -> Result<(), SessionError> {
        if let Some(remote) = self.place.remote.as_ref().filter(|_| is_remote) {
            remote.clear().await?;
        }
        let path = &self.place.journal.journal;
        if path.exists() {
            durable::remove(path)
                .and_then(|()| durable::sync_directory_of(path))
                .map_err(|error| JournalFileError::Io { path: path.clone(), error })?;
        }
        Ok(())
    }

    /// The state as last read or written; `None` if there is none yet.
    pub fn snapshot(&self) -> Option<&StateSnapshot> {
        self.snapshot.as_ref()
    }

    /// The lineage of the state, or that which it will have.
    pub fn lineage(&self) -> &Str {
        let stored = self.snapshot.as_ref().map(|snapshot| &snapshot.lineage);
        stored.filter(|lineage| !lineage.is_empty()).unwrap_or(&self.fresh_lineage)
    }

    /// Effects of earlier runs of which nobody knows whether they happened. Planning their addresses must stop.
    pub fn in_doubt(&self) -> &[InDoubt] {
        &self.in_doubt
    }

    /// What an interrupted run had left, now part of the state.
    pub fn recovered(&self) -> Option<&Recovered> {
        self.recovered.as_ref()
    }

    /// Takes an effect from the list: the user has said what became of it.
    pub async fn settle(&mut self, doubt: &InDoubt) -> Result<(), SessionError> {
        self.in_doubt.retain(|other| other != doubt);
        self.save_in_doubt().await
    }

    /// Makes room for the object of a replacement that was in doubt and has been found: the old object is deposed, in
    /// memory, under the key that the run had for it.
    pub fn depose_for(&mut self, address: &ResourceInstance) {
        let doubts = self.in_doubt.iter().filter(|doubt| doubt.address == *address);
        let key = doubts.into_iter().find_map(|doubt| match &doubt.kind {
            OperationKind::CreateReplacement { depose_as } => Some(depose_as),
            _ => None,
        });
        if let (Some(key), Some(snapshot)) = (key, &mut self.snapshot) {
            journal::depose(snapshot, address, key, None);
        }
    }

    /// Objects that are in the state are not in doubt, whoever brought them there. Of a replacement the old object tells
    /// nothing.
    async fn forget_found(&mut self) -> Result<(), SessionError> {
        let Some(snapshot) = &self.snapshot else { return Ok(()) };
        let is_open =
            |doubt: &InDoubt| doubt.kind != OperationKind::Create || snapshot.state.object(&doubt.address).is_none();
        if self.in_doubt.iter().all(is_open) {
            return Ok(());
        }
        self.in_doubt.retain(is_open);
        self.save_in_doubt().await
    }

    /// As [`StateSession::begin`], for a run that starts from `prior`: the state after refresh and moves. If objects are
    /// at other addresses there than in the stored state, it is stored first, because the results of an interrupted run
    /// are brought into the stored state.
    pub async fn begin_from(
        &mut self,
        prior: &State,
        run: Str,
        reserve: u64,
    ) -> Result<Arc<dyn Journal>, SessionError> {
        let stored = self.snapshot.as_ref().map(|snapshot| &snapshot.state);
        let is_stored = |address: &ResourceInstance| stored.is_some_and(|state| state.instance(address).is_some());
        if prior.instances().any(|(address, ..)| !is_stored(&address)) {
            self.write(prior.clone()).await?;
        }
        self.begin(run, reserve).await
    }

    /// Begins a run that changes things. The journal takes `reserve` bytes in advance; without space the run cannot begin.
    pub async fn begin(&mut self, run: Str, reserve: u64) -> Result<Arc<dyn Journal>, SessionError> {
        // Without a lock this has waited until now.
        if !self.other_run {
            self.settle_recovery().await?;
            self.remove_journal(false).await?;
        }
        let mut journal = JournalFile::create(&self.place.journal.journal, reserve)?;
        if let Some(remote) = &self.place.remote {
            journal = journal.with_remote(remote.clone());
        }
        let (lineage, serial) = match &self.snapshot {
            Some(snapshot) if !snapshot.lineage.is_empty() => (snapshot.lineage.clone(), snapshot.serial),
            Some(snapshot) => (self.fresh_lineage.clone(), snapshot.serial),
            None => (self.fresh_lineage.clone(), 0),
        };
        journal.append(vec![JournalEntry::RunBegin { run, lineage, serial }]).await?;
        let journal = Arc::new(journal);
        self.journal = Some(journal.clone());
        Ok(journal)
    }

    /// Writes the state, with the next serial, if it differs from the last one. A first state is written even if it is
    /// empty, and one that goes to another place even if it is the same (source: the reference).
    pub async fn write(&mut self, state: State) -> Result<(), SessionError> {
        let (lineage, serial) = match &self.snapshot {
            Some(last) if same_content(&last.state, &state) => {
                return match self.place.store.writes_elsewhere() {
                    true => self.write_snapshot(last.clone()).await,
                    false => Ok(()),
                };
            }
            Some(last) if !last.lineage.is_empty() => (last.lineage.clone(), last.serial),
            Some(last) => (self.fresh_lineage.clone(), last.serial),
            None => (self.fresh_lineage.clone(), 0),
        };
        self.write_snapshot(StateSnapshot {
            lineage,
            serial: serial + 1,
            terraform_version: TERRAFORM_VERSION.into(),
            state,
        })
        .await
    }

    /// Writes a snapshot as it is.
    pub async fn write_snapshot(&mut self, snapshot: StateSnapshot) -> Result<(), SessionError> {
        let encoded = encode(&snapshot);
        if let Some(journal) = &self.journal {
            // A journal that cannot be written must not keep the state from being written.
            let _ = journal.checkpoint(snapshot.serial, crc32c::crc32c(&encoded)).await;
        }
        self.place.store.write_encoded(&snapshot, encoded).await?;
        self.snapshot = Some(snapshot);
        Ok(())
    }

    /// Takes over what another place has: its effects in doubt, and its snapshot as it is.
    pub async fn take_over(
        &mut self,
        snapshot: Option<StateSnapshot>,
        in_doubt: &[InDoubt],
    ) -> Result<(), SessionError> {
        in_doubt.iter().cloned().for_each(|doubt| self.add_doubt(doubt));
        if self.unsaved.in_doubt {
            self.save_in_doubt().await?;
        }
        match snapshot {
            Some(snapshot) => self.write_snapshot(snapshot).await,
            None => Ok(()),
        }
    }

    /// Ends a run: writes its state, notes what is in doubt, and removes the journal. If one of that fails the journal
    /// stays, so that the next run does what is left.
    pub async fn finish(&mut self, state: State) -> Result<(), FinishError> {
        self.write(state).await.map_err(FinishError::NotWritten)?;
        self.conclude().await.map_err(FinishError::NotCleared)
    }

    async fn conclude(&mut self) -> Result<(), SessionError> {
        self.forget_found().await?;
        if let Some(journal) = self.journal.clone() {
            journal.in_doubt().into_iter().for_each(|doubt| self.add_doubt(doubt));
            if self.unsaved.in_doubt {
                self.save_in_doubt().await?;
            }
            journal.finish().await?;
            self.journal = None;
        }
        Ok(())
    }

    /// Lets go of the lock.
    pub async fn close(mut self) -> Result<(), LockError> {
        match self.lock.take() {
            Some(lock) => lock.unlock().await,
            None => Ok(()),
        }
    }
}

/// True if the run itself has written this state.
fn has_written(run: &Recovered, state: &StateSnapshot) -> bool {
    let mut checksums = run.checkpoints.iter().filter(|(serial, _)| *serial == state.serial).peekable();
    checksums.peek().is_some() && {
        let found = crc32c::crc32c(&encode(state));
        checksums.any(|(_, checksum)| *checksum == found)
    }
}
