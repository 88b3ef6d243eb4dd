//! The evaluator: a configuration with values.

use crate::functions::Functions;
use crate::limits::REFERENCE_CHAIN;
use crate::module_instance::{ModuleData, Remembered, RememberedExpansion};
use crate::{Environment, Expansion, InstanceScope, ModuleId, Phase, Read, ReadSet, Repetition, ResourceValues};
use formwork_config::{ActionBlock, Config, Module};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_hcl::{Expr, Scope};
use formwork_model::{
    InstanceKey, ModuleInstance, ModulePath, ProviderAddress, ProviderConfigAddress, ProviderSchema, Resource,
};
use formwork_value::{Str, Type, Value};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// Evaluates everything in a configuration that has a value. Not thread-safe: it belongs to the task that drives it.
pub struct Evaluator {
    pub(crate) config: Arc<Config>,
    pub(crate) environment: Environment,
    pub(crate) functions: Functions,
    modules: RefCell<Vec<Rc<ModuleData>>>,
    index: RefCell<BTreeMap<ModuleInstance, ModuleId>>,
    /// Read sets being recorded, innermost last.
    recording: RefCell<Vec<ReadSet>>,
    problems: RefCell<Diagnostics>,
    depth: Cell<usize>,
    settled: Cell<bool>,
    /// Preconditions of outputs that do not hold are warnings.
    pub(crate) tolerant: bool,
    pub(crate) given: BTreeMap<Str, Value>,
    schemas: RefCell<BTreeMap<ProviderAddress, Arc<ProviderSchema>>>,
    pub(crate) providers: RefCell<BTreeMap<ProviderConfigAddress, RememberedExpansion>>,
}

/// A value, what it read, and the problems found.
#[derive(Clone, Debug)]
pub struct Evaluation {
    pub value: Value,
    pub reads: ReadSet,
    pub diagnostics: Diagnostics,
}

impl Evaluator {
    /// An evaluator for a configuration with the given values of root variables (converted to their types).
    pub fn new(config: Arc<Config>, given: BTreeMap<Str, Value>, environment: Environment) -> Evaluator {
        let root = config.modules.get(&formwork_model::ModulePath::root()).cloned();
        let root = root.unwrap_or_else(|| Arc::new(Module::empty(formwork_model::ModulePath::root(), ".")));
        let data = ModuleData::new(ModuleInstance::root(), root, None, None, Repetition::default());
        Evaluator {
            functions: Functions::new(&environment),
            config,
            environment,
            modules: RefCell::new(vec![Rc::new(data)]),
            index: RefCell::new([(ModuleInstance::root(), ModuleId::ROOT)].into()),
            recording: RefCell::default(),
            problems: RefCell::default(),
            depth: Cell::new(0),
            settled: Cell::new(false),
            tolerant: false,
            given,
            schemas: RefCell::default(),
            providers: RefCell::default(),
        }
    }

    /// The same evaluator, to which preconditions of outputs that do not hold are warnings: for runs that find out what
    /// there is.
    pub fn tolerant(self) -> Evaluator {
        Evaluator { tolerant: true, ..self }
    }

    pub fn phase(&self) -> Phase {
        self.environment.phase
    }

    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    pub fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// Makes a provider's schema known, so that resources without a value are unknown of the right type.
    pub fn add_schema(&self, provider: ProviderAddress, schema: Arc<ProviderSchema>) {
        self.schemas.borrow_mut().insert(provider, schema);
    }

    pub fn schema(&self, provider: &ProviderAddress) -> Option<Arc<ProviderSchema>> {
        self.schemas.borrow().get(provider).cloned()
    }

    pub fn module_config(&self, module: ModuleId) -> Arc<Module> {
        self.data(module).module.clone()
    }

    pub fn module_address(&self, module: ModuleId) -> ModuleInstance {
        self.data(module).address.clone()
    }

    /// The number of a module instance that has been expanded.
    pub fn module_id(&self, address: &ModuleInstance) -> Option<ModuleId> {
        self.index.borrow().get(address).copied()
    }

    /// All module instances known so far.
    pub fn modules(&self) -> Vec<ModuleId> {
        (0..self.modules.borrow().len() as u32).map(ModuleId).collect()
    }

    pub(crate) fn data(&self, module: ModuleId) -> Rc<ModuleData> {
        let modules = self.modules.borrow();
        modules.get(module.0 as usize).or(modules.first()).cloned().expect("the root module is always there")
    }

    pub(crate) fn add_module(&self, data: ModuleData) -> ModuleId {
        if let Some(id) = self.module_id(&data.address) {
            return id;
        }
        let mut modules = self.modules.borrow_mut();
        let id = ModuleId(modules.len() as u32);
        self.index.borrow_mut().insert(data.address.clone(), id);
        modules.push(Rc::new(data));
        id
    }

    /// Problems of remembered values found so far; each is handed out once.
    pub fn take_problems(&self) -> Diagnostics {
        std::mem::take(&mut *self.problems.borrow_mut())
    }

    pub(crate) fn report(&self, diagnostics: Diagnostics) {
        self.problems.borrow_mut().extend(diagnostics);
    }

    /// Evaluates an expression in a scope of this evaluator, and tells what it read.
    pub fn evaluate(&self, expr: &Expr, scope: &InstanceScope<'_>) -> Evaluation {
        let ((value, diagnostics), reads) = self.record(|| {
            let evaluated = formwork_hcl::evaluate(expr, scope);
            (evaluated.value, evaluated.diagnostics)
        });
        Evaluation { value, reads, diagnostics }
    }

    /// Runs something, and tells what it read. The reads count for whoever is recording around it as well.
    pub fn record<T>(&self, run: impl FnOnce() -> T) -> (T, ReadSet) {
        let (result, reads) = self.record_apart(run);
        self.read_all(&reads);
        (result, reads)
    }

    /// As [`Evaluator::record`], for reads that are kept and passed on more than once.
    pub(crate) fn record_shared<T>(&self, run: impl FnOnce() -> T) -> (T, Rc<ReadSet>) {
        let (result, reads) = self.record_apart(run);
        let reads = Rc::new(reads);
        self.read_shared(&reads);
        (result, reads)
    }

    fn record_apart<T>(&self, run: impl FnOnce() -> T) -> (T, ReadSet) {
        self.recording.borrow_mut().push(ReadSet::default());
        let result = run();
        let reads = self.recording.borrow_mut().pop().unwrap_or_default();
        (result, reads)
    }

    pub(crate) fn read(&self, read: Read) {
        if let Some(set) = self.recording.borrow_mut().last_mut() {
            set.insert(read);
        }
    }

    pub(crate) fn read_all(&self, reads: &ReadSet) {
        if reads.is_empty() {
            return;
        }
        if let Some(set) = self.recording.borrow_mut().last_mut() {
            set.extend(reads);
        }
    }

    pub(crate) fn read_shared(&self, reads: &Rc<ReadSet>) {
        if let Some(set) = self.recording.borrow_mut().last_mut() {
            set.share(reads);
        }
    }

    /// Takes a value from a table of a module, or evaluates and remembers it. Reads are passed on in both cases.
    pub(crate) fn remember(
        &self,
        table: &RefCell<BTreeMap<Str, Option<Remembered>>>,
        name: &Str,
        evaluate: impl FnOnce() -> (Value, Diagnostics),
    ) -> Result<Value, Diagnostics> {
        match table.borrow().get(name) {
            Some(Some(remembered)) => {
                self.read_shared(&remembered.reads);
                return Ok(remembered.value.clone());
            }
            Some(None) => return Err(cycle(name)),
            None => {}
        }
        if self.depth.get() >= REFERENCE_CHAIN {
            return Err(Diagnostic::error(
                "Too many nested references",
                format!(
                    "Evaluating {name:?} needs a chain of more than {REFERENCE_CHAIN} values that refer to each other, which \
                     is not supported."
                ),
            )
            .into());
        }
        self.depth.set(self.depth.get() + 1);
        table.borrow_mut().insert(name.clone(), None);
        let ((value, diagnostics), reads) = self.record_shared(evaluate);
        self.report(diagnostics);
        if self.is_final(&value) {
            let remembered = Remembered { value: value.clone(), reads };
            table.borrow_mut().insert(name.clone(), Some(remembered));
        } else {
            table.borrow_mut().remove(name);
        }
        self.depth.set(self.depth.get() - 1);
        Ok(value)
    }

    /// Says that nothing will become known any more: from now on every value is evaluated once.
    pub fn settle(&self) {
        self.settled.set(true);
    }

    /// All module instances, in the order of their paths.
    pub fn module_instances(&self) -> Vec<(ModuleInstance, ModuleId)> {
        let instances = self.config.modules.keys().flat_map(|path| self.instances_of(path));
        instances.map(|module| (self.module_address(module), module)).collect()
    }

    /// The instances of a module, expanding the calls on the way; without those that are replaced by their outputs.
    pub fn instances_of(&self, path: &ModulePath) -> Vec<ModuleId> {
        let mut instances = vec![ModuleId::ROOT];
        for call in &path.0 {
            let mut next = Vec::new();
            for module in instances {
                if let Ok((_, children, _)) = self.call_instances(module, call) {
                    next.extend(children.values().copied());
                }
            }
            instances = next;
        }
        if !self.config.overridden.is_empty() {
            instances.retain(|module| !self.config.is_inside_override(&self.module_address(*module)));
        }
        instances
    }

    /// False while an apply may still make the value known: it must then be evaluated again when it is next needed.
    fn is_final(&self, value: &Value) -> bool {
        self.phase() != Phase::Apply || self.settled.get() || value.is_wholly_known()
    }

    /// As [`Evaluator::is_final`], for what a repetition hands to its instances.
    pub(crate) fn is_final_expansion(&self, expansion: &Expansion) -> bool {
        match expansion {
            Expansion::ForEach { items, .. } => items.values().all(|value| self.is_final(value)),
            Expansion::Unknown { .. } => self.phase() != Phase::Apply || self.settled.get(),
            Expansion::Single | Expansion::Disabled | Expansion::Count { .. } => true,
        }
    }

    /// How often a resource occurs in a module instance.
    pub fn resource_expansion(&self, module: ModuleId, resource: &Resource) -> (Expansion, Rc<ReadSet>) {
        let data = self.data(module);
        if let Some(Some(known)) = data.expansions.borrow().get(resource) {
            return (known.expansion.clone(), known.reads.clone());
        }
        let Some(block) = data.module.resources.get(resource) else {
            return (Expansion::Unknown { error: true }, Rc::default());
        };
        let lifecycle = &block.lifecycle;
        if block.count.is_none() && block.for_each.is_none() && lifecycle.enabled.is_none() {
            data.set_expansion(resource, &Expansion::Single);
            return (Expansion::Single, Rc::default());
        }
        let mut diagnostics = Diagnostics::new();
        let (expansion, reads) = self.record_shared(|| {
            let enabled = lifecycle.enabled.as_ref();
            self.expand(module, block.count.as_ref(), block.for_each.as_ref(), enabled, &mut diagnostics)
        });
        self.report(diagnostics);
        let known = RememberedExpansion { expansion: expansion.clone(), reads: reads.clone(), children: Rc::default() };
        if self.is_final_expansion(&expansion) {
            data.expansions.borrow_mut().insert(resource.clone(), Some(known));
        }
        data.set_expansion(resource, &expansion);
        (expansion, reads)
    }

    /// How often an action occurs in a module instance, with what is wrong about that.
    pub fn action_expansion(&self, module: ModuleId, block: &ActionBlock) -> (Expansion, Diagnostics) {
        let mut diagnostics = Diagnostics::new();
        let expansion = self.expand(module, block.count.as_ref(), block.for_each.as_ref(), None, &mut diagnostics);
        (expansion, diagnostics)
    }

    /// How often a block occurs whose expressions belong to a scope of their own, with what is wrong about that.
    pub fn repetition_in(
        &self,
        scope: &dyn Scope,
        count: Option<&Expr>,
        for_each: Option<&Expr>,
    ) -> (Expansion, Diagnostics) {
        let mut diagnostics = Diagnostics::new();
        let expansion = self.expand_in(scope, count, for_each, None, &mut diagnostics);
        (expansion, diagnostics)
    }

    /// Sets the value of an instance (with marks), for all later references to it.
    pub fn set_instance(&self, module: ModuleId, resource: &Resource, key: InstanceKey, value: Value) {
        let data = self.data(module);
        let mut resources = data.resources.borrow_mut();
        resources.entry(resource.clone()).or_insert_with(|| ResourceValues::new(None)).set(key, value);
    }

    /// The value of an instance, if it was set.
    pub fn instance(&self, module: ModuleId, resource: &Resource, key: &InstanceKey) -> Option<Value> {
        self.data(module).resources.borrow().get(resource)?.get(key).cloned()
    }

    /// The type of objects of a resource, `Dynamic` if its schema is not known.
    pub(crate) fn object_type(&self, module: &Module, resource: &Resource) -> Type {
        let Some(block) = module.resources.get(resource) else { return Type::Dynamic };
        let Some(provider) = self.schema(&block.provider_address) else { return Type::Dynamic };
        provider.resource(resource.mode, &resource.kind).map_or(Type::Dynamic, |s| s.block.implied_type())
    }

    /// A function of the language or of a provider. The error says that it does not exist.
    pub fn function(&self, name: &formwork_hcl::FunctionName) -> Result<&dyn formwork_hcl::Function, Diagnostic> {
        self.functions.get(name)
    }

    /// A scope for expressions of a module instance outside of any repeated block.
    pub fn module_scope(&self, module: ModuleId) -> InstanceScope<'_> {
        InstanceScope::new(self, module)
    }
}

pub(crate) fn cycle(name: &str) -> Diagnostics {
    Diagnostic::error("Cycle", format!("The value of {name:?} depends on itself.")).into()
}
