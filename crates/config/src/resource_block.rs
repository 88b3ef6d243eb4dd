//! Managed resources, data sources and ephemeral resources.

use crate::{ActionTrigger, CheckRule, ProviderRef, ProvisionerBlock};
use formwork_diag::{Diagnostics, Span};
use formwork_hcl::{Body, Expr, Traversal};
use formwork_model::{ProviderAddress, Resource, ResourceInstance};
use formwork_value::{Path, Str};

/// `resource`, `data` or `ephemeral`.
#[derive(Clone, Debug)]
pub struct ResourceBlock {
    pub resource: Resource,
    pub count: Option<Expr>,
    pub for_each: Option<Expr>,
    pub depends_on: Vec<Traversal>,
    pub provider: ProviderRef,
    /// The provider, resolved through the module's requirements.
    pub provider_address: ProviderAddress,
    pub lifecycle: Lifecycle,
    pub provisioners: Vec<ProvisionerBlock>,
    pub connection: Option<Body>,
    /// What is left for the provider's schema.
    pub body: Body,
    /// The check block around it.
    pub check: Option<Str>,
    pub span: Span,
    pub header_span: Span,
}

impl ResourceBlock {
    /// Gives problems of an instance its address, and a place in the block if they have none.
    pub fn located(&self, problems: Diagnostics, address: &ResourceInstance) -> Diagnostics {
        located(problems, address, &self.body, self.header_span)
    }
}

/// Gives problems of a block's instance its address, and a place in the block if they have none.
pub(crate) fn located(mut problems: Diagnostics, address: &impl ToString, body: &Body, header: Span) -> Diagnostics {
    for problem in problems.iter_mut() {
        problem.address.get_or_insert_with(|| address.to_string());
        if problem.span.is_none() {
            let place = problem.attribute.as_ref().and_then(|path| formwork_hcl::span_at(body, path));
            problem.span = place.or(Some(header));
        }
    }
    problems
}

/// `lifecycle`.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    /// Whether there is an instance at all; cannot be together with count or for_each.
    pub enabled: Option<Expr>,
    pub create_before_destroy: Option<bool>,
    /// Evaluated in the module, without anything of the instance.
    pub prevent_destroy: Option<Expr>,
    /// `false`: the object is forgotten instead of destroyed.
    pub destroy: Option<bool>,
    pub ignore_changes: IgnoreChanges,
    pub replace_triggered_by: Vec<Expr>,
    pub action_triggers: Vec<ActionTrigger>,
    pub preconditions: Vec<CheckRule>,
    pub postconditions: Vec<CheckRule>,
}

/// `ignore_changes`.
#[derive(Clone, Debug, Default)]
pub enum IgnoreChanges {
    #[default]
    None,
    All,
    Paths(Vec<IgnoredPath>),
}

/// One entry of `ignore_changes`, relative to the object.
#[derive(Clone, Debug)]
pub struct IgnoredPath {
    pub path: Path,
    pub span: Span,
}
