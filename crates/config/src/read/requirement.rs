//! `required_providers`.

use crate::constant::{constant, constant_string};
use crate::{ProviderName, ProviderRequirement};
use formwork_diag::{Diagnostic, Diagnostics, Span};
use formwork_hcl::{Attribute, Body, Expr, ExprKind, as_keyword, as_list, as_map, as_traversal};
use formwork_model::{Constraints, ProviderAddress};
use formwork_value::Str;
use std::collections::BTreeMap;

/// The entries of a `required_providers` block.
pub(crate) fn read_requirements(body: &Body, diagnostics: &mut Diagnostics) -> Vec<ProviderRequirement> {
    let (attributes, problems) = body.just_attributes();
    diagnostics.extend(problems);
    let read = attributes.iter().filter_map(|attribute| read_requirement(attribute, diagnostics));
    let requirements: Vec<ProviderRequirement> = read.collect();
    let mut names: BTreeMap<&ProviderAddress, &Str> = BTreeMap::new();
    for requirement in &requirements {
        match names.get(&requirement.source) {
            None => {
                names.insert(&requirement.source, &requirement.name);
            }
            Some(first) => {
                let (provider, name) = (requirement.source.for_display(), &requirement.name);
                let detail = format!(
                    "The provider {provider} is required as \"{first}\" and again as \"{name}\". Keep one of the names; \
                     more than one configuration of a provider is made with \"alias\"."
                );
                diagnostics.push(Diagnostic::warning("Duplicate required provider", detail).at(requirement.span));
            }
        }
    }
    requirements
}

fn read_requirement(attribute: &Attribute, diagnostics: &mut Diagnostics) -> Option<ProviderRequirement> {
    let name = attribute.name.name.clone();
    if let Some(detail) = provider_name_problem(&name) {
        diagnostics.push(Diagnostic::error("Invalid provider local name", detail).at(attribute.name.span));
        return None;
    }
    let mut requirement = ProviderRequirement {
        source: ProviderAddress::implied(&name),
        name,
        constraints: Constraints::default(),
        constraints_text: None,
        aliases: Vec::new(),
        span: attribute.span,
    };
    let is_object = matches!(attribute.expr.kind, ExprKind::Object(_));
    if !is_object {
        let text = constant_string(&attribute.expr, &mut Diagnostics::new());
        read_version(&attribute.expr, text, &mut requirement, diagnostics);
        return Some(requirement);
    }
    let entries = match as_map(&attribute.expr) {
        Ok(entries) => entries,
        Err(problem) => {
            diagnostics.push(problem);
            return Some(requirement);
        }
    };
    for (key, value) in &entries {
        match key_text(key).as_deref() {
            Some("source") => read_source(value, &mut requirement, diagnostics),
            Some("version") => read_version(value, literal_string(value), &mut requirement, diagnostics),
            Some("configuration_aliases") => read_aliases(value, &mut requirement, diagnostics),
            _ => {
                let detail =
                    "An entry of required_providers can have \"source\", \"version\" and \"configuration_aliases\".";
                diagnostics.push(Diagnostic::error("Invalid required_providers object", detail).at(key.span));
            }
        }
    }
    Some(requirement)
}

/// The text of an object key: a bare name or a literal.
pub(crate) fn key_text(key: &Expr) -> Option<Str> {
    match &key.kind {
        ExprKind::Literal(value) => value.as_str().map(Str::from),
        ExprKind::JsonString { text, .. } => Some(text.clone()),
        _ => as_keyword(key),
    }
}

/// A constant that is a string and not something that could become one.
fn literal_string(expr: &Expr) -> Option<Str> {
    let value = constant(expr, &mut Diagnostics::new());
    value.as_str().map(Str::from)
}

fn read_source(expr: &Expr, requirement: &mut ProviderRequirement, diagnostics: &mut Diagnostics) {
    let Some(text) = literal_string(expr) else {
        let detail = "The source must be a literal string, such as \"hashicorp/aws\".";
        diagnostics.push(Diagnostic::error("Invalid source", detail).at(expr.span));
        return;
    };
    match source_problem(&text) {
        Some((summary, detail)) => diagnostics.push(Diagnostic::error(summary, detail).at(expr.span)),
        None => match ProviderAddress::parse(&text) {
            Ok(address) => requirement.source = address,
            Err(error) => {
                diagnostics.push(Diagnostic::error("Invalid provider source string", error.0).at(expr.span));
            }
        },
    }
}

/// Why a text is not a provider source address.
fn source_problem(text: &str) -> Option<(&'static str, String)> {
    let parts: Vec<&str> = text.split('/').collect();
    let whole = || format!("{text:?} is not a provider source address; write [HOST/][NAMESPACE/]NAME.");
    if parts.len() > 3 || parts.iter().any(|p| p.is_empty()) {
        return Some(("Invalid provider source string", whole()));
    }
    let name = parts.last().copied().unwrap_or("");
    if !is_provider_name(name) {
        let detail = format!("{name:?} in {text:?} cannot be the name of a provider. {PROVIDER_NAME_RULE}");
        return Some(("Invalid provider type", detail));
    }
    if let Some(rest) = name.strip_prefix("terraform-provider-") {
        let detail = format!(
            "{text:?} names the repository of a provider. Its name has no prefix: {:?}.",
            text.replace(name, rest)
        );
        return Some(("Invalid provider type", detail));
    }
    if let [.., namespace, _] = parts.as_slice()
        && !is_provider_name(namespace)
    {
        let detail = format!("{namespace:?} in {text:?} cannot be the namespace of a provider. {PROVIDER_NAME_RULE}");
        return Some(("Invalid provider namespace", detail));
    }
    if let [host, _, _] = parts.as_slice() {
        let valid = host.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | ':')) && host.contains('.')
            || host.starts_with("localhost");
        if !valid {
            let detail = format!("{host:?} in {text:?} is not a host name.");
            return Some(("Invalid provider source hostname", detail));
        }
    }
    None
}

/// True if a text can be a provider name or namespace.
pub(crate) fn is_provider_name(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_alphanumeric() || c == '-')
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--")
}

/// Why a text cannot be the local name of a provider.
pub(crate) fn provider_name_problem(text: &str) -> Option<String> {
    if !is_provider_name(text) {
        return Some(PROVIDER_NAME_RULE.to_string());
    }
    let lower = text.to_lowercase();
    (lower != text).then(|| format!("Provider names are written in small letters: {lower:?}."))
}

const PROVIDER_NAME_RULE: &str = "Provider names consist of letters, digits and single dashes inside.";

fn read_version(expr: &Expr, text: Option<Str>, requirement: &mut ProviderRequirement, diagnostics: &mut Diagnostics) {
    let Some(text) = text else {
        let detail = "A version constraint must be a literal string, such as \"~> 1.2\".";
        diagnostics.push(Diagnostic::error("Invalid version constraint", detail).at(expr.span));
        return;
    };
    if text.trim().is_empty() {
        let detail = "The constraint is empty. Leave the argument out if any version will do.";
        diagnostics.push(Diagnostic::error("Invalid version constraint", detail).at(expr.span));
        return;
    }
    if let Some(problem) = strict_problem(&text) {
        diagnostics.push(Diagnostic::error("Invalid version constraint", problem).at(requirement.span));
    } else if let Some(constraints) = read_constraints(&text, expr.span, diagnostics) {
        requirement.constraints = constraints;
        requirement.constraints_text = Some(text);
    }
}

/// What is wrong with a constraint in the stricter grammar that counts for providers.
fn strict_problem(text: &str) -> Option<String> {
    for part in text.split(',') {
        let written = part.trim();
        let version = written.trim_start_matches(['=', '!', '<', '>', '~']);
        if version.starts_with("  ") {
            return Some(format!("There is more than one space after the operator in {written:?}."));
        }
        let version = version.trim();
        if version.starts_with('v') {
            return Some(format!(
                "Versions of providers are written without \"v\": {:?}.",
                version.trim_start_matches('v')
            ));
        }
        let numbers = version.split(['-', '+']).next().unwrap_or("");
        if numbers.split('.').count() > 3 && numbers.split('.').all(|n| n.parse::<u64>().is_ok()) {
            return Some(format!("The version {version:?} has more than three numbers."));
        }
    }
    None
}

/// A version constraint.
pub(crate) fn read_constraints(text: &str, span: Span, diagnostics: &mut Diagnostics) -> Option<Constraints> {
    match Constraints::parse(text) {
        Ok(constraints) => Some(constraints),
        Err(error) => {
            let detail = format!("{text:?} is not a version constraint: {error}.");
            diagnostics.push(Diagnostic::error("Invalid version constraint", detail).at(span));
            None
        }
    }
}

fn read_aliases(expr: &Expr, requirement: &mut ProviderRequirement, diagnostics: &mut Diagnostics) {
    let items = match as_list(expr) {
        Ok(items) => items,
        Err(problem) => {
            diagnostics.push(problem);
            return;
        }
    };
    for item in &items {
        let alias = as_traversal(item).ok().and_then(|t| match t.steps.as_slice() {
            [] | [_] => Some(ProviderName::new(t.root.clone(), crate::reference::attribute_step(&t, 0).cloned())),
            _ => None,
        });
        match alias {
            Some(alias) if alias.name == requirement.name => {
                // The default configuration needs no announcement.
                if alias.alias.is_some() {
                    requirement.aliases.push(alias);
                }
            }
            _ => {
                let detail = format!("Aliases are references of the form {}.NAME, without quotes.", requirement.name);
                diagnostics.push(Diagnostic::error("Invalid configuration_aliases value", detail).at(item.span));
            }
        }
    }
}
