//! The program under test, and the reference that it is compared with.

use crate::{Folder, Run, fixtures};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The version of Terraform that comparisons mean something with.
pub const REFERENCE: &str = "1.11.4";

/// A program with the command line of Terraform.
#[derive(Clone, Debug)]
pub struct Program {
    pub name: &'static str,
    path: PathBuf,
}

impl Program {
    pub fn formwork() -> Program {
        Program { name: "formwork", path: fixtures::formwork() }
    }

    /// The reference, if it is on the path. Otherwise a line says which comparison was left out.
    pub fn terraform(comparison: &str) -> Option<Program> {
        let found = std::env::var_os("PATH").and_then(|path| {
            std::env::split_paths(&path).map(|folder| folder.join("terraform")).find(|path| path.is_file())
        });
        let version = |path: &PathBuf| Command::new(path).arg("version").env("CHECKPOINT_DISABLE", "1").output();
        let is_reference = |path: &PathBuf| {
            version(path).is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(REFERENCE))
        };
        let path = found.filter(is_reference);
        if path.is_none() {
            // Not through the test harness: it would keep the line to itself.
            let _ = writeln!(
                std::io::stderr(),
                "NOT COMPARED: terraform {REFERENCE} is not on the path, so this was left out: {comparison}"
            );
        }
        path.map(|path| Program { name: "terraform", path })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn command(&self, folder: &Folder, words: &str) -> Command {
        folder.program(&self.path, words)
    }

    /// Runs a command to its end.
    #[track_caller]
    pub fn run(&self, folder: &Folder, words: &str) -> Run {
        let output = self.command(folder, words).output().expect("the program starts");
        Run::of(format!("{} {words}", self.name), output)
    }

    #[track_caller]
    pub fn start(&self, folder: &Folder, words: &str) -> Child {
        let mut command = self.command(folder, words);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
    }
}
