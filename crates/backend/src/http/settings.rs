//! The arguments (fact sheet `backends.md` 3.1).

use crate::backend::Arguments;
use crate::web::{Retries, TlsSettings};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use formwork_model::StoreError;
use formwork_value::{Str, Value};
use std::collections::BTreeMap;
use std::time::Duration;

/// Settings of the `http` backend, checked.
pub struct HttpSettings {
    pub(super) address: String,
    pub(super) update_method: String,
    pub(super) lock_address: Option<String>,
    pub(super) lock_method: String,
    pub(super) unlock_address: Option<String>,
    pub(super) unlock_method: String,
    /// The header with name and password.
    pub(super) authorization: Option<String>,
    pub(super) tls: TlsSettings,
    pub(super) retries: Retries,
}

impl HttpSettings {
    /// Reads and checks the arguments; environment variables fill in what is absent.
    pub fn parse(config: &BTreeMap<Str, Value>) -> Result<HttpSettings, StoreError> {
        let mut arguments = Arguments::new(config);
        let address = address(&mut arguments, "address", "TF_HTTP_ADDRESS");
        if address.is_none() {
            arguments.refuse("address", "is required: set it, or TF_HTTP_ADDRESS");
        }
        let method = |arguments: &mut Arguments<'_>, name: &str, variable: &str, default: &str| {
            let given = arguments.text_or(name, &[variable]).filter(|text| !text.is_empty());
            let method = given.unwrap_or_else(|| default.to_owned());
            if !method.chars().all(|c| c.is_ascii_alphanumeric() || "-_!#$%&'*+.^`|~".contains(c)) {
                arguments.refuse(name, "is not a method of HTTP");
            }
            method
        };
        let settings = HttpSettings {
            address: address.unwrap_or_default(),
            update_method: method(&mut arguments, "update_method", "TF_HTTP_UPDATE_METHOD", "POST"),
            lock_address: self::address(&mut arguments, "lock_address", "TF_HTTP_LOCK_ADDRESS"),
            lock_method: method(&mut arguments, "lock_method", "TF_HTTP_LOCK_METHOD", "LOCK"),
            unlock_address: self::address(&mut arguments, "unlock_address", "TF_HTTP_UNLOCK_ADDRESS"),
            unlock_method: method(&mut arguments, "unlock_method", "TF_HTTP_UNLOCK_METHOD", "UNLOCK"),
            authorization: authorization(&mut arguments),
            tls: tls(&mut arguments),
            retries: retries(&mut arguments),
        };
        arguments.finish("http")?;
        Ok(settings)
    }

    /// What the user should know.
    pub(super) fn warnings(&self) -> Vec<String> {
        match (&self.lock_address, &self.unlock_address) {
            (None, _) => vec!["The state is not locked. Set lock_address so that concurrent runs wait.".into()],
            (Some(_), None) => {
                vec!["Locks are taken, and never released. Set unlock_address, or unlock on the server.".into()]
            }
            _ => Vec::new(),
        }
    }
}

fn address(arguments: &mut Arguments<'_>, name: &str, variable: &str) -> Option<String> {
    let text = arguments.text_or(name, &[variable]).filter(|text| !text.is_empty())?;
    match url::Url::parse(&text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => {}
        Ok(_) => arguments.refuse(name, "must begin with http:// or https://"),
        Err(error) => arguments.refuse(name, &format!("is not a URL: {error}")),
    }
    Some(text)
}

fn authorization(arguments: &mut Arguments<'_>) -> Option<String> {
    let user = arguments.text_or("username", &["TF_HTTP_USERNAME"]).filter(|user| !user.is_empty())?;
    let password = arguments.text_or("password", &["TF_HTTP_PASSWORD"]).unwrap_or_default();
    Some(format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
}

fn tls(arguments: &mut Arguments<'_>) -> TlsSettings {
    let mut pem = |name: &str, variable: &str| {
        arguments.text_or(name, &[variable]).filter(|text| !text.is_empty()).map(String::into_bytes)
    };
    let roots = pem("client_ca_certificate_pem", "TF_HTTP_CLIENT_CA_CERTIFICATE_PEM");
    let certificate = pem("client_certificate_pem", "TF_HTTP_CLIENT_CERTIFICATE_PEM");
    let key = pem("client_private_key_pem", "TF_HTTP_CLIENT_PRIVATE_KEY_PEM");
    let client = match (certificate, key) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        (Some(_), None) => {
            arguments.refuse("client_private_key_pem", "must be set together with client_certificate_pem");
            None
        }
        (None, Some(_)) => {
            arguments.refuse("client_certificate_pem", "must be set together with client_private_key_pem");
            None
        }
    };
    TlsSettings { roots, client, insecure: arguments.flag("skip_cert_verification"), ..TlsSettings::default() }
}

fn retries(arguments: &mut Arguments<'_>) -> Retries {
    let usual = Retries::default();
    let seconds = |number: Option<u32>, usual: Duration| number.map_or(usual, |n| Duration::from_secs(n.into()));
    let retries = Retries {
        most: arguments.number_or("retry_max", "TF_HTTP_RETRY_MAX").unwrap_or(usual.most),
        shortest: seconds(arguments.number_or("retry_wait_min", "TF_HTTP_RETRY_WAIT_MIN"), usual.shortest),
        longest: seconds(arguments.number_or("retry_wait_max", "TF_HTTP_RETRY_WAIT_MAX"), usual.longest),
    };
    if retries.shortest > retries.longest {
        arguments.refuse("retry_wait_min", "must not be greater than retry_wait_max");
    }
    retries
}
