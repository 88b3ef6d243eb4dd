//! The reference binary, as an oracle where it is installed.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The binary, or `None` after saying so.
pub fn binary() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path).map(|dir| dir.join("terraform")).find(|file| file.is_file());
    if found.is_none() {
        let _ = writeln!(std::io::stderr(), "skipped: terraform is not on PATH");
    }
    found
}

pub fn command(binary: &Path, dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(binary);
    command.args(args).current_dir(dir).env_remove("TF_CLI_CONFIG_FILE").env("CHECKPOINT_DISABLE", "1");
    command
}

pub fn run(binary: &Path, dir: &Path, args: &[&str]) -> Output {
    command(binary, dir, args).output().unwrap()
}
