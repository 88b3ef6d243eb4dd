//! Moving states from one backend to another.

use crate::data_dir::DEFAULT_WORKSPACE;
use crate::machine::{MachineEntropy, random_id};
use crate::session::Session;
use crate::state_access::{LockFlags, session_problem, with_state};
use formwork_backend::{Backend, StatePlace, StateSession};
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::{StateSnapshot, StoreError};

fn failed(error: &StoreError) -> Diagnostics {
    Diagnostic::error("Cannot copy the state", error.to_string()).blame(Blame::Environment).into()
}

/// True if there is something to lose: objects, or effects in doubt. What an interrupted run has left counts.
pub fn has_something(state: &StateSession) -> bool {
    state.snapshot().is_some_and(|snapshot| !snapshot.state.is_empty()) || !state.in_doubt().is_empty()
}

/// Copies the states of all workspaces that the new backend does not have yet, with what is in doubt about them. A state
/// of the same lineage is replaced by a newer one; any other existing state is left alone, with an error. Returns the
/// number of states copied.
pub async fn migrate(
    session: &Session,
    from: &dyn Backend,
    to: &dyn Backend,
    flags: &LockFlags,
) -> Result<usize, Diagnostics> {
    let mut copied = 0;
    for workspace in from.workspaces().await.map_err(|error| failed(&error))? {
        let source = place(session, from, &workspace)?;
        let copy = async |state: &mut StateSession| {
            if !has_something(state) {
                return Ok(0);
            }
            if workspace != DEFAULT_WORKSPACE {
                let lineage = random_id(&MachineEntropy);
                to.create_workspace(&workspace, &lineage).await.map_err(|error| failed(&error))?;
            }
            let target = place(session, to, &workspace)?;
            with_state(session, &target, flags, "migration destination state", async |target: &mut StateSession| {
                take_over(target, state, &workspace).await
            })
            .await?;
            Ok(1)
        };
        copied += with_state(session, &source, flags, "migration source state", copy).await?;
    }
    Ok(copied)
}

pub fn place(session: &Session, backend: &dyn Backend, workspace: &str) -> Result<StatePlace, Diagnostics> {
    backend.place(workspace, session.data_dir().path()).map_err(|error| failed(&error))
}

async fn take_over(target: &mut StateSession, source: &StateSession, workspace: &str) -> Result<(), Diagnostics> {
    let mut snapshot = source.snapshot().cloned();
    if let (Some(new), Some(existing)) = (&snapshot, target.snapshot().filter(|there| !there.state.is_empty())) {
        if existing.lineage != new.lineage || existing.serial > new.serial {
            return Err(both_have(existing, workspace));
        }
        if existing.serial == new.serial {
            snapshot = None;
        }
    }
    target.take_over(snapshot, source.in_doubt()).await.map_err(|error| session_problem(&error))
}

fn both_have(existing: &StateSnapshot, workspace: &str) -> Diagnostics {
    let detail = format!(
        "The new backend has another state for the workspace {workspace:?} (lineage {}, serial {}). Nothing was copied for \
         it. Remove one of the two, or use -reconfigure to take the new backend as it is.",
        existing.lineage, existing.serial
    );
    Diagnostic::error("Both backends have a state", detail).blame(Blame::Environment).into()
}
