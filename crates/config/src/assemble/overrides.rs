//! What override files change.

use crate::Module;
use crate::item::Item;
use crate::read::locals::read_locals;
use crate::read::moved::read_removed;
use crate::read::provider::provider_name;
use crate::read::settings::read_settings;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_hcl::Block;

/// An override's `terraform` block: the version constraint replaces all others, requirements are replaced one by one,
/// backend and cloud replace each other.
pub(super) fn override_settings(
    block: &Block,
    module: &mut Module,
    diagnostics: &mut Diagnostics,
    refused: &mut Diagnostics,
) {
    let mut own_refused = Diagnostics::new();
    let settings = read_settings(block, diagnostics, &mut own_refused);
    if let Some(version) = settings.required_version {
        module.required_versions = vec![version];
        *refused = own_refused;
    }
    for (requirements, _) in settings.requirements {
        module.requirements.extend(requirements.into_iter().map(|r| (r.name.clone(), r)));
    }
    for backend in settings.backends {
        module.backend = Some(backend);
        module.cloud = None;
    }
    for cloud in settings.clouds {
        module.cloud = Some(cloud);
        module.backend = None;
    }
}

/// Puts an override's block to the item that it changes.
pub(super) fn apply_override(block: Block, items: &mut [Item], module: &mut Module, diagnostics: &mut Diagnostics) {
    let missing = match &*block.kind.name {
        "locals" => return override_locals(&block, module, diagnostics),
        // The reference passes over it in silence, which would destroy what is only to be forgotten.
        "removed" => return module.removed.extend(read_removed(&block, diagnostics)),
        "check" | "moved" | "import" => {
            let summary = match &*block.kind.name {
                "check" => "Can't override check blocks".to_string(),
                kind => format!("Cannot override '{kind}' blocks"),
            };
            let detail = "Such blocks can be in primary files only, not in override files. Move it to another file.";
            diagnostics.push(Diagnostic::error(summary, detail).at(block.header_span));
            return;
        }
        "provider" => "Missing base provider configuration for override",
        "variable" => "Missing base variable declaration to override",
        "output" => "Missing base output definition to override",
        "module" => "Missing module call to override",
        "action" => "Missing action to override",
        "data" => "Missing data resource to override",
        "ephemeral" => "Missing ephemeral resource to override",
        _ => "Missing resource to override",
    };
    match items.iter_mut().find(|item| same_object(&item.block, &block)) {
        Some(item) => item.overrides.push(block),
        None => {
            let detail = "An override file can only change what another file of the module declares; nothing there has \
                 this name.";
            diagnostics.push(Diagnostic::error(missing, detail).at(block.header_span));
        }
    }
}

fn same_object(base: &Block, over: &Block) -> bool {
    let texts = |block: &Block| block.labels.iter().map(|l| l.text.clone()).collect::<Vec<_>>();
    base.kind.name == over.kind.name
        && texts(base) == texts(over)
        && (&*base.kind.name != "provider" || provider_name(base) == provider_name(over))
}

fn override_locals(block: &Block, module: &mut Module, diagnostics: &mut Diagnostics) {
    for local in read_locals(&block.body, diagnostics) {
        if !module.locals.contains_key(&local.name) {
            let summary = "Missing base local value definition to override";
            let detail = format!("No other file of the module defines the local value {:?}.", &*local.name);
            diagnostics.push(Diagnostic::error(summary, detail).at(local.span));
            continue;
        }
        module.locals.insert(local.name.clone(), local);
    }
}
