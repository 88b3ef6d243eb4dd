//! The providers of a run: which are needed, where they are.

use crate::bundled::{self, Surroundings};
use crate::machine::{DiskSchemaCache, MachineEntropy, MachineStates, ProviderLog};
use crate::session::Session;
use formwork_builtin::BuiltinProvider;
use formwork_config::{Config, provider_requirements};
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_install::{
    CliConfig, ProviderLimits, check_lock, current_platform, executable, installed, load_cli_config, read_lock_file,
};
use formwork_model::{Constraints, LockFile, ProviderAddress, State};
use formwork_protocol::{
    Attach, CallLimits, LogSink, PoolOptions, ProviderFactory, ProviderPool, ProviderSource, SchemaCache, WantedTypes,
    parse_reattach,
};
use formwork_value::Str;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Name of the file with the selected versions.
pub const LOCK_FILE: &str = ".terraform.lock.hcl";

/// Providers that are ready to be started.
pub struct Providers {
    pub pool: Arc<ProviderPool>,
    pub lock_file: LockFile,
}

/// The user's settings for installations. Problems with them are reported here.
pub fn cli_config(session: &Session) -> Result<CliConfig, Diagnostics> {
    let variable = |name: &str| session.environment.get(name).map(str::to_owned);
    let home = session.environment.get("HOME").map(Path::new);
    let (config, diagnostics) = load_cli_config(&variable, home);
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    session.report(&diagnostics);
    Ok(config)
}

/// Plugins that run already (`TF_REATTACH_PROVIDERS`).
pub fn reattached(session: &Session) -> Result<BTreeMap<ProviderAddress, Attach>, Diagnostics> {
    session.environment.get("TF_REATTACH_PROVIDERS").map_or_else(|| Ok(BTreeMap::new()), parse_reattach)
}

/// The versions that are selected.
pub fn lock_file() -> Result<LockFile, Diagnostics> {
    let mut sources = formwork_diag::Sources::new();
    let (lock, diagnostics) = read_lock_file(Path::new(LOCK_FILE), &mut sources);
    if !diagnostics.has_errors() {
        return Ok(lock);
    }
    // Places point into the lock file, which is no part of the configuration: they are told in words.
    let worded = diagnostics.into_iter().map(|mut diagnostic| {
        if let Some(span) = diagnostic.span.take() {
            let line = sources.get(span.file).map_or(0, |file| file.line(span.start));
            diagnostic.detail = format!("{} ({LOCK_FILE} line {line})", diagnostic.detail);
        }
        diagnostic
    });
    Err(worded.collect())
}

impl Providers {
    /// For a configuration and a state: all that either names must be there.
    /// Of large schemas only the types that both use are known afterwards.
    pub fn prepare(session: &Session, config: &Config, state: Option<&State>) -> Result<Providers, Diagnostics> {
        Providers::prepare_with(session, config, state, wanted_types(config, state))
    }

    /// As [`Providers::prepare`], with all types of the schemas.
    pub fn prepare_whole(session: &Session, config: &Config, state: Option<&State>) -> Result<Providers, Diagnostics> {
        Providers::prepare_with(session, config, state, None)
    }

    fn prepare_with(
        session: &Session,
        config: &Config,
        state: Option<&State>,
        wanted: Option<WantedTypes>,
    ) -> Result<Providers, Diagnostics> {
        let requirements = provider_requirements(config);
        if let Some(unknown) = requirements.keys().find(|p| p.is_builtin() && **p != BuiltinProvider::address()) {
            let detail = format!("There is no built-in provider {:?}. The only one is \"terraform\".", unknown.name);
            return Err(Diagnostic::error("Unknown built-in provider", detail).into());
        }
        let mut needed: BTreeSet<ProviderAddress> = requirements.keys().cloned().collect();
        if let Some(state) = state {
            needed.extend(state.resources.values().map(|resource| resource.provider.provider.clone()));
        }
        needed.retain(|provider| !provider.is_builtin());
        if needed.is_empty() {
            // Nothing but what is linked in: neither settings nor the lock file matter.
            let pool = pool(session, BTreeMap::new(), wanted, BTreeMap::new());
            return Ok(Providers { pool, lock_file: LockFile::default() });
        }
        let mut sources = BTreeMap::new();
        for (provider, attach) in reattached(session)? {
            sources.insert(provider, ProviderSource::Reattach(attach));
        }
        let cli = cli_config(session)?;
        sources.extend(overridden(session, &cli, &needed)?);
        let lock_file = lock_file()?;
        sources.extend(from_program(session, &cli, &requirements, &needed, &sources, &lock_file));
        let unmanaged: BTreeSet<ProviderAddress> = sources.keys().cloned().collect();
        let problems = check_lock(&requirements, &lock_file, &unmanaged);
        if problems.has_errors() {
            return Err(problems);
        }
        let managed: BTreeSet<ProviderAddress> = needed.difference(&unmanaged).cloned().collect();
        let (packages, problems) = installed(session.data_dir().path(), &lock_file, &managed, &current_platform());
        if problems.has_errors() {
            return Err(problems);
        }
        for (provider, package) in packages {
            let source = ProviderSource::Executable { path: package.executable, package_hash: Some(package.hash) };
            sources.insert(provider, source);
        }
        Ok(Providers { pool: pool(session, sources, wanted, call_limits(&cli)), lock_file })
    }
}

/// The needed providers that are part of the program and that nothing stands in place of.
fn from_program(
    session: &Session,
    cli: &CliConfig,
    requirements: &BTreeMap<ProviderAddress, Constraints>,
    needed: &BTreeSet<ProviderAddress>,
    present: &BTreeMap<ProviderAddress, ProviderSource>,
    lock: &LockFile,
) -> BTreeMap<ProviderAddress, ProviderSource> {
    let any = Constraints::default();
    let unmanaged = present.keys().cloned().collect();
    let surroundings = Surroundings { lock, unmanaged: &unmanaged, sources: &bundled::sources(session, cli) };
    let needed = needed.iter().map(|provider| (provider, requirements.get(provider).unwrap_or(&any)));
    let chosen = bundled::chosen(needed, &surroundings).into_iter();
    chosen.map(|(provider, bundled)| (provider, ProviderSource::InProcess(Arc::new(bundled.make)))).collect()
}

/// Executables that the user's settings put in place of installed packages.
fn overridden(
    session: &Session,
    cli: &CliConfig,
    needed: &BTreeSet<ProviderAddress>,
) -> Result<BTreeMap<ProviderAddress, ProviderSource>, Diagnostics> {
    let mut sources = BTreeMap::new();
    let mut told = String::new();
    for (provider, dir) in cli.dev_overrides.iter().filter(|(provider, _)| needed.contains(provider)) {
        let path = override_executable(provider, dir)?;
        told.push_str(&format!("\n - {} in {}", provider.for_display(), dir.display()));
        sources.insert(provider.clone(), ProviderSource::Executable { path, package_hash: None });
    }
    if !told.is_empty() {
        let detail = format!(
            "The CLI configuration puts these providers in place of installed ones:{told}\n\nTheir versions are not \
             checked, and what they write into the state may not suit released versions."
        );
        session.report(&Diagnostic::warning("Provider development overrides are in effect", detail).into());
    }
    Ok(sources)
}

fn override_executable(provider: &ProviderAddress, dir: &Path) -> Result<PathBuf, Diagnostics> {
    let problem = match executable(dir, &provider.name) {
        Ok(Some(path)) => return Ok(path),
        Ok(None) => format!("it has no executable named terraform-provider-{}", provider.name),
        Err(error) => error.to_string(),
    };
    let detail = format!("The directory {} for {} cannot be used: {problem}.", dir.display(), provider.for_display());
    Err(Diagnostic::error("Invalid provider override", detail).blame(Blame::Environment).into())
}

fn pool(
    session: &Session,
    sources: BTreeMap<ProviderAddress, ProviderSource>,
    wanted: Option<WantedTypes>,
    call_limits: BTreeMap<ProviderAddress, CallLimits>,
) -> Arc<ProviderPool> {
    let builtin: ProviderFactory =
        Arc::new(|| Arc::new(BuiltinProvider::new(Arc::new(MachineEntropy), Arc::new(MachineStates))));
    let resolve = move |provider: &ProviderAddress| {
        if *provider == BuiltinProvider::address() {
            return Ok(ProviderSource::InProcess(builtin.clone()));
        }
        sources.get(provider).cloned().ok_or_else(|| missing(provider))
    };
    let environment = &session.environment;
    let cache = DiskSchemaCache::new(environment.get("XDG_CACHE_HOME"), environment.get("HOME"));
    let options = PoolOptions {
        no_tls: environment.is_set("TF_DISABLE_PLUGIN_TLS"),
        schema_cache: cache.map(|cache| Arc::new(cache) as Arc<dyn SchemaCache>),
        log: ProviderLog::new(environment).map(|log| Arc::new(log) as Arc<dyn LogSink>),
        wanted,
        call_limits,
        max_memory: session.max_memory(),
        ..PoolOptions::default()
    };
    Arc::new(ProviderPool::new(Box::new(resolve), options))
}

/// What the user's settings say of calls.
fn call_limits(cli: &CliConfig) -> BTreeMap<ProviderAddress, CallLimits> {
    let limits = |limits: &ProviderLimits| CallLimits { total: limits.concurrency, types: limits.types.clone() };
    cli.provider_limits.iter().map(|(provider, set)| (provider.clone(), limits(set))).collect()
}

fn missing(provider: &ProviderAddress) -> Diagnostics {
    let detail = format!(
        "The provider {} is used, but no package of it is selected and installed. Run \"formwork init\".",
        provider.for_display()
    );
    Diagnostic::error("Missing required provider", detail).blame(Blame::Environment).into()
}

/// The types that configuration and state use, so that no more of a large schema need be decoded.
fn wanted_types(config: &Config, state: Option<&State>) -> Option<WantedTypes> {
    let mut types: BTreeMap<ProviderAddress, BTreeSet<Str>> = BTreeMap::new();
    for module in config.modules.values() {
        for block in module.resources.values() {
            types.entry(block.provider_address.clone()).or_default().insert(block.resource.kind.clone());
        }
        for block in &module.lists {
            types.entry(block.provider_address.clone()).or_default().insert(block.kind.clone());
        }
        for block in module.actions.values() {
            types.entry(block.provider_address.clone()).or_default().insert(block.action.kind.clone());
        }
        for import in &module.imports {
            let kind = import.to.resource.kind.clone();
            types.entry(module.provider_address(import.to.resource.implied_provider())).or_default().insert(kind);
        }
    }
    for (address, resource) in state.into_iter().flat_map(|state| &state.resources) {
        let kind = address.resource.kind.clone();
        types.entry(resource.provider.provider.clone()).or_default().insert(kind);
    }
    Some(Arc::new(move |provider: &ProviderAddress| Some(types.get(provider).cloned().unwrap_or_default())))
}
