//! The backend and workspace that commands in this directory use.

use crate::backend::{BackendSettings, LocalFlags, configured_settings, read_record};
use crate::data_dir::DEFAULT_WORKSPACE;
use crate::early::Early;
use crate::session::Session;
use crate::state_access::{session_problem, store_problem};
use formwork_backend::{Backend, SessionError, StatePlace, StateSession, backend_schema, is_workspace_name};
use formwork_config::{Config, load_root};
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::StateSnapshot;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// The backend in effect, and the workspace selected in it.
pub struct Current {
    pub settings: BackendSettings,
    pub workspace: String,
    flags: LocalFlags,
    backend: OnceCell<Arc<dyn Backend>>,
}

impl Current {
    /// By the configuration in this directory and what `init` has recorded.
    pub fn of(session: &Session, flags: &LocalFlags) -> Result<Current, Diagnostics> {
        let config = load_for_backend(session)?;
        Current::of_config(session, &config, flags)
    }

    /// As [`Current::of`], for a configuration that is loaded already.
    pub fn of_config(session: &Session, config: &Config, flags: &LocalFlags) -> Result<Current, Diagnostics> {
        let settings = settings_in_effect(session, config)?;
        let workspace = session.data_dir().workspace(&session.environment);
        if !is_workspace_name(&workspace) {
            let detail = format!("The selected workspace {workspace:?} has a name that no workspace can have.");
            return Err(Diagnostic::error("Invalid workspace name", detail).blame(Blame::Environment).into());
        }
        Ok(Current::new(settings, workspace, flags))
    }

    /// Of settings that are known already.
    pub fn new(settings: BackendSettings, workspace: String, flags: &LocalFlags) -> Current {
        Current { settings, workspace, flags: flags.clone(), backend: OnceCell::new() }
    }

    /// The backend, opened when first asked for.
    pub async fn backend(&self, session: &Session) -> Result<&Arc<dyn Backend>, Diagnostics> {
        self.backend.get_or_try_init(|| self.settings.open(session, &self.flags)).await
    }

    /// Where the state of the selected workspace is.
    pub async fn place(&self, session: &Session) -> Result<StatePlace, Diagnostics> {
        self.place_of(session, &self.workspace).await
    }

    /// Where the state of a workspace is.
    pub async fn place_of(&self, session: &Session, workspace: &str) -> Result<StatePlace, Diagnostics> {
        let backend = self.backend(session).await?;
        backend.place(workspace, session.data_dir().path()).map_err(|error| store_problem(&error))
    }

    /// Makes the selected workspace of a local backend if it does not exist: `TF_WORKSPACE` may name any.
    pub async fn make_workspace(&self, session: &Session) -> Result<(), Diagnostics> {
        if &*self.settings.kind != "local" || self.workspace == DEFAULT_WORKSPACE {
            return Ok(());
        }
        self.backend(session).await?.create_workspace(&self.workspace, "").await.map_err(|error| store_problem(&error))
    }

    /// The stored state with what an interrupted run has left, without locking it.
    pub async fn read(&self, session: &Session) -> Result<Option<StateSnapshot>, Diagnostics> {
        let place = self.place(session).await?;
        let state = StateSession::open(place, None, "".into()).await.map_err(|error| session_problem(&error))?;
        let snapshot = state.snapshot().cloned();
        state.close().await.map_err(|error| session_problem(&SessionError::Lock(error)))?;
        Ok(snapshot)
    }
}

/// Only the root module counts for the backend; problems elsewhere are for other commands to tell.
fn load_for_backend(session: &Session) -> Result<Config, Diagnostics> {
    let files = session.files();
    let (config, diagnostics) = load_root(&files, ".", Some(&Early::new(session, None)));
    session.set_sources(Arc::new(config.sources.clone()));
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok(config) }
}

/// What is configured must be what `init` has recorded.
fn settings_in_effect(session: &Session, config: &Config) -> Result<BackendSettings, Diagnostics> {
    let record = read_record(&session.data_dir())?;
    let configured = configured_settings(config, &[]);
    if let (Some(block), None) = (&config.root().backend, &record)
        && backend_schema(&block.kind).is_some()
    {
        let reason = format!("The configuration asks for the backend {:?}, which is not set up yet.", block.kind);
        return Err(initialization_required(&reason));
    }
    // What is missing in the block may have been given to init.
    let configured = match configured {
        Err(diagnostics) if record.is_none() => return Err(diagnostics),
        configured => configured.ok().flatten(),
    };
    match (configured, record) {
        (None | Some(_), None) => Ok(BackendSettings::default()),
        (Some(configured), Some(record))
            if configured.hash() == record.hash || configured.same_as(&record.settings) =>
        {
            Ok(record.settings)
        }
        (None, Some(record)) if config.root().backend.is_none() => {
            let kind = &record.settings.kind;
            let reason = format!("The backend {kind:?} is set up, but the configuration does not ask for it any more.");
            Err(initialization_required(&reason))
        }
        (_, Some(_)) => Err(initialization_required("The configuration of the backend has changed.")),
    }
}

fn initialization_required(reason: &str) -> Diagnostics {
    let detail = format!(
        "{reason} Run \"formwork init\". With -migrate-state it copies the states to the new place, with -reconfigure it \
         leaves them where they are."
    );
    Diagnostic::error("Backend initialization required, please run \"formwork init\"", detail)
        .blame(Blame::Environment)
        .into()
}
