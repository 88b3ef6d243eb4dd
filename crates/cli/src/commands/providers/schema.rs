//! `providers schema`.

use crate::arguments::{Arguments, Flag};
use crate::backend::LocalFlags;
use crate::commands::{Command, GENERAL, MANY};
use crate::configuration::load_configuration_of_any_version;
use crate::current::Current;
use crate::exit::Exit;
use crate::providers::Providers;
use crate::session::Session;
use formwork_config::provider_requirements;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::{PlanProviders, ProviderAddress};
use formwork_render::json_provider_schemas;
use std::collections::{BTreeMap, BTreeSet};

pub static COMMAND: Command = Command {
    name: "providers schema",
    arguments: "",
    summary: "Print what the providers declare, as JSON.",
    description: "Prints the schemas of all providers that configuration and state use: their configuration, resource \
                  types, data sources and functions.",
    flags: &[GENERAL, &[Flag::switch("json", "Print JSON; required.")]],
    // As in the reference, more arguments are of no interest.
    positional: (0, MANY),
    run,
};

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    if !arguments.switch("json") {
        return Err(Diagnostic::error("Invalid command line", "Give -json: there is no other form yet.").into());
    }
    let (config, _) = load_configuration_of_any_version(session)?;
    let current = Current::of_config(session, &config, &LocalFlags::default())?;
    let text = session.block_on(async {
        let state = current.read(session).await?.map(|snapshot| snapshot.state);
        let providers = Providers::prepare_whole(session, &config, state.as_ref())?;
        let mut addresses: BTreeSet<ProviderAddress> = provider_requirements(&config).into_keys().collect();
        addresses.extend(state.iter().flat_map(|s| s.resources.values().map(|r| r.provider.provider.clone())));
        let mut schemas = BTreeMap::new();
        for address in addresses {
            let schema = providers.pool.schema(&address).await?;
            schemas.insert(address, schema);
        }
        providers.pool.shutdown_all().await;
        Ok(json_provider_schemas(&schemas))
    })?;
    session.output.line(&text);
    Ok(Exit::Success)
}
