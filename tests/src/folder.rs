//! A folder in which the program runs.

use crate::{HttpsServer, Run, fixtures};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A temporary folder, with a home of its own and a clean environment.
pub struct Folder {
    dir: TempDir,
    variables: Vec<(String, String)>,
}

impl Default for Folder {
    fn default() -> Folder {
        Folder::new()
    }
}

impl Folder {
    #[track_caller]
    pub fn new() -> Folder {
        let dir = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(dir.path().join("work")).expect("a folder");
        std::fs::create_dir(dir.path().join("home")).expect("a folder");
        Folder { dir, variables: Vec::new() }
    }

    /// With one configuration file.
    #[track_caller]
    pub fn with(main: &str) -> Folder {
        let folder = Folder::new();
        folder.write("main.tf", main);
        folder
    }

    /// A copy of a folder of the repository.
    #[track_caller]
    pub fn copy_of(path: &str) -> Folder {
        let folder = Folder::new();
        copy_tree(&crate::root().join(path), &folder.path());
        folder
    }

    pub fn path(&self) -> PathBuf {
        self.dir.path().join("work")
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    #[track_caller]
    pub fn write(&self, name: &str, text: &str) {
        let path = self.file(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).expect("a folder");
        }
        std::fs::write(path, text).expect("a file");
    }

    #[track_caller]
    pub fn read(&self, name: &str) -> String {
        match std::fs::read_to_string(self.file(name)) {
            Ok(text) => text,
            Err(error) => panic!("{name}: {error}"),
        }
    }

    pub fn exists(&self, name: &str) -> bool {
        self.file(name).exists()
    }

    /// Sets an environment variable for all commands that follow.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Takes back what [`Folder::set`] has set.
    pub fn unset(&mut self, name: &str) {
        self.variables.retain(|(other, _)| other != name);
    }

    /// All providers come from the mirror that `tests/setup` fills.
    #[track_caller]
    pub fn use_mirror(&mut self) {
        let mirror = fixtures::mirror();
        self.settings(&format!("provider_installation {{ filesystem_mirror {{ path = {mirror:?} }} }}\n"));
    }

    /// Lets commands that follow trust a server.
    pub fn trust(&mut self, server: &HttpsServer) {
        let authority = server.authority().display().to_string();
        self.set("SSL_CERT_FILE", &authority);
        // Git's own way to name it.
        self.set("GIT_SSL_CAINFO", &authority);
    }

    /// Binaries stand in for packages: sources of providers with their binaries.
    #[track_caller]
    pub fn use_binaries(&mut self, binaries: &[(&str, &Path)]) {
        let mut overrides = String::new();
        for (source, binary) in binaries {
            let dir = self.dir.path().join("binaries").join(source);
            std::fs::create_dir_all(&dir).expect("a folder");
            let kind = source.rsplit('/').next().unwrap_or(source);
            std::os::unix::fs::symlink(binary, dir.join(format!("terraform-provider-{kind}"))).expect("a link");
            overrides.push_str(&format!("    {source:?} = {dir:?}\n"));
        }
        self.settings(&format!("provider_installation {{\n  dev_overrides {{\n{overrides}  }}\n  direct {{}}\n}}\n"));
    }

    /// The user's settings, for all commands that follow.
    #[track_caller]
    pub fn settings(&mut self, text: &str) {
        let path = self.dir.path().join("settings.tfrc");
        std::fs::write(&path, text).expect("a file");
        self.unset("TF_CLI_CONFIG_FILE");
        self.set("TF_CLI_CONFIG_FILE", &path.to_string_lossy());
    }

    /// The state file as JSON.
    #[track_caller]
    pub fn state(&self) -> serde_json::Value {
        serde_json::from_str(&self.read("terraform.tfstate")).expect("a state in JSON")
    }

    /// A command of the program, by its words.
    pub fn command(&self, words: &str) -> Command {
        self.program(&fixtures::formwork(), words)
    }

    /// Any program, in this folder and environment.
    pub fn program(&self, program: &Path, words: &str) -> Command {
        let mut command = Command::new(program);
        command.args(words.split_whitespace()).current_dir(self.path()).env_clear();
        for name in ["PATH", "LANG", "TMPDIR"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.env("HOME", self.dir.path().join("home")).env("CHECKPOINT_DISABLE", "1");
        command.envs(self.variables.iter().map(|(name, value)| (name, value))).stdin(Stdio::null());
        command
    }

    /// Runs a command of the program to its end.
    #[track_caller]
    pub fn run(&self, words: &str) -> Run {
        let output = self.command(words).output().expect("the program starts");
        Run::of(format!("formwork {words}"), output)
    }

    /// Starts a command of the program.
    #[track_caller]
    pub fn start(&self, words: &str) -> Child {
        let mut command = self.command(words);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
    }

    /// Runs a command with text for its standard input.
    #[track_caller]
    pub fn run_with_input(&self, words: &str, input: &str) -> Run {
        use std::io::Write;
        let mut command = self.command(words);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        if let Some(mut stdin) = child.stdin.take() {
            // It may end without reading all of it.
            let _ = stdin.write_all(input.as_bytes());
        }
        Run::of(format!("formwork {words}"), child.wait_with_output().expect("the program ends"))
    }
}

/// Copies a folder without what running in it has left there.
fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder to copy").flatten() {
        let name = entry.file_name();
        let text = name.to_string_lossy();
        if text.starts_with(".terraform") || text.contains(".tfstate") {
            continue;
        }
        let path = entry.path();
        if path.is_dir() {
            copy_tree(&path, &to.join(&name));
        } else {
            std::fs::copy(&path, to.join(&name)).expect("a copy");
        }
    }
}
