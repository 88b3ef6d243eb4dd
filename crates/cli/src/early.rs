//! What is known while a configuration is loaded, on this machine.

use crate::configuration::inputs_of;
use crate::machine::{MachineEntropy, timestamp};
use crate::session::Session;
use formwork_config::{EarlyContext, Module, collect_variables};
use formwork_diag::{Diagnostic, Sources};
use formwork_eval::{Environment, Functions, Phase};
use formwork_hcl::{Function, FunctionName};
use formwork_value::{Str, Value};
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Variables from the command line, files and the environment, or those of a plan.
pub struct Early<'s> {
    session: &'s Session,
    planned: Option<&'s BTreeMap<Str, Value>>,
    /// Made when the first function is called: few configurations do.
    functions: OnceCell<Functions>,
}

impl<'s> Early<'s> {
    pub fn new(session: &'s Session, planned: Option<&'s BTreeMap<Str, Value>>) -> Early<'s> {
        Early { session, planned, functions: OnceCell::new() }
    }

    fn functions(&self) -> Functions {
        let now: Str = timestamp().into();
        Functions::new(&Environment {
            phase: Phase::Plan,
            workspace: self.workspace(),
            plan_timestamp: now.clone(),
            timestamp: now,
            files: Arc::new(self.session.files()),
            entropy: Arc::new(MachineEntropy),
            original_dir: self.original_dir(),
            provider_functions: None,
        })
    }
}

impl EarlyContext for Early<'_> {
    fn variables(&self, root: &Module, sources: &mut Sources) -> BTreeMap<Str, Value> {
        if let Some(planned) = self.planned {
            return planned.iter().map(|(name, value)| (name.clone(), value.unmark_deep().0)).collect();
        }
        let flags = self.session.variable_flags();
        let flags: Vec<(&str, &str)> = flags.iter().map(|(flag, value)| (flag.as_str(), value.as_str())).collect();
        // What is wrong with them is told by those commands that need all of them.
        let inputs = inputs_of(self.session, &flags).unwrap_or_default();
        collect_variables(root, inputs, sources).0.into_iter().map(|(name, given)| (name, given.value)).collect()
    }

    fn workspace(&self) -> Str {
        self.session.data_dir().workspace(&self.session.environment).into()
    }

    fn original_dir(&self) -> Str {
        self.session.original_dir.as_str().into()
    }

    fn function(&self, name: &FunctionName) -> Result<&dyn Function, Diagnostic> {
        self.functions.get_or_init(|| self.functions()).get(name)
    }
}
