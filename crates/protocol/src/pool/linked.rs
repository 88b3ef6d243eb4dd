//! Instances of a provider that is linked into this program.

use super::slot::{Lazy, Provider};
use super::{ProviderFactory, Shared, lock};
use formwork_diag::Diagnostics;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

#[derive(Default)]
pub(super) struct Linked {
    /// The first one serves without configuration, and is the first to be configured.
    first: Mutex<Option<Provider>>,
    is_first_configured: Mutex<bool>,
    /// By the encoded configuration.
    configured: Mutex<BTreeMap<Vec<u8>, Arc<Lazy<Provider>>>>,
}

impl Linked {
    pub fn first(&self, factory: &ProviderFactory, shared: &Shared) -> Result<Provider, Diagnostics> {
        let mut first = lock(&self.first);
        if let Some(provider) = &*first {
            return Ok(provider.clone());
        }
        let provider = factory();
        shared.register(&provider)?;
        *first = Some(provider.clone());
        Ok(provider)
    }

    /// An instance without a configuration, for who will configure it.
    pub fn next(&self, factory: &ProviderFactory, shared: &Shared) -> Result<Provider, Diagnostics> {
        if !std::mem::replace(&mut *lock(&self.is_first_configured), true) {
            return self.first(factory, shared);
        }
        let provider = factory();
        shared.register(&provider)?;
        Ok(provider)
    }

    pub fn cell(&self, key: Vec<u8>) -> Arc<Lazy<Provider>> {
        lock(&self.configured).entry(key).or_default().clone()
    }
}
