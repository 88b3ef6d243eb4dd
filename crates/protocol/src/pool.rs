//! Providers of a run: found, started when first needed, shared, ended.

mod lane;
mod limits;
mod linked;
mod managed;
mod memory;
mod pace;
mod plugin;
mod session;
mod slot;
mod throttling;
mod usage;

pub use limits::CallLimits;

use crate::host::{Attach, LaunchOptions, Limits, LogSink, RunningProvider};
use async_trait::async_trait;
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::{
    ApplyProvider, ApplyProviders, PlanProvider, PlanProviders, ProviderAddress, ProviderConfigAddress, ProviderSchema,
    Turns,
};
use formwork_value::{Str, Value};
use memory::Memory;
use plugin::Plugin;
use slot::ProviderSlot;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Makes a provider that runs in this process.
pub type ProviderFactory = Arc<dyn Fn() -> Arc<dyn ApplyProvider> + Send + Sync>;

/// Finds a provider. Called once per provider.
pub type Resolver = Box<dyn Fn(&ProviderAddress) -> Result<ProviderSource, Diagnostics> + Send + Sync>;

/// The types of a provider that the run can need; `None` for all.
pub type WantedTypes = Arc<dyn Fn(&ProviderAddress) -> Option<BTreeSet<Str>> + Send + Sync>;

/// What the calls that plan, read and change objects of a provider have taken.
#[derive(Clone, Debug)]
pub struct ProviderUse {
    pub provider: ProviderAddress,
    pub calls: u64,
    /// The sum over all calls; calls that run at the same time count each.
    pub busy: Duration,
    /// How long operations waited until they could call.
    pub waited: Duration,
    /// Answers that asked for fewer calls.
    pub throttled: u64,
    /// How many calls at once the provider seems to bear, by type, as far as it complained.
    pub limits: BTreeMap<String, usize>,
}

/// Where a provider comes from.
#[derive(Clone)]
pub enum ProviderSource {
    /// Linked into this program.
    InProcess(ProviderFactory),
    /// A plugin to be started. Without a hash of its package its schema is not cached.
    Executable { path: PathBuf, package_hash: Option<String> },
    /// A plugin that runs already.
    Reattach(Attach),
}

/// Keeps encoded schemas between runs. Failures are no problems: the provider is asked again.
pub trait SchemaCache: Send + Sync {
    /// What was put under the key (the hash of a provider package).
    fn get(&self, key: &str) -> Option<Vec<u8>>;
    fn put(&self, key: &str, schema: &[u8]);
}

/// How plugins are started, see [`LaunchOptions`].
#[derive(Clone, Default)]
pub struct PoolOptions {
    pub temp_dir: Option<PathBuf>,
    pub env: Vec<(OsString, OsString)>,
    /// Do not encrypt connections.
    pub no_tls: bool,
    pub limits: Limits,
    pub log: Option<Arc<dyn LogSink>>,
    pub schema_cache: Option<Arc<dyn SchemaCache>>,
    pub wanted: Option<WantedTypes>,
    /// What the user sets for providers. Providers that are not named have no limits of that kind.
    pub call_limits: BTreeMap<ProviderAddress, CallLimits>,
    /// Bytes that this process and all plugins may have in memory together. Processes are stopped and started again to keep
    /// that, and calls are made one at a time if need be; a process without which nothing goes on is started all the same.
    pub max_memory: Option<u64>,
}

/// The providers of a run. Dropping it kills the plugins; end it with [`ProviderPool::shutdown_all`].
pub struct ProviderPool {
    resolve: Resolver,
    options: PoolOptions,
    slots: Mutex<BTreeMap<ProviderAddress, Arc<ProviderSlot>>>,
    shared: Arc<Shared>,
}

/// What the slots of all providers have in common.
#[derive(Default)]
struct Shared {
    memory: Option<Memory>,
    instances: Mutex<Instances>,
    warnings: Mutex<Diagnostics>,
    /// Becomes true when the pool is closed, for those who wait for something else.
    closing: watch::Sender<bool>,
    /// Becomes true when calls in progress are to end soon: then nothing waits to be begun.
    stopping: watch::Sender<bool>,
    /// The turns of the operations of the phase that is under way.
    turns: Mutex<Option<Arc<dyn Turns>>>,
}

#[derive(Default)]
struct Instances {
    closed: bool,
    /// Those that are linked into this program.
    providers: Vec<Arc<dyn ApplyProvider>>,
    plugins: Vec<Arc<Plugin>>,
    running: Vec<Arc<RunningProvider>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ProviderPool {
    pub fn new(resolve: Resolver, options: PoolOptions) -> ProviderPool {
        let shared = Shared { memory: options.max_memory.map(Memory::new), ..Shared::default() };
        ProviderPool { resolve, options, slots: Mutex::default(), shared: Arc::new(shared) }
    }

    /// Asks calls in progress in all providers to end soon.
    pub async fn stop_all(&self) -> Diagnostics {
        self.shared.stopping.send_replace(true);
        let providers = {
            let instances = lock(&self.shared.instances);
            let plugins = instances.plugins.iter().map(|plugin| plugin.provider.clone());
            instances.providers.iter().cloned().chain(plugins).collect::<Vec<_>>()
        };
        let mut tasks = JoinSet::new();
        for provider in providers {
            tasks.spawn(async move { provider.stop().await });
        }
        let mut diagnostics = Diagnostics::new();
        while let Some(result) = tasks.join_next().await {
            diagnostics.extend(result.unwrap_or_default());
        }
        diagnostics
    }

    /// Ends all plugins. Afterwards no provider can be had from the pool any more.
    pub async fn shutdown_all(&self) {
        let mut tasks = JoinSet::new();
        for running in self.close() {
            tasks.spawn(async move { running.shutdown().await });
        }
        while tasks.join_next().await.is_some() {}
    }

    /// Kills all plugins at once, with their calls in progress. Afterwards the pool is closed as well.
    pub fn kill_all(&self) {
        self.close().iter().for_each(|running| running.kill());
    }

    /// Warnings that providers gave when they were configured, once.
    pub fn take_warnings(&self) -> Diagnostics {
        std::mem::take(&mut lock(&self.shared.warnings))
    }

    /// What the calls to each provider have taken so far, by its address; without those that were never called.
    pub fn usage(&self) -> Vec<ProviderUse> {
        let slots: Vec<(ProviderAddress, Arc<ProviderSlot>)> =
            lock(&self.slots).iter().map(|(address, slot)| (address.clone(), slot.clone())).collect();
        let uses = slots.into_iter().map(|(address, slot)| slot.usage(address));
        uses.filter(|used| used.calls > 0).collect()
    }

    fn close(&self) -> Vec<Arc<RunningProvider>> {
        let mut instances = lock(&self.shared.instances);
        instances.closed = true;
        self.shared.closing.send_replace(true);
        self.shared.stopping.send_replace(true);
        std::mem::take(&mut instances.running)
    }

    fn slot(&self, address: &ProviderAddress) -> Arc<ProviderSlot> {
        let mut slots = lock(&self.slots);
        if let Some(slot) = slots.get(address) {
            return slot.clone();
        }
        let options = LaunchOptions {
            executable: PathBuf::new(),
            provider: address.for_display(),
            temp_dir: self.options.temp_dir.clone(),
            env: self.options.env.clone(),
            tls: !self.options.no_tls,
            limits: self.options.limits,
            log: self.options.log.clone(),
        };
        let wanted = self.options.wanted.as_ref().and_then(|wanted| wanted(address));
        let source = (self.resolve)(address);
        let limits = self.options.call_limits.get(address).cloned().unwrap_or_default();
        let calls = (!address.is_builtin()).then_some(limits);
        let cache = self.options.schema_cache.clone();
        let slot = ProviderSlot::new(source, options, cache, wanted, calls, self.shared.clone());
        slots.entry(address.clone()).or_insert(Arc::new(slot)).clone()
    }
}

impl Drop for ProviderPool {
    fn drop(&mut self) {
        self.kill_all();
        lock(&self.slots).values().for_each(|slot| slot.dissolve());
    }
}

#[async_trait]
impl PlanProviders for ProviderPool {
    async fn schema(&self, provider: &ProviderAddress) -> Result<Arc<ProviderSchema>, Diagnostics> {
        self.slot(provider).schema().await
    }

    async fn unconfigured(&self, provider: &ProviderAddress) -> Result<Arc<dyn PlanProvider>, Diagnostics> {
        Ok(self.slot(provider).unconfigured().await?)
    }

    async fn configured(
        &self,
        address: &ProviderConfigAddress,
        config: &Value,
    ) -> Result<Arc<dyn PlanProvider>, Diagnostics> {
        Ok(self.slot(&address.provider).configured(config, &address.to_string()).await?)
    }

    fn use_turns(&self, turns: Arc<dyn Turns>) {
        *lock(&self.shared.turns) = Some(turns);
    }
}

#[async_trait]
impl ApplyProviders for ProviderPool {
    async fn configured_for_apply(
        &self,
        address: &ProviderConfigAddress,
        config: &Value,
    ) -> Result<Arc<dyn ApplyProvider>, Diagnostics> {
        self.slot(&address.provider).configured(config, &address.to_string()).await
    }

    fn retain(&self, needed: &BTreeSet<ProviderConfigAddress>) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let addresses: BTreeSet<String> = needed.iter().map(ToString::to_string).collect();
        let slots: Vec<(ProviderAddress, Arc<ProviderSlot>)> =
            lock(&self.slots).iter().map(|(address, slot)| (address.clone(), slot.clone())).collect();
        for (address, slot) in slots {
            let is_used = needed.iter().any(|config| config.provider == address);
            for plugin in slot.stop_unneeded(&addresses, is_used) {
                let shared = self.shared.clone();
                runtime.spawn(async move { shared.end(&plugin).await });
            }
        }
    }
}

impl Shared {
    fn turns(&self) -> Option<Arc<dyn Turns>> {
        lock(&self.turns).clone()
    }

    /// The result of work that takes long, unless the pool is closed before it is there.
    async fn unless_closed<T>(&self, work: impl Future<Output = Result<T, Diagnostics>>) -> Result<T, Diagnostics> {
        let mut closing = self.closing.subscribe();
        tokio::select! {
            // What is closed begins nothing.
            biased;
            _ = closing.wait_for(|closed| *closed) => Err(over()),
            result = work => result,
        }
    }

    fn register(&self, provider: &Arc<dyn ApplyProvider>) -> Result<(), Diagnostics> {
        let mut instances = lock(&self.instances);
        if instances.closed {
            return Err(over());
        }
        instances.providers.push(provider.clone());
        Ok(())
    }

    fn register_plugin(&self, plugin: &Arc<Plugin>) -> Result<(), Diagnostics> {
        let mut instances = lock(&self.instances);
        if instances.closed {
            return Err(over());
        }
        instances.plugins.push(plugin.clone());
        Ok(())
    }

    fn plugins(&self) -> Vec<Arc<Plugin>> {
        lock(&self.instances).plugins.clone()
    }

    fn running(&self) -> Vec<Arc<RunningProvider>> {
        lock(&self.instances).running.clone()
    }

    /// True if a process runs that does not serve yet.
    fn is_one_beginning(&self) -> bool {
        let instances = lock(&self.instances);
        let serves = |running: &&Arc<RunningProvider>| {
            running.is_closed() || instances.plugins.iter().any(|plugin| Arc::ptr_eq(&plugin.running, running))
        };
        instances.running.iter().any(|running| !serves(&running))
    }

    /// The process that was not called for the longest time, of those that nobody calls.
    fn idle_plugin(&self) -> Option<Arc<Plugin>> {
        let plugins = self.plugins().into_iter().filter(|plugin| plugin.running.pid().is_some());
        let idle = plugins.filter_map(|plugin| Some((plugin.idle_since()?, plugin)));
        idle.min_by_key(|(since, _)| *since).map(|(_, plugin)| plugin)
    }

    /// Ends the process of a plugin that is marked as stopped.
    async fn end(&self, plugin: &Arc<Plugin>) {
        plugin.running.shutdown().await;
        {
            let mut instances = lock(&self.instances);
            instances.plugins.retain(|other| !Arc::ptr_eq(other, plugin));
            instances.running.retain(|other| !Arc::ptr_eq(other, &plugin.running));
        }
        if let Some(memory) = &self.memory {
            memory.note_change();
        }
    }

    fn register_process(&self, running: &Arc<RunningProvider>) -> Result<(), Diagnostics> {
        let mut instances = lock(&self.instances);
        if instances.closed {
            running.kill();
            return Err(over());
        }
        instances.running.push(running.clone());
        Ok(())
    }
}

fn over() -> Diagnostics {
    let detail = "The run is being ended: no more providers are started.";
    Diagnostic::error("Run is over", detail).blame(Blame::Environment).into()
}
