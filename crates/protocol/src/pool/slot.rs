//! One provider of a run, with all its instances.

use super::limits::{CallLanes, CallLimits};
use super::managed::ManagedProvider;
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
use tokio::sync::OnceCell;

/// Made by whoever needs it first; others wait. Failures are kept, since starting again would fail again.
type Lazy<T> = OnceCell<Result<T, Diagnostics>>;

type Provider = Arc<dyn ApplyProvider>;

pub(super) struct ProviderSlot {
    source: Result<ProviderSource, Diagnostics>,
    options: LaunchOptions,
    cache: Option<Arc<dyn SchemaCache>>,
    wanted: Option<BTreeSet<Str>>,
    shared: Arc<Shared>,
    /// `None`: calls go straight to the provider, which is a part of the engine.
    lanes: Option<Arc<CallLanes>>,
    usage: Arc<Usage>,
    schema: Lazy<Schema>,
    /// The process that was started first: it gives the schema, serves without configuration, and is the first one to
    /// be configured.
    first_process: Lazy<Arc<RunningProvider>>,
    first: Lazy<Provider>,
    first_is_configured: AtomicBool,
    /// By the encoded configuration.
    configured: Mutex<BTreeMap<Vec<u8>, Arc<Lazy<Provider>>>>,
}

#[derive(Clone)]
struct Schema {
    schema: Arc<ProviderSchema>,
    /// The first process was asked for it.
    from_process: bool,
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
            first_process: Lazy::new(),
            first: Lazy::new(),
            first_is_configured: AtomicBool::new(false),
            configured: Mutex::default(),
        }
    }

    pub(super) async fn schema(&self) -> Result<Arc<ProviderSchema>, Diagnostics> {
        if let Ok(ProviderSource::InProcess(_)) = &self.source {
            return Ok(self.unconfigured().await?.schema());
        }
        Ok(self.known_schema().await?.schema)
    }

    /// The first instance: not configured, or configured in the meantime, which does not matter to those who ask for it.
    pub(super) async fn unconfigured(&self) -> Result<Provider, Diagnostics> {
        // Starting takes a large future, which callers would carry along each time they ask.
        self.first.get_or_init(|| Box::pin(self.start_first())).await.clone()
    }

    pub(super) async fn configured(&self, config: &Value, address: &str) -> Result<Provider, Diagnostics> {
        let schema = self.schema().await?;
        let key = msgpack::encode(config, &schema.provider.block.implied_type()).map_err(|error| {
            let provider = &self.options.provider;
            let detail = format!("The configuration of provider {provider} cannot be encoded: {error}.");
            Diagnostic::error("Invalid provider configuration", detail).blame(Blame::Engine)
        })?;
        let cell = lock(&self.configured).entry(key).or_default().clone();
        cell.get_or_init(|| Box::pin(self.start_configured(config, address))).await.clone()
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

    async fn start_configured(&self, config: &Value, address: &str) -> Result<Provider, Diagnostics> {
        let provider = match self.first_is_configured.swap(true, Ordering::Relaxed) {
            false => self.unconfigured().await?,
            true => self.start_another().await?,
        };
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
        lock(&self.shared.warnings).extend(diagnostics);
        Ok(provider)
    }

    async fn start_first(&self) -> Result<Provider, Diagnostics> {
        if let Ok(ProviderSource::InProcess(factory)) = &self.source {
            return self.registered(factory());
        }
        let known = self.known_schema().await?;
        let running = self.first_process().await?;
        if !known.from_process {
            prime(&running, &known.schema).await?;
        }
        self.registered(Arc::new(PluginProvider::new(running, known.schema)))
    }

    async fn start_another(&self) -> Result<Provider, Diagnostics> {
        if let Ok(ProviderSource::InProcess(factory)) = &self.source {
            return self.registered(factory());
        }
        let schema = self.known_schema().await?.schema;
        let running = self.start_process().await?;
        prime(&running, &schema).await?;
        self.registered(Arc::new(PluginProvider::new(running, schema)))
    }

    fn registered(&self, provider: Provider) -> Result<Provider, Diagnostics> {
        self.shared.register(&provider)?;
        let Some(lanes) = self.lanes.clone() else { return Ok(provider) };
        Ok(Arc::new(ManagedProvider { provider, lanes, usage: self.usage.clone() }))
    }

    async fn known_schema(&self) -> Result<Schema, Diagnostics> {
        self.schema.get_or_init(|| Box::pin(self.find_schema())).await.clone()
    }

    async fn find_schema(&self) -> Result<Schema, Diagnostics> {
        let key = match self.source.as_ref().map_err(Clone::clone)? {
            ProviderSource::Executable { package_hash, .. } => package_hash.as_deref(),
            _ => None,
        };
        if let (Some(key), Some(cache)) = (key, &self.cache)
            && let Some(bytes) = cache.get(key)
            && let Ok(schema) = decode_schema_subset(&bytes, self.wanted.as_ref())
        {
            return Ok(Schema { schema: Arc::new(schema), from_process: false });
        }
        let raw: RawSchema = self.first_process().await?.raw_schema().await?;
        let schema = Arc::new(raw.decode(self.wanted.as_ref())?);
        if let (Some(key), Some(cache)) = (key, &self.cache) {
            cache.put(key, &raw.to_bytes());
        }
        Ok(Schema { schema, from_process: true })
    }

    async fn first_process(&self) -> Result<Arc<RunningProvider>, Diagnostics> {
        self.first_process.get_or_init(|| Box::pin(self.start_process())).await.clone()
    }

    async fn start_process(&self) -> Result<Arc<RunningProvider>, Diagnostics> {
        let running = match self.source.as_ref().map_err(Clone::clone)? {
            ProviderSource::Executable { path, .. } => {
                let options = LaunchOptions { executable: path.clone(), ..self.options.clone() };
                self.shared.unless_closed(launch(&options)).await?
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
}

/// Some providers must be asked for their schema in each process before anything else.
async fn prime(running: &RunningProvider, schema: &ProviderSchema) -> Result<(), Diagnostics> {
    match schema.schema_optional {
        true => Ok(()),
        false => Ok(running.prime_schema().await?),
    }
}
