//! The functions of the language.

use crate::Environment;
use formwork_diag::Diagnostic;
use formwork_hcl::{Function, FunctionName};
use std::collections::BTreeMap;

/// All functions by name, with the environment that some of them need.
pub struct Functions {
    table: BTreeMap<&'static str, Box<dyn Function>>,
}

impl Functions {
    pub fn new(environment: &Environment) -> Functions {
        let _ = environment;
        Functions { table: BTreeMap::new() }
    }

    /// A function by name; `core::NAME` is the same as `NAME`.
    pub fn get(&self, name: &FunctionName) -> Result<&dyn Function, Diagnostic> {
        let known =
            self.table.get(&*name.name).filter(|_| name.namespace.is_empty() || *name.namespace == [Str::from("core")]);
        known.map(|f| &**f).ok_or_else(|| self.unknown(name))
    }

    fn unknown(&self, name: &FunctionName) -> Diagnostic {
        let near = formwork_diag::nearest(&name.name, self.table.keys().copied());
        let hint = near.map(|n| format!(" Did you mean {n:?}?")).unwrap_or_default();
        Diagnostic::error("Call to unknown function", format!("There is no function named {:?}.{hint}", &*name.name))
            .at(name.span)
    }
}

use formwork_value::Str;
