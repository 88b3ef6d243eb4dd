//! Moving states from one backend to another. Source of the rules: fact sheet `backends.md` 1.3, and the reference itself.

use super::settings::BackendSettings;
use crate::data_dir::DEFAULT_WORKSPACE;
use crate::machine::{MachineEntropy, random_id};
use crate::prompt::answer;
use crate::session::Session;
use crate::state_access::{LockFlags, session_problem, with_state};
use formwork_backend::{Backend, StatePlace, StateSession, state_file};
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::{StateSnapshot, StoreError};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

/// One of the two backends.
pub struct Side {
    pub kind: String,
    pub backend: Arc<dyn Backend>,
    pub workspaces: Vec<String>,
}

impl Side {
    /// Opens a backend and lists its workspaces.
    pub async fn open(session: &Session, settings: &BackendSettings) -> Result<Side, Diagnostics> {
        let backend = settings.open(session, &super::LocalFlags::default()).await?;
        let workspaces = backend.workspaces().await.map_err(|error| failed(&error))?;
        Ok(Side { kind: settings.kind.to_string(), backend, workspaces })
    }

    /// True if there is nothing but the default workspace.
    fn is_single(&self) -> bool {
        !self.backend.has_workspaces() || self.workspaces.iter().all(|name| name == DEFAULT_WORKSPACE)
    }
}

/// Who may be asked, and how to lock.
pub struct Manner {
    pub lock: LockFlags,
    /// Every question is answered with yes.
    pub force: bool,
    pub input: bool,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Migrated {
    /// This many states were copied.
    Copied(usize),
    /// The user has said no: the new backend is taken as it is.
    Declined,
}

fn failed(error: &StoreError) -> Diagnostics {
    Diagnostic::error("Cannot copy the state", error.to_string()).blame(Blame::Environment).into()
}

/// True if there is something to lose: objects, or effects in doubt. What an interrupted run has left counts.
pub fn has_something(state: &StateSession) -> bool {
    state.snapshot().is_some_and(|snapshot| !snapshot.state.is_empty()) || !state.in_doubt().is_empty()
}

/// Copies states with what is in doubt about them, as far as the user agrees: all workspaces, or, to a backend that keeps one
/// state only, that of the selected workspace. Where the new backend has other states they are replaced.
pub async fn migrate(
    session: &Session,
    from: &Side,
    to: &Side,
    selected: &str,
    manner: &Manner,
) -> Result<Migrated, Diagnostics> {
    if from.is_single() {
        return copy(session, (from, DEFAULT_WORKSPACE), (to, DEFAULT_WORKSPACE), manner, !manner.force).await;
    }
    if !to.backend.has_workspaces() {
        let question = format!(
            "Do you want to copy only your current workspace?\n  The backend {:?} has several workspaces, the new backend \
             {:?} has no workspaces at all. The state of the workspace {selected:?} would be the only one in the new \
             backend; the others stay where they are.",
            from.kind, to.kind
        );
        agree(session, manner, &question)?;
        let copied = copy(session, (from, selected), (to, DEFAULT_WORKSPACE), manner, !manner.force).await?;
        select(session, DEFAULT_WORKSPACE)?;
        return Ok(copied);
    }
    let question = format!(
        "Do you want to migrate all workspaces to {:?}?\n  {} workspaces of the backend {:?} would be copied under their \
         names. States that the new backend has under these names are overwritten.",
        to.kind,
        from.workspaces.len(),
        from.kind
    );
    agree(session, manner, &question)?;
    let mut count = 0;
    for workspace in &from.workspaces {
        if let Migrated::Copied(copied) = copy(session, (from, workspace), (to, workspace), manner, false).await? {
            count += copied;
        }
    }
    // The selected one is there as well, even if it is empty.
    if from.workspaces.iter().any(|name| name == selected) {
        make(to, selected).await?;
    }
    Ok(Migrated::Copied(count))
}

/// Goes on if the user says yes.
fn agree(session: &Session, manner: &Manner, question: &str) -> Result<(), Diagnostics> {
    if manner.force {
        return Ok(());
    }
    if !manner.input {
        return Err(nobody_to_ask());
    }
    if answer(session, question) == Some(true) {
        return Ok(());
    }
    let detail = "The states were not copied, and the backend was left as it is.";
    Err(Diagnostic::error("Migration aborted by user", detail).into())
}

fn nobody_to_ask() -> Diagnostics {
    let detail = "There are states where the backend was until now, and nobody can be asked whether to take them along. Give \
                  -force-copy to copy them, or answer the question without -input=false and -json.";
    Diagnostic::error("Existing states, and no answer what to do with them", detail).into()
}

fn select(session: &Session, name: &str) -> Result<(), Diagnostics> {
    session.data_dir().select_workspace(name).map_err(|error| {
        let detail = format!("{} cannot be written: {error}.", session.data_dir().path().display());
        Diagnostic::error("Cannot remember the workspace", detail).blame(Blame::Environment).into()
    })
}

async fn make(side: &Side, workspace: &str) -> Result<(), Diagnostics> {
    if workspace == DEFAULT_WORKSPACE {
        return Ok(());
    }
    let lineage = random_id(&MachineEntropy);
    side.backend.create_workspace(workspace, &lineage).await.map_err(|error| failed(&error))
}

/// Copies one state, under the locks of both.
async fn copy(
    session: &Session,
    (from, workspace): (&Side, &str),
    (to, target): (&Side, &str),
    manner: &Manner,
    ask: bool,
) -> Result<Migrated, Diagnostics> {
    let source = place(session, &*from.backend, workspace)?;
    with_state(session, &source, &manner.lock, "migration source state", async |state: &mut StateSession| {
        if !has_something(state) {
            return Ok(Migrated::Copied(0));
        }
        make(to, target).await?;
        let place = place(session, &*to.backend, target)?;
        with_state(session, &place, &manner.lock, "migration destination state", async |there: &mut StateSession| {
            if state.snapshot() == there.snapshot() && state.in_doubt().iter().all(|d| there.in_doubt().contains(d)) {
                return Ok(Migrated::Copied(0));
            }
            if ask && !may_copy(session, (from, state), (to, there), manner)? {
                return Ok(Migrated::Declined);
            }
            let copied = there.take_over(state.snapshot().cloned(), state.in_doubt()).await;
            copied.map(|()| Migrated::Copied(1)).map_err(|error| session_problem(&error))
        })
        .await
    })
    .await
}

/// Asks. If both have a state they lie in files until the answer, to be looked at.
fn may_copy(
    session: &Session,
    (from, source): (&Side, &StateSession),
    (to, target): (&Side, &StateSession),
    manner: &Manner,
) -> Result<bool, Diagnostics> {
    if !manner.input {
        return Err(nobody_to_ask());
    }
    let (old, new) = (&from.kind, &to.kind);
    if !has_something(target) {
        let question = format!(
            "Do you want to copy existing state to the new backend?\n  The backend {old:?}, which was used until now, has a \
             state; the new backend {new:?} has none. Enter \"yes\" to copy it, \"no\" to begin with an empty state."
        );
        return Ok(answer(session, &question) == Some(true));
    }
    let shown = Shown::new(&[(old, source.snapshot()), (new, target.snapshot())])?;
    let question = format!(
        "Do you want to copy existing state to the new backend?\n  The backend {old:?}, which was used until now, has a state, \
         and the new backend {new:?} has another one. Both lie in files until you answer:\n\n  Previous (type {old:?}): {}\n  \
         New      (type {new:?}): {}\n\n  Enter \"yes\" to overwrite the state of the new backend, \"no\" to go on with it.",
        shown.path(0),
        shown.path(1),
    );
    Ok(answer(session, &question) == Some(true))
}

/// States in files that only their owner can read; gone when dropped.
struct Shown {
    dir: PathBuf,
    files: Vec<PathBuf>,
}

impl Shown {
    fn new(states: &[(&String, Option<&StateSnapshot>)]) -> Result<Shown, Diagnostics> {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        let failed = |error: std::io::Error| {
            let detail = format!("The states cannot be put into temporary files: {error}.");
            Diagnostics::from(Diagnostic::error("Cannot show the states", detail).blame(Blame::Environment))
        };
        let dir = std::env::temp_dir().join(format!("formwork-{}", random_id(&MachineEntropy)));
        std::fs::DirBuilder::new().mode(0o700).create(&dir).map_err(failed)?;
        let mut shown = Shown { dir, files: Vec::new() };
        for (number, (kind, snapshot)) in states.iter().enumerate() {
            let path = shown.dir.join(format!("{}-{kind}.tfstate", number + 1));
            let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
            let bytes = snapshot.map(state_file::encode).unwrap_or_default();
            shown.files.push(path);
            file.and_then(|mut file| file.write_all(&bytes)).map_err(failed)?;
        }
        Ok(shown)
    }

    fn path(&self, number: usize) -> String {
        self.files.get(number).map(|path| path.display().to_string()).unwrap_or_default()
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        // Nothing depends on it.
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

pub fn place(session: &Session, backend: &dyn Backend, workspace: &str) -> Result<StatePlace, Diagnostics> {
    backend.place(workspace, session.data_dir().path()).map_err(|error| failed(&error))
}
