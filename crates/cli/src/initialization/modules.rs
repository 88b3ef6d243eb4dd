//! Finding modules.

use super::InitOptions;
use crate::configuration::manifest;
use crate::session::Session;
use formwork_config::{Config, ModuleSource};
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_install::write_manifest;
use formwork_model::{InstalledModule, ModuleManifest};

/// Writes down where the modules are. Unless all is `well`, what is known of others is kept, since they may be called
/// where something cannot be read.
pub(super) fn record_modules(session: &Session, config: &Config, options: &InitOptions, well: bool) -> Diagnostics {
    let known = manifest(session).unwrap_or_default();
    let mut installed = if well { ModuleManifest::default() } else { known.clone() };
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
                (None, source) => problems.push(remote_module(source).at(call.header_span)),
            }
        }
    }
    if !installed.modules.is_empty() {
        options.say(session, "initializing_modules_message", "Initializing modules...");
        for (path, module) in installed.modules.iter().filter(|(path, _)| !known.modules.contains_key(*path)) {
            let key: Vec<&str> = path.0.iter().map(|name| &**name).collect();
            options.say(session, "module_installed_message", &format!("- {} in {}", key.join("."), module.dir));
        }
    }
    let dir = session.data_dir().modules();
    let calls = config.modules.values().any(|module| !module.calls.is_empty());
    if (calls || dir.join("modules.json").exists())
        && let Err(error) = write_manifest(&dir, &installed)
    {
        let detail = format!("{} cannot be written: {error}.", dir.display());
        problems.push(Diagnostic::error("Cannot record modules", detail).blame(Blame::Environment));
    }
    problems
}

fn remote_module(source: &ModuleSource) -> Diagnostic {
    let detail = format!(
        "Modules are taken from local directories here; {source} would have to be downloaded. Put a copy into the \
         repository and give its relative path as the source."
    );
    Diagnostic::error("Module cannot be downloaded", detail)
}
