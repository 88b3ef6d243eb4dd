//! The layout of version 4, as far as it is read.

use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

#[derive(Deserialize)]
pub(super) struct File<'a> {
    pub version: Option<u64>,
    pub terraform_version: Option<String>,
    pub serial: Option<u64>,
    pub lineage: Option<String>,
    #[serde(borrow)]
    pub outputs: Option<BTreeMap<String, Output<'a>>>,
    #[serde(borrow)]
    pub resources: Option<Vec<Resource<'a>>>,
    pub check_results: Option<Vec<Check>>,
    /// Only in files encrypted by OpenTofu.
    #[serde(borrow)]
    pub encrypted_data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct Output<'a> {
    #[serde(borrow)]
    pub value: Option<&'a RawValue>,
    #[serde(borrow, rename = "type")]
    pub ty: Option<&'a RawValue>,
    pub sensitive: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct Resource<'a> {
    #[serde(borrow, default)]
    pub module: Cow<'a, str>,
    #[serde(borrow, default)]
    pub mode: Cow<'a, str>,
    #[serde(borrow, default, rename = "type")]
    pub kind: Cow<'a, str>,
    #[serde(borrow, default)]
    pub name: Cow<'a, str>,
    #[serde(borrow, default)]
    pub provider: Cow<'a, str>,
    #[serde(borrow)]
    pub instances: Option<Vec<Instance<'a>>>,
}

#[derive(Deserialize)]
pub(super) struct Instance<'a> {
    #[serde(borrow)]
    pub index_key: Option<&'a RawValue>,
    pub status: Option<String>,
    pub deposed: Option<String>,
    /// Only OpenTofu.
    pub provider: Option<String>,
    pub schema_version: Option<u64>,
    #[serde(borrow)]
    pub attributes: Option<&'a RawValue>,
    pub attributes_flat: Option<BTreeMap<String, String>>,
    #[serde(borrow)]
    pub sensitive_attributes: Option<Vec<Vec<Step<'a>>>>,
    pub identity_schema_version: Option<u64>,
    #[serde(borrow)]
    pub identity: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub private: Option<Cow<'a, str>>,
    pub dependencies: Option<Vec<Cow<'a, str>>>,
    pub create_before_destroy: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct Step<'a> {
    #[serde(borrow, default, rename = "type")]
    pub kind: Cow<'a, str>,
    #[serde(borrow)]
    pub value: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct Check {
    #[serde(default)]
    pub object_kind: String,
    #[serde(default)]
    pub config_addr: String,
    #[serde(default)]
    pub status: String,
    pub objects: Option<Vec<CheckObject>>,
}

#[derive(Deserialize)]
pub(super) struct CheckObject {
    #[serde(default)]
    pub object_addr: String,
    #[serde(default)]
    pub status: String,
    pub failure_messages: Option<Vec<String>>,
}

/// What is looked at when the rest does not fit.
#[derive(Deserialize)]
pub(super) struct Head<'a> {
    #[serde(borrow)]
    pub version: Option<&'a RawValue>,
    #[serde(borrow)]
    pub terraform_version: Option<&'a RawValue>,
    #[serde(borrow)]
    pub encrypted_data: Option<&'a RawValue>,
}
