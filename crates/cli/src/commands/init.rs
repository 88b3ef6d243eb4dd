//! `init`.

use super::{Command, GENERAL};
use crate::arguments::{Arguments, Flag};
use crate::configuration::VARIABLE_FLAGS;
use crate::exit::Exit;
use crate::initialization::{InitOptions, initialize, with_module};
use crate::json_file::STREAM_FLAGS;
use crate::session::Session;
use crate::state_access::LOCK_FLAGS;
use formwork_config::config_files;
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_install::write_manifest;
use formwork_model::ModuleManifest;
use std::path::Path;

pub static COMMAND: Command = Command {
    name: "init",
    arguments: "",
    summary: "Prepare this directory: backend, modules, providers.",
    description: "Sets up the backend, finds the modules that are called, and installs the providers that configuration \
                  and state need. It can be run again at any time and never deletes anything.\n\nThe selected provider \
                  versions are written to .terraform.lock.hcl.",
    flags: &[
        GENERAL,
        LOCK_FLAGS,
        VARIABLE_FLAGS,
        STREAM_FLAGS,
        &[
            Flag::switch("backend", "Set up the backend (default true)."),
            Flag::switch("cloud", ""),
            Flag::value("backend-config", "FILE|NAME=VALUE", "Arguments for the backend. Can be repeated."),
            Flag::switch("force-copy", "Copy states to a changed backend without asking."),
            Flag::value("from-module", "SOURCE", "Copy a module here first, into an empty directory."),
            Flag::switch("get", "Install modules (default true)."),
            Flag::switch("ignore-remote-version", ""),
            Flag::switch("input", "Ask for what is missing (default true)."),
            Flag::value("lockfile", "readonly", "Do not write the lock file."),
            Flag::switch("migrate-state", "Copy states to a changed backend."),
            Flag::value("plugin-dir", "DIR", "Take providers from this directory only. Can be repeated."),
            Flag::switch("reconfigure", "Take a changed backend as it is, leaving states where they are."),
            Flag::value("test-directory", "DIR", "Where test files lie besides this directory (default tests)."),
            Flag::switch("upgrade", "Select the newest versions that are allowed."),
        ],
    ],
    positional: (0, 0),
    run,
};

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let options = InitOptions::of(session, arguments)?;
    if let Some(source) = arguments.value("from-module") {
        copy_module(session, Path::new(source))?;
    }
    if config_files(&session.files(), ".").is_ok_and(|names| names.is_empty()) {
        session.say_step(
            "output_init_empty_message",
            "There are no configuration files in this directory, so there is nothing to prepare.",
        );
        return Ok(Exit::Success);
    }
    initialize(session, &options)?;
    session.say_step("output_init_success_message", "\nThis directory is ready.");
    if !session.environment.in_automation() {
        session.say_step("output_init_success_cli_message", "\nNow see what would be done: formwork plan");
    }
    Ok(Exit::Success)
}

fn copy_module(session: &Session, source: &Path) -> Result<(), Diagnostics> {
    let refused = |detail: String| {
        Diagnostics::from(Diagnostic::error("Cannot copy the module", detail).blame(Blame::Environment))
    };
    let failed = |error: std::io::Error| refused(format!("{} cannot be copied: {error}.", source.display()));
    if std::fs::read_dir(".").map_err(failed)?.next().is_some() {
        return Err(refused("-from-module needs an empty directory to copy into.".to_owned()));
    }
    if source.is_dir() {
        copy_tree(source, Path::new("."), 0).map_err(failed)?;
    } else {
        let text = source.to_string_lossy();
        with_module(session, &text, |dir| copy_tree(dir, Path::new("."), 0).map_err(failed))?;
    }
    // As after an installation, so that the copy can be used with what it calls.
    write_manifest(&session.data_dir().modules(), &ModuleManifest::default()).map_err(failed)
}

/// Deepest nesting of directories that is copied.
const MAX_DEPTH: usize = 64;

fn copy_tree(from: &Path, to: &Path, depth: usize) -> std::io::Result<()> {
    if depth > MAX_DEPTH {
        return Err(std::io::Error::other("the directories are nested too deeply"));
    }
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        if depth == 0 && entry.file_name() == ".git" {
            continue;
        }
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            std::fs::create_dir(&target)?;
            copy_tree(&entry.path(), &target, depth + 1)?;
        } else {
            std::fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
