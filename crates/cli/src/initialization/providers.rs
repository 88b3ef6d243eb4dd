//! Installing providers.

use super::InitOptions;
use crate::bundled::{self, Surroundings};
use crate::providers::{LOCK_FILE, cli_config, lock_file, reattached};
use crate::session::Session;
use formwork_config::{Config, provider_requirements};
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_install::{
    CliConfig, InstallEvent, Network, NetworkSettings, PackageProof, ProviderInit, ProviderSources, current_platform,
    implied_dirs, init_providers, save_lock_file,
};
use formwork_model::{LockFile, ProviderAddress};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Selects and installs providers, and keeps the lock file.
pub(super) fn install_providers(
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
    let surroundings = Surroundings { lock: &lock, unmanaged: &unmanaged, sources: &sources };
    let chosen = bundled::chosen(&requirements, &surroundings);
    for (provider, bundled) in &chosen {
        let text = format!("- Using bundled {} v{}", provider.for_display(), bundled.version);
        let message = format!("{} v{}: Using bundled provider version", provider.for_display(), bundled.version);
        options.log(session, &text, &message);
    }
    unmanaged.extend(chosen.into_keys());
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
    let mut has_keys = false;
    let report = init_providers(init, &mut |event| {
        has_keys |= matches!(
            &event,
            InstallEvent::Installed { proof: PackageProof::SelfSigned { .. } | PackageProof::Partner { .. }, .. }
        );
        options.log(session, &event.to_string(), &event.message());
    });
    if has_keys {
        let text = "\nProviders with a key ID are signed by those who develop them, not by HashiCorp.";
        options.say(session, "partner_and_community_providers_message", text);
    }
    if report.diagnostics.has_errors() {
        let hint = |problem| bundled::with_hint(problem, &requirements, &lock);
        return Err(report.diagnostics.into_iter().map(hint).collect());
    }
    // Where nothing is written, nothing written is incomplete.
    keep_lock_file(session, &lock, &report.lock, options)?;
    session.report(&report.diagnostics);
    Ok(())
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
fn provider_sources(session: &Session, cli: &CliConfig, options: &InitOptions) -> Result<ProviderSources, Diagnostics> {
    let path = session.data_dir().plugin_path();
    let mut dirs = options.plugin_dirs.clone();
    if dirs.is_empty() {
        dirs = session.data_dir().remembered_plugin_dirs();
    } else {
        let text = serde_json::json!(dirs.iter().map(|dir| dir.to_string_lossy()).collect::<Vec<_>>()).to_string();
        let stored = std::fs::create_dir_all(session.data_dir().path()).and_then(|()| std::fs::write(&path, text));
        stored.map_err(|error| {
            let detail = format!("{} cannot be written: {error}.", path.display());
            Diagnostics::from(Diagnostic::error("Cannot remember -plugin-dir", detail).blame(Blame::Environment))
        })?;
    }
    if !dirs.is_empty() {
        return Ok(ProviderSources::plugin_dirs(&dirs, network(session, cli)));
    }
    Ok(configured_sources(session, cli))
}

/// Where packages are looked for if the command line says nothing.
pub(crate) fn configured_sources(session: &Session, cli: &CliConfig) -> ProviderSources {
    let environment = &session.environment;
    let implied = implied_dirs(environment.get("HOME").map(Path::new), environment.get("XDG_DATA_HOME").map(Path::new));
    ProviderSources::configured(cli, &implied, &current_platform(), network(session, cli))
}

/// The way to other hosts; nothing is opened before it is used.
pub(crate) fn network(session: &Session, cli: &CliConfig) -> Arc<Network> {
    let environment = &session.environment;
    let home = environment.get("HOME").map(PathBuf::from);
    Arc::new(Network::new(NetworkSettings::new(cli, environment.variables().clone(), home)))
}
