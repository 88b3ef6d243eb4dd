//! What running tests needs from outside.

use async_trait::async_trait;
use formwork_config::Config;
use formwork_diag::Diagnostics;
use formwork_eval::{Environment, Phase};
use formwork_model::{ApplyProviders, Clock, Provisioner, TestEvent};
use std::sync::Arc;

/// How urgently the user wants the tests to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Halt {
    #[default]
    No,
    /// Begin no other run, destroy what there is.
    CleanUp,
    /// Stop at once.
    Now,
}

/// The machine on which tests run.
#[async_trait(?Send)]
pub trait TestMachine: Sync {
    /// Real providers: of the configuration, of the modules that runs name, and of the test files.
    fn providers(&self) -> Arc<dyn ApplyProviders>;

    /// Puts new providers in place of those that an interrupt has asked to stop, so that they can destroy.
    fn renew_providers(&self);

    /// What expressions of a configuration may see.
    async fn environment(&self, phase: Phase, config: &Config) -> Result<Environment, Diagnostics>;

    fn provisioner(&self) -> &dyn Provisioner;

    fn clock(&self) -> &dyn Clock;

    /// The time of day: RFC 3339, UTC, whole seconds.
    fn timestamp(&self) -> String;

    fn halt(&self) -> Halt;
}

/// Receives what happens. Must not block for long.
pub trait TestReporter: Sync {
    fn tell(&self, event: TestEvent);
}
