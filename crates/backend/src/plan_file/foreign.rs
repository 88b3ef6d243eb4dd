//! Telling what a file is that is not a plan of ours (fact sheet `plan-formats.md` 14).

use serde::Deserialize;
use serde::de::IgnoredAny;

#[derive(Deserialize)]
struct Known {
    remote_plan_format: Option<IgnoredAny>,
    encrypted_data: Option<IgnoredAny>,
    format_version: Option<IgnoredAny>,
    lineage: Option<IgnoredAny>,
}

pub(super) fn describe(bytes: &[u8]) -> &'static str {
    if bytes.is_empty() {
        return "The plan file is empty.";
    }
    if bytes.starts_with(b"PK\x03\x04") {
        let has = |name: &[u8]| bytes.windows(name.len()).any(|window| window == name);
        return if has(b"tfplan") {
            "The file is a plan of Terraform or OpenTofu, which only the version that made it can apply."
        } else {
            "The file is a zip archive, not a plan."
        };
    }
    if bytes.starts_with(b"tfplan") {
        return "The file is a plan of a Terraform before 0.12.";
    }
    match serde_json::from_slice::<Known>(bytes) {
        Ok(Known { remote_plan_format: Some(_), .. }) => {
            "The file refers to a plan in HCP Terraform or Terraform Enterprise, which can only be applied there."
        }
        Ok(Known { encrypted_data: Some(_), .. }) => "The file is encrypted by OpenTofu, which alone can apply it.",
        Ok(Known { format_version: Some(_), .. }) => {
            "The file is a plan in JSON, made for reading; it does not have what applying needs."
        }
        Ok(Known { lineage: Some(_), .. }) => "The file is a state, not a plan.",
        _ => "The file is not a plan.",
    }
}
