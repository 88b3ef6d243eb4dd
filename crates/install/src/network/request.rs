//! Asking a host.

use super::proxy::proxy_for;
use super::{Answer, ENGINE, Network, NetworkError, NetworkProblem, host_of, same_host, without_secrets};
use std::io::Read;
use std::time::Duration;
use ureq::Body;
use ureq::http::{HeaderMap, Response};
use url::Url;

/// Where redirects may lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Redirects {
    /// Nowhere but to the same host.
    SameHost,
    /// To any host, but never from https to http. Credentials stay behind.
    Any,
}

/// A question to a host.
#[derive(Clone)]
pub(crate) struct Request {
    pub url: Url,
    /// For the first host alone.
    pub token: Option<String>,
    /// Name and password, for the first host alone.
    pub login: Option<(String, String)>,
    /// Tell the host which engine asks.
    pub names_engine: bool,
    /// The kinds of documents that are wanted, if the host must be told.
    pub accept: Option<String>,
    pub redirects: Redirects,
    pub max_redirects: usize,
    /// Most bytes of an answer that is read as a whole.
    pub limit: u64,
    /// For the whole answer; none for downloads, which end when nothing comes any more.
    pub timeout: Option<Duration>,
    pub retries: u64,
    /// Of the bytes before there is a copy already: they need not come again if the file is still the same one.
    pub from: Option<(u64, Option<String>)>,
}

/// Longest silence in a download.
const SILENCE: Duration = Duration::from_secs(60);

/// Before the second attempt; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

const REDIRECT: [u16; 5] = [301, 302, 303, 307, 308];

impl Network {
    /// A question to a registry or a mirror, with the token of its host.
    pub(crate) fn question(&self, url: Url) -> Request {
        let token = host_of(&url).and_then(|host| self.token(&host));
        Request {
            url,
            token,
            login: None,
            names_engine: true,
            accept: None,
            redirects: Redirects::SameHost,
            max_redirects: 5,
            limit: 16 << 20,
            timeout: Some(self.registry_timeout()),
            retries: self.registry_retries(),
            from: None,
        }
    }

    /// A file from anywhere, asked for without credentials.
    pub(crate) fn file(&self, url: Url) -> Request {
        Request {
            url,
            token: None,
            login: None,
            names_engine: false,
            accept: None,
            redirects: Redirects::Any,
            max_redirects: 10,
            limit: 16 << 20,
            timeout: None,
            retries: self.download_retries(),
            from: None,
        }
    }

    /// The answer as a whole.
    pub(crate) fn ask(&self, request: &Request) -> Result<Answer, NetworkError> {
        let limit = request.limit;
        self.attempt(request, |url, response| {
            let (parts, body) = response.into_parts();
            let mut bytes = Vec::new();
            let read = body.into_with_config().limit(u64::MAX).reader().take(limit + 1).read_to_end(&mut bytes);
            read.map_err(|error| Failure::again(url, &error.to_string()))?;
            if bytes.len() as u64 > limit {
                let text = format!("{} answers with more than {limit} bytes", without_secrets(url));
                return Err(Failure::last(NetworkError::other(text)));
            }
            Ok(Answer { status: parts.status.as_u16(), url: url.clone(), headers: parts.headers, body: bytes })
        })
    }

    /// Sends a form, without following redirects.
    pub(crate) fn post_form(&self, url: &Url, form: &[(&str, String)]) -> Result<Answer, NetworkError> {
        let call = self.agent().post(url.as_str()).config();
        let call = call.proxy(proxy_for(&self.settings, url)).timeout_global(Some(self.registry_timeout())).build();
        let pairs = form.iter().map(|(name, value)| (*name, value.as_str()));
        let response = call.send_form(pairs).map_err(|error| failure(url, &error).error)?;
        let (parts, body) = response.into_parts();
        let mut bytes = Vec::new();
        let read = body.into_with_config().limit(u64::MAX).reader().take(1 << 20).read_to_end(&mut bytes);
        read.map_err(|error| Failure::again(url, &error.to_string()).error)?;
        Ok(Answer { status: parts.status.as_u16(), url: url.clone(), headers: parts.headers, body: bytes })
    }

    /// The answer of a host that has what was asked for.
    pub(crate) fn ask_for(&self, request: &Request) -> Result<Answer, NetworkError> {
        let answer = self.ask(request)?;
        match refusal(&answer.url, answer.status) {
            Some(error) => Err(error),
            None => Ok(answer),
        }
    }

    /// Asks until there is an answer, or no sense in going on.
    pub(crate) fn attempt<T>(
        &self,
        request: &Request,
        read: impl Fn(&Url, Response<Body>) -> Result<T, Failure>,
    ) -> Result<T, NetworkError> {
        let mut pause = FIRST_PAUSE;
        for attempt in 0.. {
            let result = self.follow(request).and_then(|(url, response)| match response.status().as_u16() {
                status @ (429 | 500..) if attempt < request.retries => {
                    Err(Failure::again(&url, &format!("the server answers {status}")))
                }
                _ => read(&url, response),
            });
            match result {
                Ok(answer) => return Ok(answer),
                Err(failure) if failure.is_final || attempt >= request.retries => return Err(failure.error),
                Err(_) => std::thread::sleep(pause),
            }
            pause = (pause * 2).min(Duration::from_secs(8));
        }
        Err(NetworkError::other("there was no attempt"))
    }

    /// Sends the request, and others for as long as hosts redirect.
    fn follow(&self, request: &Request) -> Result<(Url, Response<Body>), Failure> {
        let mut url = request.url.clone();
        for _ in 0..=request.max_redirects {
            let response = self.send(request, &url)?;
            if !REDIRECT.contains(&response.status().as_u16()) {
                return Ok((url, response));
            }
            let next = target(&url, response.headers()).map_err(Failure::last)?;
            check_redirect(request, &url, &next).map_err(Failure::last)?;
            url = next;
        }
        let text = format!("{} redirects more than {} times", without_secrets(&request.url), request.max_redirects);
        Err(Failure::last(NetworkError::other(text)))
    }

    fn send(&self, request: &Request, url: &Url) -> Result<Response<Body>, Failure> {
        let mut call = self.agent().get(url.as_str());
        if same_host(&request.url, url) {
            if let Some(token) = &request.token {
                call = call.header("Authorization", format!("Bearer {token}"));
            } else if let Some((name, password)) = &request.login {
                use base64::Engine;
                let pair = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}"));
                call = call.header("Authorization", format!("Basic {pair}"));
            }
        }
        if request.names_engine {
            call = call.header("Accept", "application/json").header("X-Terraform-Version", ENGINE);
        }
        if let Some(accept) = &request.accept {
            call = call.header("Accept", accept);
        }
        if let Some((from, tag)) = &request.from {
            call = call.header("Range", format!("bytes={from}-"));
            if let Some(tag) = tag {
                call = call.header("If-Range", tag);
            }
        }
        let config = call.config().proxy(proxy_for(&self.settings, url)).timeout_global(request.timeout);
        let config = if request.timeout.is_none() { config.timeout_per_read(Some(SILENCE)) } else { config };
        config.build().call().map_err(|error| failure(url, &error))
    }
}

/// What went wrong in one attempt.
#[derive(Debug)]
pub(crate) struct Failure {
    error: NetworkError,
    /// Another attempt cannot help.
    is_final: bool,
}

impl Failure {
    pub fn last(error: NetworkError) -> Failure {
        Failure { error, is_final: true }
    }

    pub fn again(url: &Url, why: &str) -> Failure {
        let error = NetworkError::other(format!("{} cannot be read: {why}", without_secrets(url)));
        Failure { error, is_final: false }
    }
}

/// Why an answer is none, by its status.
pub(crate) fn refusal(url: &Url, status: u16) -> Option<NetworkError> {
    let shown = without_secrets(url);
    let host = host_of(url).unwrap_or_default();
    match status {
        200..300 => None,
        401 | 403 => {
            let text = format!(
                "{shown} answers {status}: the host {host} wants a token. Give it with \"formwork login {host}\", with a \
                 credentials block of the CLI configuration, or with a variable TF_TOKEN_*"
            );
            Some(NetworkError { problem: NetworkProblem::Unauthorized, text })
        }
        404 | 410 => Some(NetworkError::not_found(format!("{shown} does not exist (the server answers {status})"))),
        status => Some(NetworkError::other(format!("{shown} cannot be read: the server answers {status}"))),
    }
}

/// Where a redirect leads.
fn target(url: &Url, headers: &HeaderMap) -> Result<Url, NetworkError> {
    let shown = without_secrets(url);
    let location = headers.get("location").and_then(|value| value.to_str().ok());
    let location = location.ok_or_else(|| NetworkError::other(format!("{shown} redirects without saying where to")))?;
    let next = url.join(location);
    next.map_err(|error| NetworkError::other(format!("{shown} redirects to {location:?}, which is no URL: {error}")))
}

fn check_redirect(request: &Request, from: &Url, to: &Url) -> Result<(), NetworkError> {
    let (shown, next) = (without_secrets(from), without_secrets(to));
    let refuse = |why: &str| Err(NetworkError::other(format!("{shown} redirects to {next}; that is refused: {why}")));
    if !matches!(to.scheme(), "http" | "https") {
        return refuse("it is neither http nor https");
    }
    if from.scheme() == "https" && to.scheme() == "http" {
        return refuse("what comes over http could have been changed on the way");
    }
    if request.redirects == Redirects::SameHost && !same_host(from, to) {
        let host = host_of(from).unwrap_or_default();
        return refuse(&format!(
            "it is another host, which {host} does not speak for. If the service has moved there, the discovery document \
             https://{host}/.well-known/terraform.json or a host block of the CLI configuration should name it"
        ));
    }
    Ok(())
}

fn failure(url: &Url, error: &ureq::Error) -> Failure {
    let text = match error {
        ureq::Error::Io(error) => error.to_string(),
        error => error.to_string(),
    };
    let host = url.host_str().unwrap_or_default();
    let (why, is_final) = match error {
        ureq::Error::HostNotFound => (format!("the name {host} is not known"), false),
        ureq::Error::Timeout(_) => ("it takes too long".to_owned(), false),
        ureq::Error::ConnectProxyFailed(why) => (format!("the proxy refuses: {why}"), false),
        _ if text.contains("failed to lookup address") => (format!("the name {host} is not known"), false),
        // Those of TLS come as errors of input and output.
        _ if text.contains("UnknownIssuer") => {
            let why = format!(
                "nobody that is trusted here vouches for the certificate of {host}. If it is right, name a file with the \
                 certificate of its authority in SSL_CERT_FILE"
            );
            (why, true)
        }
        _ if text.contains("certificate") => (format!("the certificate of {host} is not accepted: {text}"), true),
        _ => (text, false),
    };
    Failure { is_final, ..Failure::again(url, &why) }
}
