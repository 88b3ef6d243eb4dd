//! Versions.

use super::writer::{JsonWriter, indent_json};
use formwork_model::{ProviderAddress, TERRAFORM_VERSION, Version};
use std::collections::BTreeMap;

/// The document of `version -json`, without a final newline. `platform` is like `linux_amd64`. `formwork_version` adds
/// a key that Terraform does not have.
pub fn json_version(
    platform: &str,
    providers: &BTreeMap<ProviderAddress, Version>,
    formwork_version: Option<&str>,
) -> String {
    let mut w = JsonWriter::new();
    w.object(|w| {
        w.key("terraform_version").string(TERRAFORM_VERSION);
        w.key("platform").string(platform);
        w.key("provider_selections").object(|w| {
            for (address, version) in providers {
                w.key(&address.to_string()).string(&version.to_string());
            }
        });
        w.key("terraform_outdated").bool(false);
        if let Some(version) = formwork_version {
            w.key("formwork_version").string(version);
        }
    });
    indent_json(&w.finish())
}
