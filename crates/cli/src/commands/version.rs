//! `version`.

use super::{Command, GENERAL, MANY};
use crate::arguments::{Arguments, Flag};
use crate::bundled::{self, Surroundings};
use crate::configuration::load_configuration_of_any_version;
use crate::exit::Exit;
use crate::providers::{cli_config, lock_file};
use crate::session::Session;
use formwork_config::{config_files, provider_requirements};
use formwork_diag::Diagnostics;
use formwork_install::current_platform;
use formwork_model::{FORMWORK_VERSION, LockFile, ProviderAddress, TERRAFORM_VERSION, Version};
use formwork_render::json_version;
use std::collections::{BTreeMap, BTreeSet};

pub static COMMAND: Command = Command {
    name: "version",
    arguments: "",
    summary: "Show the versions of Formwork and of the selected providers.",
    description: "Shows Formwork's version, the version of Terraform whose language, state format and plugin protocol \
                  it follows, and the provider versions that the lock file of this directory selects.",
    flags: &[GENERAL, &[Flag::switch("json", "Print one JSON object.")]],
    // As in the reference, more arguments are of no interest.
    positional: (0, MANY),
    run,
};

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let platform = current_platform().to_string();
    // A lock file that cannot be read is for other commands to tell.
    let lock = lock_file().unwrap_or_default();
    let mut providers = bundled(session, &lock);
    providers.extend(lock.providers.into_iter().map(|(address, lock)| (address, lock.version)));
    if arguments.switch("json") {
        session.output.line(&json_version(&platform, &providers, None));
        return Ok(Exit::Success);
    }
    let mut text =
        format!("Formwork v{FORMWORK_VERSION}, compatible with Terraform v{TERRAFORM_VERSION}\non {platform}\n");
    for (address, version) in providers {
        text.push_str(&format!("+ provider {address} v{version}\n"));
    }
    session.output.print(&text);
    Ok(Exit::Success)
}

/// Providers of this program that the configuration here uses. One that cannot be read is for other commands to tell.
fn bundled(session: &Session, lock: &LockFile) -> BTreeMap<ProviderAddress, Version> {
    if config_files(&session.files(), ".").is_ok_and(|names| names.is_empty()) {
        return BTreeMap::new();
    }
    let (Ok((config, _)), Ok(cli)) = (load_configuration_of_any_version(session), cli_config(session)) else {
        return BTreeMap::new();
    };
    let unmanaged: BTreeSet<ProviderAddress> = cli.dev_overrides.keys().cloned().collect();
    let surroundings = Surroundings { lock, unmanaged: &unmanaged, sources: &bundled::sources(session, &cli) };
    let chosen = bundled::chosen(&provider_requirements(&config), &surroundings).into_iter();
    chosen.filter_map(|(provider, bundled)| Some((provider, Version::parse(bundled.version).ok()?))).collect()
}
