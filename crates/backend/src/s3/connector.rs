//! Requests of the S3 client over our own web client: with a proxy, certificates of one's own, or none checked.

use crate::web::{WebClient, WebRequest};
use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use std::fmt;

/// Trying again is the business of the S3 client.
#[derive(Clone)]
pub(super) struct Connector(pub WebClient);

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

impl HttpClient for Connector {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.0.clone();
        HttpConnectorFuture::new(async move { exchange(&client, request).await })
    }
}

async fn exchange(client: &WebClient, mut request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let failed = |text: String| ConnectorError::io(text.into());
    let mut asked = WebRequest::new(request.method(), request.uri());
    for (name, value) in request.headers() {
        // It follows from the body.
        if !name.eq_ignore_ascii_case("content-length") {
            asked = asked.header(name, value);
        }
    }
    let has_body = !matches!(request.method(), "GET" | "HEAD" | "DELETE");
    let body = ByteStream::new(request.take_body()).collect().await;
    let body = body.map_err(|error| ConnectorError::user(error.into()))?.into_bytes().to_vec();
    if has_body || !body.is_empty() {
        asked = asked.body(body);
    }
    let answer = client.send_once(&asked).await.map_err(|error| failed(error.message))?;
    let status = StatusCode::try_from(answer.status).map_err(|error| failed(error.to_string()))?;
    let mut response = HttpResponse::new(status, SdkBody::from(answer.body));
    for (name, value) in &answer.headers {
        if let Ok(value) = value.to_str() {
            response.headers_mut().append(name.as_str().to_owned(), value.to_owned());
        }
    }
    Ok(response)
}
