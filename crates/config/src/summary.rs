//! What plans tell of the configuration.

mod expression;
mod provider;

use crate::{Config, Module, ModuleCall, OutputBlock, ResourceBlock, VariableBlock};
use expression::{body_expressions, expression, free_expressions, subjects};
use formwork_model::{
    ConfigSummary, ModuleCallSummary, ModuleSummary, OutputSummary, ProviderAddress, ProviderSchema,
    ProvisionerSummary, ResourceMode, ResourceSummary, Schema, VariableSummary,
};
use formwork_value::Str;
use provider::ProviderKeys;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Schemas by provider. What is missing is summarised by its form alone.
pub type Schemas = BTreeMap<ProviderAddress, Arc<ProviderSchema>>;

/// Summarises a configuration for JSON plans (source: the reference's `configuration` document).
pub fn summarize(config: &Config, schemas: &Schemas) -> ConfigSummary {
    let keys = ProviderKeys::collect(config);
    let root = summarize_module(config, config.root(), schemas, &keys);
    ConfigSummary { providers: keys.summaries(config, schemas), root }
}

fn summarize_module(config: &Config, module: &Module, schemas: &Schemas, keys: &ProviderKeys) -> ModuleSummary {
    ModuleSummary {
        outputs: module.outputs.iter().map(|(name, output)| (name.clone(), summarize_output(output))).collect(),
        resources: summarize_resources(module, schemas, keys),
        module_calls: module
            .calls
            .iter()
            .filter_map(|(name, call)| Some((name.clone(), summarize_call(config, module, call, schemas, keys)?)))
            .collect(),
        variables: module.variables.iter().map(|(name, v)| (name.clone(), summarize_variable(v))).collect(),
    }
}

fn summarize_output(output: &OutputBlock) -> OutputSummary {
    OutputSummary {
        sensitive: output.sensitive,
        expression: expression(&output.value),
        depends_on: subjects(&output.depends_on),
        description: output.description.clone(),
    }
}

fn summarize_variable(variable: &VariableBlock) -> VariableSummary {
    VariableSummary {
        default: variable.default.clone(),
        description: variable.description.clone(),
        sensitive: variable.sensitive,
    }
}

/// Managed resources, then data sources, each by address. Ephemeral resources are left out, as the reference does.
fn summarize_resources(module: &Module, schemas: &Schemas, keys: &ProviderKeys) -> Vec<ResourceSummary> {
    [ResourceMode::Managed, ResourceMode::Data]
        .into_iter()
        .flat_map(|mode| module.resources.values().filter(move |r| r.resource.mode == mode))
        .map(|resource| summarize_resource(module, resource, schemas, keys))
        .collect()
}

fn schema_of<'s>(schemas: &'s Schemas, block: &ResourceBlock) -> Option<&'s Schema> {
    let provider = schemas.get(&block.provider_address)?;
    provider.resource(block.resource.mode, &block.resource.kind).map(|schema| &**schema)
}

fn summarize_resource(
    module: &Module,
    block: &ResourceBlock,
    schemas: &Schemas,
    keys: &ProviderKeys,
) -> ResourceSummary {
    let schema = schema_of(schemas, block);
    let provisioners = block
        .provisioners
        .iter()
        .map(|p| ProvisionerSummary { kind: p.kind.clone(), expressions: free_expressions(&p.body) });
    ResourceSummary {
        address: block.resource.to_string().into(),
        mode: block.resource.mode.name().into(),
        kind: block.resource.kind.clone(),
        name: block.resource.name.clone(),
        provider_config_key: keys.key(&module.path, &block.provider.name),
        provisioners: provisioners.collect(),
        expressions: schema.map_or_else(|| free_expressions(&block.body), |s| body_expressions(&block.body, &s.block)),
        schema_version: schema.map_or(0, |s| s.version),
        count_expression: block.count.as_ref().map(expression),
        for_each_expression: block.for_each.as_ref().map(expression),
        depends_on: subjects(&block.depends_on),
    }
}

fn summarize_call(
    config: &Config,
    module: &Module,
    call: &ModuleCall,
    schemas: &Schemas,
    keys: &ProviderKeys,
) -> Option<ModuleCallSummary> {
    let child = config.module(&module.path.child(call.name.clone()))?;
    Some(ModuleCallSummary {
        source: call.source_text.clone(),
        expressions: free_expressions(&call.body),
        count_expression: call.count.as_ref().map(expression),
        for_each_expression: call.for_each.as_ref().map(expression),
        module: summarize_module(config, child, schemas, keys),
        version_constraint: call.version.as_ref().map(|v| Str::from(v.to_string())),
        depends_on: subjects(&call.depends_on),
    })
}
