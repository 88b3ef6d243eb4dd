//! One HTTP client for all backends that speak HTTP.
//!
//! Invariant: a request ends. Waiting for a connection or an answer has a limit, and so have the time that its content may
//! take, its size, and the number of tries.

mod request;
mod retry;
mod tls;
mod token;

pub(crate) use request::{WebAnswer, WebRequest, escaped};
pub(crate) use retry::Retries;
pub(crate) use tls::TlsSettings;
pub(crate) use token::{KeptToken, WebToken};

use formwork_model::StoreError;
use std::fmt;
use std::io::Read;
use std::time::Duration;
use ureq::{Agent, Proxy};

/// Longest time for a connection, and in which nothing comes.
const CONNECT: Duration = Duration::from_secs(30);
const SILENCE: Duration = Duration::from_secs(120);

/// Longest time for the content of a request, and for that of an answer.
const TRANSFER: Duration = Duration::from_secs(3600);

/// Most bytes of an answer.
const LIMIT: u64 = 4 << 30;

/// Why there is no answer.
#[derive(Clone, Debug)]
pub(crate) struct WebError {
    pub message: String,
    /// The request may have had its effect.
    pub unclear: bool,
}

impl fmt::Display for WebError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<WebError> for StoreError {
    fn from(error: WebError) -> StoreError {
        StoreError::new(error.message)
    }
}

/// Proxies by scheme, and for which hosts there is none.
#[derive(Clone, Default)]
pub(crate) struct Proxies {
    pub http: Option<String>,
    pub https: Option<String>,
    pub none_for: String,
}

impl Proxies {
    /// `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`, also in lower case.
    pub fn from_environment() -> Proxies {
        let get = |name: &str| {
            let of = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
            of(name).or_else(|| of(&name.to_lowercase()))
        };
        Proxies { http: get("HTTP_PROXY"), https: get("HTTPS_PROXY"), none_for: get("NO_PROXY").unwrap_or_default() }
    }

    /// The proxy for a URL. This machine is reached without.
    fn of(&self, url: &str) -> Result<Option<Proxy>, WebError> {
        let parsed = url::Url::parse(url)
            .map_err(|error| WebError { message: format!("the address is not a URL: {error}"), unclear: false })?;
        let chosen = if parsed.scheme() == "https" { &self.https } else { &self.http };
        let host = parsed.host_str().unwrap_or_default().trim_matches(['[', ']']).to_lowercase();
        let is_local = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        let Some(proxy) = chosen.as_ref().filter(|_| !is_local && !self.excepts(&host)) else { return Ok(None) };
        let proxy = if proxy.contains("://") { proxy.clone() } else { format!("http://{proxy}") };
        let wrong = |error| WebError { message: format!("The proxy cannot be used: {error}."), unclear: false };
        Proxy::new(&proxy).map(Some).map_err(wrong)
    }

    fn excepts(&self, host: &str) -> bool {
        self.none_for.split(',').map(|entry| entry.trim().to_lowercase()).filter(|entry| !entry.is_empty()).any(
            |entry| {
                let name = entry.split(':').next().unwrap_or_default().trim_start_matches('*').trim_start_matches('.');
                entry == "*" || host == name || (!name.is_empty() && host.ends_with(&format!(".{name}")))
            },
        )
    }
}

/// A client with its settings.
#[derive(Clone)]
pub(crate) struct WebClient {
    agent: Agent,
    proxies: Proxies,
    pub retries: Retries,
}

impl WebClient {
    pub fn new(tls: &TlsSettings, retries: Retries) -> Result<WebClient, StoreError> {
        WebClient::with_proxies(tls, retries, Proxies::from_environment())
    }

    pub fn with_proxies(tls: &TlsSettings, retries: Retries, proxies: Proxies) -> Result<WebClient, StoreError> {
        let config = Agent::config_builder()
            .tls_config(tls.config()?)
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(10)
            .max_redirects_will_error(false)
            .user_agent(format!("Formwork/{}", env!("CARGO_PKG_VERSION")))
            .accept("")
            .proxy(None)
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(SILENCE))
            .timeout_per_read(Some(SILENCE))
            .timeout_send_body(Some(TRANSFER))
            .timeout_recv_body(Some(TRANSFER))
            .build();
        Ok(WebClient { agent: config.new_agent(), proxies, retries })
    }

    /// Asks until there is an answer that stands, or no sense in going on. The last answer may be one that asks to try
    /// later.
    pub async fn send(&self, request: &WebRequest) -> Result<WebAnswer, WebError> {
        let mut unclear = false;
        for attempt in 0.. {
            let result = self.send_once(request).await;
            let last = attempt >= self.retries.most;
            let wait = match &result {
                Ok(answer) if retry::is_passing(answer.status) && !last => self.retries.wait(attempt, Some(answer)),
                Ok(_) => return result.map(|answer| WebAnswer { attempts: attempt + 1, unclear, ..answer }),
                Err(_) if !last => self.retries.wait(attempt, None),
                Err(error) => {
                    let message = format!(
                        "{} {} giving up after {} attempt(s): {}",
                        request.method,
                        request.shown_url(),
                        attempt + 1,
                        error.message
                    );
                    return Err(WebError { message, unclear: unclear || error.unclear });
                }
            };
            unclear |= result.map_or_else(|error| error.unclear, |answer| answer.status >= 500);
            tokio::time::sleep(wait).await;
        }
        Err(WebError { message: "no attempt was made".into(), unclear: false })
    }

    /// One request. The answer is read as a whole.
    pub async fn send_once(&self, request: &WebRequest) -> Result<WebAnswer, WebError> {
        let proxy = self.proxies.of(&request.url)?;
        let (agent, request) = (self.agent.clone(), request.clone());
        let asked = tokio::task::spawn_blocking(move || ask(&agent, &request, proxy)).await;
        asked.unwrap_or_else(|error| {
            Err(WebError { message: format!("the request was stopped: {error}"), unclear: true })
        })
    }
}

fn ask(agent: &Agent, request: &WebRequest, proxy: Option<Proxy>) -> Result<WebAnswer, WebError> {
    let failed = |error: ureq::Error| {
        let not_sent = matches!(
            error,
            ureq::Error::HostNotFound
                | ureq::Error::ConnectionFailed
                | ureq::Error::BadUri(_)
                | ureq::Error::Http(_)
                | ureq::Error::Tls(_)
                | ureq::Error::Rustls(_)
                | ureq::Error::InvalidProxyUrl
                | ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve)
        );
        WebError { message: error.to_string(), unclear: !not_sent }
    };
    let invalid = |message: String| WebError { message, unclear: false };
    let answer = match &request.body {
        Some(body) => {
            let built = request.with_body(body.as_slice()).map_err(invalid)?;
            agent.run(agent.configure_request(built).proxy(proxy).build())
        }
        None => {
            let built = request.with_body(()).map_err(invalid)?;
            agent.run(agent.configure_request(built).proxy(proxy).build())
        }
    };
    let (parts, body) = answer.map_err(failed)?.into_parts();
    let mut bytes = Vec::new();
    let read = body.into_with_config().limit(LIMIT).reader().read_to_end(&mut bytes);
    read.map_err(|error| WebError { message: format!("the answer is cut off: {error}"), unclear: true })?;
    Ok(WebAnswer { status: parts.status.as_u16(), headers: parts.headers, body: bytes, attempts: 1, unclear: false })
}
