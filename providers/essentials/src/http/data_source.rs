//! The data source `http`.

use crate::web::{Answer, Question, Trust, ask, tls_config};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use formwork_kit::{
    Call, DataSource, Failure, Group, Outcome, async_trait, at_least, blocks, computed, matching, object, one_of,
    optional, required,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use std::collections::BTreeMap;
use std::time::Duration;

pub(crate) struct HttpSource;

object! {
    pub(crate) struct Retry {
        /// How often to try again.
        attempts: Option<i64> = optional().check(at_least(0)),
        max_delay_ms: Option<i64> = optional().check(at_least(0)),
        min_delay_ms: Option<i64> = optional().check(at_least(0)),
    }
}

object! {
    pub(crate) struct State {
        /// The answer as text.
        body: Option<String> = computed().deprecated("Use response_body instead."),
        /// Certificates of the authorities to believe, in PEM.
        ca_cert_pem: Option<String> = optional(),
        /// Certificate to show to the server, in PEM.
        client_cert_pem: Option<String> = optional(),
        /// The certificate's key, in PEM.
        client_key_pem: Option<String> = optional(),
        id: Option<String> = computed(),
        /// Whether every server is believed.
        insecure: Option<bool> = optional(),
        /// `GET`, `POST` or `HEAD`.
        method: Option<String> = optional().check(one_of(&["GET", "POST", "HEAD"])),
        request_body: Option<String> = optional(),
        request_headers: Option<BTreeMap<String, Option<String>>> = optional(),
        /// How long a request may take.
        request_timeout_ms: Option<i64> = optional().check(at_least(1)),
        /// The answer as text.
        response_body: Option<String> = computed(),
        /// The answer in base64.
        response_body_base64: Option<String> = computed(),
        /// Headers of the answer; equal ones are joined by commas.
        response_headers: Option<BTreeMap<String, String>> = computed(),
        status_code: Option<i64> = computed(),
        /// What is asked: `https://...`.
        url: String = required().check(matching("a URL with http or https", is_url)),
        /// When to try again.
        retry: Option<Retry> = blocks(),
    }
}

fn is_url(text: &str) -> bool {
    text.parse::<Uri>().is_ok_and(|url| matches!(url.scheme_str(), Some("http" | "https")))
}

impl State {
    fn question(&self) -> Outcome<Question> {
        let url = self.url.parse().map_err(|_| Failure::new(format!("{:?} is no URL.", self.url)).at("url"))?;
        let method = Method::from_bytes(self.method.as_deref().unwrap_or("GET").as_bytes());
        let mut headers = HeaderMap::new();
        for (name, value) in self.request_headers.iter().flatten() {
            let header = (HeaderName::try_from(name), HeaderValue::try_from(value.as_deref().unwrap_or_default()));
            let (Ok(name), Ok(value)) = header else {
                return Err(Failure::new(format!("{name:?} cannot be a header with this value.")).at("request_headers"));
            };
            headers.insert(name, value);
        }
        Ok(Question {
            method: method.map_err(|_| Failure::new("There is no such method.").at("method"))?,
            url,
            headers,
            body: Bytes::from(self.request_body.clone().unwrap_or_default()),
        })
    }

    fn show(&mut self, answer: &Answer) {
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let mut headers: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in &answer.headers {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            headers
                .entry(canonical(name.as_str()))
                .and_modify(|joined| *joined = format!("{joined}, {value}"))
                .or_insert(value);
        }
        self.id = Some(self.url.clone());
        self.body = Some(text.clone());
        self.response_body = Some(text);
        self.response_body_base64 = Some(STANDARD.encode(&answer.body));
        self.response_headers = Some(headers);
        self.status_code = Some(answer.status.as_u16().into());
    }
}

/// A header's name as Go writes it: `Content-Type`.
fn canonical(name: &str) -> String {
    let parts = name.split('-').map(|part| {
        let mut letters = part.chars();
        letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
    });
    parts.collect::<Vec<_>>().join("-")
}

/// True if another try may help.
fn is_passing(answer: &Answer) -> bool {
    let status = answer.status.as_u16();
    status == 429 || (status >= 500 && status != 501)
}

#[async_trait]
impl DataSource for HttpSource {
    type State = State;
    type Client = ();

    const KIND: &'static str = "http";

    fn groups(&self) -> Vec<Group> {
        vec![
            Group::AtMostOne(&["insecure", "ca_cert_pem"]),
            Group::Needs("client_cert_pem", "client_key_pem"),
            Group::Needs("client_key_pem", "client_cert_pem"),
        ]
    }

    async fn read(&self, call: &Call<()>, state: &mut State) -> Outcome<()> {
        let question = state.question()?;
        let trust = match (&state.ca_cert_pem, state.insecure) {
            (Some(pem), _) => Trust::Authorities(pem),
            (None, Some(true)) => Trust::Anyone,
            _ => Trust::System,
        };
        let identity = state.client_cert_pem.as_deref().zip(state.client_key_pem.as_deref());
        let config = tls_config(trust, identity)?;
        let variable = |name: &str| std::env::var(name).ok();
        let limit = state.request_timeout_ms.and_then(|time| u64::try_from(time).ok()).map(Duration::from_millis);
        let retry = state.retry.clone().unwrap_or_default();
        let mut left = retry.attempts.unwrap_or_default();
        let time = |time: Option<i64>, usual: u64| time.and_then(|time| u64::try_from(time).ok()).unwrap_or(usual);
        let most = Duration::from_millis(time(retry.max_delay_ms, 30_000));
        let mut delay = Duration::from_millis(time(retry.min_delay_ms, 1_000)).min(most);
        loop {
            let asked = ask(question.clone(), &config, &variable);
            let outcome = match limit {
                None => asked.await,
                Some(limit) => tokio::time::timeout(limit, asked).await.unwrap_or_else(|_| {
                    Err(Failure::new(format!("{} did not answer within {limit:?}.", state.url))
                        .at("request_timeout_ms"))
                }),
            };
            match outcome {
                Ok(answer) if left == 0 || !is_passing(&answer) => {
                    if std::str::from_utf8(&answer.body).is_err() {
                        let detail = format!("Only response_body_base64 has all bytes that {} sent.", state.url);
                        call.warn("The answer is no text in UTF-8", detail);
                    }
                    state.show(&answer);
                    return Ok(());
                }
                Err(failure) if left == 0 => return Err(failure),
                _ => {}
            }
            left -= 1;
            if !call.pause(delay).await {
                return Err(Failure::new("The request was interrupted."));
            }
            delay = (delay * 2).min(most);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_names_have_capitals() {
        assert_eq!(canonical("content-type"), "Content-Type");
        assert_eq!(canonical("x--a"), "X--A");
    }
}
