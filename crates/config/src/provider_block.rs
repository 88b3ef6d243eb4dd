//! Provider requirements, configurations, and references to them.

use formwork_diag::Span;
use formwork_hcl::{Bindings, Body, Expr};
use formwork_model::{Constraints, ProviderAddress};
use formwork_value::Str;
use std::fmt;

/// A provider configuration within a module: local name and alias.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ProviderName {
    pub name: Str,
    pub alias: Option<Str>,
}

/// An entry of `required_providers`.
#[derive(Clone, Debug)]
pub struct ProviderRequirement {
    pub name: Str,
    pub source: ProviderAddress,
    pub constraints: Constraints,
    /// The constraints as written.
    pub constraints_text: Option<Str>,
    /// `configuration_aliases`.
    pub aliases: Vec<ProviderName>,
    pub span: Span,
}

/// `provider "NAME"`.
#[derive(Clone, Debug)]
pub struct ProviderBlock {
    pub name: ProviderName,
    pub provider: ProviderAddress,
    pub version: Option<Constraints>,
    /// One instance of the configuration for each element; only with an alias.
    pub for_each: Option<Expr>,
    /// What is left for the provider's schema.
    pub body: Body,
    pub scope: ProviderScope,
    pub span: Span,
    pub header_span: Span,
}

/// What the names in the body of a provider block mean.
#[derive(Clone, Debug, Default)]
pub enum ProviderScope {
    /// The objects of the module around it.
    #[default]
    Module,
    /// The block comes from a test file: these names only.
    Bound(Bindings),
    /// The provider is replaced by made-up answers and is not configured: the body does not count.
    Mocked,
}

/// A reference to a provider configuration, as in `provider = aws.west`, or to an instance of one:
/// `aws.by_region[each.key]`.
#[derive(Clone, Debug)]
pub struct ProviderRef {
    pub name: ProviderName,
    /// Which instance.
    pub key: Option<Expr>,
    /// Of the reference; the block header if the reference is implied.
    pub span: Span,
    /// Written, not implied by the resource type.
    pub explicit: bool,
}

impl ProviderName {
    pub fn new(name: impl Into<Str>, alias: Option<Str>) -> ProviderName {
        ProviderName { name: name.into(), alias }
    }
}

/// Writes `aws` or `aws.west`.
impl fmt::Display for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.alias {
            None => f.write_str(&self.name),
            Some(alias) => write!(f, "{}.{alias}", self.name),
        }
    }
}
