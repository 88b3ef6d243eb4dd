//! Workspaces of the local store: directories.

use super::LocalStore;
use super::options::LocalOptions;
use crate::backend::check_deletable;
use crate::durable;
use formwork_model::StoreError;
use std::io::ErrorKind;

/// The workspaces of a local backend.
#[derive(Clone, Debug, Default)]
pub struct LocalWorkspaces {
    pub options: LocalOptions,
}

/// True if the name can be one of a workspace: what may stand in a URL path without escapes, and no way out of the
/// directory.
pub fn is_workspace_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.~$&+=:@".contains(c);
    !name.is_empty() && name.len() <= 255 && name != "." && name != ".." && name.chars().all(allowed)
}

pub(crate) fn check_name(name: &str) -> Result<(), StoreError> {
    if name.is_empty() || is_workspace_name(name) {
        return Ok(());
    }
    Err(StoreError::new(format!(
        "{name:?} is not a workspace name. Use letters, digits and -_.~$&+=:@; the name must fit a URL path without \
         escapes."
    )))
}

impl LocalWorkspaces {
    /// `default`, then the others in order.
    pub fn list(&self) -> Result<Vec<String>, StoreError> {
        let mut names = vec!["default".to_owned()];
        let directory = &self.options.workspace_dir;
        let failed = |error| StoreError::new(format!("{} cannot be listed: {error}", directory.display()));
        let entries = match std::fs::read_dir(directory) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(names),
            entries => entries.map_err(failed)?,
        };
        let mut others = Vec::new();
        for entry in entries {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.path().is_dir() && is_workspace_name(&name) && name != "default" {
                others.push(name);
            }
        }
        others.sort();
        names.extend(others);
        Ok(names)
    }

    /// Makes the directory of a workspace. A workspace that exists is left as it is.
    pub fn create(&self, name: &str) -> Result<(), StoreError> {
        check_name(name)?;
        if name.is_empty() || name == "default" {
            return Ok(());
        }
        let path = self.options.workspace_dir.join(name);
        durable::create_directory(&path, 0o755)
            .map_err(|error| StoreError::new(format!("{} cannot be created: {error}", path.display())))
    }

    /// Removes a workspace with all its files.
    pub fn delete(&self, name: &str) -> Result<(), StoreError> {
        check_name(name)?;
        check_deletable(name)?;
        let path = self.options.workspace_dir.join(name);
        std::fs::remove_dir_all(&path)
            .map_err(|error| StoreError::new(format!("{} cannot be removed: {error}", path.display())))
    }

    pub fn store(&self, name: &str) -> Result<LocalStore, StoreError> {
        LocalStore::new(&self.options, name)
    }
}
