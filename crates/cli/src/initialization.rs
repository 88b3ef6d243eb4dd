//! What `init` does: modules, backend, providers. Plan and apply do the same with `-init`.

use crate::arguments::Arguments;
use crate::backend::{
    BackendSettings, LocalFlags, Record, configured_settings, migrate, read_record, remove_record, write_record,
};
use crate::configuration::manifest;
use crate::current::Current;
use crate::prompt::confirm;
use crate::providers::{LOCK_FILE, cli_config, lock_file, reattached};
use crate::session::Session;
use crate::state_access::LockFlags;
use formwork_backend::Backend;
use formwork_config::{Config, ModuleResolution, ModuleSource, load, provider_requirements};
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_hcl::{EmptyScope, decode, evaluate, parse};
use formwork_install::{
    InstallEvent, ProviderInit, ProviderSources, current_platform, implied_dirs, init_providers, save_lock_file,
    write_manifest,
};
use formwork_model::{Files, InstalledModule, LockFile, ModuleManifest, ProviderAddress};
use formwork_value::{Str, Value};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
            lock: LockFlags { lock: true, timeout: std::time::Duration::ZERO },
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
            talk: true,
        };
        let exclusive = |detail: &str| Err(Diagnostic::error("Invalid command line", detail).into());
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
    let (config, in_modules) = load_root(session)?;
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
        crate::configuration::load_configuration(session)?.0
    };
    let state = match state {
        Some(current) => session.block_on(async { current.read(session).await })?,
        None => None,
    };
    let from_state = state.iter().flat_map(|snapshot| snapshot.state.resources.values());
    let from_state: BTreeSet<ProviderAddress> = from_state.map(|r| r.provider.provider.clone()).collect();
    install_providers(session, &config, &from_state, options)
}

/// Loads with what is there. Problems in the root module stop everything, because nobody knows what a broken
/// configuration needs; those in other modules are returned.
fn load_root(session: &Session) -> Result<(Config, Diagnostics), Diagnostics> {
    let files = session.files();
    let known = manifest(session).unwrap_or_default();
    let (config, diagnostics) = load(&files, ".", &known, ModuleResolution::Direct);
    session.set_sources(Arc::new(config.sources.clone()));
    let in_root = |problem: &Diagnostic| {
        let file = problem.span.and_then(|span| config.sources.get(span.file));
        file.is_some_and(|file| !file.name.contains('/'))
    };
    if !diagnostics.iter().any(|problem| problem.is_error() && in_root(problem)) {
        return Ok((config, diagnostics));
    }
    let detail = "What must be installed is known only from a configuration without mistakes. Mend those below first.";
    let mut problems = Diagnostics::from(Diagnostic::error("The configuration has mistakes", detail));
    problems.extend(diagnostics);
    Err(problems)
}

/// Sets the backend up and records it.
fn initialize_backend(session: &Session, config: &Config, options: &InitOptions) -> Result<Current, Diagnostics> {
    let data_dir = session.data_dir();
    let extra = backend_config(session, &options.backend_config)?;
    let recorded = match read_record(&data_dir) {
        Err(diagnostics) if !options.reconfigure => return Err(diagnostics),
        recorded => recorded.unwrap_or_default(),
    };
    let configured = configured_settings(config, &extra)?;
    let block_only = configured_settings(config, &[]).ok().flatten();
    if configured.is_some() || recorded.is_some() {
        options.say(session, "initializing_backend_message", "Initializing the backend...");
    }
    let new = match (&configured, &recorded) {
        (Some(configured), Some(record)) if options.backend_config.is_empty() => {
            let unchanged = block_only.as_ref().map(BackendSettings::hash) == Some(record.hash);
            if unchanged { record.settings.clone() } else { configured.clone() }
        }
        (Some(configured), _) => configured.clone(),
        (None, _) => BackendSettings::default(),
    };
    let old = recorded.map(|record| record.settings).unwrap_or_default();
    if !new.same_as(&old) {
        change_backend(session, &old, &new, configured.is_some(), options)?;
    }
    match configured {
        Some(configured) => {
            let hash = block_only.as_ref().unwrap_or(&configured).hash();
            write_record(&data_dir, &Record { settings: new.clone(), hash })?;
        }
        None => remove_record(&data_dir)?,
    }
    Ok(Current::new(new, data_dir.workspace(&session.environment), &LocalFlags::default()))
}

/// Takes the states along, or not, as the user wishes.
fn change_backend(
    session: &Session,
    old: &BackendSettings,
    new: &BackendSettings,
    configured: bool,
    options: &InitOptions,
) -> Result<(), Diagnostics> {
    if options.reconfigure {
        return Ok(());
    }
    let first = *old == BackendSettings::default();
    let states = session.block_on(async {
        let from = old.open(session, &LocalFlags::default()).await?;
        count_states(session, &*from).await
    })?;
    if states == 0 && (first || !configured) {
        return Ok(());
    }
    if !options.migrate && !first {
        let detail = "The backend's configuration differs from what was set up here before. To copy the states to the \
                      new place give -migrate-state; to leave them where they are give -reconfigure.";
        return Err(Diagnostic::error("Backend configuration changed", detail).into());
    }
    if states == 0 {
        return Ok(());
    }
    let question = format!("Do you want to copy {states} existing states to the new backend?");
    let agreed = options.force_copy || (options.input && confirm(session, &question));
    if !agreed && options.migrate {
        let detail = "The states were not copied, and the backend was left as it is.";
        return Err(Diagnostic::error("Migration was not approved", detail).into());
    }
    if agreed {
        let copied = session.block_on(async {
            let from = old.open(session, &LocalFlags::default()).await?;
            let to = new.open(session, &LocalFlags::default()).await?;
            migrate(session, &*from, &*to, &options.lock).await
        })?;
        options.say(session, "backend_migrated_message", &format!("Copied {copied} states to the new backend."));
    }
    Ok(())
}

async fn count_states(session: &Session, backend: &dyn Backend) -> Result<usize, Diagnostics> {
    let problem = |error: formwork_model::StoreError| crate::state_access::store_problem(&error);
    let mut count = 0;
    for workspace in backend.workspaces().await.map_err(problem)? {
        let place = backend.place(&workspace, session.data_dir().path()).map_err(problem)?;
        let snapshot = place.store.read().await.map_err(problem)?;
        count += usize::from(snapshot.is_some_and(|snapshot| !snapshot.state.is_empty()));
    }
    Ok(count)
}

/// The values of `-backend-config`: `NAME=VALUE`, or a file of assignments.
fn backend_config(session: &Session, given: &[String]) -> Result<Vec<(Str, Value)>, Diagnostics> {
    let mut values = Vec::new();
    for text in given {
        match text.split_once('=') {
            Some((name, value)) => values.push((name.trim().into(), Value::from(value))),
            None => values.extend(backend_config_file(session, text)?),
        }
    }
    Ok(values)
}

fn backend_config_file(session: &Session, path: &str) -> Result<Vec<(Str, Value)>, Diagnostics> {
    let bytes = session.files().read(path).map_err(|error| {
        let detail = format!("The file {path:?} given with -backend-config cannot be read: {error}.");
        Diagnostics::from(Diagnostic::error("Cannot read backend configuration", detail).blame(Blame::Environment))
    })?;
    let mut sources = formwork_diag::Sources::clone(&session.sources());
    let file = sources.add(path, String::from_utf8_lossy(&bytes).as_ref());
    session.set_sources(Arc::new(sources));
    let (text, mut diagnostics) = decode(file, bytes);
    let (body, problems) = parse(file, &text);
    diagnostics.extend(problems);
    let (attributes, problems) = body.just_attributes();
    diagnostics.extend(problems);
    let mut values = Vec::new();
    for attribute in attributes {
        let evaluated = evaluate(&attribute.expr, &EmptyScope);
        diagnostics.extend(evaluated.diagnostics);
        values.push((attribute.name.name, evaluated.value));
    }
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok(values) }
}

/// Installs all modules that are called, and writes down where they are. Local ones stay where they are.
pub fn install_modules(session: &Session, options: &InitOptions) -> Result<Config, Diagnostics> {
    let files = session.files();
    let known = manifest(session).unwrap_or_default();
    let (config, diagnostics) = load(&files, ".", &known, ModuleResolution::Direct);
    session.set_sources(Arc::new(config.sources.clone()));
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    session.report(&diagnostics);
    record_modules(session, &config, options)?;
    Ok(config)
}

/// Writes down where the modules are.
fn record_modules(session: &Session, config: &Config, options: &InitOptions) -> Result<(), Diagnostics> {
    let known = manifest(session).unwrap_or_default();
    let mut installed = ModuleManifest::default();
    let mut problems = Diagnostics::new();
    for (path, module) in &config.modules {
        for call in module.calls.values() {
            let Some(source) = &call.source else { continue };
            let child = path.child(call.name.clone());
            match (config.module(&child), source) {
                (Some(module), source) => {
                    let version = known.modules.get(&child).and_then(|known| known.version.clone());
                    let entry = InstalledModule { source: source.to_string().into(), version, dir: module.dir.clone() };
                    installed.modules.insert(child, entry);
                }
                (None, ModuleSource::Local(_)) => {}
                (None, source) => problems.push(remote_module(source).at(call.source_span)),
            }
        }
    }
    if problems.has_errors() {
        return Err(problems);
    }
    if !installed.modules.is_empty() {
        options.say(session, "initializing_modules_message", "Initializing modules...");
        for (path, module) in installed.modules.iter().filter(|(path, _)| !known.modules.contains_key(*path)) {
            let key: Vec<&str> = path.0.iter().map(|name| &**name).collect();
            options.say(session, "module_installed_message", &format!("- {} in {}", key.join("."), module.dir));
        }
    }
    let dir = session.data_dir().modules();
    if !installed.modules.is_empty() || dir.join("modules.json").exists() {
        write_manifest(&dir, &installed).map_err(|error| {
            let detail = format!("{} cannot be written: {error}.", dir.display());
            Diagnostics::from(Diagnostic::error("Cannot record modules", detail).blame(Blame::Environment))
        })?;
    }
    Ok(())
}

fn remote_module(source: &ModuleSource) -> Diagnostic {
    let detail = format!(
        "Modules are taken from local directories here; {source} would have to be downloaded. Put a copy into the \
         repository and give its relative path as the source."
    );
    Diagnostic::error("Module cannot be downloaded", detail)
}

/// Selects and installs providers, and keeps the lock file.
fn install_providers(
    session: &Session,
    config: &Config,
    from_state: &BTreeSet<ProviderAddress>,
    options: &InitOptions,
) -> Result<(), Diagnostics> {
    let mut requirements = provider_requirements(config);
    for provider in from_state {
        requirements.entry(provider.clone()).or_default();
    }
    options.say(session, "initializing_provider_plugin_message", "Initializing provider plugins...");
    let lock = lock_file()?;
    let cli = cli_config(session)?;
    let mut unmanaged: BTreeSet<ProviderAddress> = reattached(session)?.into_keys().collect();
    unmanaged.extend(cli.dev_overrides.keys().cloned());
    let platform = current_platform();
    let sources = provider_sources(session, &cli, options)?;
    let data_dir = session.data_dir();
    let init = ProviderInit {
        requirements: &requirements,
        lock: &lock,
        sources: &sources,
        data_dir: data_dir.path(),
        platform: &platform,
        upgrade: options.upgrade,
        cache_dir: cli.plugin_cache_dir.as_deref(),
        cache_may_break_lock: cli.plugin_cache_may_break_dependency_lock_file,
        unmanaged: &unmanaged,
    };
    let report = init_providers(init, &mut |event| options.say(session, event_code(&event), &event.to_string()));
    if report.diagnostics.has_errors() {
        return Err(report.diagnostics);
    }
    session.report(&report.diagnostics);
    keep_lock_file(session, &lock, &report.lock, options)
}

/// The names that tools know.
fn event_code(event: &InstallEvent) -> &'static str {
    match event {
        InstallEvent::BuiltIn { .. } => "built_in_provider_message",
        InstallEvent::Finding { constraints, .. } if constraints.is_empty() => "finding_latest_version_message",
        InstallEvent::Finding { .. } => "finding_matching_version_message",
        InstallEvent::Reusing { .. } => "reusing_previous_version_message",
        InstallEvent::Present { .. } => "provider_already_installed_message",
        InstallEvent::FromCache { .. } => "using_provider_from_cache_dir_message",
        InstallEvent::Installing { .. } => "installing_provider_message",
        InstallEvent::Installed { .. } => "installed_provider_version_message",
    }
}

fn keep_lock_file(session: &Session, old: &LockFile, new: &LockFile, options: &InitOptions) -> Result<(), Diagnostics> {
    if options.lock_file_readonly {
        let addresses = |lock: &LockFile| lock.providers.keys().cloned().collect::<BTreeSet<_>>();
        if addresses(old) != addresses(new) {
            let detail = format!("{LOCK_FILE} would have to change, which -lockfile=readonly forbids.");
            return Err(Diagnostic::error("Provider dependency changes detected", detail).into());
        }
        if old != new {
            let detail =
                format!("{LOCK_FILE} lacks checksums of packages, and -lockfile=readonly forbids to add them.");
            session.report(&Diagnostic::warning("Provider lock file not updated", detail).into());
        }
        return Ok(());
    }
    if new.providers.is_empty() && !Path::new(LOCK_FILE).exists() {
        return Ok(());
    }
    let written = save_lock_file(Path::new(LOCK_FILE), new).map_err(|error| {
        let detail = format!("{LOCK_FILE} cannot be written: {error}.");
        Diagnostics::from(Diagnostic::error("Cannot write the lock file", detail).blame(Blame::Environment))
    })?;
    if written {
        options.say(
            session,
            "lock_info",
            &format!(
                "\nWrote the selected provider versions to {LOCK_FILE}. Commit it to use the same ones everywhere."
            ),
        );
    }
    Ok(())
}

/// Where packages are looked for; directories given once are remembered.
fn provider_sources(
    session: &Session,
    cli: &formwork_install::CliConfig,
    options: &InitOptions,
) -> Result<ProviderSources, Diagnostics> {
    let path = session.data_dir().plugin_path();
    let mut dirs = options.plugin_dirs.clone();
    if dirs.is_empty() {
        let stored = std::fs::read_to_string(&path).unwrap_or_default();
        let stored: Vec<String> = serde_json::from_str(&stored).unwrap_or_default();
        dirs.extend(stored.into_iter().map(PathBuf::from));
    } else {
        let text = serde_json::json!(dirs.iter().map(|dir| dir.to_string_lossy()).collect::<Vec<_>>()).to_string();
        let stored = std::fs::create_dir_all(session.data_dir().path()).and_then(|()| std::fs::write(&path, text));
        stored.map_err(|error| {
            let detail = format!("{} cannot be written: {error}.", path.display());
            Diagnostics::from(Diagnostic::error("Cannot remember -plugin-dir", detail).blame(Blame::Environment))
        })?;
    }
    if !dirs.is_empty() {
        return Ok(ProviderSources::plugin_dirs(&dirs));
    }
    let environment = &session.environment;
    let implied = implied_dirs(environment.get("HOME").map(Path::new), environment.get("XDG_DATA_HOME").map(Path::new));
    Ok(ProviderSources::configured(cli, &implied, &current_platform()))
}

/// Does what `init` would, without a word, where something is missing.
pub fn initialize_if_needed(session: &Session) -> Result<(), Diagnostics> {
    initialize(session, &InitOptions::default())
}
