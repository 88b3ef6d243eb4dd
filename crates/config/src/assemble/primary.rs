//! What primary files declare: settings and locals, and the rule that names are unique.

use crate::read::locals::read_locals;
use crate::read::settings::{Settings, read_settings};
use crate::{BackendBlock, CloudBlock, Module, ProviderMeta};
use formwork_diag::{Diagnostic, Diagnostics, Sources, Span};
use formwork_hcl::{Block, Body};

/// Reports second declarations.
pub(super) struct Duplicates<'a> {
    sources: &'a Sources,
    requirements: Option<Span>,
}

impl<'a> Duplicates<'a> {
    pub fn new(sources: &'a Sources) -> Duplicates<'a> {
        Duplicates { sources, requirements: None }
    }

    /// True if nothing was declared before; otherwise that is reported.
    pub fn is_new(
        &self,
        existing: Option<Span>,
        summary: &str,
        what: &str,
        span: Span,
        diagnostics: &mut Diagnostics,
    ) -> bool {
        let Some(existing) = existing else { return true };
        let file = self.sources.get(existing.file);
        let place = file.map_or_else(String::new, |f| format!(" at {}:{}", f.name, f.line(existing.start)));
        let detail = format!(
            "{what} is declared{place} already. Names must be unique within a module; remove or rename one of them."
        );
        diagnostics.push(Diagnostic::error(summary, detail).at(span));
        false
    }
}

/// A `terraform` block.
pub(super) fn add_settings(
    block: &Block,
    module: &mut Module,
    duplicates: &mut Duplicates<'_>,
    diagnostics: &mut Diagnostics,
    refused: &mut Diagnostics,
) {
    let settings = read_settings(block, diagnostics, refused);
    module.required_versions.extend(settings.required_version.clone());
    for (requirements, span) in settings.requirements.clone() {
        let existing = duplicates.requirements;
        let summary = "Duplicate required providers configuration";
        if duplicates.is_new(existing, summary, "A required_providers block", span, diagnostics) {
            duplicates.requirements = Some(span);
            module.requirements = requirements.into_iter().map(|r| (r.name.clone(), r)).collect();
        }
    }
    add_provider_metas(&settings, module, duplicates, diagnostics);
    for backend in settings.backends {
        add_backend(backend, module, duplicates, diagnostics);
    }
    for cloud in settings.clouds {
        add_cloud(cloud, module, duplicates, diagnostics);
    }
}

fn add_provider_metas(
    settings: &Settings,
    module: &mut Module,
    duplicates: &Duplicates<'_>,
    diagnostics: &mut Diagnostics,
) {
    for (name, body, span) in &settings.provider_metas {
        let existing = module.provider_metas.get(name).map(|m| m.span);
        let what = format!("A provider_meta block for {:?}", &**name);
        if duplicates.is_new(existing, "Duplicate provider_meta block", &what, *span, diagnostics) {
            let provider = module.provider_address(name);
            let meta = ProviderMeta { name: name.clone(), provider, body: body.clone(), span: *span };
            module.provider_metas.insert(name.clone(), meta);
        }
    }
}

fn add_backend(backend: BackendBlock, module: &mut Module, duplicates: &Duplicates<'_>, diagnostics: &mut Diagnostics) {
    let existing = module.backend.as_ref().map(|b| b.header_span);
    if duplicates.is_new(existing, "Duplicate backend configuration", "A backend", backend.header_span, diagnostics) {
        if module.cloud.is_some() {
            refuse_both(backend.header_span, diagnostics);
        }
        module.backend = Some(backend);
    }
}

fn add_cloud(cloud: CloudBlock, module: &mut Module, duplicates: &Duplicates<'_>, diagnostics: &mut Diagnostics) {
    let existing = module.cloud.as_ref().map(|b| b.header_span);
    let summary = "Duplicate HCP Terraform configurations";
    if duplicates.is_new(existing, summary, "A cloud block", cloud.header_span, diagnostics) {
        if let Some(backend) = &module.backend {
            refuse_both(backend.header_span, diagnostics);
        }
        module.cloud = Some(cloud);
    }
}

fn refuse_both(span: Span, diagnostics: &mut Diagnostics) {
    let detail = "A module can have either a backend block or a cloud block. Remove one of them.";
    diagnostics.push(Diagnostic::error("Both a backend and cloud configuration are present", detail).at(span));
}

/// A `locals` block.
pub(super) fn add_locals(body: &Body, module: &mut Module, duplicates: &Duplicates<'_>, diagnostics: &mut Diagnostics) {
    for local in read_locals(body, diagnostics) {
        let existing = module.locals.get(&local.name).map(|l| l.span);
        let what = format!("The local value {:?}", &*local.name);
        if duplicates.is_new(existing, "Duplicate local value definition", &what, local.span, diagnostics) {
            module.locals.insert(local.name.clone(), local);
        }
    }
}
