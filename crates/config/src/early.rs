//! Values that are needed before anything is installed: sources of modules, arguments of the backend.

use crate::reference::attribute_step;
use crate::{Module, ModuleCall, conclude};
use formwork_diag::{Diagnostic, Diagnostics, Sources};
use formwork_hcl::{Evaluated, Expr, Function, FunctionName, Scope, Traversal, evaluate, references};
use formwork_model::ModulePath;
use formwork_value::{Marks, Str, Type, Value, convert};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is known of the world while a configuration is loaded.
pub trait EarlyContext {
    /// The values of the root module's variables, as far as they were given. Problems with them are told later.
    fn variables(&self, root: &Module, sources: &mut Sources) -> BTreeMap<Str, Value>;

    fn workspace(&self) -> Str;

    /// What `path.cwd` stands for.
    fn original_dir(&self) -> Str;

    /// A function by name; an error says that there is none.
    fn function(&self, name: &FunctionName) -> Result<&dyn Function, Diagnostic>;
}

/// Longest chain of variables and local values.
const MAX_DEPTH: usize = 200;

/// The modules that are loaded so far, with the values of the root module's variables.
pub(crate) struct EarlyValues<'a> {
    pub context: &'a dyn EarlyContext,
    pub given: &'a BTreeMap<Str, Value>,
    pub modules: &'a BTreeMap<ModulePath, Arc<Module>>,
    known: RefCell<BTreeMap<(ModulePath, Kind, Str), Evaluated>>,
    pending: RefCell<Vec<(ModulePath, Kind, Str)>>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Kind {
    Variable,
    Local,
}

/// True if an expression is more than a constant.
pub(crate) fn is_early(expr: &Expr) -> bool {
    !references(expr).is_empty() || !evaluate(expr, &formwork_hcl::EmptyScope).diagnostics.is_empty()
}

impl<'a> EarlyValues<'a> {
    pub fn new(
        context: &'a dyn EarlyContext,
        given: &'a BTreeMap<Str, Value>,
        modules: &'a BTreeMap<ModulePath, Arc<Module>>,
    ) -> EarlyValues<'a> {
        EarlyValues { context, given, modules, known: RefCell::default(), pending: RefCell::default() }
    }

    /// The value of an expression of a module; it is wholly known, and no secret.
    pub fn value(&self, module: &Module, expr: &Expr) -> Evaluated {
        let mut evaluated = evaluate(expr, &EarlyScope { values: self, module });
        if evaluated.diagnostics.has_errors() {
            return evaluated;
        }
        let marks = evaluated.value.marks_deep();
        let why = if marks.is_sensitive() {
            "sensitive: it would show in messages and in files beside the configuration"
        } else if marks.contains(Marks::EPHEMERAL) {
            "ephemeral, and would have to be the same in every run"
        } else if !evaluated.value.is_wholly_known() {
            "not known before plan"
        } else {
            return evaluated;
        };
        let detail = format!("A value is needed here before anything is installed or planned, but this one is {why}.");
        evaluated.diagnostics.push(Diagnostic::error("Unsuitable early value", detail).at(expr.span));
        evaluated
    }

    /// A string that is not null.
    pub fn text(&self, module: &Module, expr: &Expr, diagnostics: &mut Diagnostics) -> Option<Str> {
        let evaluated = self.value(module, expr);
        let failed = evaluated.diagnostics.has_errors();
        diagnostics.extend(evaluated.diagnostics);
        if failed {
            return None;
        }
        match convert(&evaluated.value, &Type::String).ok().as_ref().and_then(Value::as_str) {
            Some(text) => Some(text.into()),
            None => {
                let detail = "A string that is not null is required here.";
                diagnostics.push(Diagnostic::error("Unsuitable value type", detail).at(expr.span));
                None
            }
        }
    }

    /// A variable of a module.
    pub fn variable(&self, module: &Module, name: &Str) -> Evaluated {
        self.remember(module, Kind::Variable, name, || {
            let Some(block) = module.variables.get(name) else { return undeclared("input variable", name) };
            let mut evaluated = match module.path.parent() {
                None => self.given.get(name).cloned().map_or_else(|| default_of(block), Evaluated::ok),
                Some((parent, call)) => self.passed(&parent, call, block),
            };
            if !evaluated.diagnostics.has_errors() {
                match conclude(block, &evaluated.value) {
                    Ok(value) => evaluated.value = value,
                    Err(problem) => evaluated.diagnostics.push(*problem),
                }
            }
            if block.sensitive {
                evaluated.value = evaluated.value.with_marks(Marks::SENSITIVE);
            }
            if block.ephemeral {
                evaluated.value = evaluated.value.with_marks(Marks::EPHEMERAL);
            }
            evaluated
        })
    }

    fn local(&self, module: &Module, name: &Str) -> Evaluated {
        self.remember(module, Kind::Local, name, || match module.locals.get(name) {
            Some(local) => evaluate(&local.expr, &EarlyScope { values: self, module }),
            None => undeclared("local value", name),
        })
    }

    /// What a call passes, or the default.
    fn passed(&self, parent: &ModulePath, call: &Str, block: &crate::VariableBlock) -> Evaluated {
        let parent = self.modules.get(parent);
        let found = parent.and_then(|parent| Some((parent, argument(parent.calls.get(call)?, &block.name)?)));
        match found {
            Some((parent, expr)) => evaluate(&expr, &EarlyScope { values: self, module: parent }),
            None => default_of(block),
        }
    }

    fn remember(&self, module: &Module, kind: Kind, name: &Str, find: impl FnOnce() -> Evaluated) -> Evaluated {
        let key = (module.path.clone(), kind, name.clone());
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        if self.pending.borrow().contains(&key) || self.pending.borrow().len() >= MAX_DEPTH {
            let detail = format!("The value of {name:?} depends on itself, or on too long a chain of others.");
            return failed("Cycle", detail);
        }
        self.pending.borrow_mut().push(key.clone());
        let found = find();
        self.pending.borrow_mut().pop();
        self.known.borrow_mut().insert(key, found.clone());
        found
    }
}

fn argument(call: &ModuleCall, name: &str) -> Option<Expr> {
    let (attributes, _) = call.body.just_attributes();
    attributes.into_iter().find(|a| &*a.name.name == name).map(|a| a.expr)
}

fn default_of(block: &crate::VariableBlock) -> Evaluated {
    match &block.default {
        Some(value) => Evaluated::ok(value.clone()),
        None => Evaluated { value: Value::dynamic(), diagnostics: crate::missing_value(block).into() },
    }
}

fn failed(summary: &str, detail: String) -> Evaluated {
    Evaluated { value: Value::dynamic(), diagnostics: Diagnostic::error(summary, detail).into() }
}

fn undeclared(what: &str, name: &str) -> Evaluated {
    failed(&format!("Reference to undeclared {what}"), format!("The module declares no {what} named {name:?}."))
}

/// What names mean in a module while it is loaded.
struct EarlyScope<'a> {
    values: &'a EarlyValues<'a>,
    module: &'a Module,
}

impl Scope for EarlyScope<'_> {
    fn reference(&self, traversal: &Traversal) -> Result<(Value, usize), Diagnostics> {
        let context = self.values.context;
        let name = attribute_step(traversal, 0);
        let evaluated = match (&*traversal.root, name) {
            ("var", Some(name)) => self.values.variable(self.module, name),
            ("local", Some(name)) => self.values.local(self.module, name),
            ("path", Some(name)) if **name == *"module" => Evaluated::ok(Value::string(&self.module.dir)),
            ("path", Some(name)) if **name == *"root" => Evaluated::ok(Value::string(".")),
            ("path", Some(name)) if **name == *"cwd" => Evaluated::ok(Value::string(context.original_dir())),
            ("terraform" | "tofu", Some(name)) if **name == *"workspace" => {
                Evaluated::ok(Value::string(context.workspace()))
            }
            _ => {
                let detail = "This value is needed before anything is installed or planned: it can refer to variables, \
                              local values, path and terraform.workspace, but to nothing else.";
                failed("Reference to what is not known yet", detail.to_owned())
            }
        };
        let place = |problem: Diagnostic| if problem.span.is_none() { problem.at(traversal.span) } else { problem };
        match evaluated.diagnostics.has_errors() {
            true => Err(evaluated.diagnostics.into_iter().map(place).collect()),
            false => Ok((evaluated.value, 1)),
        }
    }

    fn function(&self, name: &FunctionName) -> Result<&dyn Function, Diagnostic> {
        self.values.context.function(name)
    }
}
