//! The functions of the language.
//!
//! A function is a [`Definition`](definition::Definition): data and a body. [`call`] has what all have in common; each
//! other module has one family.

mod arguments;
mod call;
mod definition;

mod assume;
mod collection;
mod combine;
mod conversion;
mod encoding;
mod filesystem;
mod format;
mod hash;
mod list;
mod mapping;
mod network;
mod numeric;
mod regex;
mod set;
mod signature;
mod string;
mod time;

pub use signature::function_signatures;

use crate::{Environment, ProviderFunctions};
use call::Callable;
use definition::Definition;
use formwork_diag::Diagnostic;
use formwork_hcl::{Function, FunctionName};
use std::sync::{Arc, LazyLock};

/// All functions by name, with the environment that some of them need.
pub struct Functions {
    /// In the order of [`TABLE`].
    table: Vec<Callable>,
    provider_functions: Option<Arc<dyn ProviderFunctions>>,
}

/// A definition with the names of its parameters.
struct Entry {
    definition: &'static Definition,
    names: Vec<&'static str>,
}

/// All definitions, sorted by name.
static TABLE: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let families = [
        assume::FUNCTIONS,
        collection::FUNCTIONS,
        combine::FUNCTIONS,
        conversion::FUNCTIONS,
        encoding::FUNCTIONS,
        filesystem::FUNCTIONS,
        format::FUNCTIONS,
        hash::FUNCTIONS,
        list::FUNCTIONS,
        mapping::FUNCTIONS,
        network::FUNCTIONS,
        numeric::FUNCTIONS,
        regex::FUNCTIONS,
        set::FUNCTIONS,
        string::FUNCTIONS,
        time::FUNCTIONS,
    ];
    let entry = |definition: &'static Definition| Entry {
        definition,
        names: definition.parameters.iter().map(|parameter| parameter.name).collect(),
    };
    let mut table: Vec<Entry> = families.into_iter().flatten().map(entry).collect();
    table.sort_by_key(|entry| entry.definition.name);
    table
});

impl Functions {
    pub fn new(environment: &Environment) -> Functions {
        let environment = Arc::new(environment.clone());
        let callable = |entry: &'static Entry| Callable {
            definition: entry.definition,
            names: &entry.names,
            environment: environment.clone(),
        };
        Functions {
            table: TABLE.iter().map(callable).collect(),
            provider_functions: environment.provider_functions.clone(),
        }
    }

    /// A function by name; `core::NAME` is the same as `NAME`, and `provider::LOCAL::NAME` is a provider's.
    pub fn get(&self, name: &FunctionName) -> Result<&dyn Function, Diagnostic> {
        let in_core = match name.namespace.as_slice() {
            [] => true,
            [only] => **only == *"core",
            [first, local] if **first == *"provider" => return self.of_provider(name, local),
            _ => false,
        };
        let at = TABLE.binary_search_by(|entry| entry.definition.name.cmp(&*name.name));
        match at.ok().and_then(|at| self.table.get(at)) {
            Some(found) if in_core => Ok(found),
            _ => Err(unknown(name)),
        }
    }

    fn of_provider(&self, name: &FunctionName, local: &str) -> Result<&dyn Function, Diagnostic> {
        let Some(functions) = &self.provider_functions else { return Err(unknown(name)) };
        functions
            .function(local, &name.name)
            .map_err(|message| Diagnostic::error("Call to unknown function", message).at(name.span))
    }
}

fn unknown(name: &FunctionName) -> Diagnostic {
    let near = formwork_diag::nearest(&name.name, TABLE.iter().map(|entry| entry.definition.name));
    let hint = near.map(|near| format!(" Did you mean {near:?}?")).unwrap_or_default();
    let parts: Vec<&str> = name.namespace.iter().chain([&name.name]).map(|part| &**part).collect();
    let full = parts.join("::");
    Diagnostic::error("Call to unknown function", format!("There is no function named {full:?}.{hint}")).at(name.span)
}

#[cfg(test)]
mod tests;
