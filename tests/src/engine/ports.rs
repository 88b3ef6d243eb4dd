//! The engine's ports in memory.

use super::cloud::{Cloud, CloudProvider};
use async_trait::async_trait;
use formwork_builtin::{BackendProblem, BuiltinProvider, RemoteStates};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::{
    ApplyProvider, ApplyProviders, Entropy, Event, EventSink, Files, Journal, JournalEntry, JournalError, PlanProvider,
    PlanProviders, ProviderAddress, ProviderConfigAddress, ProviderSchema, Provisioner, ProvisionerRequest,
};
use formwork_value::{Str, Value};
use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Files by path.
pub struct MemoryFiles(BTreeMap<String, String>);

impl MemoryFiles {
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> MemoryFiles {
        MemoryFiles(files.into_iter().map(|(n, t)| (n.to_string(), t.to_string())).collect())
    }

    fn normal(path: &str) -> String {
        path.trim_start_matches("./").to_string()
    }
}

impl Files for MemoryFiles {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let text = self.0.get(&MemoryFiles::normal(path));
        text.map(|t| t.clone().into_bytes()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn list(&self, path: &str) -> io::Result<Vec<(String, bool)>> {
        let prefix = match MemoryFiles::normal(path).trim_end_matches('.') {
            "" => String::new(),
            dir => format!("{}/", dir.trim_end_matches('/')),
        };
        let mut names: Vec<(String, bool)> = self
            .0
            .keys()
            .filter_map(|name| name.strip_prefix(&prefix))
            .map(|rest| match rest.split_once('/') {
                Some((dir, _)) => (dir.to_string(), true),
                None => (rest.to_string(), false),
            })
            .collect();
        names.dedup();
        Ok(names)
    }

    fn is_file(&self, path: &str) -> io::Result<bool> {
        Ok(self.0.contains_key(&MemoryFiles::normal(path)))
    }

    fn is_dir(&self, path: &str) -> bool {
        self.list(path).is_ok_and(|l| !l.is_empty())
    }

    fn current_dir(&self) -> String {
        "/work".into()
    }

    fn home_dir(&self) -> Option<String> {
        None
    }
}

/// Bytes that count up, so that ids differ and runs repeat.
#[derive(Default)]
pub struct CountingEntropy(AtomicU64);

impl Entropy for CountingEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        let next = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        for (byte, source) in bytes.iter_mut().rev().zip(next.iter().rev().chain(std::iter::repeat(&0))) {
            *byte = *source;
        }
    }
}

/// Keeps what operations tell of their beginning and end.
#[derive(Default)]
pub struct NotedEvents(pub Mutex<Vec<Event>>);

impl EventSink for NotedEvents {
    fn emit(&self, event: Event) {
        if let Ok(mut events) = self.0.lock() {
            events.push(event);
        }
    }
}

/// Keeps the entries.
#[derive(Default)]
pub struct MemoryJournal(pub Mutex<Vec<JournalEntry>>);

#[async_trait]
impl Journal for MemoryJournal {
    async fn append(&self, entries: Vec<JournalEntry>) -> Result<(), JournalError> {
        self.0.lock().map_err(|e| JournalError(e.to_string()))?.extend(entries);
        Ok(())
    }
}

/// Provisioners that note what they are to do, and say it; a command with `fail` in it fails.
#[derive(Default)]
pub struct NotedProvisioner(pub Mutex<Vec<String>>);

#[async_trait]
impl Provisioner for NotedProvisioner {
    async fn run(
        &self,
        request: ProvisionerRequest,
        output: &(dyn for<'l> Fn(&'l str) + Send + Sync),
    ) -> Result<(), String> {
        let command = request.config.get("command").and_then(Value::as_str).unwrap_or("?").to_string();
        output(&command);
        let mut notes = self.0.lock().map_err(|e| e.to_string())?;
        notes.push(format!("{}: {} {command}", request.address, request.kind));
        if command.contains("fail") { Err(format!("{command} has failed")) } else { Ok(()) }
    }
}

struct NoStates;

#[async_trait]
impl RemoteStates for NoStates {
    fn check(&self, _: &str, _: &Value) -> Result<(), BackendProblem> {
        Err(BackendProblem::UnknownType)
    }

    async fn outputs(&self, backend: &str, _: &Value, _: &str) -> Result<Option<BTreeMap<Str, Value>>, String> {
        Err(format!("there is no backend {backend} here"))
    }
}

/// The built-in provider and the simulated cloud's, and no others.
pub struct Providers {
    builtin: Arc<BuiltinProvider>,
    cloud: Arc<Cloud>,
}

impl Providers {
    pub fn new(entropy: Arc<dyn Entropy>, cloud: Arc<Cloud>) -> Providers {
        Providers { builtin: Arc::new(BuiltinProvider::new(entropy, Arc::new(NoStates))), cloud }
    }

    fn find(&self, provider: &ProviderAddress, config: Option<&Value>) -> Result<Arc<dyn ApplyProvider>, Diagnostics> {
        if *provider == BuiltinProvider::address() {
            return Ok(self.builtin.clone());
        }
        if *provider == Cloud::address() {
            return Ok(Arc::new(CloudProvider::new(self.cloud.clone(), config)));
        }
        Err(Diagnostic::error("Unknown provider", format!("There is no provider {provider} here.")).into())
    }
}

#[async_trait]
impl PlanProviders for Providers {
    async fn schema(&self, provider: &ProviderAddress) -> Result<Arc<ProviderSchema>, Diagnostics> {
        self.find(provider, None).map(|p| p.schema())
    }

    async fn unconfigured(&self, provider: &ProviderAddress) -> Result<Arc<dyn PlanProvider>, Diagnostics> {
        self.find(provider, None).map(|p| p as Arc<dyn PlanProvider>)
    }

    async fn configured(
        &self,
        address: &ProviderConfigAddress,
        config: &Value,
    ) -> Result<Arc<dyn PlanProvider>, Diagnostics> {
        self.find(&address.provider, Some(config)).map(|p| p as Arc<dyn PlanProvider>)
    }
}

#[async_trait]
impl ApplyProviders for Providers {
    async fn configured_for_apply(
        &self,
        address: &ProviderConfigAddress,
        config: &Value,
    ) -> Result<Arc<dyn ApplyProvider>, Diagnostics> {
        self.find(&address.provider, Some(config))
    }
}
