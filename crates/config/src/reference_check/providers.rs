//! References to provider configurations.

use super::checker::{Checker, Place};
use crate::{Config, Module, ProviderName, ProviderScope};
use formwork_diag::{Diagnostic, Diagnostics, Sources, Span};
use formwork_hcl::{Expr, ExprKind, references};
use formwork_model::{ProviderConfigAddress, ResourceMode};
use std::collections::BTreeSet;

/// Checks that every configuration with an alias that is used or passed on is declared.
pub(super) fn check_provider_refs(config: &Config, module: &Module, diagnostics: &mut Diagnostics) {
    let resources = module.resources.values().map(|block| (&block.provider.name, block.resource.to_string()));
    let actions = module.actions.values().map(|block| (&block.provider.name, block.action.to_string()));
    for (name, object) in resources.chain(actions) {
        if is_missing(config, module, name) {
            let what = config.provider_config(&module.path, name);
            let detail = format!(
                "{} uses the provider configuration {what}, which is declared nowhere. Declare it with a provider \
                 block and its alias, or remove the reference {name}.",
                in_module(module, &object),
            );
            diagnostics.push(Diagnostic::error("Provider configuration not present", detail));
        }
    }
    for call in module.calls.values() {
        for passed in call.providers.iter().flatten() {
            if is_missing(config, module, &passed.parent) || is_nowhere(config, module, &passed.parent) {
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

/// True if a default configuration is neither required nor configured in a module, nor passed to it: nothing of that name
/// can be passed on.
fn is_nowhere(config: &Config, module: &Module, name: &ProviderName) -> bool {
    let known = module.requirements.contains_key(&name.name) || module.providers.contains_key(name);
    let call = module.path.parent().and_then(|(parent, call)| config.module(&parent)?.calls.get(call));
    let passed = call.is_some_and(|call| call.providers.iter().flatten().any(|passed| passed.child == *name));
    name.alias.is_none() && !known && !passed
}

/// The provider configurations that resources and imports use.
pub fn used_configurations(config: &Config) -> BTreeSet<ProviderConfigAddress> {
    let mut used = BTreeSet::new();
    for module in config.modules.values() {
        let resources = module.resources.values().map(|resource| &resource.provider.name);
        let imports =
            module.imports.iter().filter_map(|import| import.provider.as_ref()).map(|provider| &provider.name);
        let actions = module.actions.values().map(|action| &action.provider.name);
        let lists = module.lists.iter().map(|list| &list.provider.name);
        let names: BTreeSet<&ProviderName> = resources.chain(imports).chain(actions).chain(lists).collect();
        used.extend(names.into_iter().map(|name| config.provider_config(&module.path, name)));
    }
    used
}

/// Checks the keys of references: instances are chosen of configurations that have some, and of those always. What the
/// keys refer to must be there.
pub(super) fn check_provider_keys(checker: &mut Checker<'_>, module: &Module) {
    let sources = &checker.config.sources;
    for resource in module.resources.values() {
        let (name, key) = (&resource.provider.name, resource.provider.key.as_ref());
        let place = Place { count: resource.count.is_some(), each: resource.for_each.is_some(), ..Place::default() };
        key.into_iter().for_each(|key| checker.expr(key, &place));
        checker.diagnostics.extend(misused_key(module, "resource", name, key, resource.provider.span));
        if key.is_some() && resource.resource.mode == ResourceMode::Managed {
            let what = in_module(module, &resource.resource.to_string());
            checker.diagnostics.extend(same_elements(module, sources, name, resource.for_each.as_ref(), &what));
        }
    }
    for action in module.actions.values() {
        let (name, key) = (&action.provider.name, action.provider.key.as_ref());
        let place = Place { count: action.count.is_some(), each: action.for_each.is_some(), ..Place::default() };
        key.into_iter().for_each(|key| checker.expr(key, &place));
        checker.diagnostics.extend(misused_key(module, "action", name, key, action.provider.span));
    }
    for call in module.calls.values() {
        for passed in call.providers.iter().flatten() {
            let (name, key) = (&passed.parent, passed.key.as_ref());
            let place = Place { count: call.count.is_some(), each: call.for_each.is_some(), ..Place::default() };
            key.into_iter().for_each(|key| checker.expr(key, &place));
            checker.diagnostics.extend(misused_key(module, "module", name, key, passed.parent_span));
            if key.is_some() {
                let what = in_module(module, &format!("module.{}", call.name));
                checker.diagnostics.extend(same_elements(module, sources, name, call.for_each.as_ref(), &what));
            }
        }
    }
    for import in &module.imports {
        let Some(provider) = &import.provider else { continue };
        let place = Place { each: import.for_each.is_some(), ..Place::default() };
        provider.key.iter().for_each(|key| checker.expr(key, &place));
        let key = provider.key.as_ref();
        checker.diagnostics.extend(misused_key(module, "import", &provider.name, key, provider.span));
    }
}

fn misused_key(module: &Module, what: &str, name: &ProviderName, key: Option<&Expr>, span: Span) -> Option<Diagnostic> {
    let block = module.providers.get(name);
    let has_instances = block.is_some_and(|block| block.for_each.is_some());
    if !has_instances && block.is_some_and(|block| matches!(block.scope, ProviderScope::Mocked)) {
        // Made-up answers are given under any key.
        return None;
    }
    let (detail, span) = match key {
        None if has_instances => (
            format!(
                "{name} has for_each, so it stands for several provider instances of which one must be chosen: \
                 {name}[each.key]. All of them together cannot be used or passed on."
            ),
            span,
        ),
        Some(key) if block.is_none() => (
            format!(
                "A key chooses an instance of a configuration with for_each, but this module has no provider block for \
                 {name}. Choose the instance where the block is, and pass it on."
            ),
            key.span,
        ),
        Some(key) if !has_instances => (
            format!(
                "{name} has no for_each, so there is one instance only. Remove the key, or add for_each to the block."
            ),
            key.span,
        ),
        _ => return None,
    };
    Some(Diagnostic::error(format!("Invalid {what} provider configuration"), detail).at(span))
}

/// A warning if a provider configuration goes over the very same elements as what belongs to its instances.
fn same_elements(
    module: &Module,
    sources: &Sources,
    name: &ProviderName,
    own: Option<&Expr>,
    what: &str,
) -> Option<Diagnostic> {
    let (own, provider) = (own?, module.providers.get(name)?.for_each.as_ref()?);
    let varies = !references(own).is_empty() && !references(provider).is_empty();
    if !varies || plain_text(sources, own) != plain_text(sources, provider) {
        return None;
    }
    let kind =
        if what.rsplit_once("module.").is_some_and(|(_, name)| !name.contains('.')) { "module" } else { "resource" };
    let detail = format!(
        "{name} and {what} have the same for_each. When an element goes away, the instance of the provider goes with it, \
         and with it the way to destroy what belongs to it: planning will fail. Let the provider have all elements, and \
         {what} those that are wanted, for example by a condition in a for expression.\n\nTo destroy an element's \
         objects before it is removed: apply -destroy -target={what}[...]"
    );
    Some(Diagnostic::warning(format!("Provider configuration for_each matches {kind}"), detail).at(own.span))
}

/// The text of an expression without parentheses around it, and without white space outside of quotes.
fn plain_text(sources: &Sources, expr: &Expr) -> String {
    if let ExprKind::Parens(inner) = &expr.kind {
        return plain_text(sources, inner);
    }
    let mut quoted = false;
    let keep = |c: &char| {
        quoted ^= *c == '"';
        quoted || !c.is_whitespace()
    };
    sources.text(expr.span).chars().filter(keep).collect()
}

fn is_missing(config: &Config, module: &Module, name: &ProviderName) -> bool {
    let address = config.provider_config(&module.path, name);
    address.alias.is_some() && config.provider_block(&address).is_none()
}

fn in_module(module: &Module, address: &str) -> String {
    if module.path.is_root() { address.to_string() } else { format!("{}.{address}", module.path) }
}
