//! Schemas for showing what a state holds.

use crate::providers::Providers;
use crate::session::Session;
use formwork_config::Config;
use formwork_diag::Diagnostics;
use formwork_model::{PlanProviders, ProviderAddress, ProviderSchema, State};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The schemas of all providers whose objects are in a state.
pub async fn stored_schemas(
    session: &Session,
    state: &State,
) -> Result<BTreeMap<ProviderAddress, Arc<ProviderSchema>>, Diagnostics> {
    let providers = Providers::prepare(session, &Config::empty(), Some(state))?;
    let mut schemas = BTreeMap::new();
    let mut problems = None;
    for resource in state.resources.values() {
        let address = &resource.provider.provider;
        if !schemas.contains_key(address) {
            match providers.pool.schema(address).await {
                Ok(schema) => schemas.insert(address.clone(), schema),
                Err(diagnostics) => {
                    problems = Some(diagnostics);
                    break;
                }
            };
        }
    }
    providers.pool.shutdown_all().await;
    problems.map_or(Ok(schemas), Err)
}
