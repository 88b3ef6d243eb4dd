//! What is known while the module of a run is loaded.

use formwork_config::{EarlyContext, Module};
use formwork_diag::{Diagnostic, Diagnostics, Sources};
use formwork_hcl::{Attribute, Function, FunctionName, Scope, Traversal, TraversalStep, evaluate};
use formwork_value::{Str, Value};
use std::collections::BTreeMap;

/// Variables of the run go before those of the file, and those before the ones from outside. What is known only when other
/// runs have ended is left out.
pub(crate) struct RunEarly<'a> {
    pub context: Option<&'a dyn EarlyContext>,
    pub file: &'a BTreeMap<Str, Attribute>,
    pub run: &'a BTreeMap<Str, Attribute>,
}

impl EarlyContext for RunEarly<'_> {
    fn variables(&self, root: &Module, sources: &mut Sources) -> BTreeMap<Str, Value> {
        let mut values = self.context.map(|context| context.variables(root, sources)).unwrap_or_default();
        for given in [self.file, self.run] {
            let scope = Given { early: self, values: &values };
            let evaluated = given.iter().filter_map(|(name, attribute)| {
                let evaluated = evaluate(&attribute.expr, &scope);
                (!evaluated.diagnostics.has_errors()).then(|| (name.clone(), evaluated.value))
            });
            let evaluated: Vec<(Str, Value)> = evaluated.collect();
            values.extend(evaluated);
        }
        values
    }

    fn workspace(&self) -> Str {
        self.context.map_or_else(|| "default".into(), EarlyContext::workspace)
    }

    fn original_dir(&self) -> Str {
        self.context.map_or_else(|| ".".into(), EarlyContext::original_dir)
    }

    fn function(&self, name: &FunctionName) -> Result<&dyn Function, Diagnostic> {
        match self.context {
            Some(context) => context.function(name),
            None => Err(Diagnostic::error("Call to unknown function", "No functions are known here.").at(name.span)),
        }
    }
}

/// `var` stands for the values that are known so far.
struct Given<'a> {
    early: &'a RunEarly<'a>,
    values: &'a BTreeMap<Str, Value>,
}

impl Scope for Given<'_> {
    fn reference(&self, traversal: &Traversal) -> Result<(Value, usize), Diagnostics> {
        let name = match traversal.steps.first() {
            Some(TraversalStep::Attribute { name, .. }) if *traversal.root == *"var" => self.values.get(name),
            _ => None,
        };
        let unknown =
            || Diagnostic::error("Invalid reference", "Its value is not known yet.").at(traversal.span).into();
        name.map(|value| (value.clone(), 1)).ok_or_else(unknown)
    }

    fn function(&self, name: &FunctionName) -> Result<&dyn Function, Diagnostic> {
        self.early.function(name)
    }
}
