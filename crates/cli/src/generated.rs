//! Configuration files that are written for imported objects (`-generate-config-out`).

use crate::arguments::Arguments;
use crate::configuration::load_configuration_with;
use crate::machine::OverlayFiles;
use crate::session::Session;
use formwork_config::Config;
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_hcl::quoted;
use formwork_model::{ConfigSummary, Files, Plan, PlanMode};
use formwork_plan::GeneratedResource;
use std::fmt::Write as _;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// Under this name the written blocks are known while planning if their file is no part of the configuration.
const NAME: &str = "__generated__.tf";

/// The file that is to be written, if one is asked for.
pub fn target(arguments: &Arguments, mode: PlanMode) -> Result<Option<&str>, Diagnostics> {
    let Some(path) = arguments.value("generate-config-out").filter(|path| !path.is_empty()) else { return Ok(None) };
    if mode != PlanMode::Normal {
        let detail = "-generate-config-out cannot be combined with -destroy or -refresh-only: they import nothing.";
        return Err(Diagnostic::error("Invalid generate-config-out flag", detail).into());
    }
    if Path::new(path).exists() {
        let detail = format!(
            "Configuration for imported objects is written into a new file only, and {path:?} is there already. Name \
             another file, or move this one away."
        );
        return Err(Diagnostic::error("Target generated file already exists", detail).into());
    }
    Ok(Some(path))
}

/// Writes the file, and gives the configuration together with what is in it.
pub fn write(session: &Session, path: &str, resources: &[GeneratedResource]) -> Result<Config, Diagnostics> {
    let text = text(resources);
    let created = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
    created.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| {
        let hint = if error.kind() == ErrorKind::NotFound { " Make the folder first." } else { "" };
        let detail = format!("The configuration for imported objects cannot be written to {path:?}: {error}.{hint}");
        Diagnostic::error("Failed to create target generated file", detail).blame(Blame::Environment)
    })?;
    let files = session.files();
    let is_loaded = path.ends_with(".tf") && files.list(".").is_ok_and(|all| all.iter().any(|(name, _)| name == path));
    let (config, _) = if is_loaded {
        load_configuration_with(session, &files)?
    } else {
        load_configuration_with(session, &OverlayFiles::new(files, NAME, &text))?
    };
    Ok(config)
}

fn text(resources: &[GeneratedResource]) -> String {
    let mut text =
        "# Written by Formwork for imported objects.\n# Review these blocks, and move them to your own files.\n"
            .to_owned();
    for resource in resources {
        let from =
            resource.id.as_ref().map_or_else(|| "by its identity".to_owned(), |id| format!("from {}", quoted(id)));
        let _ = write!(text, "\n# Imported {from}.\n{}", resource.text);
    }
    text
}

/// Notes in the plan what was written.
pub fn note(plan: &mut Plan, resources: &[GeneratedResource]) {
    for resource in resources {
        if let Some(change) = plan.changes.iter_mut().find(|change| change.address == resource.address) {
            change.generated_config = Some(resource.text.trim_end().into());
        }
    }
}

/// Leaves what was written out of what the plan says of the configuration.
pub fn leave_out(config: &mut ConfigSummary, resources: &[GeneratedResource]) {
    for resource in resources {
        let name = resource.address.resource.to_string();
        config.root.resources.retain(|summary| *summary.address != *name);
    }
}

/// What users should know about written configuration.
pub fn warning(path: &str) -> Diagnostic {
    let detail = format!(
        "Configuration for imported objects was written to {path:?}. It is a start: look through it before you apply, \
         and expect its form to change in later versions."
    );
    Diagnostic::warning("Config generation is experimental", detail)
}
