//! What names mean inside a module instance or a repeated block.

use crate::reference::instance_key;
use crate::{Evaluator, Expansion, ModuleId, Phase, Read, Reference, Repetition, Subject};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_hcl::{Function, FunctionName, Scope, Traversal};
use formwork_model::{InstanceKey, Resource};
use formwork_value::{Marks, Str, Type, Value};

/// The scope of expressions in a module instance, with the repetition of the block around them.
pub struct InstanceScope<'e> {
    evaluator: &'e Evaluator,
    module: ModuleId,
    repetition: Repetition,
    self_value: Option<Value>,
}

impl<'e> InstanceScope<'e> {
    pub fn new(evaluator: &'e Evaluator, module: ModuleId) -> InstanceScope<'e> {
        InstanceScope { evaluator, module, repetition: Repetition::default(), self_value: None }
    }

    /// Gives `count` and `each` a meaning.
    pub fn with_repetition(mut self, repetition: &Repetition) -> InstanceScope<'e> {
        self.repetition = repetition.clone();
        self
    }

    /// Gives `self` a meaning.
    pub fn with_self(mut self, value: Value) -> InstanceScope<'e> {
        self.self_value = Some(value);
        self
    }

    pub fn module(&self) -> ModuleId {
        self.module
    }

    fn subject(&self, reference: &Reference) -> Result<Value, Diagnostics> {
        match &reference.subject {
            Subject::Variable(name) => self.evaluator.variable(self.module, name),
            Subject::Local(name) => self.evaluator.local(self.module, name),
            Subject::Resource(resource, key) => self.resource(resource, key.as_ref()),
            Subject::Module { call, key, output } => {
                self.evaluator.module_value(self.module, call, key.as_ref(), output.as_ref())
            }
            Subject::CountIndex => self.repeated(self.repetition.count_index.clone(), "count", "count.index"),
            Subject::EachKey => {
                self.repeated(self.repetition.each.as_ref().map(|e| e.0.clone()), "each", "each.key")
            }
            Subject::EachValue => {
                self.repeated(self.repetition.each.as_ref().map(|e| e.1.clone()), "each", "each.value")
            }
            Subject::SelfObject => self.self_value.clone().ok_or_else(|| {
                Diagnostic::error(
                    "Invalid \"self\" reference",
                    "The \"self\" object is available only inside of postconditions, provisioners and their connections.",
                )
                .into()
            }),
            Subject::Path(name) => self.path(name),
            Subject::Terraform(name) => self.terraform(name),
        }
    }

    fn repeated(&self, value: Option<Value>, object: &str, name: &str) -> Result<Value, Diagnostics> {
        let argument = if object == "count" { "count" } else { "for_each" };
        value.ok_or_else(|| {
            Diagnostic::error(
                format!("Reference to \"{object}\" in non-{} context", if object == "count" { "counted" } else { "repeated" }),
                format!("\"{name}\" can be used only in \"module\", \"resource\" and \"data\" blocks that have the \"{argument}\" argument."),
            )
            .into()
        })
    }

    fn resource(&self, resource: &Resource, key: Option<&InstanceKey>) -> Result<Value, Diagnostics> {
        let value = self.resource_value(resource, key)?;
        Ok(match resource.mode {
            formwork_model::ResourceMode::Ephemeral => value.with_marks(Marks::EPHEMERAL),
            _ => value,
        })
    }

    fn resource_value(&self, resource: &Resource, key: Option<&InstanceKey>) -> Result<Value, Diagnostics> {
        let evaluator = self.evaluator;
        let data = evaluator.data(self.module);
        if !data.module.resources.contains_key(resource) {
            return Err(undeclared(resource));
        }
        let ty = evaluator.object_type(&data.module, resource);
        if evaluator.phase() == Phase::Validate {
            return Ok(self.unknown_resource(resource, key, ty));
        }
        let (expansion, reads) = evaluator.resource_expansion(self.module, resource);
        evaluator.read_shared(&reads);
        if let Some(key) = key {
            if matches!(expansion, Expansion::Unknown { .. }) {
                return Ok(Value::unknown(ty));
            }
            if !expansion.contains(key) && !matches!(expansion, Expansion::Single) {
                return Err(no_instance(resource, key, &expansion));
            }
            if !matches!(expansion, Expansion::Single) {
                let read = Read { module: self.module, resource: resource.clone(), key: Some(key.clone()) };
                evaluator.read(read);
                let value = data.resources.borrow().get(resource).and_then(|r| r.get(key).cloned());
                return Ok(value.unwrap_or_else(|| Value::unknown(ty)));
            }
        }
        evaluator.read(Read { module: self.module, resource: resource.clone(), key: None });
        let mut resources = data.resources.borrow_mut();
        let whole = resources.get_mut(resource).map(|values| match evaluator.phase() {
            Phase::Console => values.present(&ty),
            _ => values.whole(&ty),
        });
        let whole = whole.unwrap_or_else(|| Value::unknown(ty));
        match key {
            // A key behind a resource without repetition indexes the object, which the evaluator reports.
            Some(_) => Err(Diagnostic::error(
                "Unexpected resource instance key",
                format!("Because {resource} does not have \"count\" or \"for_each\" set, references to it must not include an index key. Remove the bracketed index to refer to the single instance of this resource."),
            )
            .into()),
            None => Ok(whole),
        }
    }

    fn unknown_resource(&self, resource: &Resource, key: Option<&InstanceKey>, ty: Type) -> Value {
        let data = self.evaluator.data(self.module);
        let block = data.module.resources.get(resource);
        let repeated = block.is_some_and(|b| b.count.is_some() || b.for_each.is_some());
        if repeated && key.is_none() { Value::dynamic() } else { Value::unknown(ty) }
    }

    fn path(&self, name: &str) -> Result<Value, Diagnostics> {
        match name {
            "module" => Ok(Value::string(&self.evaluator.data(self.module).module.dir)),
            "root" => Ok(Value::string(&self.evaluator.data(ModuleId::ROOT).module.dir)),
            "cwd" => Ok(Value::string(&self.evaluator.environment().original_dir)),
            _ => Err(Diagnostic::error(
                "Invalid \"path\" attribute",
                format!("The \"path\" object has no attribute {name:?}; there are \"module\", \"root\" and \"cwd\"."),
            )
            .into()),
        }
    }

    fn terraform(&self, name: &str) -> Result<Value, Diagnostics> {
        match name {
            "workspace" => Ok(Value::string(&self.evaluator.environment().workspace)),
            "applying" => {
                let phase = self.evaluator.phase();
                let value = match phase {
                    Phase::Validate => Value::unknown_not_null(Type::Bool),
                    _ => Value::from(phase == Phase::Apply),
                };
                Ok(value.with_marks(Marks::EPHEMERAL))
            }
            _ => Err(Diagnostic::error(
                "Invalid \"terraform\" attribute",
                format!(
                    "The \"terraform\" object has no attribute {name:?}; there are \"workspace\" and \"applying\"."
                ),
            )
            .into()),
        }
    }
}

impl Scope for InstanceScope<'_> {
    fn reference(&self, traversal: &Traversal) -> Result<(Value, usize), Diagnostics> {
        let reference = Reference::parse(traversal)?;
        let value = self.subject(&reference).map_err(|problems| place(problems, &reference))?;
        Ok((value, reference.consumed))
    }

    fn indexed_reference(&self, traversal: &Traversal, key: &Value) -> Option<Result<Value, Diagnostics>> {
        let reference = Reference::parse(traversal).ok()?;
        if reference.consumed != traversal.steps.len() || self.evaluator.phase() == Phase::Validate {
            return None;
        }
        let key = instance_key(key)?;
        match &reference.subject {
            Subject::Resource(resource, None) => {
                let data = self.evaluator.data(self.module);
                let repeated =
                    data.module.resources.get(resource).is_some_and(|b| b.count.is_some() || b.for_each.is_some());
                repeated.then(|| self.resource(resource, Some(&key)).map_err(|p| place(p, &reference)))
            }
            Subject::Module { call, key: None, output: None } => {
                let data = self.evaluator.data(self.module);
                let repeated = data.module.calls.get(call).is_some_and(|c| c.count.is_some() || c.for_each.is_some());
                repeated.then(|| {
                    self.evaluator.module_value(self.module, call, Some(&key), None).map_err(|p| place(p, &reference))
                })
            }
            _ => None,
        }
    }

    fn function(&self, name: &FunctionName) -> Result<&dyn Function, Diagnostic> {
        self.evaluator.functions.get(name)
    }
}

/// Gives problems without a place that of the reference.
fn place(mut problems: Diagnostics, reference: &Reference) -> Diagnostics {
    for problem in problems.iter_mut() {
        problem.span = problem.span.or(Some(reference.span));
    }
    problems
}

fn undeclared(resource: &Resource) -> Diagnostics {
    let what = match resource.mode {
        formwork_model::ResourceMode::Data => "data resource",
        formwork_model::ResourceMode::Ephemeral => "ephemeral resource",
        formwork_model::ResourceMode::Managed => "managed resource",
    };
    Diagnostic::error(
        "Reference to undeclared resource",
        format!("A {what} \"{}\" \"{}\" has not been declared in this module.", resource.kind, resource.name),
    )
    .into()
}

fn no_instance(resource: &Resource, key: &InstanceKey, expansion: &Expansion) -> Diagnostics {
    let why = match (expansion, key) {
        (Expansion::Disabled, _) => "it is not enabled".to_string(),
        (Expansion::Count { count: 0, .. }, _) => "it has no instances".to_string(),
        (Expansion::Count { count, .. }, _) => format!("its indexes go from 0 to {}", count - 1),
        (_, InstanceKey::Int(_)) => "it is repeated by for_each, and its keys are strings".to_string(),
        _ => "the key is not among those of its for_each".to_string(),
    };
    Diagnostic::error(
        "Invalid index",
        format!("The given key does not identify an element in this collection value: {resource} has no instance {key}: {why}."),
    )
    .into()
}

impl Evaluator {
    /// The value of a local of a module instance.
    pub fn local(&self, module: ModuleId, name: &Str) -> Result<Value, Diagnostics> {
        let data = self.data(module);
        let Some(block) = data.module.locals.get(name) else {
            return Err(Diagnostic::error(
                "Reference to undeclared local value",
                format!("A local value with the name {name:?} has not been declared."),
            )
            .into());
        };
        self.remember(&data.locals, name, || {
            let evaluated = formwork_hcl::evaluate(&block.expr, &self.module_scope(module));
            (evaluated.value, evaluated.diagnostics)
        })
    }

    /// Records what `depends_on` names as read.
    pub fn depends_on(&self, module: ModuleId, targets: &[Traversal]) {
        for target in targets {
            let Ok(reference) = Reference::parse(target) else { continue };
            match reference.subject {
                Subject::Resource(resource, _) => self.read(Read { module, resource, key: None }),
                Subject::Module { call, output: Some(output), .. } => self.read_output(module, &call, &output),
                Subject::Module { call, output: None, .. } => self.read_module(module, &call),
                Subject::Variable(name) => drop(self.variable(module, &name)),
                Subject::Local(name) => drop(self.local(module, &name)),
                _ => {}
            }
        }
    }

    /// Records as read what an output of a module call is made of, in all instances of the module.
    fn read_output(&self, module: ModuleId, call: &Str, output: &Str) {
        let Ok((_, children, reads)) = self.call_instances(module, call) else { return };
        self.read_shared(&reads);
        children.values().for_each(|child| drop(self.output(*child, output)));
    }

    /// Records every resource inside of a module call as read.
    fn read_module(&self, module: ModuleId, call: &Str) {
        let data = self.data(module);
        if let Some(known) = data.call_reads.borrow().get(call) {
            self.read_shared(known);
            return;
        }
        let ((), reads) = self.record_shared(|| self.record_module(module, call));
        data.call_reads.borrow_mut().insert(call.clone(), reads);
    }

    fn record_module(&self, module: ModuleId, call: &Str) {
        let Ok((_, children, reads)) = self.call_instances(module, call) else { return };
        self.read_shared(&reads);
        for child in children.values() {
            let data = self.data(*child);
            for resource in data.module.resources.keys() {
                self.read(Read { module: *child, resource: resource.clone(), key: None });
            }
            for call in data.module.calls.keys() {
                self.read_module(*child, call);
            }
        }
    }
}

impl Evaluator {
    /// Records what finding out a repetition has read.
    pub fn read_expansion(&self, reads: &std::rc::Rc<crate::ReadSet>) {
        self.read_shared(reads);
    }

    /// Records what `depends_on` of a block and of all module calls around it names.
    pub fn read_depends_on(&self, module: ModuleId, depends_on: &[Traversal]) {
        self.depends_on(module, depends_on);
        let mut current = module;
        loop {
            let data = self.data(current);
            let (Some(parent), Some(call)) = (data.parent, &data.call) else { return };
            let parent_data = self.data(parent);
            if let Some(block) = parent_data.module.calls.get(call) {
                self.depends_on(parent, &block.depends_on);
            }
            current = parent;
        }
    }

    /// Records what the repetition of all module calls around a module instance has read.
    pub fn read_repetitions(&self, module: ModuleId) {
        let mut current = module;
        loop {
            let data = self.data(current);
            let (Some(parent), Some(call)) = (data.parent, &data.call) else { return };
            if let Ok((_, _, reads)) = self.call_instances(parent, call) {
                self.read_shared(&reads);
            }
            current = parent;
        }
    }

    /// Records what expressions and bodies refer to, without evaluating them.
    pub fn read_references<'x>(
        &self,
        scope: &InstanceScope<'_>,
        exprs: impl IntoIterator<Item = &'x formwork_hcl::Expr>,
        bodies: impl IntoIterator<Item = &'x formwork_hcl::Body>,
    ) {
        for traversal in exprs.into_iter().flat_map(formwork_hcl::references) {
            let _ = scope.reference(traversal);
        }
        for traversal in bodies.into_iter().flat_map(formwork_hcl::body_references) {
            let _ = scope.reference(&traversal);
        }
    }
}
