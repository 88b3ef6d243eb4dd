//! A machine in memory, with the built-in provider. Provisioners are noted, not run; three commands do something:
//! `fail`, `interrupt` and `interrupt twice`.

use crate::memory_files::MemoryFiles;
use async_trait::async_trait;
use formwork_builtin::{BackendProblem, BuiltinProvider, RemoteStates};
use formwork_config::Config;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_eval::{Environment, Phase};
use formwork_model::{
    ApplyProvider, ApplyProviders, Clock, Entropy, Files, PlanProvider, PlanProviders, ProviderAddress,
    ProviderConfigAddress, ProviderSchema, Provisioner, ProvisionerRequest,
};
use formwork_testing::{Halt, TestMachine};
use formwork_value::{Str, Value};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub struct FakeMachine {
    files: Arc<dyn Files>,
    provisioner: Commands,
    entropy: Arc<Counter>,
    clock: Standing,
}

impl FakeMachine {
    pub fn new(files: MemoryFiles) -> FakeMachine {
        FakeMachine {
            files: Arc::new(files),
            provisioner: Commands::default(),
            entropy: Arc::default(),
            clock: Standing,
        }
    }

    pub fn commands(&self) -> Vec<String> {
        self.provisioner.commands.lock().unwrap().clone()
    }
}

#[async_trait(?Send)]
impl TestMachine for FakeMachine {
    fn providers(&self) -> Arc<dyn ApplyProviders> {
        Arc::new(OnlyBuiltin(Arc::new(BuiltinProvider::new(self.entropy.clone(), Arc::new(NoStates)))))
    }

    fn renew_providers(&self) {}

    async fn environment(&self, phase: Phase, _: &Config) -> Result<Environment, Diagnostics> {
        Ok(Environment {
            phase,
            workspace: "default".into(),
            plan_timestamp: "2024-01-01T00:00:00Z".into(),
            timestamp: "2024-01-01T00:00:00Z".into(),
            files: self.files.clone(),
            entropy: self.entropy.clone(),
            original_dir: "/work".into(),
            provider_functions: None,
        })
    }

    fn provisioner(&self) -> &dyn Provisioner {
        &self.provisioner
    }

    fn clock(&self) -> &dyn Clock {
        &self.clock
    }

    fn timestamp(&self) -> String {
        "2024-01-01T00:00:00Z".to_string()
    }

    fn halt(&self) -> Halt {
        *self.provisioner.halt.lock().unwrap()
    }
}

/// Different bytes each time.
#[derive(Default)]
struct Counter(AtomicU64);

impl Entropy for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.0.fetch_add(1, Ordering::Relaxed) as u8;
        }
    }
}

struct Standing;

#[async_trait]
impl Clock for Standing {
    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    fn since_epoch(&self) -> Duration {
        Duration::ZERO
    }

    async fn sleep_until(&self, _: Duration) {
        std::future::pending().await
    }
}

#[derive(Default)]
struct Commands {
    commands: Mutex<Vec<String>>,
    halt: Mutex<Halt>,
}

#[async_trait]
impl Provisioner for Commands {
    async fn run(
        &self,
        request: ProvisionerRequest,
        _: &(dyn for<'l> Fn(&'l str) + Send + Sync),
    ) -> Result<(), String> {
        let command = request.config.get("command").and_then(Value::as_str).unwrap_or_default().to_string();
        self.commands.lock().unwrap().push(command.clone());
        match command.as_str() {
            "fail" => Err("it fails".to_string()),
            "interrupt" => {
                *self.halt.lock().unwrap() = Halt::CleanUp;
                Ok(())
            }
            "interrupt twice" => {
                *self.halt.lock().unwrap() = Halt::Now;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

struct NoStates;

#[async_trait]
impl RemoteStates for NoStates {
    fn check(&self, _: &str, _: &Value) -> Result<(), BackendProblem> {
        Ok(())
    }

    async fn outputs(&self, _: &str, _: &Value, _: &str) -> Result<Option<BTreeMap<Str, Value>>, String> {
        Ok(None)
    }
}

struct OnlyBuiltin(Arc<BuiltinProvider>);

impl OnlyBuiltin {
    fn get(&self, provider: &ProviderAddress) -> Result<Arc<BuiltinProvider>, Diagnostics> {
        match *provider == BuiltinProvider::address() {
            true => Ok(self.0.clone()),
            false => Err(Diagnostic::error("No such provider", provider.to_string()).into()),
        }
    }
}

#[async_trait]
impl PlanProviders for OnlyBuiltin {
    async fn schema(&self, provider: &ProviderAddress) -> Result<Arc<ProviderSchema>, Diagnostics> {
        Ok(self.get(provider)?.schema())
    }

    async fn unconfigured(&self, provider: &ProviderAddress) -> Result<Arc<dyn PlanProvider>, Diagnostics> {
        Ok(self.get(provider)?)
    }

    async fn configured(
        &self,
        address: &ProviderConfigAddress,
        _: &Value,
    ) -> Result<Arc<dyn PlanProvider>, Diagnostics> {
        Ok(self.get(&address.provider)?)
    }
}

#[async_trait]
impl ApplyProviders for OnlyBuiltin {
    async fn configured_for_apply(
        &self,
        address: &ProviderConfigAddress,
        _: &Value,
    ) -> Result<Arc<dyn ApplyProvider>, Diagnostics> {
        Ok(self.get(&address.provider)?)
    }
}
