//! The arguments (fact sheet `backends.md` 6).

use super::credentials::Source;
use crate::backend::Arguments;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use formwork_model::StoreError;
use formwork_value::{Str, Value};
use std::collections::BTreeMap;

/// Settings of the `gcs` backend, checked.
pub struct GcsSettings {
    pub(super) bucket: String,
    /// Ends with `/` unless it is empty.
    pub(super) prefix: String,
    pub(super) credentials: Source,
    pub(super) impersonate: Option<String>,
    pub(super) delegates: Vec<String>,
    /// 32 bytes.
    pub(super) encryption_key: Option<Vec<u8>>,
    pub(super) kms_key: Option<String>,
    /// Up to and without `/storage/v1`.
    pub(super) service: String,
}

/// A path of a file, or what would stand in it.
fn content(text: &str) -> String {
    let path = match (text.strip_prefix("~/"), std::env::var("HOME")) {
        (Some(rest), Ok(home)) => format!("{home}/{rest}"),
        _ => text.to_owned(),
    };
    std::fs::read_to_string(path).unwrap_or_else(|_| text.to_owned())
}

impl GcsSettings {
    /// Reads and checks the arguments; environment variables fill in what is absent.
    pub fn parse(config: &BTreeMap<Str, Value>) -> Result<GcsSettings, StoreError> {
        let mut arguments = Arguments::new(config);
        let bucket = arguments.text("bucket").unwrap_or_default();
        if bucket.is_empty() {
            arguments.refuse("bucket", "is required and must not be empty");
        }
        let prefix = arguments.text("prefix").unwrap_or_default().trim_start_matches('/').to_owned();
        let prefix = if prefix.is_empty() || prefix.ends_with('/') { prefix } else { format!("{prefix}/") };
        let token = arguments.text_or("access_token", &["GOOGLE_OAUTH_ACCESS_TOKEN"]);
        let given = arguments.text_or("credentials", &["GOOGLE_BACKEND_CREDENTIALS", "GOOGLE_CREDENTIALS"]);
        let credentials = match (token.filter(|token| !token.is_empty()), given.filter(|text| !text.is_empty())) {
            (Some(token), _) => Source::Token(token),
            (None, Some(text)) => Source::Key(content(&text)),
            (None, None) => Source::Usual,
        };
        let key = arguments.text_or("encryption_key", &["GOOGLE_ENCRYPTION_KEY"]).filter(|key| !key.is_empty());
        let kms_key =
            arguments.text_or("kms_encryption_key", &["GOOGLE_KMS_ENCRYPTION_KEY"]).filter(|key| !key.is_empty());
        if key.is_some() && kms_key.is_some() {
            arguments.refuse("encryption_key", "conflicts with kms_encryption_key");
        }
        let encryption_key = key.and_then(|key| {
            let bytes = STANDARD.decode(content(&key).trim()).ok().filter(|bytes| bytes.len() == 32);
            if bytes.is_none() {
                arguments.refuse("encryption_key", "must be 32 bytes in base64, or a file with them");
            }
            bytes
        });
        let service = arguments.text_or(
            "storage_custom_endpoint",
            &["GOOGLE_BACKEND_STORAGE_CUSTOM_ENDPOINT", "GOOGLE_STORAGE_CUSTOM_ENDPOINT"],
        );
        let service = service.unwrap_or_else(|| "https://storage.googleapis.com".to_owned());
        let service =
            ["/", "/b", "/storage/v1"].iter().fold(service.as_str(), |url, end| url.strip_suffix(end).unwrap_or(url));
        let settings = GcsSettings {
            bucket,
            prefix,
            credentials,
            impersonate: arguments.text_or(
                "impersonate_service_account",
                &["GOOGLE_BACKEND_IMPERSONATE_SERVICE_ACCOUNT", "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT"],
            ),
            delegates: arguments.list("impersonate_service_account_delegates"),
            encryption_key,
            kms_key,
            service: service.to_owned(),
        };
        arguments.finish("gcs")?;
        Ok(settings)
    }

    /// An object of a workspace.
    pub(super) fn object(&self, workspace: &str, suffix: &str) -> String {
        let name = if workspace.is_empty() { "default" } else { workspace };
        format!("{}{name}{suffix}", self.prefix)
    }
}
