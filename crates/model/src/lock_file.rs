//! Selected provider versions (`.terraform.lock.hcl`).

use crate::{ProviderAddress, Version};
use formwork_value::Str;
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct LockFile {
    pub providers: BTreeMap<ProviderAddress, ProviderLock>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ProviderLock {
    pub version: Version,
    /// The constraints at the time of selection, as text.
    pub constraints: Str,
    /// `h1:...` and `zh:...`, sorted.
    pub hashes: Vec<Str>,
}
