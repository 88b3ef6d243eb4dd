//! One request with its answer, redirections followed.

use super::{Address, ProxyServer, connect_tcp, handshake};
use bytes::Bytes;
use formwork_kit::{Failure, Outcome};
use http::header::{AUTHORIZATION, COOKIE, HOST, LOCATION, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};

/// Redirections that are followed, as Go has it.
const REDIRECTIONS: usize = 10;
/// Largest answer.
const LARGEST: usize = 256 << 20;

/// What is asked.
#[derive(Clone)]
pub(crate) struct Question {
    pub method: Method,
    pub url: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
}

pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Asks, and follows redirections. Credentials are not told to other hosts.
pub(crate) async fn ask(
    mut question: Question,
    config: &Arc<ClientConfig>,
    variable: &(dyn Fn(&str) -> Option<String> + Send + Sync),
) -> Outcome<Answer> {
    for _ in 0..=REDIRECTIONS {
        let address = Address::of(&question.url, &["http", "https"])?;
        let proxy = ProxyServer::of_environment(&address, &variable)?;
        let answer = ask_once(&question, &address, proxy.as_ref(), config).await?;
        let Some(next) = redirection(&question, &answer)? else { return Ok(answer) };
        if Address::of(&next, &["http", "https"])? != address {
            question.headers.remove(AUTHORIZATION);
            question.headers.remove(COOKIE);
        }
        question.headers.remove(HOST);
        let keeps_method = matches!(answer.status.as_u16(), 307 | 308);
        if !keeps_method && question.method != Method::HEAD {
            question.method = Method::GET;
            question.body = Bytes::new();
        }
        question.url = next;
    }
    Err(Failure::new(format!("There are more than {REDIRECTIONS} redirections.")).at("url"))
}

/// Where an answer sends the question to.
fn redirection(question: &Question, answer: &Answer) -> Outcome<Option<Uri>> {
    if !matches!(answer.status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = answer.headers.get(LOCATION) else { return Ok(None) };
    let wrong = || Failure::new(format!("{} redirects to something that is no URL.", question.url)).at("url");
    let text = location.to_str().map_err(|_| wrong())?;
    let base = format!(
        "{}://{}",
        question.url.scheme_str().unwrap_or("http"),
        question.url.authority().map(|authority| authority.as_str()).unwrap_or_default()
    );
    let full = if text.contains("://") {
        text.to_owned()
    } else if let Some(rest) = text.strip_prefix("//") {
        format!("{}://{rest}", question.url.scheme_str().unwrap_or("http"))
    } else if text.starts_with('/') {
        format!("{base}{text}")
    } else {
        let folder = question.url.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{base}{folder}/{text}")
    };
    full.parse().map(Some).map_err(|_| wrong())
}

async fn ask_once(
    question: &Question,
    address: &Address,
    proxy: Option<&ProxyServer>,
    config: &Arc<ClientConfig>,
) -> Outcome<Answer> {
    let stream = connect_tcp(address, proxy).await?;
    if address.is_plain() {
        exchange(question, address, stream).await
    } else {
        exchange(question, address, handshake(stream, address, config.clone()).await?).await
    }
}

async fn exchange<S>(question: &Question, address: &Address, stream: S) -> Outcome<Answer>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let failed = |error: &dyn std::error::Error| {
        Failure::new(format!("The exchange with {} failed: {error}.", address.authority()))
    };
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| failed(&error))?;
    let connection = tokio::spawn(connection);
    let target = question.url.path_and_query().map_or("/", |target| target.as_str());
    let mut request =
        Request::builder().method(question.method.clone()).uri(target).body(Full::new(question.body.clone()));
    if let Ok(request) = &mut request {
        let headers = request.headers_mut();
        headers.insert(USER_AGENT, HeaderValue::from_static("formwork"));
        let host = question.url.authority().map(|authority| authority.as_str().rsplit('@').next().unwrap_or_default());
        if let Ok(host) = HeaderValue::from_str(host.unwrap_or_default()) {
            headers.insert(HOST, host);
        }
        headers.extend(question.headers.clone());
    }
    let request = request.map_err(|error| failed(&error))?;
    let response = sender.send_request(request).await.map_err(|error| failed(&error))?;
    let (head, body) = response.into_parts();
    let body = Limited::new(body, LARGEST).collect().await;
    let body =
        body.map_err(|error| Failure::new(format!("The answer of {} cannot be read: {error}.", address.authority())))?;
    connection.abort();
    Ok(Answer { status: head.status, headers: head.headers, body: body.to_bytes() })
}
