//! Which files a workspace uses.

use super::StateAhead;
use crate::durable::beside;
use std::path::{Path, PathBuf};

/// Where the state goes before the first write that changes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Backup {
    /// `STATE.backup`.
    #[default]
    Beside,
    At(PathBuf),
    None,
}

/// Settings of the local store. Relative paths are relative to the process's directory.
#[derive(Clone, Debug)]
pub struct LocalOptions {
    /// State of the default workspace.
    pub path: PathBuf,
    /// Directory of the other workspaces.
    pub workspace_dir: PathBuf,
    /// State to read, for any workspace (`-state`).
    pub state: Option<PathBuf>,
    /// State to write (`-state-out`).
    pub state_out: Option<PathBuf>,
    /// `-backup`.
    pub backup: Backup,
    /// The state to read, if that has begun.
    pub ahead: StateAhead,
}

impl Default for LocalOptions {
    fn default() -> LocalOptions {
        LocalOptions {
            path: PathBuf::from("terraform.tfstate"),
            workspace_dir: PathBuf::from("terraform.tfstate.d"),
            state: None,
            state_out: None,
            backup: Backup::Beside,
            ahead: StateAhead::default(),
        }
    }
}

/// The files of one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StatePaths {
    pub read: PathBuf,
    pub write: PathBuf,
    pub backup: Option<PathBuf>,
}

impl LocalOptions {
    /// Begins to read the state of a workspace.
    pub fn look_ahead(&self, workspace: &str) -> StateAhead {
        StateAhead::begin(self.paths(workspace).read)
    }

    /// The files of a workspace. Source of the rules: fact sheet `state-v4.md` 7.
    pub(super) fn paths(&self, workspace: &str) -> StatePaths {
        let own = || match workspace {
            "" | "default" => self.path.clone(),
            name => self.workspace_dir.join(name).join("terraform.tfstate"),
        };
        let read = self.state.clone().unwrap_or_else(own);
        let write = self.state_out.clone().unwrap_or_else(|| read.clone());
        let backup = match &self.backup {
            Backup::Beside => Some(beside(&write, "", ".backup")),
            Backup::At(path) => Some(path.clone()),
            Backup::None => None,
        };
        StatePaths { read, write, backup }
    }
}

/// `.NAME.lock.info` beside a state; a dot at the beginning of the name is not doubled.
pub(super) fn lock_info_path(state: &Path) -> PathBuf {
    let name = state.file_name().unwrap_or_default().to_string_lossy();
    state.with_file_name(format!(".{}.lock.info", name.strip_prefix('.').unwrap_or(&name)))
}
