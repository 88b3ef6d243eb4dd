//! Rules of variables that the plan could not decide: what depends on a variable waits for them.

use crate::check::record;
use crate::stage::Stage;
use formwork_eval::{CheckOutcome, Item, ItemAddress};
use formwork_model::{CheckKind, CheckResult, CheckStatus, ConfigResource};
use formwork_value::Str;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Which variables are undecided, and what depends on them.
pub(crate) struct VariableRules {
    /// Addresses in the configuration.
    undecided: BTreeSet<Str>,
    needed: RefCell<BTreeMap<ConfigResource, Rc<Vec<ItemAddress>>>>,
}

impl VariableRules {
    pub fn new(results: &[CheckResult]) -> VariableRules {
        let variables = results.iter().filter(|r| r.address.kind == CheckKind::Variable);
        let is_open = |r: &&CheckResult| r.objects.iter().flatten().any(|o| o.status == CheckStatus::Unknown);
        VariableRules {
            undecided: variables.filter(is_open).map(|r| r.address.config.clone()).collect(),
            needed: RefCell::default(),
        }
    }

    /// Undecided variables on which a resource depends, however indirectly.
    fn of(&self, stage: &Stage<'_>, resource: &ConfigResource) -> Rc<Vec<ItemAddress>> {
        if let Some(known) = self.needed.borrow().get(resource) {
            return known.clone();
        }
        let mut found = Vec::new();
        let mut stack: Vec<usize> = stage.graph.resource_position(resource).into_iter().collect();
        let mut seen: BTreeSet<usize> = stack.iter().copied().collect();
        while let Some(node) = stack.pop() {
            let item = stage.graph.nodes.get(node);
            found.extend(item.filter(|i| self.undecided.contains(i.to_string().as_str())).cloned());
            let dependencies = stage.graph.dependencies.get(node).into_iter().flatten();
            stack.extend(dependencies.copied().filter(|other| seen.insert(*other)));
        }
        let found = Rc::new(found);
        self.needed.borrow_mut().insert(resource.clone(), found.clone());
        found
    }
}

/// False if a rule fails, or has failed, of a variable on which the resource depends. Failures are reported once.
pub(crate) fn hold(stage: &Stage<'_>, resource: &ConfigResource) -> bool {
    let rules = &stage.variable_rules;
    rules.undecided.is_empty() || rules.of(stage, resource).iter().all(|variable| is_met(stage, variable))
}

/// Decides the rules of a variable in all instances of its module, as far as that is possible by now.
fn is_met(stage: &Stage<'_>, variable: &ItemAddress) -> bool {
    let Item::Variable(name) = &variable.item else { return true };
    let mut met = true;
    for module in stage.evaluator.instances_of(&variable.module) {
        let instance = stage.evaluator.module_address(module);
        let prefix = if instance.is_root() { String::new() } else { format!("{instance}.") };
        let address = format!("{prefix}var.{name}");
        let mut status = stage.checks.borrow().status(CheckKind::Variable, &address);
        if status == Some(CheckStatus::Unknown) {
            let (outcomes, problems) = stage.evaluator.validate_variable(module, name);
            let (now, _) = CheckOutcome::summarize(&outcomes);
            if now == CheckStatus::Unknown {
                continue;
            }
            stage.report(problems);
            record(stage, CheckKind::Variable, &address, &outcomes);
            status = Some(now);
        }
        met &= status.is_none_or(|status| status < CheckStatus::Fail);
    }
    met
}
