//! One configuration of a provider, whatever process holds it at the moment.

use super::lock;
use super::plugin::{Call, Plugin};
use super::slot::ProviderSlot;
use formwork_diag::Diagnostics;
use formwork_value::Value;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use tokio::sync::Mutex as AsyncMutex;

pub(super) struct Session {
    slot: Arc<ProviderSlot>,
    /// `None`: without one, or with any.
    config: Option<Value>,
    /// Addresses of the provider configurations that have this value.
    users: Mutex<BTreeSet<String>>,
    live: AsyncMutex<Live>,
}

#[derive(Default)]
struct Live {
    plugin: Option<Arc<Plugin>>,
    /// Configuring it again would fail again.
    failure: Option<Diagnostics>,
    /// It was configured before.
    again: bool,
}

impl Session {
    pub fn new(slot: Arc<ProviderSlot>, config: Option<Value>) -> Session {
        Session { slot, config, users: Mutex::default(), live: AsyncMutex::default() }
    }

    pub fn slot(&self) -> &Arc<ProviderSlot> {
        &self.slot
    }

    pub fn used_by(&self, address: &str) {
        lock(&self.users).insert(address.to_owned());
    }

    /// Begins a call, with the process started and configured if need be.
    pub async fn call(&self) -> Result<Call, Diagnostics> {
        loop {
            // It may be stopped before the call has begun.
            if let Some(call) = self.plugin().await?.call() {
                return Ok(call);
            }
        }
    }

    /// The process, started and configured.
    pub async fn plugin(&self) -> Result<Arc<Plugin>, Diagnostics> {
        let Some(config) = &self.config else { return self.slot.any_plugin().await };
        let mut live = self.live.lock().await;
        if let Some(plugin) = live.plugin.as_ref().filter(|plugin| !plugin.is_stopped()) {
            return Ok(plugin.clone());
        }
        if let Some(failure) = &live.failure {
            return Err(failure.clone());
        }
        let address = lock(&self.users).first().cloned().unwrap_or_default();
        // Starting takes a large future, which callers would carry along each time they ask.
        match Box::pin(self.slot.configured_plugin(config, &address, !live.again)).await {
            Ok(plugin) => {
                live.plugin = Some(plugin.clone());
                live.again = true;
                Ok(plugin)
            }
            Err(problems) => {
                live.failure = Some(problems.clone());
                Err(problems)
            }
        }
    }

    /// The process, if there is one now.
    pub fn current(&self) -> Option<Arc<Plugin>> {
        self.live.try_lock().ok()?.plugin.clone().filter(|plugin| !plugin.is_stopped())
    }

    /// The process, if none of its users is among those that are still needed.
    pub fn unneeded(&self, needed: &BTreeSet<String>) -> Option<Arc<Plugin>> {
        let is_needed = lock(&self.users).iter().any(|user| needed.contains(user));
        // Who starts it at this moment needs it.
        let live = self.live.try_lock().ok()?;
        live.plugin.clone().filter(|_| !is_needed)
    }
}
