//! What `init` does: modules, backend, providers. Plan and apply do the same with `-init`.

mod backend;
mod modules;
mod providers;

pub use modules::{VENDOR_DIR, install_modules, vendor_modules, with_module};
pub(crate) use providers::{configured_sources, network};

use crate::arguments::Arguments;
use crate::configuration::{add_tests, load_suite, load_tree, manifest};
use crate::session::Session;
use crate::state_access::LockFlags;
use backend::initialize_backend;
use formwork_config::{Config, ModuleResolution};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::ProviderAddress;
use modules::{forget_removed, record_modules};
use providers::install_providers;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// How to initialize.
#[derive(Clone, Debug)]
pub struct InitOptions {
    pub backend: bool,
    pub get: bool,
    pub upgrade: bool,
    pub reconfigure: bool,
    pub migrate: bool,
    pub force_copy: bool,
    pub input: bool,
    /// The lock file must not be written.
    pub lock_file_readonly: bool,
    pub plugin_dirs: Vec<PathBuf>,
    /// Values of `-backend-config`, in order.
    pub backend_config: Vec<String>,
    pub lock: LockFlags,
    /// Where tests lie, if that was said.
    pub test_dir: Option<String>,
    /// Say what is done, step by step.
    pub talk: bool,
}

impl Default for InitOptions {
    fn default() -> InitOptions {
        InitOptions {
            backend: true,
            get: true,
            upgrade: false,
            reconfigure: false,
            migrate: false,
            force_copy: false,
            input: false,
            lock_file_readonly: false,
            plugin_dirs: Vec::new(),
            backend_config: Vec::new(),
            lock: LockFlags { lock: true, timeout: std::time::Duration::ZERO, only_reads: false },
            test_dir: None,
            talk: false,
        }
    }
}

impl InitOptions {
    pub fn of(session: &Session, arguments: &Arguments) -> Result<InitOptions, Diagnostics> {
        let options = InitOptions {
            backend: arguments.switch_or("backend", true) && arguments.switch_or("cloud", true),
            get: arguments.switch_or("get", true),
            upgrade: arguments.switch("upgrade"),
            reconfigure: arguments.switch("reconfigure"),
            migrate: arguments.switch("migrate-state") || arguments.switch("force-copy"),
            force_copy: arguments.switch("force-copy"),
            input: arguments.switch_or("input", true) && session.environment.input() && !session.is_json(),
            lock_file_readonly: arguments.value("lockfile") == Some("readonly"),
            plugin_dirs: arguments.values("plugin-dir").map(PathBuf::from).collect(),
            backend_config: arguments.values("backend-config").map(str::to_owned).collect(),
            lock: LockFlags::of(arguments)?,
            test_dir: arguments.value("test-directory").map(str::to_owned),
            talk: true,
        };
        let exclusive = |detail: &str| Err(Diagnostic::error("Invalid command line", detail).into());
        if arguments.switch("migrate-state") && session.is_json() {
            return exclusive("-migrate-state and -json exclude each other: the migration asks questions.");
        }
        match options {
            InitOptions { reconfigure: true, migrate: true, .. } => {
                exclusive("-reconfigure and -migrate-state exclude each other.")
            }
            InitOptions { lock_file_readonly: true, upgrade: true, .. } => {
                exclusive("-upgrade and -lockfile=readonly exclude each other.")
            }
            options => Ok(options),
        }
    }

    /// Tells a step; `code` names it for tools.
    fn say(&self, session: &Session, code: &str, text: &str) {
        if self.talk {
            session.say_step(code, text);
        }
    }
}

/// Initializes the working directory.
pub fn initialize(session: &Session, options: &InitOptions) -> Result<(), Diagnostics> {
    if options.get {
        forget_removed(session)?;
    }
    let (config, in_modules) = load_root(session, options)?;
    if in_modules.has_errors() {
        // What can be found of modules is kept, so that other commands can tell these problems as well.
        if options.get {
            record_modules(session, &config, options)?;
        }
        return Err(in_modules);
    }
    let state = if options.backend { Some(initialize_backend(session, &config, options)?) } else { None };
    let config = if options.get {
        install_modules(session, options)?
    } else {
        load_suite(session, options.test_dir.as_deref())?.everything()
    };
    let state = match state {
        Some(current) => session.block_on(async { current.read(session).await })?,
        None => None,
    };
    let from_state = state.iter().flat_map(|snapshot| snapshot.state.resources.values());
    let from_state: BTreeSet<ProviderAddress> = from_state.map(|r| r.provider.provider.clone()).collect();
    install_providers(session, &config, &from_state, options)
}

/// Loads with what is there, tests included. Problems in the root module and in tests stop everything, because nobody
/// knows what a broken configuration needs; those in other modules are returned.
fn load_root(session: &Session, options: &InitOptions) -> Result<(Config, Diagnostics), Diagnostics> {
    let files = session.files();
    let known = manifest(session).unwrap_or_default();
    let (config, mut diagnostics) = load_tree(session, &files, &known, ModuleResolution::Direct);
    let (suite, problems) = add_tests(session, config, options.test_dir.as_deref(), ModuleResolution::Direct)?;
    let config = suite.everything();
    diagnostics.extend(problems);
    let in_root = |problem: &Diagnostic| {
        let file = problem.span.and_then(|span| config.sources.get(span.file));
        file.is_some_and(|file| !file.name.contains('/') || TEST_FILES.iter().any(|end| file.name.ends_with(end)))
    };
    if !diagnostics.iter().any(|problem| problem.is_error() && in_root(problem)) {
        return Ok((config, diagnostics));
    }
    let detail = "What must be installed is known only from a configuration without mistakes. Mend those below first.";
    let mut problems = Diagnostics::from(Diagnostic::error("The configuration has mistakes", detail));
    problems.extend(diagnostics);
    Err(problems)
}

/// How the names of files with tests and mocks end.
const TEST_FILES: [&str; 4] = [".tftest.hcl", ".tftest.json", ".tfmock.hcl", ".tfmock.json"];

/// Does what `init` would, without a word, where something is missing.
pub fn initialize_if_needed(session: &Session) -> Result<(), Diagnostics> {
    initialize(session, &InitOptions::default())
}
