//! Repositories, through the program `git`.

use super::address::PackageAddress;
use super::fetch::Fetched;
use super::{DOWNLOAD, ModuleError, error};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::ffi::OsStr;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Clones a repository and checks out what `ref` names, or the commit that is given.
pub(super) fn clone(mut address: PackageAddress, commit: Option<&str>, target: &Path) -> Result<Fetched, ModuleError> {
    let reference = address.take("ref");
    let depth = address.take("depth");
    let key = match address.take("sshkey") {
        Some(text) => Some(KeyFile::write(&text, target)?),
        None => None,
    };
    let shown = address.shown();
    if reference.as_deref().is_some_and(|name| name.starts_with('-')) {
        return Err(error(DOWNLOAD, format!("{shown}: a name of a branch, tag or commit does not begin with a dash.")));
    }
    if depth.as_deref().is_some_and(|depth| depth.parse::<u32>().is_err()) {
        return Err(error(DOWNLOAD, format!("{shown}: the depth must be a whole number.")));
    }
    let git = Git { shown: &shown, key: key.as_ref() };
    let mut words: Vec<&OsStr> = vec!["clone".as_ref(), "--quiet".as_ref()];
    if let Some(depth) = &depth {
        words.extend([OsStr::new("--depth"), depth.as_ref()]);
        if let Some(name) = &reference {
            words.extend([OsStr::new("--branch"), name.as_ref()]);
        }
    }
    words.extend([OsStr::new("--"), address.url.as_str().as_ref(), target.as_os_str()]);
    git.run(None, &words)?;
    if let Some(name) = reference.as_deref().filter(|_| depth.is_none()) {
        git.check_out(target, name)?;
    }
    let head = git.run(Some(target), &["rev-parse".as_ref(), "HEAD".as_ref()])?.trim().to_owned();
    if let Some(commit) = commit.filter(|commit| *commit != head) {
        git.locked(target, commit, &head)?;
    }
    let mut words = vec!["submodule", "--quiet", "update", "--init", "--recursive"];
    if let Some(depth) = &depth {
        words.extend(["--depth", depth]);
    }
    git.run(Some(target), &words.iter().map(OsStr::new).collect::<Vec<_>>())?;
    Ok(Fetched { commit: Some(commit.map_or(head, str::to_owned)) })
}

struct Git<'a> {
    shown: &'a str,
    key: Option<&'a KeyFile>,
}

impl Git<'_> {
    /// Runs git to its end and returns what it prints.
    fn run(&self, dir: Option<&Path>, words: &[&OsStr]) -> Result<String, ModuleError> {
        let mut command = Command::new("git");
        command.args(["-c", "advice.detachedHead=false"]);
        if let Some(dir) = dir {
            command.arg("-C").arg(dir);
        }
        command.args(words).stdin(Stdio::null());
        if let Some(key) = self.key {
            let ssh = std::env::var("GIT_SSH_COMMAND").unwrap_or_else(|_| "ssh".to_owned());
            command.env("GIT_SSH_COMMAND", format!("{ssh} -i '{}'", key.0.display()));
        }
        let output = command.output().map_err(|problem| {
            let why = match problem.kind() {
                ErrorKind::NotFound => "the program git is not on the PATH; install it".to_owned(),
                _ => format!("git cannot be started: {problem}"),
            };
            error(DOWNLOAD, format!("{} cannot be fetched: {why}.", self.shown))
        })?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(error(DOWNLOAD, format!("{} cannot be fetched. Git says:\n{said}", self.shown)))
    }

    fn check_out(&self, dir: &Path, name: &str) -> Result<(), ModuleError> {
        let words = ["checkout", "--quiet", name, "--"].map(OsStr::new);
        self.run(Some(dir), &words).map(drop)
    }

    /// Takes the locked commit instead of the one to which a branch or tag leads by now.
    fn locked(&self, dir: &Path, commit: &str, head: &str) -> Result<(), ModuleError> {
        if self.check_out(dir, commit).is_ok() {
            return Ok(());
        }
        let words = ["fetch", "--quiet", "--depth", "1", "origin", commit].map(OsStr::new);
        let fetched = self.run(Some(dir), &words).and_then(|_| self.check_out(dir, commit));
        fetched.map_err(|why| {
            let detail = format!(
                "The dependency lock file has the commit {commit} of {}, which the repository does not have any more; it has \
                 {head} in its place. To take that, run \"formwork init -upgrade\".\n\n{}",
                self.shown, why.detail
            );
            error("Module is not the one that was locked", detail)
        })
    }
}

/// A private key in a file that nobody else can read, for as long as it is needed.
struct KeyFile(PathBuf);

impl KeyFile {
    fn write(text: &str, target: &Path) -> Result<KeyFile, ModuleError> {
        let key = STANDARD.decode(text.replace(' ', "+"));
        let key = key.map_err(|why| error(DOWNLOAD, format!("sshkey must be a private key in base64: {why}.")))?;
        let unwritable = |why: std::io::Error| error(DOWNLOAD, format!("The key cannot be kept: {why}."));
        // Git works in other directories.
        let dir = target.parent().unwrap_or(Path::new(".")).canonicalize().map_err(unwritable)?;
        let file = KeyFile(dir.join(target.with_extension("key").file_name().unwrap_or_default()));
        // One of a run that was broken off.
        let _ = fs::remove_file(&file.0);
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&file.0).and_then(|mut opened| opened.write_all(&key)).map_err(unwritable)?;
        Ok(file)
    }
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        // Whoever can read it could before.
        let _ = fs::remove_file(&self.0);
    }
}
