//! Tokens for Google's services.

use crate::web::{KeptToken, WebAnswer, WebClient, WebRequest, WebToken};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use formwork_model::StoreError;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value as Json, json};
use std::time::{SystemTime, UNIX_EPOCH};

const SCOPE: &str = "https://www.googleapis.com/auth/devstorage.read_write";
const CLOUD_SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// How long a token is good if nothing is said, in seconds.
const USUAL: u64 = 3600;

/// Where a token comes from.
pub(super) enum Source {
    Token(String),
    /// A key file's content.
    Key(String),
    /// What the environment, the user's login or the machine has.
    Usual,
}

/// Gives tokens, and keeps them for as long as they are good.
pub(super) struct Tokens {
    source: Source,
    impersonate: Option<String>,
    delegates: Vec<String>,
    client: WebClient,
    kept: KeptToken,
}

fn wrong(problem: impl std::fmt::Display) -> StoreError {
    StoreError::new(format!("The credentials for Google Cloud cannot be used: {problem}."))
}

impl Tokens {
    pub fn new(source: Source, impersonate: Option<String>, delegates: Vec<String>, client: WebClient) -> Tokens {
        Tokens { source, impersonate, delegates, client, kept: KeptToken::default() }
    }

    pub async fn token(&self) -> Result<String, StoreError> {
        self.kept.get(self.ask()).await
    }

    async fn ask(&self) -> Result<WebToken, StoreError> {
        let own = self.own().await?;
        match &self.impersonate {
            None => Ok(own),
            Some(account) => self.of_account(account, &own.text).await,
        }
    }

    async fn own(&self) -> Result<WebToken, StoreError> {
        match &self.source {
            Source::Token(token) => Ok(WebToken::new(token, USUAL)),
            Source::Key(text) => self.of_key(text).await,
            Source::Usual => {
                let home = std::env::var("HOME").unwrap_or_default();
                let login = format!("{home}/.config/gcloud/application_default_credentials.json");
                let given = std::env::var("GOOGLE_APPLICATION_CREDENTIALS").ok().filter(|path| !path.is_empty());
                match given {
                    Some(path) => {
                        let text = std::fs::read_to_string(&path);
                        self.of_key(&text.map_err(|error| wrong(format!("{path} cannot be read: {error}")))?).await
                    }
                    None => match std::fs::read_to_string(login) {
                        Ok(text) => self.of_key(&text).await,
                        Err(_) => self.of_machine().await,
                    },
                }
            }
        }
    }

    async fn of_key(&self, text: &str) -> Result<WebToken, StoreError> {
        let key: Json = serde_json::from_str(text).map_err(|_| wrong("they are neither a file nor JSON"))?;
        let get = |name: &str| {
            key.get(name).and_then(Json::as_str).ok_or_else(|| wrong(format!("their JSON has no {name:?}")))
        };
        let form = match get("type")? {
            "service_account" => {
                let audience = get("token_uri").unwrap_or("https://oauth2.googleapis.com/token");
                let assertion = signed(get("client_email")?, audience, get("private_key")?)?;
                let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
                (audience.to_owned(), vec![("grant_type", grant.to_owned()), ("assertion", assertion)])
            }
            "authorized_user" => {
                let names = ["client_id", "client_secret", "refresh_token"];
                let mut form = vec![("grant_type", "refresh_token".to_owned())];
                for name in names {
                    form.push((name, get(name)?.to_owned()));
                }
                (get("token_uri").unwrap_or("https://oauth2.googleapis.com/token").to_owned(), form)
            }
            other => {
                return Err(wrong(format!(
                    "they are of the type {other:?}; known are service_account and authorized_user"
                )));
            }
        };
        let (url, form) = form;
        let body: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request =
            WebRequest::new("POST", url).header("Content-Type", "application/x-www-form-urlencoded").body(body);
        token_of(&self.client.send(&request).await.map_err(wrong)?)
    }

    /// The service that tells machines in Google's cloud who they are.
    async fn of_machine(&self) -> Result<WebToken, StoreError> {
        let host = std::env::var("GCE_METADATA_HOST").ok().filter(|host| !host.is_empty());
        let host = host.unwrap_or_else(|| "metadata.google.internal".to_owned());
        let url = format!("http://{host}/computeMetadata/v1/instance/service-accounts/default/token?scopes={SCOPE}");
        let request = WebRequest::new("GET", url).header("Metadata-Flavor", "Google");
        let answer = self.client.send_once(&request).await.map_err(|_| {
            wrong(
                "there are none: set credentials or access_token, GOOGLE_CREDENTIALS or GOOGLE_APPLICATION_CREDENTIALS, or \
                 run \"gcloud auth application-default login\"",
            )
        })?;
        token_of(&answer)
    }

    async fn of_account(&self, account: &str, token: &str) -> Result<WebToken, StoreError> {
        let url = format!(
            "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{account}:generateAccessToken"
        );
        let delegates: Vec<String> =
            self.delegates.iter().map(|name| format!("projects/-/serviceAccounts/{name}")).collect();
        let body = json!({ "scope": [SCOPE], "lifetime": "3600s", "delegates": delegates });
        let request = WebRequest::new("POST", url)
            .header("Authorization", format!("Bearer {token}"))
            .header("Content-Type", "application/json")
            .body(body.to_string());
        let answer = self.client.send(&request).await.map_err(wrong)?;
        let content: Json = serde_json::from_slice(&answer.body).unwrap_or(Json::Null);
        match content.get("accessToken").and_then(Json::as_str) {
            Some(token) if answer.is_success() => Ok(WebToken::new(token, USUAL)),
            _ => Err(wrong(format!("the service account {account} cannot be impersonated: {}", answer.describe()))),
        }
    }
}

fn token_of(answer: &WebAnswer) -> Result<WebToken, StoreError> {
    WebToken::of_answer(answer, USUAL).ok_or_else(|| wrong(answer.describe()))
}

/// An assertion of a service account, signed with its key.
fn signed(account: &str, audience: &str, key: &str) -> Result<String, StoreError> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let claims = json!({
        "iss": account,
        "scope": format!("{SCOPE} {CLOUD_SCOPE}"),
        "aud": audience,
        "iat": now,
        "exp": now + 3600,
    });
    let encode = |json: Json| URL_SAFE_NO_PAD.encode(json.to_string());
    let text = format!("{}.{}", encode(json!({ "alg": "RS256", "typ": "JWT" })), encode(claims));
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|error| wrong(format!("the key: {error}")))?;
    let pair = match &key {
        PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
        other => RsaKeyPair::from_der(other.secret_der()),
    };
    let pair = pair.map_err(|error| wrong(format!("the key: {error}")))?;
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
        .map_err(|_| wrong("the key cannot sign"))?;
    Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
}
