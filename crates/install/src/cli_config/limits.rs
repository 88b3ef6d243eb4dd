//! `provider_limits`, and the environment variable that says the same.

use super::read::{is, items};
use super::syntax::{Item, Node};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::ProviderAddress;
use std::collections::BTreeMap;
use std::path::Path;

/// Most calls to a provider that are under way at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderLimits {
    /// In all.
    pub concurrency: Option<usize>,
    /// For objects of a type.
    pub types: BTreeMap<String, usize>,
}

/// Has limits by provider, in the form `hashicorp/aws=40,hashicorp/aws:aws_instance=5`.
pub const VARIABLE: &str = "FORMWORK_PROVIDER_LIMITS";

type AllLimits = BTreeMap<ProviderAddress, ProviderLimits>;

/// `provider_limits "ADDRESS" { concurrency = 40 types = { aws_instance = 5 } }`. What an earlier file says stays.
pub(super) fn read_limits(
    labelled: Vec<(&str, Vec<&Item>)>,
    path: &Path,
    all: &mut AllLimits,
    diagnostics: &mut Diagnostics,
) {
    for (label, body) in labelled {
        if let Err(why) = read_block(label, &body, all) {
            let detail = format!("{}: {why}.", path.display());
            diagnostics.push(Diagnostic::error("Invalid provider_limits block", detail));
        }
    }
}

fn read_block(label: &str, body: &[&Item], all: &mut AllLimits) -> Result<(), String> {
    let provider = ProviderAddress::parse(label).map_err(|error| error.0)?;
    let mut limits = ProviderLimits::default();
    for item in body {
        if is(item, "concurrency") {
            limits.concurrency = Some(count(&item.value)?);
        } else if is(item, "types") {
            for entry in items(&item.value) {
                let Some(kind) = entry.keys.first() else { continue };
                limits.types.insert(kind.clone(), count(&entry.value)?);
            }
        } else {
            return Err(format!("there is no argument {:?}; there are concurrency and types", item.keys.join(" ")));
        }
    }
    all.entry(provider).or_insert(limits);
    Ok(())
}

fn count(node: &Node) -> Result<usize, String> {
    match node {
        Node::Number(text) | Node::Text(text) => parse_count(text),
        _ => Err("limits are whole numbers".to_owned()),
    }
}

fn parse_count(text: &str) -> Result<usize, String> {
    let number = text.trim().parse::<usize>().ok().filter(|number| *number > 0);
    number.ok_or_else(|| format!("limits are whole numbers from 1, not {text:?}"))
}

/// Puts what the environment says in place of what files say.
pub(super) fn read_variable(text: &str, all: &mut AllLimits, diagnostics: &mut Diagnostics) {
    for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
        if let Err(why) = read_entry(entry, all) {
            let detail =
                format!("{entry:?} in {VARIABLE} is no limit: {why}. A limit is PROVIDER=N or PROVIDER:TYPE=N.");
            diagnostics.push(Diagnostic::error("Invalid limit of a provider", detail));
        }
    }
}

fn read_entry(entry: &str, all: &mut AllLimits) -> Result<(), String> {
    let (what, number) = entry.rsplit_once('=').ok_or("it has no equals sign")?;
    let number = parse_count(number)?;
    // A host may have a port: a type has no slash.
    let (address, kind) = match what.rsplit_once(':') {
        Some((address, kind)) if !kind.contains('/') => (address, Some(kind)),
        _ => (what, None),
    };
    let limits = all.entry(ProviderAddress::parse(address).map_err(|error| error.0)?).or_default();
    match kind {
        Some(kind) => drop(limits.types.insert(kind.to_owned(), number)),
        None => limits.concurrency = Some(number),
    }
    Ok(())
}
