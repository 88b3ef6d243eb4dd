//! Rules about provider configurations across the module tree.

use crate::{Config, Module, ModuleCall, ProviderName};
use formwork_diag::{Diagnostic, Diagnostics, Span};
use formwork_model::{ModulePath, ProviderAddress};
use formwork_value::Str;

/// Checks what calls pass, and what modules need and declare.
pub(crate) fn check_providers(config: &Config, diagnostics: &mut Diagnostics) {
    for module in config.modules.values() {
        let Some((parent_path, name)) = module.path.parent() else { continue };
        let Some(parent) = config.module(&parent_path) else { continue };
        let Some(call) = parent.calls.get(name) else { continue };
        check_passed(parent, call, module, diagnostics);
        check_needed(call, module, diagnostics);
        check_own(config, module, diagnostics);
    }
}

/// The provider that is meant where only a name is given.
fn default_provider(name: &Str) -> ProviderAddress {
    ProviderAddress { host: ProviderAddress::DEFAULT_HOST.into(), namespace: "hashicorp".into(), name: name.clone() }
}

fn is_default(provider: &ProviderAddress) -> bool {
    *provider == default_provider(&provider.name)
}

/// The provider that a name claims to be when it is passed on; unlike elsewhere, no name stands for a built-in one.
fn claimed(module: &Module, name: &Str) -> ProviderAddress {
    module.requirements.get(name).map_or_else(|| default_provider(name), |requirement| requirement.source.clone())
}

fn is_declared_alias(module: &Module, name: &ProviderName) -> bool {
    module.requirements.get(&name.name).is_some_and(|r| r.aliases.contains(name))
}

fn check_passed(parent: &Module, call: &ModuleCall, module: &Module, diagnostics: &mut Diagnostics) {
    for passed in call.providers.iter().flatten() {
        let child = &passed.child;
        let known = match &child.alias {
            None => module.requirements.contains_key(&child.name) || module.providers.contains_key(child),
            Some(_) => is_declared_alias(module, child) || module.providers.contains_key(child),
        };
        if !known {
            let detail = match &child.alias {
                None => format!(
                    "The module does not declare a provider with the local name {:?}; {} is meant. Add it to \
                     required_providers of the module.",
                    &*child.name,
                    module.provider_address(&child.name).for_display()
                ),
                Some(_) => format!(
                    "The module does not expect a provider configuration {child}. Remove it here, or add it to \
                     configuration_aliases in the module's required_providers."
                ),
            };
            // Without a requirement, one of the default namespace may be meant.
            let guessed = module.requirements.get(&child.name).is_none_or(|known| is_default(&known.source));
            let problem = if guessed { Diagnostic::warning } else { Diagnostic::error };
            diagnostics.push(problem("Reference to undefined provider", detail).at(passed.child_span));
        }
        if passed.parent.alias.is_none() && !parent.requirements.contains_key(&passed.parent.name) {
            let detail = format!(
                "The calling module does not declare a provider with the local name {:?}. Add it to its \
                 required_providers.",
                &*passed.parent.name
            );
            let problem = Diagnostic::warning("Reference to undefined provider", detail);
            diagnostics.push(problem.at(passed.parent_span));
        }
        let (inner, outer) = (claimed(module, &child.name), claimed(parent, &passed.parent.name));
        if inner != outer {
            let detail = format!(
                "{child} stands for {} in the module, but {} is a configuration of {}.",
                inner.for_display(),
                passed.parent,
                outer.for_display()
            );
            diagnostics.push(Diagnostic::error("Provider type mismatch", detail).at(passed.parent_span));
        }
        if module.providers.get(child).is_some_and(|block| !block.body.is_empty()) {
            let detail =
                format!("The module has its own configuration {child}. Remove that one, or do not pass another.");
            diagnostics.push(Diagnostic::error("Cannot override provider configuration", detail).at(passed.child_span));
        }
    }
}

fn check_needed(call: &ModuleCall, module: &Module, diagnostics: &mut Diagnostics) {
    for alias in module.requirements.values().flat_map(|r| &r.aliases) {
        let passed = call.providers.iter().flatten().any(|p| p.child == *alias);
        if !passed {
            let detail = format!(
                "The module needs a configuration {alias} for {}. Pass one: providers = {{ {alias} = ... }}.",
                module.provider_address(&alias.name).for_display()
            );
            diagnostics.push(Diagnostic::error("Missing required provider configuration", detail).at(call.header_span));
        }
    }
}

fn check_own(config: &Config, module: &Module, diagnostics: &mut Diagnostics) {
    for block in module.providers.values() {
        if block.body.is_empty() && block.version.is_none() {
            let detail = format!(
                "A provider block without arguments does nothing in a called module. To tell that the module needs the \
                 provider, use required_providers{}.",
                if block.name.alias.is_some() { " with configuration_aliases" } else { "" }
            );
            diagnostics.push(Diagnostic::warning("Redundant empty provider block", detail).at(block.header_span));
        } else if let Some(outer) = repeated_call(config, &module.path) {
            let detail = format!(
                "The module {} has a provider configuration of its own ({}), so neither its call nor one around it can \
                 use count, for_each or depends_on. Configure the provider in the calling module and pass it.",
                module.path, block.name
            );
            let summary = "Module is incompatible with count, for_each, and depends_on";
            diagnostics.push(Diagnostic::error(summary, detail).at(outer));
        }
    }
}

/// The place of a call on the way to a module that uses count, for_each or depends_on.
fn repeated_call(config: &Config, path: &ModulePath) -> Option<Span> {
    let mut at = path.clone();
    while let Some((parent, name)) = at.parent() {
        let call = config.module(&parent)?.calls.get(name)?;
        if let Some(repetition) = call.count.as_ref().or(call.for_each.as_ref()) {
            return Some(repetition.span);
        }
        if let Some(first) = call.depends_on.first() {
            return Some(first.span);
        }
        at = parent;
    }
    None
}
