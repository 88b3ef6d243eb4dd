//! Cases as data: configuration files and the problems that are found in them.
//!
//! Expected are lines `SEVERITY FILE:LINE SUMMARY`.

// Tests read their cases from files.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods)]

mod case_files;
mod memory_files;
mod robust;
mod tree;
mod variables;

use formwork_config::{ModuleResolution, check_references, check_statements, load};
use formwork_diag::{Diagnostic, Severity, Sources};
use formwork_model::ModuleManifest;
use memory_files::MemoryFiles;

#[test]
fn problems_are_found_where_they_are() {
    case_files::check(env!("CARGO_MANIFEST_DIR"), |files| problems(&files));
}

/// Problems of loading; if there is no error, versions that are asked for, and then problems of references and of
/// statements for plans.
fn problems(files: &MemoryFiles) -> Vec<String> {
    let (config, mut diagnostics) = load(files, ".", &ModuleManifest::default(), ModuleResolution::Direct);
    if !diagnostics.has_errors() {
        diagnostics.extend(config.refused.clone());
    }
    if !diagnostics.has_errors() {
        diagnostics.extend(check_references(&config));
        diagnostics.extend(check_statements(&config));
    }
    let mut lines: Vec<String> = diagnostics.iter().map(|d| line(d, &config.sources)).collect();
    lines.sort();
    lines
}

fn line(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let place = diagnostic.span.and_then(|span| {
        let file = sources.get(span.file)?;
        Some(format!("{}:{}", file.name, file.line(span.start)))
    });
    format!("{severity} {} {}", place.as_deref().unwrap_or("-"), diagnostic.summary)
}
