//! `providers`.

pub mod lock;
pub mod mirror;
pub mod schema;

use super::{Command, GENERAL};
use crate::arguments::{Arguments, Flag};
use crate::backend::LocalFlags;
use crate::configuration::load_configuration_of_any_version;
use crate::current::Current;
use crate::exit::Exit;
use crate::session::Session;
use formwork_config::{Config, Module};
use formwork_diag::Diagnostics;
use formwork_model::{Constraints, ModulePath, ProviderAddress};
use std::collections::{BTreeMap, BTreeSet};

pub static COMMAND: Command = Command {
    name: "providers",
    arguments: "",
    summary: "Show which providers are required, and where.",
    description: "Prints the tree of modules with the providers that each requires, and the providers of the objects in \
                  the state.",
    flags: &[GENERAL, &[Flag::value("test-directory", "DIR", "")]],
    positional: (0, 0),
    run,
};

fn run(session: &Session, _: &Arguments) -> Result<Exit, Diagnostics> {
    let (config, _) = load_configuration_of_any_version(session)?;
    let mut text = String::from("\nProviders required by configuration:\n.\n");
    module_tree(&config, &ModulePath::root(), "", &mut text);
    let current = Current::of_config(session, &config, &LocalFlags::default())?;
    let snapshot = session.block_on(async { current.read(session).await })?;
    let stored: BTreeSet<ProviderAddress> =
        snapshot.iter().flat_map(|s| s.state.resources.values().map(|r| r.provider.provider.clone())).collect();
    if !stored.is_empty() {
        text.push_str("\nProviders required by state:\n\n");
        for provider in stored {
            text.push_str(&format!("    provider[{provider}]\n\n"));
        }
    }
    session.output.print(&text);
    Ok(Exit::Success)
}

/// What one module requires, by provider.
fn required(module: &Module) -> BTreeMap<ProviderAddress, Constraints> {
    let mut required: BTreeMap<ProviderAddress, Constraints> = BTreeMap::new();
    for requirement in module.requirements.values() {
        required.entry(requirement.source.clone()).or_default().0.extend(requirement.constraints.0.iter().cloned());
    }
    for block in module.providers.values() {
        let constraints = block.version.iter().flat_map(|version| version.0.iter().cloned());
        required.entry(block.provider.clone()).or_default().0.extend(constraints);
    }
    for resource in module.resources.values() {
        required.entry(resource.provider_address.clone()).or_default();
    }
    required
}

fn module_tree(config: &Config, path: &ModulePath, indent: &str, text: &mut String) {
    let Some(module) = config.module(path) else { return };
    let required = required(module);
    let calls: Vec<ModulePath> = module
        .calls
        .keys()
        .map(|name| path.child(name.clone()))
        .filter(|child| config.module(child).is_some())
        .collect();
    let total = required.len() + calls.len();
    let branch = |index: usize| if index + 1 == total { ("└── ", "    ") } else { ("├── ", "│   ") };
    for (index, (provider, constraints)) in required.iter().enumerate() {
        let version = constraints.normalized();
        let version = if version.is_empty() { version } else { format!(" {version}") };
        text.push_str(&format!("{indent}{}provider[{provider}]{version}\n", branch(index).0));
    }
    for (index, child) in calls.iter().enumerate() {
        let (line, below) = branch(required.len() + index);
        let name = child.0.last().map_or("", |name| name);
        text.push_str(&format!("{indent}{line}module.{name}\n"));
        module_tree(config, child, &format!("{indent}{below}"), text);
    }
}
