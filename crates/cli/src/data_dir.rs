//! What `init` keeps in `.terraform` (or `TF_DATA_DIR`).

use crate::environment::Environment;
use crate::whole_file::write_whole;
use std::io;
use std::path::{Path, PathBuf};

/// Name of the workspace that always exists.
pub const DEFAULT_WORKSPACE: &str = "default";

pub struct DataDir {
    root: PathBuf,
}

impl DataDir {
    pub fn of(environment: &Environment) -> DataDir {
        DataDir { root: PathBuf::from(environment.data_dir()) }
    }

    pub fn path(&self) -> &Path {
        &self.root
    }

    /// The record of the backend that `init` has set up.
    pub fn backend_record(&self) -> PathBuf {
        self.root.join("terraform.tfstate")
    }

    /// Which modules are installed.
    pub fn modules(&self) -> PathBuf {
        self.root.join("modules")
    }

    /// The directories given by `init -plugin-dir`.
    pub fn plugin_path(&self) -> PathBuf {
        self.root.join("plugin_path")
    }

    /// Those directories, if there are any.
    pub fn remembered_plugin_dirs(&self) -> Vec<PathBuf> {
        let stored = std::fs::read_to_string(self.plugin_path()).unwrap_or_default();
        let stored: Vec<String> = serde_json::from_str(&stored).unwrap_or_default();
        stored.into_iter().map(PathBuf::from).collect()
    }

    /// The selected workspace; `TF_WORKSPACE` wins over the stored selection.
    pub fn workspace(&self, environment: &Environment) -> String {
        match environment.workspace() {
            Some(name) => name.to_owned(),
            None => self.stored_workspace(),
        }
    }

    fn stored_workspace(&self) -> String {
        let stored = std::fs::read_to_string(self.root.join("environment")).unwrap_or_default();
        let name = stored.trim();
        if name.is_empty() { DEFAULT_WORKSPACE.to_owned() } else { name.to_owned() }
    }

    pub fn select_workspace(&self, name: &str) -> io::Result<()> {
        std::fs::create_dir_all(&self.root)?;
        write_whole(&self.root.join("environment"), name.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_the_workspace_unless_the_environment_names_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("data");
        let environment = Environment::of(&[("TF_DATA_DIR", path.to_str().unwrap())]);
        let data = DataDir::of(&environment);
        assert_eq!(data.workspace(&environment), "default");
        data.select_workspace("w").unwrap();
        assert_eq!(data.workspace(&environment), "w");
        assert_eq!(data.workspace(&Environment::of(&[("TF_WORKSPACE", "x")])), "x");
    }
}
