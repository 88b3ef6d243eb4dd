//! From the files of a directory to a module.

mod overrides;
mod primary;

use crate::files::ParsedFile;
use crate::item::{Item, complete};
use crate::read::action::read_action;
use crate::read::check::read_check;
use crate::read::import::read_import;
use crate::read::moved::{read_moved, read_removed};
use crate::read::resource::read_resource;
use crate::read::{call, output, provider, variable};
use crate::{ImportBlock, Module};
use formwork_diag::{Diagnostic, Diagnostics, Sources};
use formwork_hcl::BodySchema;
use formwork_model::{ModulePath, Resource};
use overrides::{apply_override, override_settings};
use primary::{Duplicates, add_locals, add_settings};
use std::collections::BTreeSet;

fn file_schema() -> BodySchema {
    BodySchema::new(
        &[],
        &[
            ("terraform", &[]),
            ("provider", &["name"]),
            ("variable", &["name"]),
            ("locals", &[]),
            ("output", &["name"]),
            ("module", &["name"]),
            ("resource", &["type", "name"]),
            ("data", &["type", "name"]),
            ("ephemeral", &["type", "name"]),
            ("action", &["type", "name"]),
            ("check", &["name"]),
            ("moved", &[]),
            ("removed", &[]),
            ("import", &[]),
        ],
    )
}

/// Puts a module together. Versions that the engine is not go to `refused`.
pub(crate) fn assemble(
    path: ModulePath,
    dir: &str,
    files: &[ParsedFile],
    sources: &Sources,
    found: &mut Diagnostics,
    refused: &mut Diagnostics,
) -> Module {
    let mut module = Module::empty(path, dir);
    let mut own_refused = Diagnostics::new();
    let mut items = Vec::new();
    let mut override_blocks = Vec::new();
    for file in files {
        let content = complete(&file.body, &file_schema(), found);
        for block in content.blocks {
            if file.is_override {
                override_blocks.push(block);
            } else {
                items.push(Item::new(block));
            }
        }
    }
    let mut duplicates = Duplicates::new(sources);
    for item in items.iter().filter(|i| &*i.block.kind.name == "terraform") {
        add_settings(&item.block, &mut module, &mut duplicates, found, &mut own_refused);
    }
    for item in items.iter().filter(|i| &*i.block.kind.name == "locals") {
        add_locals(&item.block.body, &mut module, &duplicates, found);
    }
    for block in override_blocks {
        if &*block.kind.name == "terraform" {
            override_settings(&block, &mut module, found, &mut own_refused);
        } else {
            apply_override(block, &mut items, &mut module, found);
        }
    }
    for item in &items {
        add_item(item, &mut module, &mut duplicates, found);
    }
    check_imports(&module, found);
    refused.extend(own_refused);
    module
}

fn add_item(item: &Item, module: &mut Module, duplicates: &mut Duplicates<'_>, diagnostics: &mut Diagnostics) {
    match &*item.block.kind.name {
        "provider" => add_provider(item, module, duplicates, diagnostics),
        "variable" => add_variable(item, module, duplicates, diagnostics),
        "output" => add_output(item, module, duplicates, diagnostics),
        "module" => add_call(item, module, duplicates, diagnostics),
        "resource" | "data" | "ephemeral" => add_resource(item, module, duplicates, diagnostics),
        "action" => add_action(item, module, duplicates, diagnostics),
        "check" => add_check(item, module, duplicates, diagnostics),
        "moved" => module.moved.extend(read_moved(&item.block, diagnostics)),
        "removed" => module.removed.extend(read_removed(&item.block, diagnostics)),
        "import" => module.imports.extend(read_import(&item.block, diagnostics)),
        _ => {}
    }
}

fn add_provider(item: &Item, module: &mut Module, duplicates: &mut Duplicates<'_>, diagnostics: &mut Diagnostics) {
    let Some(block) = provider::read_provider(item, module, diagnostics) else { return };
    let existing = module.providers.get(&block.name).map(|b| b.header_span);
    let what = format!("The provider configuration {}", block.name);
    if duplicates.is_new(existing, "Duplicate provider configuration", &what, block.header_span, diagnostics) {
        module.providers.insert(block.name.clone(), block);
    }
}

fn add_variable(item: &Item, module: &mut Module, duplicates: &mut Duplicates<'_>, diagnostics: &mut Diagnostics) {
    let block = variable::read_variable(item, diagnostics);
    let existing = module.variables.get(&block.name).map(|b| b.header_span);
    let what = format!("The variable {:?}", &*block.name);
    if duplicates.is_new(existing, "Duplicate variable declaration", &what, block.header_span, diagnostics) {
        module.variables.insert(block.name.clone(), block);
    }
}

fn add_output(item: &Item, module: &mut Module, duplicates: &mut Duplicates<'_>, diagnostics: &mut Diagnostics) {
    let Some(block) = output::read_output(item, diagnostics) else { return };
    let existing = module.outputs.get(&block.name).map(|b| b.header_span);
    let what = format!("The output {:?}", &*block.name);
    if duplicates.is_new(existing, "Duplicate output definition", &what, block.header_span, diagnostics) {
        module.outputs.insert(block.name.clone(), block);
    }
}

fn add_call(item: &Item, module: &mut Module, duplicates: &mut Duplicates<'_>, diagnostics: &mut Diagnostics) {
    let block = call::read_call(item, diagnostics);
    let existing = module.calls.get(&block.name).map(|b| b.header_span);
    let what = format!("The module call {:?}", &*block.name);
    if duplicates.is_new(existing, "Duplicate module call", &what, block.header_span, diagnostics) {
        module.calls.insert(block.name.clone(), block);
    }
}

fn add_resource(item: &Item, module: &mut Module, duplicates: &mut Duplicates<'_>, diagnostics: &mut Diagnostics) {
    let block = read_resource(item, module, diagnostics);
    insert_resource(block, module, duplicates, diagnostics);
}

fn add_action(item: &Item, module: &mut Module, duplicates: &mut Duplicates<'_>, diagnostics: &mut Diagnostics) {
    let block = read_action(item, module, diagnostics);
    let existing = module.actions.get(&block.action).map(|b| b.header_span);
    let summary = format!("Duplicate action {:?} configuration", &*block.action.kind);
    let what = format!("The action {}", block.action);
    if duplicates.is_new(existing, &summary, &what, block.header_span, diagnostics) {
        module.actions.insert(block.action.clone(), block);
    }
}

fn insert_resource(
    mut block: crate::ResourceBlock,
    module: &mut Module,
    duplicates: &mut Duplicates<'_>,
    diagnostics: &mut Diagnostics,
) {
    let Some(existing) = module.resources.get(&block.resource).map(|b| b.header_span) else {
        share_kind(&mut block.resource, module);
        module.resources.insert(block.resource.clone(), Box::new(block));
        return;
    };
    let word = crate::read::resource::mode_word(block.resource.mode);
    let summary = format!("Duplicate {word} {:?} configuration", &*block.resource.kind);
    let what = format!("The {word} {}", block.resource);
    duplicates.is_new(Some(existing), &summary, &what, block.header_span, diagnostics);
}

/// Resources of one type share its text: that takes less memory, and addresses are compared faster.
fn share_kind(resource: &mut Resource, module: &Module) {
    let (before, after) = (module.resources.range(..&*resource), module.resources.range(&*resource..));
    let mut neighbours = before.map(|(r, _)| r).next_back().into_iter().chain(after.map(|(r, _)| r).next());
    if let Some(shared) = neighbours.find(|neighbour| neighbour.kind == resource.kind) {
        resource.kind = shared.kind.clone();
    }
}

fn add_check(item: &Item, module: &mut Module, duplicates: &mut Duplicates<'_>, diagnostics: &mut Diagnostics) {
    let (block, data) = read_check(item, module, diagnostics);
    let existing = module.checks.get(&block.name).map(|b| b.header_span);
    let summary = format!("Duplicate check {:?} configuration", &*block.name);
    let what = format!("The check block {:?}", &*block.name);
    if duplicates.is_new(existing, &summary, &what, block.header_span, diagnostics) {
        module.checks.insert(block.name.clone(), block);
        if let Some(data) = data {
            insert_resource(data, module, duplicates, diagnostics);
        }
    }
}

/// There is one import for each address.
fn check_imports(module: &Module, diagnostics: &mut Diagnostics) {
    let mut seen = BTreeSet::new();
    for import in &module.imports {
        diagnostics.extend(needless_provider(module, import));
        let Some(address) = import.to.constant_address() else { continue };
        if seen.contains(&address) {
            let summary = format!("Duplicate import configuration for {address:?}");
            let detail = "Another import block has the same address. An object can be imported once only.";
            diagnostics.push(Diagnostic::error(summary, detail).at(import.to.span));
        } else {
            seen.insert(address);
        }
    }
}

/// A provider can be chosen where a resource block is to be generated; otherwise the block has one.
fn needless_provider(module: &Module, import: &ImportBlock) -> Option<Diagnostic> {
    let provider = import.provider.as_ref()?;
    let own = module.resources.get(&import.to.resource).filter(|_| import.to.module.is_empty());
    let fits = match own {
        Some(resource) => resource.provider.explicit && resource.provider.name == provider.name,
        None => import.to.module.is_empty(),
    };
    if fits {
        return None;
    }
    let detail = "The provider is that of the resource block, so it can be written only where the block is to be generated. \
                  Write it in the resource block.";
    Some(Diagnostic::error("Invalid import provider argument", detail).at(provider.span))
}
