//! Where planner and applier get providers from.

use crate::{ApplyProvider, PlanProvider, ProviderAddress, ProviderConfigAddress, ProviderSchema};
use async_trait::async_trait;
use formwork_diag::Diagnostics;
use formwork_value::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Providers for the planner. Processes are started when first needed and shared for the rest of the run.
#[async_trait]
pub trait PlanProviders: Send + Sync {
    /// The schema of a provider; starts it only if the schema is not cached.
    async fn schema(&self, provider: &ProviderAddress) -> Result<Arc<ProviderSchema>, Diagnostics>;

    /// A provider without configuration (validation, functions).
    async fn unconfigured(&self, provider: &ProviderAddress) -> Result<Arc<dyn PlanProvider>, Diagnostics>;

    /// A provider configured with a value (unmarked, of the provider schema's type). The same address and value give
    /// the same instance again.
    async fn configured(
        &self,
        address: &ProviderConfigAddress,
        config: &Value,
    ) -> Result<Arc<dyn PlanProvider>, Diagnostics>;

    /// An operation that a provider lets wait gives its turn back to these until it goes on. Every call that reads, plans
    /// or changes an object is made by an operation with a turn.
    fn use_turns(&self, turns: Arc<dyn Turns>) {
        let _ = turns;
    }
}

/// What limits how many operations are under way at the same time.
#[async_trait]
pub trait Turns: Send + Sync {
    /// Gives a turn to another operation.
    fn give_back(&self);

    /// Returns when it is this operation's turn again.
    async fn take(&self);
}

/// Providers for the applier.
#[async_trait]
pub trait ApplyProviders: PlanProviders {
    /// As [`PlanProviders::configured`].
    async fn configured_for_apply(
        &self,
        address: &ProviderConfigAddress,
        config: &Value,
    ) -> Result<Arc<dyn ApplyProvider>, Diagnostics>;

    /// From now on operations need these configurations and no others: processes of others may end. Who asks for one of them
    /// all the same gets it. Where another run follows, they may as well stay.
    fn retain(&self, needed: &BTreeSet<ProviderConfigAddress>) {
        let _ = needed;
    }
}
