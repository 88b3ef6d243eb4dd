//! Rules on `removed` and `import` that are checked when a plan is made.

use crate::{Config, Module, RemovedFrom};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::{ConfigResource, ModulePath};

/// Checks the statements about objects that a plan acts on. `generating` tells that configuration for imported
/// objects is to be generated, so that targets in the root module need not be declared.
pub fn check_statements(config: &Config, generating: bool) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    for module in config.modules.values() {
        check_removed(config, module, &mut diagnostics);
    }
    check_imports(config, generating, &mut diagnostics);
    diagnostics
}

fn check_removed(config: &Config, module: &Module, diagnostics: &mut Diagnostics) {
    for block in &module.removed {
        let join = |inner: &ModulePath| ModulePath(module.path.0.iter().chain(&inner.0).cloned().collect());
        let existing = match &block.from {
            RemovedFrom::Module(path) => {
                let path = join(path);
                let call = path.parent().and_then(|(parent, name)| config.module(&parent)?.calls.get(name));
                call.map(|c| ("Removed module still exists", c.header_span, path.to_string()))
            }
            RemovedFrom::Resource(path, resource) => {
                let address = ConfigResource { module: join(path), resource: resource.clone() };
                let declared = config.module(&address.module).and_then(|m| m.resources.get(resource));
                declared.map(|r| ("Removed resource still exists", r.header_span, address.to_string()))
            }
        };
        if let Some((summary, span, address)) = existing {
            let detail = format!(
                "A removed block says that {address} is no longer managed, but it is still declared here. Remove the \
                 declaration, or the removed block."
            );
            diagnostics.push(Diagnostic::error(summary, detail).at(span));
        }
    }
}

fn check_imports(config: &Config, generating: bool, diagnostics: &mut Diagnostics) {
    for import in &config.root().imports {
        let target = import.to.config();
        let is_plain = target.module.is_root() && import.to.key.is_none() && import.for_each.is_none();
        let can_generate = generating && is_plain;
        if config.module(&target.module).is_some() && !is_declared(config, &target) && !can_generate {
            let detail = format!(
                "{target} is not declared. Add a resource block for it, or have one written with -generate-config-out."
            );
            let summary = "Configuration for import target does not exist";
            diagnostics.push(Diagnostic::error(summary, detail).at(import.to.span));
        }
    }
}

fn is_declared(config: &Config, resource: &ConfigResource) -> bool {
    config.module(&resource.module).is_some_and(|m| m.resources.contains_key(&resource.resource))
}
