//! The arguments (fact sheet `backends.md` 8).

use crate::backend::Arguments;
use crate::web::TlsSettings;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use formwork_model::StoreError;
use formwork_value::{Str, Type, Value};
use std::collections::BTreeMap;

/// Settings of the `consul` backend, checked.
pub struct ConsulSettings {
    /// Without a slash at the end.
    pub(super) address: String,
    pub(super) path: String,
    pub(super) token: Option<String>,
    pub(super) datacenter: Option<String>,
    /// The header with name and password.
    pub(super) authorization: Option<String>,
    pub(super) gzip: bool,
    pub(super) lock: bool,
    pub(super) tls: TlsSettings,
}

impl ConsulSettings {
    /// Reads and checks the arguments; environment variables fill in what is absent.
    pub fn parse(config: &BTreeMap<Str, Value>) -> Result<ConsulSettings, StoreError> {
        let mut arguments = Arguments::new(config);
        let path = arguments.text("path").unwrap_or_default();
        if path.is_empty() {
            arguments.refuse("path", "is required and must not be empty");
        }
        let by_tls = std::env::var("CONSUL_HTTP_SSL")
            .is_ok_and(|text| ["1", "t", "true"].contains(&text.to_lowercase().as_str()));
        let scheme = arguments.text("scheme").unwrap_or_else(|| if by_tls { "https" } else { "http" }.to_owned());
        let address =
            arguments.text_or("address", &["CONSUL_HTTP_ADDR"]).unwrap_or_else(|| "127.0.0.1:8500".to_owned());
        let address = if address.contains("://") { address } else { format!("{scheme}://{address}") };
        let login = arguments.text_or("http_auth", &["CONSUL_HTTP_AUTH"]).filter(|login| !login.is_empty());
        let tls = tls(&mut arguments);
        let settings = ConsulSettings {
            address: address.trim_end_matches('/').to_owned(),
            path,
            token: arguments.text_or("access_token", &["CONSUL_HTTP_TOKEN"]).filter(|token| !token.is_empty()),
            datacenter: arguments.text("datacenter").filter(|name| !name.is_empty()),
            authorization: login.map(|login| format!("Basic {}", STANDARD.encode(login))),
            gzip: arguments.flag("gzip"),
            lock: arguments.get("lock", &Type::Bool).and_then(|lock| lock.as_bool()).unwrap_or(true),
            tls,
        };
        arguments.finish("consul")?;
        Ok(settings)
    }

    /// The key of a workspace's state.
    pub(super) fn key(&self, workspace: &str) -> String {
        match workspace {
            "" | "default" => self.path.clone(),
            name => format!("{}-env:{name}", self.path),
        }
    }
}

fn tls(arguments: &mut Arguments<'_>) -> TlsSettings {
    let mut file = |name: &str, variable: &str| {
        let path = arguments.text_or(name, &[variable]).filter(|path| !path.is_empty())?;
        match std::fs::read(&path) {
            Ok(content) => Some(content),
            Err(error) => {
                arguments.refuse(name, &format!("cannot be read: {error}"));
                None
            }
        }
    };
    let roots = file("ca_file", "CONSUL_CACERT");
    let (certificate, key) = (file("cert_file", "CONSUL_CLIENT_CERT"), file("key_file", "CONSUL_CLIENT_KEY"));
    let client = match (certificate, key) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        _ => {
            arguments.refuse("cert_file", "and key_file must be set together");
            None
        }
    };
    TlsSettings { roots, client, ..TlsSettings::default() }
}
