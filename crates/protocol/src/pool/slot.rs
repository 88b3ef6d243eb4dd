//! One provider of a run, with all its processes.

use super::limits::{CallLanes, CallLimits};
use super::linked::Linked;
use super::managed::{ManagedProvider, Target};
use super::plugin::Plugin;
use super::session::Session;
use super::usage::Usage;
use super::{ProviderSource, ProviderUse, SchemaCache, Shared, lock};
use crate::PluginProvider;
use crate::host::{LaunchOptions, RunningProvider, attach, launch};
use crate::schema_codec::{RawSchema, decode_schema_subset};
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::{
    ApplyProvider, ClientCapabilities, ConfigureRequest, ProviderAddress, ProviderSchema, TERRAFORM_VERSION,
};
use formwork_value::{Str, Value, msgpack};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::{Mutex as AsyncMutex, OnceCell};

/// Made by whoever needs it first; others wait. Failures are kept, since starting again would fail again.
pub(super) type Lazy<T> = OnceCell<Result<T, Diagnostics>>;

pub(super) type Provider = Arc<dyn ApplyProvider>;

pub(super) struct ProviderSlot {
    source: Result<ProviderSource, Diagnostics>,
    options: LaunchOptions,
    cache: Option<Arc<dyn SchemaCache>>,
    wanted: Option<BTreeSet<Str>>,
    shared: Arc<Shared>,
    /// `None`: calls go straight to the provider, which is a part of the engine.
    lanes: Option<Arc<CallLanes>>,
    usage: Arc<Usage>,
    schema: Lazy<Arc<ProviderSchema>>,
    plugins: AsyncMutex<Plugins>,
    /// By the encoded configuration.
    sessions: Mutex<BTreeMap<Vec<u8>, Arc<Session>>>,
    linked: Linked,
    /// Functions of it were called, which may happen at any time again.
    is_lasting: AtomicBool,
}

#[derive(Default)]
struct Plugins {
    all: Vec<Arc<Plugin>>,
    failure: Option<Diagnostics>,
}

impl ProviderSlot {
    pub(super) fn new(
        source: Result<ProviderSource, Diagnostics>,
        options: LaunchOptions,
        cache: Option<Arc<dyn SchemaCache>>,
        wanted: Option<BTreeSet<Str>>,
        limits: Option<CallLimits>,
        shared: Arc<Shared>,
    ) -> ProviderSlot {
        let lanes = limits.map(|limits| CallLanes::new(options.provider.clone(), limits, shared.clone()));
        ProviderSlot {
            source,
            options,
            cache,
            wanted,
            shared,
            lanes: lanes.map(Arc::new),
            usage: Arc::default(),
            schema: Lazy::new(),
            plugins: AsyncMutex::default(),
            sessions: Mutex::default(),
            linked: Linked::default(),
            is_lasting: AtomicBool::new(false),
        }
    }

    /// Lets go of what refers to this slot in turn.
    pub(super) fn dissolve(&self) {
        lock(&self.sessions).clear();
    }

    pub(super) fn note_function(&self) {
        self.is_lasting.store(true, Ordering::Relaxed);
    }

    pub(super) async fn schema(&self) -> Result<Arc<ProviderSchema>, Diagnostics> {
        match &self.source {
            Ok(ProviderSource::InProcess(factory)) => Ok(self.linked.first(factory, &self.shared)?.schema()),
            _ => self.schema.get_or_init(|| Box::pin(self.find_schema())).await.clone(),
        }
    }

    /// Any process: not configured, or configured for somebody else, which does not matter to those who ask for it.
    pub(super) async fn unconfigured(self: &Arc<Self>) -> Result<Provider, Diagnostics> {
        if let Ok(ProviderSource::InProcess(factory)) = &self.source {
            return Ok(self.managed(Target::Linked(self.linked.first(factory, &self.shared)?)));
        }
        let session = Arc::new(Session::new(self.clone(), None));
        session.plugin().await?;
        Ok(self.managed(Target::Session(session, self.schema().await?)))
    }

    pub(super) async fn configured(self: &Arc<Self>, config: &Value, address: &str) -> Result<Provider, Diagnostics> {
        let schema = self.schema().await?;
        let key = msgpack::encode(config, &schema.provider.block.implied_type()).map_err(|error| {
            let provider = &self.options.provider;
            let detail = format!("The configuration of provider {provider} cannot be encoded: {error}.");
            Diagnostic::error("Invalid provider configuration", detail).blame(Blame::Engine)
        })?;
        if let Ok(ProviderSource::InProcess(factory)) = &self.source {
            let cell = self.linked.cell(key);
            let start = async || {
                let provider = self.linked.next(factory, &self.shared)?;
                self.configure(&*provider, config, address, true).await?;
                Ok(provider)
            };
            let provider = cell.get_or_init(|| Box::pin(start())).await.clone()?;
            return Ok(self.managed(Target::Linked(provider)));
        }
        let session = {
            let mut sessions = lock(&self.sessions);
            let new = || Arc::new(Session::new(self.clone(), Some(config.clone())));
            sessions.entry(key).or_insert_with(new).clone()
        };
        session.used_by(address);
        session.plugin().await?;
        Ok(self.managed(Target::Session(session, schema)))
    }

    fn managed(&self, target: Target) -> Provider {
        match (&self.lanes, target) {
            (None, Target::Linked(provider)) => provider,
            (Some(lanes), target) => Arc::new(ManagedProvider::new(target, lanes.clone(), self.usage.clone())),
            (None, target @ Target::Session(..)) => {
                let lanes = CallLanes::new(self.options.provider.clone(), CallLimits::default(), self.shared.clone());
                Arc::new(ManagedProvider::new(target, Arc::new(lanes), self.usage.clone()))
            }
        }
    }

    /// Gives a process a configuration. Warnings are of interest the first time.
    async fn configure(
        &self,
        provider: &dyn ApplyProvider,
        config: &Value,
        address: &str,
        is_first: bool,
    ) -> Result<(), Diagnostics> {
        let request = ConfigureRequest {
            terraform_version: TERRAFORM_VERSION,
            config,
            capabilities: ClientCapabilities { deferral_allowed: false, write_only_attributes_allowed: true },
        };
        // Providers check there what they rely on when they are configured.
        let mut diagnostics = provider.validate_provider(config).await.diagnostics;
        if !diagnostics.has_errors() {
            diagnostics.extend(provider.configure(request).await);
        }
        for problem in diagnostics.iter_mut() {
            problem.address.get_or_insert_with(|| address.to_string());
        }
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        if is_first {
            lock(&self.shared.warnings).extend(diagnostics);
        }
        Ok(())
    }

    /// A process that runs, or the first one.
    pub(super) async fn any_plugin(&self) -> Result<Arc<Plugin>, Diagnostics> {
        let schema = self.schema().await?;
        let mut plugins = self.plugins.lock().await;
        plugins.all.retain(|plugin| !plugin.is_stopped());
        match plugins.all.first() {
            Some(plugin) => Ok(plugin.clone()),
            None => self.first_plugin(&mut plugins, schema).await,
        }
    }

    async fn first_plugin(
        &self,
        plugins: &mut Plugins,
        schema: Arc<ProviderSchema>,
    ) -> Result<Arc<Plugin>, Diagnostics> {
        if let Some(failure) = &plugins.failure {
            return Err(failure.clone());
        }
        let started = Box::pin(self.start_plugin(schema)).await;
        match &started {
            Ok(plugin) => plugins.all.push(plugin.clone()),
            Err(failure) => plugins.failure = Some(failure.clone()),
        }
        started
    }

    /// A process with a configuration: the one that has none so far, or a new one.
    pub(super) async fn configured_plugin(
        &self,
        config: &Value,
        address: &str,
        is_first: bool,
    ) -> Result<Arc<Plugin>, Diagnostics> {
        let plugin = self.claimed_plugin().await?;
        self.configure(&*plugin.provider, config, address, is_first).await?;
        Ok(plugin)
    }

    async fn claimed_plugin(&self) -> Result<Arc<Plugin>, Diagnostics> {
        let schema = self.schema().await?;
        {
            let mut plugins = self.plugins.lock().await;
            plugins.all.retain(|plugin| !plugin.is_stopped());
            if let Some(plugin) = plugins.all.iter().find(|plugin| plugin.claim()) {
                return Ok(plugin.clone());
            }
            if plugins.all.is_empty() {
                let plugin = self.first_plugin(&mut plugins, schema).await?;
                plugin.claim();
                return Ok(plugin);
            }
        }
        let plugin = self.start_plugin(schema).await?;
        plugin.claim();
        self.plugins.lock().await.all.push(plugin.clone());
        Ok(plugin)
    }

    async fn start_plugin(&self, schema: Arc<ProviderSchema>) -> Result<Arc<Plugin>, Diagnostics> {
        let running = self.start_process().await?;
        // Some providers must be asked for their schema in each process before anything else.
        if !schema.schema_optional {
            running.prime_schema().await?;
        }
        let plugin = Arc::new(Plugin::new(PluginProvider::new(running, schema), false));
        self.shared.register_plugin(&plugin)?;
        Ok(plugin)
    }

    async fn find_schema(&self) -> Result<Arc<ProviderSchema>, Diagnostics> {
        let key = match self.source.as_ref().map_err(Clone::clone)? {
            ProviderSource::Executable { package_hash, .. } => package_hash.as_deref(),
            _ => None,
        };
        if let (Some(key), Some(cache)) = (key, &self.cache)
            && let Some(bytes) = cache.get(key)
            && let Ok(schema) = decode_schema_subset(&bytes, self.wanted.as_ref())
        {
            return Ok(Arc::new(schema));
        }
        let running = self.start_process().await?;
        let raw: RawSchema = running.raw_schema().await?;
        let schema = Arc::new(raw.decode(self.wanted.as_ref())?);
        if let (Some(key), Some(cache)) = (key, &self.cache) {
            cache.put(key, &raw.to_bytes());
        }
        let plugin = Arc::new(Plugin::new(PluginProvider::new(running, schema.clone()), true));
        self.shared.register_plugin(&plugin)?;
        self.plugins.lock().await.all.push(plugin);
        Ok(schema)
    }

    async fn start_process(&self) -> Result<Arc<RunningProvider>, Diagnostics> {
        let running = match self.source.as_ref().map_err(Clone::clone)? {
            ProviderSource::Executable { path, .. } => {
                let options = LaunchOptions { executable: path.clone(), ..self.options.clone() };
                let start = async {
                    let _turn = match &self.shared.memory {
                        Some(memory) => Some(memory.make_room(&self.shared, &self.options.provider).await),
                        None => None,
                    };
                    let running = Arc::new(launch(&options).await?);
                    self.shared.register_process(&running)?;
                    Ok(running)
                };
                return self.shared.unless_closed(start).await;
            }
            ProviderSource::Reattach(target) => attach(&self.options, target).await?,
            ProviderSource::InProcess(_) => {
                let detail = format!("Provider {} has no process.", self.options.provider);
                return Err(Diagnostic::error("Provider did not start", detail).blame(Blame::Engine).into());
            }
        };
        let running = Arc::new(running);
        self.shared.register_process(&running)?;
        Ok(running)
    }

    /// Processes that may end, as only the named configurations are needed. They are marked as stopped.
    pub(super) fn stop_unneeded(&self, needed: &BTreeSet<String>, is_used: bool) -> Vec<Arc<Plugin>> {
        let is_ours = matches!(&self.source, Ok(ProviderSource::Executable { .. }));
        if !is_ours || self.is_lasting.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let sessions: Vec<Arc<Session>> = lock(&self.sessions).values().cloned().collect();
        let mut unneeded: Vec<Arc<Plugin>> = sessions.iter().filter_map(|session| session.unneeded(needed)).collect();
        if let (false, Ok(plugins)) = (is_used, self.plugins.try_lock()) {
            unneeded.extend(plugins.all.iter().filter(|plugin| !plugin.is_claimed()).cloned());
        }
        unneeded.retain(|plugin| plugin.stop_if_idle());
        unneeded
    }

    pub(super) fn usage(&self, provider: ProviderAddress) -> ProviderUse {
        let usage = &self.usage;
        ProviderUse {
            provider,
            calls: usage.calls(),
            busy: usage.busy(),
            waited: usage.waited(),
            throttled: usage.throttled(),
            limits: self.lanes.as_ref().map(|lanes| lanes.found()).unwrap_or_default(),
        }
    }
}
