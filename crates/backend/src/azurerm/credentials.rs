//! Tokens of Azure's directory, and signatures with the key of a storage account.

use super::settings::{AzureSettings, Identity, TokenFrom};
use crate::web::{WebAnswer, WebClient, WebRequest, WebToken, escaped};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use formwork_model::StoreError;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// How long a token is good if nothing is said, in seconds.
const USUAL: u64 = 600;

fn wrong(problem: impl std::fmt::Display) -> StoreError {
    StoreError::new(format!("Signing in to Azure fails: {problem}."))
}

/// A token for a resource such as `https://storage.azure.com`.
pub(super) async fn token(
    client: &WebClient,
    settings: &AzureSettings,
    resource: &str,
) -> Result<WebToken, StoreError> {
    let scope = format!("{resource}/.default");
    match &settings.identity {
        Identity::Secret { client: id, secret } => {
            let form = [("client_id", id.as_str()), ("client_secret", secret), ("scope", &scope)];
            of_directory(client, settings, &form).await
        }
        Identity::Token { client: id, token } => {
            let assertion = assertion(client, token).await?;
            let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
            let form = [
                ("client_id", id.as_str()),
                ("client_assertion_type", kind),
                ("client_assertion", &assertion),
                ("scope", &scope),
            ];
            of_directory(client, settings, &form).await
        }
        Identity::Machine { client: id, endpoint } => {
            let usual = "http://169.254.169.254/metadata/identity/oauth2/token";
            let endpoint = endpoint.as_deref().unwrap_or(usual);
            let mut url = format!("{endpoint}?api-version=2018-02-01&resource={resource}");
            if let Some(id) = id {
                url.push_str(&format!("&client_id={}", escaped(id, "")));
            }
            token_of(&client.send(&WebRequest::new("GET", url).header("Metadata", "true")).await.map_err(wrong)?)
        }
        Identity::CommandLine => of_command_line(resource).await,
        Identity::None => {
            Err(wrong("there is no identity: set client_id and client_secret, use_oidc, use_msi or use_cli"))
        }
    }
}

async fn of_directory(
    client: &WebClient,
    settings: &AzureSettings,
    form: &[(&str, &str)],
) -> Result<WebToken, StoreError> {
    if settings.tenant.is_empty() {
        return Err(wrong("tenant_id is missing"));
    }
    let url = format!("{}/{}/oauth2/v2.0/token", settings.cloud.login, settings.tenant);
    let body: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "client_credentials")
        .extend_pairs(form)
        .finish();
    let request = WebRequest::new("POST", url).header("Content-Type", "application/x-www-form-urlencoded").body(body);
    token_of(&client.send(&request).await.map_err(wrong)?)
}

async fn assertion(client: &WebClient, token: &TokenFrom) -> Result<String, StoreError> {
    match token {
        TokenFrom::Text(text) => Ok(text.clone()),
        TokenFrom::File(path) => std::fs::read_to_string(path)
            .map(|text| text.trim().to_owned())
            .map_err(|error| wrong(format!("the token in {path} cannot be read: {error}"))),
        TokenFrom::Request { url, bearer } => {
            let mark = if url.contains('?') { '&' } else { '?' };
            let url = format!("{url}{mark}audience=api%3A%2F%2FAzureADTokenExchange");
            let request = WebRequest::new("GET", url).header("Authorization", format!("Bearer {bearer}"));
            let answer = client.send(&request).await.map_err(wrong)?;
            let content: Json = serde_json::from_slice(&answer.body).unwrap_or(Json::Null);
            let value = content.get("value").and_then(Json::as_str);
            value.map(str::to_owned).ok_or_else(|| wrong(format!("no token was issued: {}", answer.describe())))
        }
    }
}

async fn of_command_line(resource: &str) -> Result<WebToken, StoreError> {
    let mut command = tokio::process::Command::new("az");
    command.args(["account", "get-access-token", "--output", "json", "--resource", resource]);
    let output = command.stdin(std::process::Stdio::null()).output().await;
    let output = output.map_err(|error| {
        wrong(format!("the program \"az\" cannot be run: {error}. Install it, or set another way to sign in"))
    })?;
    let content: Json = serde_json::from_slice(&output.stdout).unwrap_or(Json::Null);
    match content.get("accessToken").and_then(Json::as_str) {
        Some(token) => Ok(WebToken::new(token, USUAL)),
        None => Err(wrong(format!("\"az\" gives no token: {}", String::from_utf8_lossy(&output.stderr).trim()))),
    }
}

fn token_of(answer: &WebAnswer) -> Result<WebToken, StoreError> {
    WebToken::of_answer(answer, USUAL).ok_or_else(|| wrong(answer.describe()))
}

/// The first key of the storage account.
pub(super) async fn account_key(client: &WebClient, settings: &AzureSettings) -> Result<String, StoreError> {
    let management = settings.cloud.management;
    let token = token(client, settings, management).await?.text;
    let url = format!(
        "{management}/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Storage/storageAccounts/{}/listKeys?api-version=\
         2023-01-01",
        settings.subscription, settings.resource_group, settings.account
    );
    let request =
        WebRequest::new("POST", url).header("Authorization", format!("Bearer {token}")).body(Vec::<u8>::new());
    let answer = client.send(&request).await.map_err(wrong)?;
    let content: Json = serde_json::from_slice(&answer.body).unwrap_or(Json::Null);
    let key = content.get("keys").and_then(|keys| keys.get(0)?.get("value")?.as_str());
    key.map(str::to_owned).ok_or_else(|| wrong(format!("the key of the account is not told: {}", answer.describe())))
}

/// The header that shows that the sender has the key of the account ("Shared Key").
pub(super) fn signature(account: &str, key: &[u8], request: &WebRequest) -> String {
    let header = |name: &str| {
        let found = request.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    let length = request.body.as_ref().map(Vec::len).filter(|length| *length > 0);
    let mut lines = vec![
        request.method.clone(),
        String::new(),
        String::new(),
        length.map(|length| length.to_string()).unwrap_or_default(),
        String::new(),
        header("content-type").to_owned(),
        String::new(),
        String::new(),
        header("if-match").to_owned(),
        header("if-none-match").to_owned(),
        String::new(),
        String::new(),
    ];
    let own: BTreeMap<String, &str> = request
        .headers
        .iter()
        .map(|(name, value)| (name.to_lowercase(), value.as_str()))
        .filter(|(name, _)| name.starts_with("x-ms-"))
        .collect();
    lines.extend(own.iter().map(|(name, value)| format!("{name}:{value}")));
    let url = url::Url::parse(&request.url).ok();
    let path = url.as_ref().map(|url| url.path().to_owned()).unwrap_or_default();
    lines.push(format!("/{account}{path}"));
    let query: BTreeMap<String, String> = url
        .iter()
        .flat_map(|url| url.query_pairs())
        .map(|(name, value)| (name.to_lowercase(), value.into_owned()))
        .collect();
    lines.extend(query.iter().map(|(name, value)| format!("{name}:{value}")));
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let tag = hmac::sign(&key, lines.join("\n").as_bytes());
    format!("SharedKey {account}:{}", STANDARD.encode(tag.as_ref()))
}
