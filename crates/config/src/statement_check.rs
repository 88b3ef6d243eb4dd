//! Rules on `removed` that are checked when a plan is made.

use crate::{Config, Module, RemovedFrom};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::{ConfigResource, ModulePath};

/// Checks the statements about objects that a plan acts on.
pub fn check_statements(config: &Config) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    for module in config.modules.values() {
        check_removed(config, module, &mut diagnostics);
    }
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
