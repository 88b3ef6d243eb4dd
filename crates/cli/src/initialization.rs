//! What `init` does: modules, backend, providers. Plan and apply do the same with `-init`.

mod backend;
mod modules;
mod providers;

pub use modules::{VENDOR_DIR, vendor_modules, with_module};
pub(crate) use providers::{configured_sources, network};

use crate::arguments::Arguments;
use crate::configuration::{add_tests, load_suite, load_tree, manifest};
use crate::machine::message_timestamp;
use crate::session::Session;
use crate::state_access::LockFlags;
use backend::initialize_backend;
use formwork_config::{Config, ModuleResolution};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::ProviderAddress;
use formwork_testing::Suite;
use modules::ModuleRun;
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

    /// Tells a step, to tools as free text.
    fn log(&self, session: &Session, text: &str, message: &str) {
        if self.talk {
            session.say_logged(text, message);
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
    if options.talk && options.backend {
        // For tools it always comes first; people are told when there is something to set up.
        let (text, code) = ("Initializing the backend...", "initializing_backend_message");
        session.tell_json(|stream| stream.init_output(text, code, &message_timestamp()));
    }
    let (config, warnings) = find_modules(session, options)?;
    let state = if options.backend { Some(initialize_backend(session, &config, options)?) } else { None };
    let config = if options.get {
        session.report(&warnings);
        config
    } else {
        load_suite(session, options.test_dir.as_deref())?.everything()
    };
    let state = match state {
        Some(current) => session.block_on(async {
            current.make_workspace(session).await?;
            current.read(session).await
        })?,
        None => None,
    };
    let from_state = state.iter().flat_map(|snapshot| snapshot.state.resources.values());
    let from_state: BTreeSet<ProviderAddress> = from_state.map(|r| r.provider.provider.clone()).collect();
    install_providers(session, &config, &from_state, options)
}

/// Loads what is there, tests included, installs modules that are not, and writes down where they are. The last is done
/// whatever is wrong with the configuration, so that other commands can tell these problems as well.
pub fn find_modules(session: &Session, options: &InitOptions) -> Result<(Config, Diagnostics), Diagnostics> {
    let mut run = if options.get { Some(ModuleRun::begin(session, options)?) } else { None };
    let (suite, root_failed, diagnostics) = loop {
        let (suite, root_failed, diagnostics) = load_all(session, options)?;
        let is_understood = suite.config.refused.is_empty();
        // What was installed may call more.
        let has_more = match &mut run {
            Some(run) if is_understood => run.round(&suite.everything())?,
            _ => false,
        };
        if !has_more {
            break (suite, root_failed, diagnostics);
        }
    };
    let config = suite.everything();
    let problems = with_versions(diagnostics, &suite);
    let mut diagnostics = Diagnostics::new();
    if root_failed || suite.broken {
        let detail = "Not all that must be installed can be known from a configuration with mistakes. Mend those below \
                      first.";
        diagnostics.push(Diagnostic::error("The configuration has mistakes", detail));
    }
    diagnostics.extend(problems);
    if let Some(run) = run {
        let recorded = run.finish(&config, !diagnostics.has_errors());
        diagnostics.extend(recorded);
    }
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok((config, diagnostics)) }
}

/// Loads what is there by now, tests included; also if the root module has mistakes, which is told.
fn load_all(session: &Session, options: &InitOptions) -> Result<(Suite, bool, Diagnostics), Diagnostics> {
    let known = manifest(session).unwrap_or_default();
    let (config, mut diagnostics) = load_tree(session, &session.files(), &known, ModuleResolution::Direct);
    let root_failed = config.root_failed;
    let (suite, problems) = add_tests(session, config, options.test_dir.as_deref(), ModuleResolution::Direct)?;
    diagnostics.extend(problems);
    Ok((suite, root_failed, diagnostics))
}

/// Who is asked for another version may not understand the rest: of such a module only that is told, and if it is the
/// root module, only that at all.
fn with_versions(diagnostics: Diagnostics, suite: &Suite) -> Diagnostics {
    let tested = suite.files.iter().flat_map(|file| &file.runs).filter_map(|run| run.config.as_ref());
    let refused: Diagnostics = std::iter::once(&suite.config).chain(tested).flat_map(|c| c.refused.clone()).collect();
    let dir = |problem: &Diagnostic| {
        let file = problem.span.and_then(|span| suite.sources.get(span.file))?;
        Some(file.name.rsplit_once('/').map_or("", |(dir, _)| dir))
    };
    let refusing: BTreeSet<Option<&str>> = refused.iter().map(dir).collect();
    if refusing.contains(&Some("")) {
        return refused.iter().filter(|problem| dir(problem) == Some("")).cloned().collect();
    }
    let rest = diagnostics.into_iter().filter(|problem| !refusing.contains(&dir(problem)));
    rest.chain(refused.iter().cloned()).collect()
}

/// Does what `init` would, without a word, where something is missing.
pub fn initialize_if_needed(session: &Session) -> Result<(), Diagnostics> {
    initialize(session, &InitOptions::default())
}
