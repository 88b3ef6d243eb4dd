//! `terraform` blocks.

use crate::constant::constant;
use crate::item::complete;
use crate::read::requirement::{read_constraints, read_requirements};
use crate::{BackendBlock, CloudBlock, ProviderRequirement};
use formwork_diag::{Diagnostic, Diagnostics, Span};
use formwork_hcl::{Attribute, Block, Body, BodySchema, as_keyword};
use formwork_model::{ConstraintOp, Constraints, TERRAFORM_VERSION, Version};
use formwork_value::{Str, Type, convert};
use std::collections::BTreeMap;

/// What one `terraform` block says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    pub required_version: Option<(Constraints, Span)>,
    pub backends: Vec<BackendBlock>,
    pub clouds: Vec<CloudBlock>,
    /// Each `required_providers` block with its header.
    pub requirements: Vec<(Vec<ProviderRequirement>, Span)>,
    pub provider_metas: Vec<(Str, Body, Span)>,
    pub experiments: Option<Span>,
}

/// One `terraform` block. Version constraints that the engine does not satisfy go to `refused`.
pub(crate) fn read_settings(block: &Block, diagnostics: &mut Diagnostics, refused: &mut Diagnostics) -> Settings {
    let schema = BodySchema::new(
        &[("required_version", false), ("experiments", false), ("language", false)],
        &[("backend", &["type"]), ("cloud", &[]), ("required_providers", &[]), ("provider_meta", &["provider"])],
    );
    let content = complete(&block.body, &schema, diagnostics);
    let mut settings = Settings::default();
    if let Some(attribute) = content.attribute("required_version") {
        settings.required_version = read_required_version(attribute, diagnostics, refused);
    }
    if let Some(attribute) = content.attribute("experiments") {
        settings.experiments = Some(attribute.expr.span);
        let detail = "Experimental features are available in alpha releases only. Remove the argument.";
        diagnostics.push(Diagnostic::error("Module uses experimental features", detail).at(attribute.expr.span));
    }
    if let Some(attribute) = content.attribute("language") {
        let edition = as_keyword(&attribute.expr);
        if edition.as_deref() != Some("TF2021") {
            let detail = "The only language edition is TF2021.";
            diagnostics.push(Diagnostic::error("Unsupported language edition", detail).at(attribute.expr.span));
        }
    }
    for inner in &content.blocks {
        read_settings_block(inner, &mut settings, diagnostics);
    }
    settings
}

fn read_settings_block(block: &Block, settings: &mut Settings, diagnostics: &mut Diagnostics) {
    let label = || block.labels.first().map_or_else(|| Str::from(""), |l| l.text.clone());
    let (span, header_span) = (block.span, block.header_span);
    match &*block.kind.name {
        "backend" => {
            let early = BTreeMap::new();
            settings.backends.push(BackendBlock { kind: label(), body: block.body.clone(), early, span, header_span });
        }
        "cloud" => settings.clouds.push(CloudBlock { body: block.body.clone(), span, header_span }),
        "required_providers" => {
            settings.requirements.push((read_requirements(&block.body, diagnostics), header_span));
        }
        "provider_meta" => {
            diagnostics.extend(block.body.just_attributes().1);
            settings.provider_metas.push((label(), block.body.clone(), header_span));
        }
        _ => {}
    }
}

fn read_required_version(
    attribute: &Attribute,
    diagnostics: &mut Diagnostics,
    refused: &mut Diagnostics,
) -> Option<(Constraints, Span)> {
    let span = attribute.expr.span;
    let mut problems = Diagnostics::new();
    let value = convert(&constant(&attribute.expr, &mut problems), &Type::String).ok();
    if value.as_ref().is_some_and(|value| value.is_null()) && !problems.has_errors() {
        return None;
    }
    let Some(text) = value.as_ref().and_then(|v| v.as_str()).filter(|_| !problems.has_errors()) else {
        let detail = "A literal string such as \">= 1.5\" is required.";
        diagnostics.push(Diagnostic::error("Invalid version constraint", detail).at(span));
        return None;
    };
    if text.trim().is_empty() {
        let detail = "The constraint is empty. Leave the argument out if any version will do.";
        diagnostics.push(Diagnostic::error("Invalid version constraint", detail).at(span));
        return None;
    }
    let constraints = read_constraints(text, span, diagnostics)?;
    if constraints.0.iter().any(|c| c.version.is_prerelease()) {
        let detail = "Pre-releases cannot be named here. Name the release for which the pre-release was made.";
        diagnostics.push(Diagnostic::error("Invalid required_version constraint", detail).at(span));
        return None;
    }
    let engine = Version::parse(TERRAFORM_VERSION).ok()?;
    if !permissive(&constraints).accepts(&engine) {
        let detail = format!(
            "The configuration needs a version {text}; this engine behaves as version {TERRAFORM_VERSION}. Change the \
             constraint, or use another version."
        );
        refused.push(Diagnostic::error("Unsupported Terraform Core version", detail).at(attribute.span));
    }
    Some((constraints, span))
}

/// In this place `~>` with a single number sets no upper bound (source: the reference's version grammar).
fn permissive(constraints: &Constraints) -> Constraints {
    let mut constraints = constraints.clone();
    for constraint in &mut constraints.0 {
        if constraint.op == ConstraintOp::Pessimistic && constraint.version.written == 1 {
            constraint.op = ConstraintOp::GreaterOrEqual;
        }
    }
    constraints
}
