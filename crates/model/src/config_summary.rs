//! What plans tell of the configuration (JSON plans show it under `configuration`).

use formwork_value::{Str, Value};
use std::collections::BTreeMap;

/// An expression, reduced to what JSON shows.
#[derive(Clone, Debug, PartialEq)]
pub enum ExpressionSummary {
    /// Evaluates without any scope.
    Constant(Value),
    /// What it refers to; empty if it only calls functions.
    References(Vec<Str>),
    /// Of the JSON syntax: what is written, with templates as plain text, and what it refers to.
    Written(Value, Vec<Str>),
    /// A single nested block.
    Block(BTreeMap<Str, ExpressionSummary>),
    /// Nested blocks in order.
    Blocks(Vec<ExpressionSummary>),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConfigSummary {
    /// By key (`name`, `name.alias`, with `MODULEPATH:` in front in child modules).
    pub providers: BTreeMap<Str, ProviderConfigSummary>,
    pub root: ModuleSummary,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProviderConfigSummary {
    pub name: Str,
    pub full_name: Str,
    pub alias: Option<Str>,
    pub version_constraint: Option<Str>,
    pub module_address: Option<Str>,
    pub expressions: BTreeMap<Str, ExpressionSummary>,
    pub for_each_expression: Option<ExpressionSummary>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModuleSummary {
    pub outputs: BTreeMap<Str, OutputSummary>,
    pub resources: Vec<ResourceSummary>,
    pub module_calls: BTreeMap<Str, ModuleCallSummary>,
    pub variables: BTreeMap<Str, VariableSummary>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct OutputSummary {
    pub sensitive: bool,
    pub expression: ExpressionSummary,
    pub depends_on: Vec<Str>,
    pub description: Option<Str>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ResourceSummary {
    pub address: Str,
    /// `managed`, `data`, `ephemeral`.
    pub mode: Str,
    pub kind: Str,
    pub name: Str,
    pub provider_config_key: Str,
    pub provisioners: Vec<ProvisionerSummary>,
    pub expressions: BTreeMap<Str, ExpressionSummary>,
    pub schema_version: u64,
    pub count_expression: Option<ExpressionSummary>,
    pub for_each_expression: Option<ExpressionSummary>,
    pub depends_on: Vec<Str>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ProvisionerSummary {
    pub kind: Str,
    pub expressions: BTreeMap<Str, ExpressionSummary>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModuleCallSummary {
    pub source: Str,
    pub expressions: BTreeMap<Str, ExpressionSummary>,
    pub count_expression: Option<ExpressionSummary>,
    pub for_each_expression: Option<ExpressionSummary>,
    pub module: ModuleSummary,
    pub version_constraint: Option<Str>,
    pub depends_on: Vec<Str>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct VariableSummary {
    pub default: Option<Value>,
    pub description: Option<Str>,
    pub sensitive: bool,
}
