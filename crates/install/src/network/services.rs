//! Service discovery: what a host offers, and where (registry-and-locks.md 1.2).

use super::{Network, NetworkError, Redirects, held, normal_host, without_secrets};
use std::collections::BTreeMap;
use std::sync::Arc;
use url::Url;

/// Base URLs by service, as `providers.v1`.
#[derive(Debug, Default)]
pub(super) struct Services(BTreeMap<String, Url>);

/// Largest document.
const LIMIT: u64 = 1 << 20;

impl Network {
    /// The base URL of a service of a host: of the CLI configuration, or as the host says. It ends in a slash.
    pub(crate) fn service(&self, host: &str, service: &str) -> Result<Url, NetworkError> {
        let asked = normal_host(host).ok_or_else(|| NetworkError::other(format!("{host:?} is no host name")))?;
        let known = held(&self.services).get(&asked).cloned();
        let services = match known {
            Some(known) => known,
            None => {
                let found = self.services_of(&asked).map(Arc::new);
                held(&self.services).insert(asked.clone(), found.clone());
                found
            }
        }?;
        services.base(service).ok_or_else(|| {
            let (name, _) = service.split_once('.').unwrap_or((service, ""));
            let others: Vec<&str> = services.0.keys().map(String::as_str).collect();
            let of_kind = others.iter().any(|other| other.starts_with(&format!("{name}.")));
            let text = match (of_kind, others.is_empty()) {
                (true, _) => format!("the host {asked} offers another version of the service {service} only"),
                (false, false) => format!("the host {asked} does not offer {service}, but {}", others.join(", ")),
                (false, true) => format!(
                    "the host {asked} does not offer {service}: https://{asked}/.well-known/terraform.json names no \
                     services"
                ),
            };
            NetworkError::other(text)
        })
    }

    fn services_of(&self, host: &str) -> Result<Services, NetworkError> {
        let configured = self.settings.hosts.iter().find(|(name, _)| normal_host(name).as_deref() == Some(host));
        let home = format!("https://{host}/.well-known/terraform.json");
        let home = Url::parse(&home).map_err(|error| NetworkError::other(format!("{home}: {error}")))?;
        if let Some((_, services)) = configured {
            let entry = |(name, url): (&String, &String)| Some((name.clone(), base_url(&home, url)?));
            return Ok(Services(services.iter().filter_map(entry).collect()));
        }
        let mut request = self.question(home.clone());
        request.max_redirects = 3;
        request.limit = LIMIT;
        if request.token.is_none() {
            // The only document that may move to another host: it exists to say where things are.
            request.redirects = Redirects::Any;
        }
        let answer = match self.ask_for(&request) {
            Err(error) if error.is_not_found() => return Ok(Services::default()),
            answer => answer.map_err(|error| error.when(format!("the services of {host} cannot be found out")))?,
        };
        if !answer.is_json() {
            let text = format!("{} is not of the type application/json", without_secrets(&answer.url));
            return Err(NetworkError::other(text));
        }
        let document = answer.json()?;
        let entries = document.as_object().into_iter().flatten();
        let urls = entries.filter_map(|(name, url)| Some((name.clone(), base_url(&answer.url, url.as_str()?)?)));
        Ok(Services(urls.collect()))
    }
}

impl Services {
    fn base(&self, service: &str) -> Option<Url> {
        self.0.get(service).cloned()
    }
}

/// A URL of a service, relative to the document that names it.
fn base_url(document: &Url, text: &str) -> Option<Url> {
    let mut url = document.join(text).ok()?;
    let is_usable = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    url.set_fragment(None);
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    is_usable.then_some(url)
}
