//! The group `workspace`.

pub mod delete;
pub mod list;
pub mod new;
pub mod select;
pub mod show;

use crate::data_dir::DEFAULT_WORKSPACE;
use crate::session::Session;
use crate::state_access::store_problem;
use formwork_backend::{Backend, is_workspace_name};
use formwork_diag::{Blame, Diagnostic, Diagnostics};

fn check_name(name: &str) -> Result<(), Diagnostics> {
    if is_workspace_name(name) {
        return Ok(());
    }
    let detail = format!(
        "{name:?} cannot be the name of a workspace: it must not be empty, and all its characters must be able to stand \
         in a URL as they are."
    );
    Err(Diagnostic::error("Invalid workspace name", detail).into())
}

/// Workspaces cannot be selected while the environment says which one to use.
fn check_free(session: &Session) -> Result<(), Diagnostics> {
    match session.environment.workspace() {
        None => Ok(()),
        Some(name) => {
            let detail = format!("TF_WORKSPACE selects {name:?}. Unset it to select another one.");
            Err(Diagnostic::error("The workspace is set by the environment", detail).blame(Blame::Environment).into())
        }
    }
}

/// Some backends keep one state only.
fn check_supported(backend: &dyn Backend) -> Result<(), Diagnostics> {
    if backend.has_workspaces() {
        return Ok(());
    }
    let detail = "This backend keeps one state only, that of the workspace \"default\".";
    Err(Diagnostic::error("workspaces not supported", detail).blame(Blame::Environment).into())
}

/// True if the workspace is there; the default one always is.
async fn has_workspace(backend: &dyn Backend, name: &str) -> Result<bool, Diagnostics> {
    check_supported(backend)?;
    let names = backend.workspaces().await.map_err(|error| store_problem(&error))?;
    Ok(name == DEFAULT_WORKSPACE || names.iter().any(|other| other == name))
}

fn select(session: &Session, name: &str) -> Result<(), Diagnostics> {
    session.data_dir().select_workspace(name).map_err(|error| {
        let detail = format!("{} cannot be written: {error}.", session.data_dir().path().display());
        Diagnostic::error("Cannot remember the workspace", detail).blame(Blame::Environment).into()
    })
}
