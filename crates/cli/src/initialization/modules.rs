//! Finding modules.

use super::InitOptions;
use crate::configuration::{add_tests, load_tree, manifest};
use crate::session::Session;
use formwork_config::{Config, ModuleResolution, ModuleSource};
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_install::write_manifest;
use formwork_model::{InstalledModule, ModuleManifest};

/// Installs all modules that are called, and writes down where they are. Local ones stay where they are.
pub fn install_modules(session: &Session, options: &InitOptions) -> Result<Config, Diagnostics> {
    let files = session.files();
    let known = manifest(session).unwrap_or_default();
    let (config, mut diagnostics) = load_tree(session, &files, &known, ModuleResolution::Direct);
    let (suite, problems) = add_tests(session, config, options.test_dir.as_deref(), ModuleResolution::Direct)?;
    let config = suite.everything();
    diagnostics.extend(problems);
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    session.report(&diagnostics);
    record_modules(session, &config, options)?;
    Ok(config)
}

/// Writes down where the modules are.
pub(super) fn record_modules(session: &Session, config: &Config, options: &InitOptions) -> Result<(), Diagnostics> {
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
