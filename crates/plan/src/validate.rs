//! Validation: what can be judged without state, variables and configured providers.

use crate::PlanInputs;
use crate::action::unknown_type;
use formwork_config::{
    ActionBlock, Config, Module, ProviderScope, ResourceBlock, connection_schema, provisioner_schema,
    used_configurations, visit_resource_references,
};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_eval::{
    Environment, Evaluator, InstanceScope, Item, ItemAddress, ModuleId, Phase, ReferenceGraph, Repetition,
    assertion_expressions, check_expressions, decode_block, decode_provider,
};
use formwork_hcl::{Body, TraversalStep, attribute_of, body_references, element_of};
use formwork_model::{
    Attribute, ConfigResource, ModulePath, PlanProviders, ProviderAddress, ProviderConfigAddress, ProviderSchema,
    Resource, ResourceMode, Schema,
};
use formwork_value::{Path, PathStep, Str, Type, Value};
use futures_util::StreamExt;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Validates a configuration: evaluates every block once with unknown values, and lets the providers check theirs.
pub async fn validate(config: Arc<Config>, environment: Environment, providers: &dyn PlanProviders) -> Diagnostics {
    let graph = ReferenceGraph::build(&config);
    let mut diagnostics = Diagnostics::new();
    if let Err(cycles) = graph.check_cycles(&config) {
        return cycles;
    }
    let mut schemas = BTreeMap::new();
    for provider in config.provider_addresses() {
        match providers.schema(&provider).await {
            Ok(schema) => {
                schemas.insert(provider, schema);
            }
            Err(problems) => diagnostics.extend(problems),
        }
    }
    let walk = Walk::new(config, environment, &schemas);
    let (configs, problems) = walk.run(&graph);
    diagnostics.extend(problems);
    diagnostics.extend(ask_providers(configs, providers).await);
    diagnostics
}

/// The configuration of a resource that its provider has been asked about.
#[derive(Clone)]
pub(crate) struct Checked {
    pub config: Value,
    /// It refers to nothing: evaluating it again gives the same.
    pub is_constant: bool,
}

/// Problems that do not depend on values, as the reference finds them before it reads anything; and what was asked about
/// each resource, so that nobody asks again.
pub(crate) async fn static_problems(
    inputs: &PlanInputs<'_>,
    graph: &ReferenceGraph,
    schemas: &BTreeMap<ProviderAddress, Arc<ProviderSchema>>,
) -> (BTreeMap<ConfigResource, Checked>, Diagnostics) {
    let (configs, mut problems) = Walk::new(inputs.config.clone(), inputs.environment.clone(), schemas).run(graph);
    if !inputs.validates {
        return (BTreeMap::new(), problems);
    }
    let checked = |item: &ToCheck| Checked { config: item.config.clone(), is_constant: item.is_constant };
    let asked = configs.iter().filter_map(|item| Some((item.resource.clone()?, checked(item)))).collect();
    problems.extend(ask_providers(configs, inputs.providers).await);
    (asked, problems)
}

/// A block for a provider to check.
struct ToCheck {
    provider: ProviderAddress,
    /// `None` for an action, and for the provider's own configuration.
    resource: Option<ConfigResource>,
    /// Type of an action.
    action: Option<Str>,
    config: Value,
    is_constant: bool,
    /// Where the places of arguments are looked up.
    body: Option<Body>,
    span: formwork_diag::Span,
}

/// Questions under way at the same time: providers are used to being asked about many blocks at once.
const QUESTIONS: usize = 32;

/// What the providers say, in the order of the blocks.
async fn ask_providers(configs: Vec<ToCheck>, providers: &dyn PlanProviders) -> Diagnostics {
    let answers = futures_util::stream::iter(configs).map(|item| ask_provider(item, providers)).buffered(QUESTIONS);
    answers
        .fold(Diagnostics::new(), async |mut all, problems| {
            all.extend(problems);
            all
        })
        .await
}

async fn ask_provider(item: ToCheck, providers: &dyn PlanProviders) -> Diagnostics {
    let provider = match providers.unconfigured(&item.provider).await {
        Ok(provider) => provider,
        Err(problems) => return problems,
    };
    let kind = item.resource.as_ref().map(|of| (of.resource.mode, &of.resource.kind));
    let mut problems = match kind {
        None if item.action.is_some() => {
            provider.validate_action(item.action.as_deref().unwrap_or_default(), &item.config).await
        }
        None => provider.validate_provider(&item.config).await.diagnostics,
        Some((ResourceMode::Managed, kind)) => provider.validate_resource(kind, &item.config).await,
        Some((ResourceMode::Data, kind)) => provider.validate_data(kind, &item.config).await,
        Some((ResourceMode::Ephemeral, kind)) => provider.validate_ephemeral(kind, &item.config).await,
    };
    for problem in problems.iter_mut() {
        let place = problem.attribute.as_ref().and_then(|path| formwork_hcl::span_at(item.body.as_ref()?, path));
        // As in the reference, the built-in provider does not say where.
        problem.span = problem.span.or(place).or((!item.provider.is_builtin()).then_some(item.span));
    }
    problems
}

/// The walk that evaluates everything once.
struct Walk<'a> {
    evaluator: Evaluator,
    config: Arc<Config>,
    schemas: &'a BTreeMap<ProviderAddress, Arc<ProviderSchema>>,
    /// Others are not looked into.
    used: BTreeSet<ProviderConfigAddress>,
}

impl<'a> Walk<'a> {
    fn new(
        config: Arc<Config>,
        environment: Environment,
        schemas: &'a BTreeMap<ProviderAddress, Arc<ProviderSchema>>,
    ) -> Walk<'a> {
        let environment = Environment { phase: Phase::Validate, ..environment };
        let evaluator = Evaluator::new(config.clone(), BTreeMap::new(), environment);
        for (provider, schema) in schemas {
            evaluator.add_schema(provider.clone(), schema.clone());
        }
        let used = used_configurations(&config);
        Walk { evaluator, config, schemas, used }
    }

    fn run(&self, graph: &ReferenceGraph) -> (Vec<ToCheck>, Diagnostics) {
        let mut diagnostics = Diagnostics::new();
        let mut configs = Vec::new();
        for address in &graph.nodes {
            let (Some(module), Some(id)) = (self.config.modules.get(&address.module), self.instance(&address.module))
            else {
                continue;
            };
            self.item(address, module, id, &mut configs, &mut diagnostics);
        }
        diagnostics.extend(self.evaluator.take_problems());
        self.attributes(&mut diagnostics);
        for (path, module) in &self.config.modules {
            let Some(id) = self.instance(path) else { continue };
            for action in module.actions.values() {
                self.action(action, id, &mut configs, &mut diagnostics);
            }
            for import in &module.imports {
                diagnostics.extend(crate::import::validate(&self.evaluator, &self.config, id, import));
            }
        }
        (configs, diagnostics)
    }

    /// Attributes of resources that their schemas do not have. Source: Terraform 1.11.4, which looks at each reference by
    /// itself, so that neither `try` nor an operand that is not needed hides such a mistake.
    fn attributes(&self, diagnostics: &mut Diagnostics) {
        let mut found = Vec::new();
        visit_resource_references(&self.config, |module, resource, steps, of_instance| {
            found.extend(self.wrong_attribute(module, resource, steps, of_instance));
        });
        if found.is_empty() {
            return;
        }
        let known: BTreeSet<_> = diagnostics.iter().map(|problem| (problem.summary.clone(), problem.span)).collect();
        diagnostics.extend(found.into_iter().filter(|p| !known.contains(&(p.summary.clone(), p.span))));
    }

    fn wrong_attribute(
        &self,
        module: &ModulePath,
        resource: &Resource,
        steps: &[TraversalStep],
        of_instance: bool,
    ) -> Option<Diagnostic> {
        let block = self.config.modules.get(module)?.resources.get(resource)?;
        let schema = self.schemas.get(&block.provider_address)?.resource(resource.mode, &resource.kind)?;
        let is_repeated = !of_instance && (block.count.is_some() || block.for_each.is_some());
        let steps = match steps.split_first()? {
            (TraversalStep::Index { .. }, rest) if is_repeated => rest,
            (TraversalStep::Attribute { .. }, _) if !is_repeated => steps,
            _ => return None,
        };
        if let [TraversalStep::Attribute { name, .. }] = steps
            && schema.block.attributes.contains_key(name)
        {
            return None;
        }
        let mut value = Value::unknown(schema.block.implied_type());
        for step in steps {
            let found = match step {
                TraversalStep::Attribute { name, .. } => attribute_of(&value, name),
                TraversalStep::Index { key, .. } => element_of(&value, key),
            };
            match found {
                Ok(found) => value = found,
                Err(error) => return Some(Diagnostic::error(error.summary, error.detail).at(step.span())),
            }
        }
        None
    }

    /// The one instance of a module that validation looks into.
    fn instance(&self, path: &ModulePath) -> Option<ModuleId> {
        let mut module = ModuleId::ROOT;
        for call in &path.0 {
            let (_, children, _) = self.evaluator.call_instances(module, call).ok()?;
            module = *children.values().next()?;
        }
        Some(module)
    }

    fn item(
        &self,
        address: &ItemAddress,
        module: &Module,
        id: ModuleId,
        configs: &mut Vec<ToCheck>,
        diagnostics: &mut Diagnostics,
    ) {
        let result = match &address.item {
            Item::Variable(name) => {
                let result = self.evaluator.variable(id, name).map(drop);
                diagnostics.extend(self.evaluator.validate_variable(id, name).1);
                result
            }
            Item::Local(name) => self.evaluator.local(id, name).map(drop),
            Item::Output(name) => self.evaluator.output(id, name).map(drop),
            Item::Call(name) => self.evaluator.call_instances(id, name).map(drop),
            Item::CallEnd(_) => Ok(()),
            Item::Resource(resource) => {
                if let Some(block) = module.resources.get(resource) {
                    self.resource(block, id, configs, diagnostics);
                }
                Ok(())
            }
            Item::Provider(name, alias) => {
                self.provider(module, id, name, alias.as_ref(), configs, diagnostics);
                Ok(())
            }
            Item::Check(name) => {
                let scope = self.evaluator.module_scope(id);
                for rule in module.checks.get(name).into_iter().flat_map(|c| &c.asserts) {
                    diagnostics.extend(assertion_expressions(rule, &scope));
                }
                Ok(())
            }
        };
        if let Err(problems) = result {
            diagnostics.extend(problems);
        }
    }

    fn provider(
        &self,
        module: &Module,
        id: ModuleId,
        name: &Str,
        alias: Option<&Str>,
        configs: &mut Vec<ToCheck>,
        diagnostics: &mut Diagnostics,
    ) {
        let block = module.providers.values().find(|p| p.name.name == *name && p.name.alias.as_ref() == alias);
        let Some((block, schema)) = block.and_then(|b| Some((b, self.schemas.get(&b.provider)?))) else { return };
        let repetition = Repetition::unknown(false, block.for_each.is_some());
        let scope = self.evaluator.module_scope(id).with_repetition(&repetition);
        let address = self.config.provider_config(&module.path, &block.name);
        if !self.used.contains(&address) {
            return;
        }
        self.evaluator.provider_expansion(&address, block);
        let (value, problems) = decode_provider(block, &schema.provider.block, &scope);
        let failed = problems.has_errors() || matches!(block.scope, ProviderScope::Mocked);
        diagnostics.extend(placed(problems, block.header_span));
        if !failed {
            let config = value.unmark_deep().0;
            configs.push(ToCheck {
                provider: block.provider.clone(),
                resource: None,
                action: None,
                config,
                is_constant: false,
                body: Some(block.body.clone()),
                span: block.header_span,
            });
        }
    }

    fn resource(&self, block: &ResourceBlock, id: ModuleId, configs: &mut Vec<ToCheck>, diagnostics: &mut Diagnostics) {
        let Some(schemas) = self.schemas.get(&block.provider_address) else { return };
        let Some(schema) = find_schema(schemas, block, diagnostics) else { return };
        let (_, _) = self.evaluator.resource_expansion(id, &block.resource);
        let repetition = Repetition::unknown(block.count.is_some(), block.for_each.is_some());
        if let Err(problems) = self.evaluator.provider_instance(id, &block.provider, &repetition) {
            diagnostics.extend(problems);
        }
        let scope = self.evaluator.module_scope(id).with_repetition(&repetition);
        let (value, problems) = decode_block(&block.body, &schema.block, &scope);
        let failed = problems.has_errors();
        let is_constant = problems.is_empty()
            && value.is_wholly_known()
            && value.marks_deep().is_none()
            && body_references(&block.body).is_empty();
        diagnostics.extend(placed(problems, block.header_span));
        if block.resource.mode != ResourceMode::Ephemeral {
            diagnostics.extend(crate::managed::ephemeral_problems(&value, &schema, block));
        }
        for rule in &block.lifecycle.preconditions {
            diagnostics.extend(check_expressions(rule, &scope));
        }
        let own = Value::unknown(schema.block.implied_type());
        let scope = self.evaluator.module_scope(id).with_repetition(&repetition).with_self(own);
        for rule in &block.lifecycle.postconditions {
            diagnostics.extend(check_expressions(rule, &scope));
        }
        self.lifecycle(block, &schema, diagnostics);
        self.provisioners(block, &scope, diagnostics);
        if !failed {
            configs.push(ToCheck {
                provider: block.provider_address.clone(),
                resource: Some(ConfigResource {
                    module: self.evaluator.module_address(id).path(),
                    resource: block.resource.clone(),
                }),
                action: None,
                config: value.unmark_deep().0,
                is_constant,
                body: Some(block.body.clone()),
                span: block.header_span,
            });
        }
    }

    fn action(&self, block: &ActionBlock, id: ModuleId, configs: &mut Vec<ToCheck>, diagnostics: &mut Diagnostics) {
        let Some(schemas) = self.schemas.get(&block.provider_address) else { return };
        let Some(schema) = schemas.actions.get(&block.action.kind) else {
            diagnostics.push(unknown_type(block, schemas.actions.keys().map(|kind| &**kind)));
            return;
        };
        diagnostics.extend(self.evaluator.action_expansion(id, block).1);
        let repetition = Repetition::unknown(block.count.is_some(), block.for_each.is_some());
        if let Err(problems) = self.evaluator.provider_instance(id, &block.provider, &repetition) {
            diagnostics.extend(problems);
        }
        let scope = self.evaluator.module_scope(id).with_repetition(&repetition);
        let (value, problems) = decode_block(&block.body, &schema.block, &scope);
        let failed = problems.has_errors();
        diagnostics.extend(placed(problems, block.header_span));
        if !failed {
            configs.push(ToCheck {
                provider: block.provider_address.clone(),
                resource: None,
                action: Some(block.action.kind.clone()),
                config: value.unmark_deep().0,
                is_constant: false,
                body: Some(block.body.clone()),
                span: block.header_span,
            });
        }
    }

    /// `ignore_changes` must name attributes that exist.
    fn lifecycle(&self, block: &ResourceBlock, schema: &Schema, diagnostics: &mut Diagnostics) {
        let formwork_config::IgnoreChanges::Paths(paths) = &block.lifecycle.ignore_changes else { return };
        for ignored in paths {
            let Some(formwork_value::PathStep::Attribute(name)) = ignored.path.0.first() else { continue };
            if let Some(attribute) = schema.block.attributes.get(name) {
                if let Some(problem) = step_into_primitive(attribute, &ignored.path) {
                    diagnostics.push(problem.at(ignored.span));
                } else if attribute.computed && !attribute.optional {
                    diagnostics.push(redundant_ignore(name, block));
                }
                continue;
            }
            if schema.block.blocks.contains_key(name) {
                continue;
            }
            let names = schema.block.attributes.keys().chain(schema.block.blocks.keys()).map(|n| &**n);
            let hint = formwork_diag::nearest(name, names).map(|n| format!(" Did you mean {n:?}?")).unwrap_or_default();
            diagnostics.push(
                Diagnostic::error(
                    "Unsupported attribute",
                    format!(
                        "This object has no argument, nested block, or exported attribute named {:?}.{hint}",
                        &**name
                    ),
                )
                .at(ignored.span),
            );
        }
    }
}

impl Walk<'_> {
    /// Provisioners and connections by the schemas that the language has for them.
    fn provisioners(&self, block: &ResourceBlock, scope: &InstanceScope<'_>, diagnostics: &mut Diagnostics) {
        let mut connections: Vec<Body> = block
            .provisioners
            .iter()
            .filter_map(|p| match (&block.connection, &p.connection) {
                (Some(outer), Some(own)) => Some(outer.overridden_by(own)),
                (None, Some(own)) => Some(own.clone()),
                (_, None) => None,
            })
            .collect();
        if !block.provisioners.is_empty() {
            connections.extend(block.connection.clone());
        }
        for connection in connections {
            diagnostics.extend(placed(decode_block(&connection, &connection_schema(), scope).1, block.header_span));
        }
        for provisioner in &block.provisioners {
            match provisioner_schema(&provisioner.kind) {
                Some(schema) => {
                    let (value, problems) = decode_block(&provisioner.body, &schema, scope);
                    let failed = problems.iter().any(|p| p.is_error() && p.summary != "Missing required argument");
                    diagnostics.extend(placed(problems, provisioner.header_span));
                    if !failed {
                        diagnostics.extend(provisioner_problems(&provisioner.kind, &value));
                    }
                }
                None => diagnostics.error(
                    "Missing required provisioner plugin",
                    format!(
                        "There is no provisioner {:?}. Use \"local-exec\", \"remote-exec\" or \"file\".",
                        &*provisioner.kind
                    ),
                ),
            }
        }
    }
}

/// Rules between the arguments of a provisioner.
fn provisioner_problems(kind: &str, value: &Value) -> Diagnostics {
    let set = |name: &str| value.get(name).is_some_and(|v| !v.is_null());
    let of = |names: &[&str]| names.iter().filter(|n| set(n)).count();
    let (given, names) = match kind {
        "remote-exec" => (of(&["inline", "script", "scripts"]), "\"inline\", \"script\", or \"scripts\""),
        "file" => (of(&["source", "content"]), "\"source\" or \"content\""),
        _ => return Diagnostics::new(),
    };
    if given == 1 {
        return Diagnostics::new();
    }
    let how = if given == 0 { "One" } else { "Only one" };
    Diagnostic::error(format!("Invalid {kind} provisioner configuration"), format!("{how} of {names} must be set."))
        .into()
}

/// A path into an attribute that has nothing inside.
fn step_into_primitive(attribute: &Attribute, path: &Path) -> Option<Diagnostic> {
    let ty = attribute.ty();
    if !matches!(ty, Type::String | Type::Number | Type::Bool) {
        return None;
    }
    let what = ty.friendly_name();
    match path.0.get(1)? {
        PathStep::Attribute(_) => {
            let detail = format!("Can't access attributes on a primitive-typed value ({what}).");
            Some(Diagnostic::error("Unsupported attribute", detail))
        }
        _ => Some(Diagnostic::error("Invalid index", format!("A {what} has no elements, so there is no key to give."))),
    }
}

fn redundant_ignore(name: &str, block: &ResourceBlock) -> Diagnostic {
    Diagnostic::warning(
        "Redundant ignore_changes element",
        format!("The attribute {name} is decided by the provider alone: there is no configured value whose changes could be ignored. Remove it from ignore_changes."),
    )
    .at(block.header_span)
}

fn find_schema(schemas: &ProviderSchema, block: &ResourceBlock, diagnostics: &mut Diagnostics) -> Option<Arc<Schema>> {
    let (table, what, summary) = match block.resource.mode {
        ResourceMode::Managed => (&schemas.resources, "resource type", "Invalid resource type"),
        ResourceMode::Data => (&schemas.data_sources, "data source", "Invalid data source"),
        ResourceMode::Ephemeral => {
            (&schemas.ephemeral_resources, "ephemeral resource type", "Invalid ephemeral resource")
        }
    };
    let kind = &block.resource.kind;
    if let Some(schema) = table.get(kind) {
        return Some(schema.clone());
    }
    let hint = formwork_diag::nearest(kind, table.keys().map(|k| &**k));
    let hint = hint.map(|n| format!(" Did you mean {n:?}?")).unwrap_or_default();
    let provider = block.provider_address.for_display();
    diagnostics.push(
        Diagnostic::error(summary, format!("The provider {provider} does not support {what} {:?}.{hint}", &**kind))
            .at(block.header_span),
    );
    None
}

fn placed(problems: Diagnostics, span: formwork_diag::Span) -> Diagnostics {
    let place = |mut problem: Diagnostic| {
        problem.span = problem.span.or(Some(span));
        problem
    };
    problems.into_iter().map(place).collect()
}
