//! Moving states from one backend to another.

use crate::data_dir::DEFAULT_WORKSPACE;
use crate::machine::{MachineEntropy, random_id};
use crate::session::Session;
use crate::state_access::{LockFlags, take_lock};
use formwork_backend::Backend;
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::{StateSnapshot, StateStore, StoreError};
use std::sync::Arc;

fn failed(error: &StoreError) -> Diagnostics {
    Diagnostic::error("Cannot copy the state", error.to_string()).blame(Blame::Environment).into()
}

/// Copies the states of all workspaces that the new backend does not have yet. A state of the same lineage is replaced
/// by a newer one; any other existing state is left alone, with an error. Returns the number of states copied.
pub async fn migrate(
    session: &Session,
    from: &dyn Backend,
    to: &dyn Backend,
    flags: &LockFlags,
) -> Result<usize, Diagnostics> {
    let mut copied = 0;
    for workspace in from.workspaces().await.map_err(|error| failed(&error))? {
        let source = store(session, from, &workspace)?;
        let read = source.read().await.map_err(|error| failed(&error))?;
        let Some(snapshot) = read.filter(|snapshot| !snapshot.state.is_empty()) else { continue };
        if workspace != DEFAULT_WORKSPACE {
            let lineage = random_id(&MachineEntropy);
            to.create_workspace(&workspace, &lineage).await.map_err(|error| failed(&error))?;
        }
        let target = store(session, to, &workspace)?;
        let source_lock = take_lock(session, &*source, flags, "migration source state").await?;
        let result = copy(session, &target, &snapshot, flags, &workspace).await;
        if let Some(lock) = source_lock {
            // The copy is what counts; the lock of the old place ends with this process at the latest.
            let _ = lock.unlock().await;
        }
        result?;
        copied += 1;
    }
    Ok(copied)
}

fn store(session: &Session, backend: &dyn Backend, workspace: &str) -> Result<Arc<dyn StateStore>, Diagnostics> {
    let place = backend.place(workspace, session.data_dir().path()).map_err(|error| failed(&error))?;
    Ok(place.store)
}

async fn copy(
    session: &Session,
    target: &Arc<dyn StateStore>,
    snapshot: &StateSnapshot,
    flags: &LockFlags,
    workspace: &str,
) -> Result<(), Diagnostics> {
    let lock = take_lock(session, &**target, flags, "migration destination state").await?;
    let result = write_if_free(target, snapshot, workspace).await;
    if let Some(lock) = lock {
        lock.unlock().await.map_err(|error| {
            Diagnostics::from(Diagnostic::error("Cannot release the state lock", error.to_string()))
        })?;
    }
    result
}

async fn write_if_free(
    target: &Arc<dyn StateStore>,
    snapshot: &StateSnapshot,
    workspace: &str,
) -> Result<(), Diagnostics> {
    let existing = target.read().await.map_err(|error| failed(&error))?;
    if let Some(existing) = existing.filter(|existing| !existing.state.is_empty()) {
        if existing.lineage != snapshot.lineage || existing.serial > snapshot.serial {
            let detail = format!(
                "The new backend has another state for the workspace {workspace:?} (lineage {}, serial {}). Nothing was \
                 copied for it. Remove one of the two, or use -reconfigure to take the new backend as it is.",
                existing.lineage, existing.serial
            );
            return Err(Diagnostic::error("Both backends have a state", detail).blame(Blame::Environment).into());
        }
        if existing.serial == snapshot.serial {
            return Ok(());
        }
    }
    target.write(snapshot).await.map_err(|error| failed(&error))
}
