//! What `init` records about modules.

use crate::{Config, ModuleSource};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::{InstalledModule, ModuleManifest};

/// The manifest for a configuration that was loaded with [`Direct`](crate::ModuleResolution::Direct) resolution: local
/// modules where they are, others as in the manifest before. Modules of other sources that are not there are reported.
pub fn module_manifest(config: &Config, before: &ModuleManifest) -> (ModuleManifest, Diagnostics) {
    let mut manifest = ModuleManifest::default();
    let mut diagnostics = Diagnostics::new();
    for module in config.modules.values() {
        for call in module.calls.values() {
            let Some(source) = &call.source else { continue };
            let path = module.path.child(call.name.clone());
            match config.module(&path) {
                Some(child) => {
                    let version = match source {
                        ModuleSource::Local(_) => None,
                        _ => before.modules.get(&path).and_then(|m| m.version.clone()),
                    };
                    let source = source.to_string().as_str().into();
                    manifest.modules.insert(path, InstalledModule { source, version, dir: child.dir.clone() });
                }
                None if matches!(source, ModuleSource::Local(_)) => {}
                None => {
                    let detail = format!("The module {path} comes from {source}, and is not there.");
                    diagnostics.push(Diagnostic::error("Module not installed", detail).at(call.source_span));
                }
            }
        }
    }
    (manifest, diagnostics)
}
