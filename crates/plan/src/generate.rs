//! Configuration for objects that are imported and have none.

use crate::PlanInputs;
use crate::generated_text::generated_text;
use crate::import::{Subject, fetch, wish};
use crate::planner::{Course, Planner};
use formwork_config::{Config, ImportBlock, ProviderName, ProviderRef};
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_eval::{Evaluator, ModuleId, ReferenceGraph, Repetition};
use formwork_model::{
    InstanceKey, ModuleInstance, ModulePath, PlanMode, PlanProvider, ProviderConfigAddress, ProviderSchema,
    ResourceInstance, Schema,
};
use formwork_object::with_schema_marks;
use formwork_value::{Str, Value, conforms};
use std::sync::Arc;

/// A block that was written for an imported object.
#[derive(Clone, Debug, PartialEq)]
pub struct GeneratedResource {
    pub address: ResourceInstance,
    /// The id in the `import` block.
    pub id: Option<Str>,
    pub text: String,
}

/// Imports the objects of `import` blocks without a resource block, to write one for each. Only resources of the root
/// module without repetition can be written. The objects do not stay imported: a plan imports them again.
pub async fn generate(inputs: &PlanInputs<'_>) -> (Vec<GeneratedResource>, Diagnostics) {
    let wanted: Vec<&ImportBlock> =
        inputs.config.root().imports.iter().filter(|i| is_missing(&inputs.config, i)).collect();
    if wanted.is_empty() || inputs.options.mode != PlanMode::Normal {
        return (Vec::new(), Diagnostics::new());
    }
    let evaluator = Evaluator::new(inputs.config.clone(), inputs.variables.clone(), inputs.environment.clone());
    let planner = Planner::new(inputs, evaluator, ReferenceGraph::build(&inputs.config), Course::Plan);
    planner.load_schemas().await;
    let mut found = Vec::new();
    for block in wanted {
        found.extend(resource(&planner, block).await);
    }
    planner.report(planner.evaluator.take_problems());
    let problems = planner.work.take().diagnostics.into_list();
    (found, problems)
}

/// The configuration without the import blocks for which [`generate`] writes resource blocks.
pub fn without_undeclared_imports(config: &Config) -> Config {
    let mut config = config.clone();
    let kept: Vec<ImportBlock> = config.root().imports.iter().filter(|i| !is_missing(&config, i)).cloned().collect();
    if let Some(root) = config.modules.get_mut(&ModulePath::root()) {
        Arc::make_mut(root).imports = kept;
    }
    config
}

fn is_missing(config: &Config, block: &ImportBlock) -> bool {
    let target = &block.to;
    target.module.is_empty()
        && target.key.is_none()
        && block.for_each.is_none()
        && !config.root().resources.contains_key(&target.resource)
}

async fn resource(planner: &Planner<'_>, block: &ImportBlock) -> Option<GeneratedResource> {
    let resource = &block.to.resource;
    let address =
        ResourceInstance { module: ModuleInstance::root(), resource: resource.clone(), key: InstanceKey::None };
    if !planner.scope.wants(&planner.graph, &address) {
        return None;
    }
    let implied = ProviderName::new(resource.implied_provider(), None);
    let name = block.provider.as_ref().map_or(&implied, |p: &ProviderRef| &p.name);
    let provider_address = match &block.provider {
        Some(provider) => {
            let found = planner.evaluator.provider_instance(ModuleId::ROOT, provider, &Repetition::default());
            found.map_err(|problems| planner.report(problems)).ok()?
        }
        None => planner.inputs.config.provider_config(&ModulePath::root(), name),
    };
    if !planner.has_provider_instance(&provider_address, &address) {
        return None;
    }
    let schema = schema(planner, &provider_address, &address, block).await?;
    let scope = planner.evaluator.module_scope(ModuleId::ROOT);
    let wish = wish(planner, block, &address, &scope)?;
    let provider = planner.provider(&provider_address).await?;
    let subject = Subject {
        address: &address,
        provider_address: &provider_address,
        provider: &*provider,
        schema: &schema,
        quiet: true,
    };
    let stored = fetch(planner, &subject, &wish).await?;
    let reference = (*name != implied).then(|| format!("{name}{}", provider_address.key));
    let schemas = planner.work.borrow().schemas.get(&provider_address.provider).cloned()?;
    let described = described(planner, &*provider, &schemas, &schema, &resource.kind, &stored.value).await?;
    let text = generated_text(resource, &schema.block, reference.as_deref(), &described);
    Some(GeneratedResource { address, id: wish.id, text })
}

/// What a configuration for an object is written from: what the provider says, if it wants to be asked, else the object.
/// `None`: it cannot say, which was reported.
pub(crate) async fn described(
    planner: &Planner<'_>,
    provider: &dyn PlanProvider,
    schemas: &ProviderSchema,
    schema: &Schema,
    kind: &str,
    object: &Value,
) -> Option<Value> {
    if !schemas.generate_resource_config {
        return Some(object.clone());
    }
    let response = provider.generate_config(kind, &object.unmark_deep().0).await;
    let failed = response.diagnostics.has_errors();
    planner.report(response.diagnostics);
    if failed {
        return None;
    }
    let config = response.config;
    if config.is_null() || !config.is_wholly_known() || !conforms(&config, &schema.block.implied_type()) {
        let detail = format!(
            "The configuration that the provider gave for an object of the type {kind:?} is null or does not fit its own \
             schema. This is a bug in the provider, which should be reported in the provider's own issue tracker."
        );
        planner.report_one(Diagnostic::error("Provider produced invalid configuration", detail).blame(Blame::Provider));
        return None;
    }
    Some(with_schema_marks(&schema.block, &config))
}

/// The schema of the resource type; the provider may occur nowhere else in the configuration.
async fn schema(
    planner: &Planner<'_>,
    provider: &ProviderConfigAddress,
    address: &ResourceInstance,
    block: &ImportBlock,
) -> Option<Arc<Schema>> {
    if !planner.work.borrow().schemas.contains_key(&provider.provider) {
        match planner.inputs.providers.schema(&provider.provider).await {
            Ok(schema) => {
                planner.evaluator.add_schema(provider.provider.clone(), schema.clone());
                planner.work.borrow_mut().schemas.insert(provider.provider.clone(), schema);
            }
            Err(problems) => {
                planner.report(problems);
                return None;
            }
        }
    }
    let schema = planner.schema(provider, address);
    if schema.is_none() {
        let detail = format!(
            "The provider {} does not support resource type {:?}.",
            provider.provider.for_display(),
            &*address.resource.kind
        );
        planner.report_one(Diagnostic::error("Invalid resource type", detail).at(block.to.span));
    }
    schema
}
