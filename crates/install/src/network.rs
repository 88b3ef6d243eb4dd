//! The network: one client for everything that is fetched.
//!
//! Nothing is opened before the first request. Certificates and proxies come from the environment (`SSL_CERT_FILE`,
//! `SSL_CERT_DIR`, `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`).
//!
//! Invariant: a token goes to the host that it was given for, and nowhere else, wherever that host redirects to.

mod answer;
mod credentials;
mod download;
mod error;
mod host;
mod proxy;
mod request;
mod services;

use crate::oci::{OciLogin, OciRepository};
use crate::{CliConfig, CredentialsHelper, OciSettings};
pub(crate) use answer::Answer;
pub(crate) use download::{Download, Progress};
pub use error::{NetworkError, NetworkProblem};
pub(crate) use host::{host_of, normal_host, same_host, without_secrets};
pub(crate) use request::{Redirects, Request};
use services::Services;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// Version of the engine that registries are told, because they answer by it.
const ENGINE: &str = "1.11.4";

/// What is known of the user's wishes when something is fetched.
#[derive(Clone, Debug, Default)]
pub struct NetworkSettings {
    /// Of the process.
    pub variables: BTreeMap<String, String>,
    pub home: Option<PathBuf>,
    /// Tokens by host, of the CLI configuration.
    pub credentials: BTreeMap<String, String>,
    pub credentials_helper: Option<CredentialsHelper>,
    /// Services by host, of the CLI configuration.
    pub hosts: BTreeMap<String, BTreeMap<String, String>>,
    pub oci: OciSettings,
}

impl NetworkSettings {
    /// From the CLI configuration and the environment.
    pub fn new(config: &CliConfig, variables: BTreeMap<String, String>, home: Option<PathBuf>) -> NetworkSettings {
        NetworkSettings {
            variables,
            home,
            credentials: config.credentials.clone(),
            credentials_helper: config.credentials_helper.clone(),
            hosts: config.hosts.clone(),
            oci: config.oci.clone(),
        }
    }

    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn number(&self, name: &str, default: u64) -> u64 {
        self.variable(name).and_then(|text| text.parse().ok()).unwrap_or(default)
    }
}

/// Access to hosts, with what was learnt about them in this process.
#[derive(Debug)]
pub struct Network {
    pub(crate) settings: NetworkSettings,
    agent: OnceLock<Agent>,
    services: Mutex<BTreeMap<String, Result<Arc<Services>, NetworkError>>>,
    tokens: Mutex<BTreeMap<String, Option<String>>>,
    /// What OCI registries were found to want.
    pub(crate) oci_logins: Mutex<BTreeMap<OciRepository, OciLogin>>,
}

impl Network {
    pub fn new(settings: NetworkSettings) -> Network {
        Network {
            settings,
            agent: OnceLock::new(),
            services: Mutex::default(),
            tokens: Mutex::default(),
            oci_logins: Mutex::default(),
        }
    }

    /// How often a request to a registry is tried again (`TF_REGISTRY_DISCOVERY_RETRY`).
    fn registry_retries(&self) -> u64 {
        self.settings.number("TF_REGISTRY_DISCOVERY_RETRY", 1).min(20)
    }

    /// How often a download is tried again (`TF_PROVIDER_DOWNLOAD_RETRY`).
    fn download_retries(&self) -> u64 {
        self.settings.number("TF_PROVIDER_DOWNLOAD_RETRY", 2).min(20)
    }

    /// How long a registry may take for an answer (`TF_REGISTRY_CLIENT_TIMEOUT`).
    fn registry_timeout(&self) -> Duration {
        Duration::from_secs(self.settings.number("TF_REGISTRY_CLIENT_TIMEOUT", 10).clamp(1, 3600))
    }

    fn agent(&self) -> &Agent {
        self.agent.get_or_init(|| {
            let found = rustls_native_certs::load_native_certs();
            let roots = found.certs.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
            let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
            let tls = TlsConfig::builder()
                .root_certs(RootCerts::Specific(Arc::new(roots)))
                .unversioned_rustls_crypto_provider(provider)
                .build();
            let config = Agent::config_builder()
                .tls_config(tls)
                .http_status_as_error(false)
                .max_redirects(0)
                .user_agent(self.user_agent())
                .proxy(None)
                .timeout_connect(Some(Duration::from_secs(30)))
                .build();
            config.new_agent()
        })
    }

    fn user_agent(&self) -> String {
        let own = format!("Terraform/{ENGINE} (compatible; Formwork/{})", env!("CARGO_PKG_VERSION"));
        match self.settings.variable("TF_APPEND_USER_AGENT") {
            Some(more) if more.trim().is_ascii() => format!("{own} {}", more.trim()),
            _ => own,
        }
    }
}

pub(crate) fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
