//! Values of the variables of a module under test.

use crate::file::{RunBlock, TestFile};
use crate::scope::{FileScope, Runs};
use formwork_config::{Config, Module, VariableBlock, VariableInputs, collect_variables, conclude};
use formwork_diag::{Diagnostic, Diagnostics, Sources, Span};
use formwork_eval::Evaluator;
use formwork_hcl::TraversalStep;
use formwork_value::{Str, Value};
use std::collections::BTreeMap;

/// Values from outside of the test files: command line, variable files, environment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Globals {
    pub values: BTreeMap<Str, Value>,
    pub diagnostics: Diagnostics,
}

/// The values for a module, and those of `others`, which it does not declare. Texts that have to be parsed are added to
/// `sources`.
pub(crate) fn globals(
    module: &Module,
    others: &BTreeMap<Str, VariableBlock>,
    inputs: VariableInputs,
    sources: &mut Sources,
) -> Globals {
    let (given, diagnostics) = if others.is_empty() {
        collect_variables(module, inputs, sources)
    } else {
        let mut module = module.clone();
        module.variables.extend(others.clone());
        collect_variables(&module, inputs, sources)
    };
    // The command line is for all modules of all files: a name need not be declared in each.
    let known = diagnostics.into_iter().filter(|d| !d.summary.contains("for undeclared variable"));
    Globals {
        values: given.into_iter().map(|(name, given)| (name, given.value)).collect(),
        diagnostics: known.collect(),
    }
}

/// What the root variables of a run are.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunVariables {
    /// Converted to the declared types, defaults included.
    pub values: BTreeMap<Str, Value>,
    /// Where values were given in test files.
    pub places: BTreeMap<Str, Span>,
    /// What `var` means in provider blocks of the file: values that were given, declared or not.
    pub visible: BTreeMap<Str, Value>,
}

/// The strongest value of each variable: of the run, of the file, from outside, the default.
pub(crate) fn run_variables(
    config: &Config,
    file: &TestFile,
    run: &RunBlock,
    globals: &Globals,
    evaluator: &Evaluator,
    runs: Runs<'_>,
) -> (RunVariables, Diagnostics) {
    let mut diagnostics = globals.diagnostics.clone();
    let mut problems: BTreeMap<Str, Diagnostics> = BTreeMap::new();
    let declared = &config.root().variables;
    let mut visible = globals.values.clone();
    let mut places = BTreeMap::new();
    for (name, attribute) in &file.variables {
        let scope = FileScope { evaluator, variables: &globals.values, runs: None };
        let evaluated = formwork_hcl::evaluate(&attribute.expr, &scope);
        if evaluated.diagnostics.has_errors() {
            visible.remove(name);
            problems.insert(name.clone(), evaluated.diagnostics);
            continue;
        }
        visible.insert(name.clone(), evaluated.value);
        places.insert(name.clone(), attribute.expr.span);
    }
    let mut own = BTreeMap::new();
    for (name, attribute) in &run.variables {
        let scope = FileScope { evaluator, variables: &visible, runs: Some(runs) };
        let evaluated = formwork_hcl::evaluate(&attribute.expr, &scope);
        if !declared.contains_key(name) && !is_asserted(name, run) {
            diagnostics.push(undeclared(name, run, attribute.expr.span));
        }
        let mut failed = evaluated.diagnostics.has_errors();
        diagnostics.extend(evaluated.diagnostics);
        if !failed && !evaluated.value.is_wholly_known() {
            let detail = format!(
                "The value for the variable {name:?} is known only after an apply. A run whose output is used needs \
                 command = apply."
            );
            diagnostics.push(Diagnostic::error("Reference to unknown value", detail).at(attribute.expr.span));
            failed = true;
        }
        if !failed {
            own.insert(name.clone(), evaluated.value);
            places.insert(name.clone(), attribute.expr.span);
        }
    }
    visible.extend(own);
    let mut values = BTreeMap::new();
    for (name, block) in declared {
        if !run.variables.contains_key(name)
            && let Some(problems) = problems.remove(name)
        {
            diagnostics.extend(problems);
            continue;
        }
        let Some(given) = visible.get(name) else {
            match &block.default {
                Some(default) => drop(values.insert(name.clone(), default.clone())),
                None if run.variables.contains_key(name) => {}
                None => diagnostics.push(missing(name, run, block.header_span)),
            }
            continue;
        };
        match conclude(block, given) {
            Ok(value) => drop(values.insert(name.clone(), value)),
            Err(problem) => diagnostics.push(problem.at(places.get(name).copied().unwrap_or(block.header_span))),
        }
    }
    let converted = values.iter().filter(|(name, _)| visible.contains_key(*name));
    let converted: Vec<_> = converted.map(|(name, value)| (name.clone(), value.clone())).collect();
    visible.extend(converted);
    (RunVariables { values, places, visible }, diagnostics)
}

/// True if an assertion of the run refers to a variable: then the value is for the test itself.
fn is_asserted(name: &str, run: &RunBlock) -> bool {
    asserted(run).any(|used| **used == *name)
}

/// The variables that assertions of a run refer to.
fn asserted(run: &RunBlock) -> impl Iterator<Item = &Str> {
    let exprs = run.asserts.iter().flat_map(|rule| [&rule.condition, &rule.error_message]);
    exprs.flat_map(formwork_hcl::references).filter_map(|traversal| match traversal.steps.first() {
        Some(TraversalStep::Attribute { name, .. }) if &*traversal.root == "var" => Some(name),
        _ => None,
    })
}

/// The variables that a run needs only for itself: its assertions refer to them, but the module does not declare them.
pub(crate) fn own_variables(run: &RunBlock, module: &Module) -> BTreeMap<Str, VariableBlock> {
    let names = asserted(run).filter(|name| !module.variables.contains_key(*name));
    names.map(|name| (name.clone(), VariableBlock::of_any_type(name.clone(), run.header_span))).collect()
}

fn undeclared(name: &str, run: &RunBlock, at: Span) -> Diagnostic {
    let detail =
        format!("The module under test declares no variable {name:?}, for which the run {:?} has a value.", &*run.name);
    Diagnostic::warning("Value for undeclared variable", detail).at(at)
}

fn missing(name: &str, run: &RunBlock, at: Span) -> Diagnostic {
    let detail = format!(
        "The module under test needs a value for the variable {name:?} in the run {:?}. Give it in a variables block of \
         the file or the run, or with -var or -var-file.",
        &*run.name
    );
    Diagnostic::error("No value for required variable", detail).at(at)
}
