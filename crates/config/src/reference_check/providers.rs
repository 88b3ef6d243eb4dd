//! References to provider configurations.

use crate::{Config, Module, ProviderName};
use formwork_diag::{Diagnostic, Diagnostics};

/// Checks that every configuration with an alias that is used or passed on is declared.
pub(super) fn check_provider_refs(config: &Config, module: &Module, diagnostics: &mut Diagnostics) {
    for resource in module.resources.values() {
        let name = &resource.provider.name;
        if is_missing(config, module, name) {
            let what = config.provider_config(&module.path, name);
            let detail = format!(
                "{} uses the provider configuration {what}, which is declared nowhere. Declare it with a provider \
                 block and its alias, or remove the reference {name}.",
                in_module(module, &resource.resource.to_string()),
            );
            diagnostics.push(Diagnostic::error("Provider configuration not present", detail));
        }
    }
    for call in module.calls.values() {
        for passed in call.providers.iter().flatten() {
            if is_missing(config, module, &passed.parent) {
                let what = config.provider_config(&module.path, &passed.parent);
                let detail = format!(
                    "The call {} passes {} to its module, but no provider block declares it.",
                    in_module(module, &format!("module.{}", call.name)),
                    passed.parent
                );
                diagnostics.push(Diagnostic::error(format!("missing provider {what}"), detail));
            }
        }
    }
}

fn is_missing(config: &Config, module: &Module, name: &ProviderName) -> bool {
    let address = config.provider_config(&module.path, name);
    address.alias.is_some() && config.provider_block(&address).is_none()
}

fn in_module(module: &Module, address: &str) -> String {
    if module.path.is_root() { address.to_string() } else { format!("{}.{address}", module.path) }
}
