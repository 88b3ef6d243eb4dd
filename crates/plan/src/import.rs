//! Objects that are taken over instead of created.

use crate::planner::Planner;
use crate::refresh;
use crate::resource::Wanted;
use formwork_config::{Config, ImportBlock, ProviderName, ResourceBlock};
use formwork_diag::{Blame, Diagnostic, Diagnostics, Span};
use formwork_eval::{Evaluator, InstanceScope, ModuleId, Repetition};
use formwork_hcl::Expr;
use formwork_model::{
    ClientCapabilities, ConfigResource, Event, ImportRequest, Importing, InstanceKey, ModulePath, ModuleStep,
    ObjectStatus, PlanProvider, ProviderConfigAddress, ResourceInstance, Schema,
};
use formwork_object::{Stored, deferral_problem, encode_object, identity_problem};
use formwork_value::{Kind, ObjectType, Str, Type, Value, convert};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// What an import block asks for, for one instance.
#[derive(Clone)]
pub(crate) struct Wish {
    pub id: Option<Str>,
    identity: Option<Value>,
    span: Span,
}

type Wishes = Rc<BTreeMap<ResourceInstance, Wish>>;

/// The import blocks by what they are about; evaluated when the resource is planned.
#[derive(Default)]
pub(crate) struct Imports<'a> {
    blocks: BTreeMap<ConfigResource, Vec<(&'a ModulePath, &'a ImportBlock)>>,
    wishes: RefCell<BTreeMap<ConfigResource, Wishes>>,
}

impl<'a> Imports<'a> {
    pub fn new(config: &'a Config) -> Imports<'a> {
        let mut imports = Imports::default();
        for module in config.modules.values() {
            for block in &module.imports {
                imports.blocks.entry(block.to.config_in(&module.path)).or_default().push((&module.path, block));
            }
        }
        imports
    }
}

/// Imports the object of an instance if an `import` block asks for it. The imported object enters the state of the plan.
pub(crate) async fn import(
    planner: &Planner<'_>,
    wanted: &Wanted<'_>,
    provider: &dyn PlanProvider,
    schema: &Schema,
    provider_address: &ProviderConfigAddress,
) -> Option<(Stored, Option<Importing>)> {
    let wish = wishes(planner, &wanted.address.config()).get(&wanted.address)?.clone();
    let subject = Subject { address: &wanted.address, provider_address, provider, schema, quiet: false };
    let stored = fetch(planner, &subject, &wish).await?;
    let encoded = encode_object(schema, &stored, 0).ok()?;
    planner.work.borrow_mut().state.set_object(&wanted.address, None, provider_address, Some(Arc::new(encoded)));
    Some((stored, Some(Importing { id: wish.id, identity: wish.identity })))
}

/// True if an instance is to be imported.
pub(crate) fn is_wished(planner: &Planner<'_>, address: &ResourceInstance) -> bool {
    wishes(planner, &address.config()).contains_key(address)
}

/// What is imported, and how.
pub(crate) struct Subject<'a> {
    pub address: &'a ResourceInstance,
    pub provider_address: &'a ProviderConfigAddress,
    pub provider: &'a dyn PlanProvider,
    pub schema: &'a Schema,
    /// No events: the same is done again later.
    pub quiet: bool,
}

/// Imports an object and reads it.
pub(crate) async fn fetch(planner: &Planner<'_>, subject: &Subject<'_>, wish: &Wish) -> Option<Stored> {
    let Subject { address, provider_address, provider, schema, quiet } = *subject;
    let _turn = planner.turns.begin().await;
    let mut response = provider
        .import_resource(ImportRequest {
            kind: &address.resource.kind,
            id: wish.id.as_deref().unwrap_or_default(),
            identity: wish.identity.as_ref(),
            capabilities: ClientCapabilities { deferral_allowed: false, write_only_attributes_allowed: true },
        })
        .await;
    let mut problems = std::mem::take(&mut response.diagnostics);
    problems.extend(deferral_problem(response.deferred, address));
    let failed = problems.has_errors();
    // The provider speaks of the object, not of a place in the configuration.
    problems.iter_mut().for_each(|problem| {
        problem.address.get_or_insert_with(|| address.to_string());
    });
    planner.report(problems);
    if failed {
        return None;
    }
    let mut objects = response.objects.into_iter();
    let (Some(object), None) = (objects.next(), objects.next()) else {
        planner.report_one(unexpected_number(address).at(wish.span));
        return None;
    };
    let name = provider_address.provider.to_string();
    let problem = match &object.identity {
        None if wish.identity.is_some() => Some(no_identity(address, &name)),
        identity => identity_problem(identity.as_ref(), false, &name, address),
    };
    if let Some(problem) = problem {
        planner.report_one(problem.at(wish.span));
        return None;
    }
    let imported = Stored {
        value: formwork_object::with_schema_marks(&schema.block, &object.state),
        private: object.private,
        identity: object.identity,
        status: ObjectStatus::Ready,
        dependencies: Vec::new(),
        create_before_destroy: false,
    };
    let id = || formwork_object::object_id(&imported.value);
    if !quiet {
        planner.inputs.events.emit(Event::RefreshStarted { address: address.clone(), deposed: None, id: id() });
    }
    let stored = refresh::read(planner, address, provider_address, provider, schema, &imported).await.ok()?;
    if !quiet {
        planner.inputs.events.emit(Event::RefreshFinished { address: address.clone(), deposed: None, id: id() });
    }
    if stored.is_none() {
        planner.report_one(no_object(address).at(wish.span));
    }
    stored
}

fn unexpected_number(address: &ResourceInstance) -> Diagnostic {
    Diagnostic::error(
        "Import returned an unexpected number of objects",
        format!(
            "While importing {address}, the provider returned none or several objects where exactly one was expected."
        ),
    )
    .blame(Blame::Provider)
}

fn no_identity(address: &ResourceInstance, provider: &str) -> Diagnostic {
    let detail = format!(
        "The provider {provider} was asked to import {address} by its identity, and answered without one. This is a bug in \
         the provider, which should be reported in the provider's own issue tracker."
    );
    Diagnostic::error("Provider produced invalid identity", detail).blame(Blame::Provider).address(address)
}

fn no_object(address: &ResourceInstance) -> Diagnostic {
    Diagnostic::error(
        "Cannot import non-existent remote object",
        format!(
            "While attempting to import an existing object to {:?}, the provider detected that no object exists with the given id. Only pre-existing objects can be imported; check that the id is correct and that it is associated with the provider's configured region or endpoint, or use \"formwork apply\" to create a new remote object for this resource.",
            address.to_string()
        ),
    )
}

/// What import blocks ask for, for the instances of a resource.
fn wishes(planner: &Planner<'_>, resource: &ConfigResource) -> Wishes {
    let Some(blocks) = planner.imports.blocks.get(resource) else { return Wishes::default() };
    if let Some(known) = planner.imports.wishes.borrow().get(resource) {
        return known.clone();
    }
    let mut wishes = BTreeMap::new();
    for (path, block) in blocks {
        for module in planner.evaluator.instances_of(path) {
            add_wishes(planner, module, block, &mut wishes);
        }
    }
    let wishes = Rc::new(wishes);
    planner.imports.wishes.borrow_mut().insert(resource.clone(), wishes.clone());
    wishes
}

/// Reports import blocks for resources that are not declared, if the plan is about them.
pub(crate) fn check_declared(planner: &Planner<'_>) {
    let config = &planner.inputs.config;
    for (resource, blocks) in &planner.imports.blocks {
        let Some(module) = config.module(&resource.module) else { continue };
        if module.resources.contains_key(&resource.resource) {
            continue;
        }
        let anywhere = resource.resource.in_module(resource.module.without_keys()).instance(InstanceKey::None);
        for (_, block) in blocks.iter().filter(|_| planner.scope.wants(&planner.graph, &anywhere)) {
            let detail = format!(
                "{resource} is not declared. Add a resource block for it, or have one written with -generate-config-out."
            );
            let summary = "Configuration for import target does not exist";
            planner.report_one(Diagnostic::error(summary, detail).at(block.to.span));
        }
    }
}

/// Evaluates the import blocks for a resource. False if something is wrong with them, which was reported: then the
/// resource is not planned.
pub(crate) fn are_good(
    planner: &Planner<'_>,
    resource: &ConfigResource,
    is_declared: &dyn Fn(&ResourceInstance) -> bool,
) -> bool {
    if !planner.imports.blocks.contains_key(resource) {
        return true;
    }
    let before = planner.failures.get();
    for address in wishes(planner, resource).keys() {
        if planner.scope.wants(&planner.graph, address) && !is_declared(address) {
            planner.report_one(Diagnostic::error(
                "Configuration for import target does not exist",
                format!("The configuration for the given import {address} does not exist. All target instances must have an associated configuration to be imported."),
            ));
        }
    }
    planner.failures.get() == before
}

/// What a block asks for in one instance of its module.
fn add_wishes(
    planner: &Planner<'_>,
    module: ModuleId,
    block: &ImportBlock,
    wishes: &mut BTreeMap<ResourceInstance, Wish>,
) {
    let evaluator = &planner.evaluator;
    let (repetitions, problems) = repetitions(evaluator, module, block);
    planner.report(problems);
    if repetitions.is_none() {
        planner.report_one(undecided_for_each(block));
    }
    for repetition in repetitions.unwrap_or_default() {
        let scope = evaluator.module_scope(module).with_repetition(&repetition);
        let Some(address) = target(planner, module, block, &scope) else { continue };
        let Some(wish) = wish(planner, block, &address, &scope) else { continue };
        if wishes.insert(address.clone(), wish).is_some() {
            planner.report_one(
                Diagnostic::error(
                    "Duplicate import configuration",
                    format!("An import block for the resource {address} was already declared. A resource can have only one import block."),
                )
                .at(block.header_span),
            );
        }
    }
}

/// What `each` stands for in turn: unlike in resources, in any collection. None if that is not known yet.
fn repetitions(evaluator: &Evaluator, module: ModuleId, block: &ImportBlock) -> (Option<Vec<Repetition>>, Diagnostics) {
    let Some(expr) = &block.for_each else { return (Some(vec![Repetition::default()]), Diagnostics::new()) };
    let evaluation = evaluator.evaluate(expr, &evaluator.module_scope(module));
    let mut problems = evaluation.diagnostics;
    problems.extend(evaluator.take_problems());
    if problems.has_errors() {
        return (Some(Vec::new()), problems);
    }
    let value = evaluation.value.unmark().0;
    let of = |(key, value): (Value, Value)| Repetition { count_index: None, each: Some((key, value)) };
    let pairs: Vec<(Value, Value)> = match value.kind() {
        Kind::Unknown(..) => return (None, problems),
        // How many elements there are is not known then.
        Kind::Set(set) if !set.items.iter().all(Value::is_known) => return (None, problems),
        Kind::Null(_) => Vec::new(),
        Kind::Set(set) => set.items.iter().map(|item| (item.clone(), item.clone())).collect(),
        _ => match (value.as_sequence(), value.as_mapping()) {
            (Some(items), _) => {
                items.iter().enumerate().map(|(index, item)| (Value::from(index as i64), item.clone())).collect()
            }
            (_, Some(entries)) => entries.iter().map(|(key, item)| (Value::from(&**key), item.clone())).collect(),
            _ => {
                let detail = format!("The argument must be a collection, not {}.", value.ty().friendly_name());
                problems.push(Diagnostic::error("Invalid for_each argument", detail).at(expr.span));
                Vec::new()
            }
        },
    };
    (Some(pairs.into_iter().map(of).collect()), problems)
}

fn undecided_for_each(block: &ImportBlock) -> Diagnostic {
    let span = block.for_each.as_ref().map_or(block.span, |expr| expr.span);
    let detail = "What is imported must be known when planning, but this depends on values that are known only after \
                  apply. Use values that the configuration has.";
    Diagnostic::error("Invalid for_each argument", detail).at(span)
}

/// What can be judged of an import block without state: its repetitions, the keys in its address, its id.
pub(crate) fn validate(evaluator: &Evaluator, config: &Config, module: ModuleId, block: &ImportBlock) -> Diagnostics {
    let (repetitions, mut problems) = repetitions(evaluator, module, block);
    let target = block.to.config_in(&evaluator.module_address(module).path());
    let resource = config.modules.get(&target.module).and_then(|module| module.resources.get(&target.resource));
    for repetition in repetitions.unwrap_or_default() {
        let scope = evaluator.module_scope(module).with_repetition(&repetition);
        let mut evaluate = |expr: &Expr| {
            let evaluation = evaluator.evaluate(expr, &scope);
            let failed = evaluation.diagnostics.has_errors();
            problems.extend(evaluation.diagnostics);
            (!failed).then(|| evaluation.value.unmark().0)
        };
        let key = block.to.key.as_ref().and_then(|expr| Some((evaluate(expr)?, expr.span)));
        let id = block.id.as_ref().and_then(|expr| Some((evaluate(expr)?, expr.span)));
        if let (Some((key, span)), Some(resource)) = (key, resource) {
            problems.extend(misplaced_key(&key, resource).map(|problem| problem.at(span)));
        }
        problems.extend(id.and_then(|(id, span)| Some(id_problem(&id)?.at(span))));
    }
    problems
}

/// A key of the kind that instances of the resource do not have.
fn misplaced_key(key: &Value, resource: &ResourceBlock) -> Option<Diagnostic> {
    let (missing, other) = match key.kind() {
        Kind::Number(_) if resource.count.is_none() => ("count", "a number"),
        Kind::String(_) if resource.for_each.is_none() => ("for_each", "a string"),
        _ => return None,
    };
    let detail = format!("The key is {other}, but {} does not use {missing}.", resource.resource);
    Some(Diagnostic::error("Invalid import 'to' expression", detail))
}

/// Why a value cannot be the id of an object; none if it can, or if it is not known yet.
fn id_problem(id: &Value) -> Option<Diagnostic> {
    let detail = match convert(id, &Type::String) {
        Err(error) => format!("The id must be a string: {error}."),
        Ok(text) if text.is_null() => "The id is null; it must tell which object is to be imported.".into(),
        Ok(text) if text.as_str() == Some("") => "The id is empty; it must tell which object is to be imported.".into(),
        Ok(_) => return None,
    };
    Some(Diagnostic::error("Invalid import id argument", detail))
}

/// The instance that a block names.
fn target(
    planner: &Planner<'_>,
    module: ModuleId,
    block: &ImportBlock,
    scope: &InstanceScope<'_>,
) -> Option<ResourceInstance> {
    let mut module = planner.evaluator.module_address(module);
    for (name, key) in &block.to.module {
        module.0.push(ModuleStep { name: name.clone(), key: key_of(planner, key.as_ref(), scope)? });
    }
    let key = key_of(planner, block.to.key.as_ref(), scope)?;
    Some(ResourceInstance { module, resource: block.to.resource.clone(), key })
}

/// The instance key that an expression in the target address stands for.
fn key_of(planner: &Planner<'_>, key: Option<&Expr>, scope: &InstanceScope<'_>) -> Option<InstanceKey> {
    let Some(expr) = key else { return Some(InstanceKey::None) };
    let evaluation = planner.evaluator.evaluate(expr, scope);
    let failed = evaluation.diagnostics.has_errors();
    planner.report(evaluation.diagnostics);
    let key = formwork_eval::instance_key(&evaluation.value.unmark().0);
    if key.is_none() && !failed {
        planner.report_one(
            Diagnostic::error(
                "Invalid import 'to' expression",
                "A key in the address of an import target must be a string or a whole number that is known when planning.",
            )
            .at(expr.span),
        );
    }
    key
}

pub(crate) fn wish(
    planner: &Planner<'_>,
    block: &ImportBlock,
    address: &ResourceInstance,
    scope: &InstanceScope<'_>,
) -> Option<Wish> {
    let evaluate = |expr: &Expr| {
        let evaluation = planner.evaluator.evaluate(expr, scope);
        let failed = evaluation.diagnostics.has_errors();
        planner.report(evaluation.diagnostics);
        (!failed).then_some((evaluation.value, expr.span))
    };
    let invalid = |summary: &str, detail: &str, span: Span| {
        planner.report_one(Diagnostic::error(summary, detail).at(span));
        None
    };
    let mut wish = Wish { id: None, identity: None, span: block.span };
    if let Some(expr) = &block.id {
        let (value, span) = evaluate(expr)?;
        let summary = "Invalid import id argument";
        let text = convert(&value.unmark().0, &Type::String).ok();
        match text.as_ref().and_then(Value::as_str) {
            Some(text) if !text.is_empty() => wish.id = Some(text.into()),
            _ => {
                let detail = "The import ID must be a non-empty string that is known when planning.";
                return invalid(summary, detail, span);
            }
        }
    }
    if let Some(expr) = &block.identity {
        let (value, span) = evaluate(expr)?;
        let summary = "Invalid import identity argument";
        let Some(ty) = identity_type(planner, block, address) else {
            return invalid(summary, "The provider does not support importing this resource by its identity.", span);
        };
        match convert(&value.unmark_deep().0, &ty) {
            Ok(identity) if identity.is_wholly_known() && !identity.is_null() => wish.identity = Some(identity),
            Ok(_) => {
                return invalid(summary, "The import identity must be an object that is known when planning.", span);
            }
            Err(error) => return invalid(summary, &format!("The import identity does not fit: {error}."), span),
        }
    }
    (wish.id.is_some() || wish.identity.is_some()).then_some(wish)
}

/// The type of the identities of a resource type.
fn identity_type(planner: &Planner<'_>, import: &ImportBlock, address: &ResourceInstance) -> Option<Type> {
    let (path, name) = match planner.block(&address.resource()) {
        Some((path, block)) => (path, block.provider.name.clone()),
        // The block is yet to be written.
        None => {
            let implied = || ProviderName::new(address.resource.implied_provider(), None);
            (address.module.path(), import.provider.as_ref().map_or_else(implied, |provider| provider.name.clone()))
        }
    };
    let provider = planner.inputs.config.provider_config(&path, &name).provider;
    let work = planner.work.borrow();
    let identity = work.schemas.get(&provider)?.identities.get(&address.resource.kind)?;
    let optional = identity.attributes.iter().filter(|(_, a)| !a.required_for_import).map(|(name, _)| name.clone());
    Some(Type::Object(Arc::new(ObjectType {
        attributes: identity.attributes.iter().map(|(name, a)| (name.clone(), a.ty.clone())).collect(),
        optional: optional.collect(),
    })))
}
