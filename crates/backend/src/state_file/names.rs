//! Addresses and names of a file, each parsed and stored once.

use super::StateFileError;
use formwork_model::{ConfigResource, ModuleInstance, ProviderConfigAddress, TargetAddress};
use formwork_value::Str;
use std::collections::HashMap;

#[derive(Default)]
pub(super) struct Names {
    texts: HashMap<String, Str>,
    modules: HashMap<String, ModuleInstance>,
    providers: HashMap<String, ProviderConfigAddress>,
    resources: HashMap<String, ConfigResource>,
}

impl Names {
    pub fn text(&mut self, text: &str) -> Str {
        if let Some(known) = self.texts.get(text) {
            return known.clone();
        }
        let shared = Str::from(text);
        self.texts.insert(text.to_owned(), shared.clone());
        shared
    }

    pub fn module(&mut self, text: &str) -> Result<ModuleInstance, StateFileError> {
        cached(&mut self.modules, text, || ModuleInstance::parse(text).map_err(|e| e.0))
    }

    pub fn provider(&mut self, text: &str) -> Result<ProviderConfigAddress, StateFileError> {
        cached(&mut self.providers, text, || ProviderConfigAddress::parse(text).map_err(|e| e.0))
    }

    /// A resource on which another depends. Instance keys are dropped.
    pub fn dependency(&mut self, text: &str) -> Result<ConfigResource, StateFileError> {
        cached(&mut self.resources, text, || match TargetAddress::parse(text) {
            Ok(TargetAddress::Resource(resource)) => Ok(resource.config()),
            Ok(TargetAddress::Instance(instance)) => Ok(instance.config()),
            Ok(TargetAddress::Module(_)) => Err(format!("{text:?} is a module, not a resource")),
            Err(error) => Err(error.0),
        })
    }
}

fn cached<T: Clone>(
    known: &mut HashMap<String, T>,
    text: &str,
    parse: impl FnOnce() -> Result<T, String>,
) -> Result<T, StateFileError> {
    if let Some(value) = known.get(text) {
        return Ok(value.clone());
    }
    let value = parse().map_err(|reason| StateFileError::invalid(format!("the address {text:?}"), reason))?;
    known.insert(text.to_owned(), value.clone());
    Ok(value)
}
