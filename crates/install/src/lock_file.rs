//! `.terraform.lock.hcl`.

use crate::module_lock::{ModuleLocks, is_lock, parse_module_locks, write_module_locks};
use crate::replace::replace;
use formwork_diag::{Diagnostic, Diagnostics, Sources, Span};
use formwork_hcl::{Attribute, Block, BodySchema, EmptyScope, Expr, evaluate, parse};
use formwork_model::{Constraints, LockFile, ProviderAddress, ProviderLock, Version};
use formwork_value::{Str, Value};
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

/// Reads the lock file; an absent one is empty.
pub fn read_lock_file(path: &Path, sources: &mut Sources) -> (LockFile, Diagnostics) {
    match fs::read_to_string(path) {
        Ok(text) => parse_lock_file(&path.display().to_string(), &text, sources),
        Err(error) if error.kind() == io::ErrorKind::NotFound => (LockFile::default(), Diagnostics::new()),
        Err(error) => {
            let detail = format!("{} could not be read: {error}.", path.display());
            let problem = Diagnostic::error("Failed to read dependency lock file", detail);
            (LockFile::default(), problem.blame(formwork_diag::Blame::Environment).into())
        }
    }
}

/// Reads the text of a lock file.
pub fn parse_lock_file(name: &str, text: &str, sources: &mut Sources) -> (LockFile, Diagnostics) {
    let file = sources.add(name, text);
    let (body, mut diagnostics) = parse(file, text);
    let (content, problems) =
        body.content(&BodySchema::new(&[], &[("provider", &["source_addr"]), ("module", &["path"])]));
    diagnostics.extend(problems);
    let mut lock = LockFile::default();
    for block in &content.blocks {
        if is_lock(block) {
            continue;
        }
        if &*block.kind.name == "module" {
            let detail = "This entry was not written by this program and means nothing to it.";
            let problem = Diagnostic::warning("Dependency lock of a module is ignored", detail);
            diagnostics.push(problem.at(block.header_span));
            continue;
        }
        let Some((provider, entry)) = read_entry(block, &mut diagnostics) else { continue };
        if lock.providers.insert(provider, entry).is_some() {
            let detail = "Each provider can have one entry only.";
            diagnostics.push(Diagnostic::error("Duplicate provider lock", detail).at(block.header_span));
        }
    }
    (lock, diagnostics)
}

fn read_entry(block: &Block, diagnostics: &mut Diagnostics) -> Option<(ProviderAddress, ProviderLock)> {
    let schema = BodySchema::new(&[("version", true), ("constraints", false), ("hashes", false)], &[]);
    let (content, problems) = block.body.content(&schema);
    let failed = problems.has_errors();
    diagnostics.extend(problems);
    let label = block.labels.first()?;
    let provider = read_address(&label.text, label.span, diagnostics)?;
    let version = content.attribute("version").and_then(|a| read_version(a, diagnostics));
    let constraints = match content.attribute("constraints") {
        Some(attribute) => read_constraints(attribute, diagnostics)?,
        None => Str::from(""),
    };
    let hashes = match content.attribute("hashes") {
        Some(attribute) => read_hashes(attribute, diagnostics)?,
        None => Vec::new(),
    };
    let version = version.filter(|_| !failed)?;
    Some((provider, ProviderLock { version, constraints, hashes }))
}

fn read_address(text: &str, span: Span, diagnostics: &mut Diagnostics) -> Option<ProviderAddress> {
    let refuse = |summary: &str, detail: String| Diagnostic::error(summary, detail).at(span);
    let problem = match ProviderAddress::parse(text) {
        Err(error) => refuse("Invalid provider source address", format!("{error}.")),
        Ok(address) if address.is_builtin() || &*address.namespace == "-" => {
            refuse("Invalid provider source address", format!("{text:?} can not be locked."))
        }
        Ok(address) if address.to_string() != text => {
            let detail = format!("Lock files hold full addresses: write {:?}.", address.to_string());
            refuse("Non-normalized provider source address", detail)
        }
        Ok(address) => return Some(address),
    };
    diagnostics.push(problem);
    None
}

pub(crate) fn read_version(attribute: &Attribute, diagnostics: &mut Diagnostics) -> Option<Version> {
    let text = read_text(&attribute.expr, diagnostics)?;
    match Version::parse(&text) {
        Ok(version) if version.to_string() == *text => Some(version),
        Ok(version) => {
            let detail = format!("The version must be written in its normal form: \"{version}\".");
            diagnostics.push(Diagnostic::error("Invalid provider version number", detail).at(attribute.expr.span));
            None
        }
        Err(error) => {
            let problem = Diagnostic::error("Invalid provider version number", format!("{error}."));
            diagnostics.push(problem.at(attribute.expr.span));
            None
        }
    }
}

fn read_constraints(attribute: &Attribute, diagnostics: &mut Diagnostics) -> Option<Str> {
    let text = read_text(&attribute.expr, diagnostics)?;
    let problem = match Constraints::parse(&text) {
        Ok(constraints) if constraints.normalized() == *text => return Some(text),
        Ok(constraints) => format!("Constraints must be written in their normal form: {:?}.", constraints.normalized()),
        Err(error) => format!("{error}."),
    };
    let problem = Diagnostic::error("Invalid provider version constraints", problem);
    diagnostics.push(problem.at(attribute.expr.span));
    None
}

pub(crate) fn read_hashes(attribute: &Attribute, diagnostics: &mut Diagnostics) -> Option<Vec<Str>> {
    let value = constant(&attribute.expr, diagnostics)?;
    let texts: Option<Vec<Str>> =
        value.as_sequence().and_then(|items| items.iter().map(|i| i.as_str().map(Str::from)).collect());
    let valid = texts.filter(|t| !t.is_empty() && t.iter().all(|h| h.contains(':')));
    if valid.is_none() {
        let detail = "A list of checksums is required, each of the form \"SCHEME:VALUE\".";
        diagnostics.push(Diagnostic::error("Invalid provider hash set", detail).at(attribute.expr.span));
    }
    let mut hashes = valid?;
    hashes.sort();
    hashes.dedup();
    Some(hashes)
}

pub(crate) fn read_text(expr: &Expr, diagnostics: &mut Diagnostics) -> Option<Str> {
    let value = constant(expr, diagnostics)?;
    let text = value.as_str().map(Str::from);
    if text.is_none() {
        diagnostics.push(Diagnostic::error("Unsuitable value type", "A string is required here.").at(expr.span));
    }
    text
}

fn constant(expr: &Expr, diagnostics: &mut Diagnostics) -> Option<Value> {
    let evaluated = evaluate(expr, &EmptyScope);
    let failed = evaluated.diagnostics.has_errors();
    diagnostics.extend(evaluated.diagnostics);
    (!failed).then_some(evaluated.value)
}

/// The text of a lock file, exactly as the reference writes it.
pub fn write_lock_file(lock: &LockFile) -> String {
    let mut out = String::from(
        "# This file is maintained automatically by \"terraform init\".\n# Manual edits may be lost in future \
         updates.\n",
    );
    for (provider, entry) in &lock.providers {
        let has_constraints = !entry.constraints.is_empty();
        let pad = if has_constraints { "    " } else { "" };
        let _ = writeln!(out, "\nprovider \"{provider}\" {{");
        let _ = writeln!(out, "  version{pad} = \"{}\"", entry.version);
        if has_constraints {
            let _ = writeln!(out, "  constraints = \"{}\"", entry.constraints);
        }
        if !entry.hashes.is_empty() {
            let _ = writeln!(out, "  hashes = [");
            for hash in &entry.hashes {
                let _ = writeln!(out, "    \"{hash}\",");
            }
            out.push_str("  ]\n");
        }
        out.push_str("}\n");
    }
    out
}

/// All of a lock file.
pub(crate) fn saved_text(lock: &LockFile, modules: &ModuleLocks) -> String {
    format!("{}{}", write_lock_file(lock), write_module_locks(modules))
}

/// Writes the lock file if its content changes; true if it did. The modules in it stay. Readers see the old or the new file,
/// never a part.
pub fn save_lock_file(path: &Path, lock: &LockFile) -> io::Result<bool> {
    let old = fs::read_to_string(path);
    let modules = old.as_ref().map(|text| parse_module_locks("", text, &mut Sources::new()).0).unwrap_or_default();
    let text = saved_text(lock, &modules);
    if old.is_ok_and(|old| old == text) {
        return Ok(false);
    }
    replace(path, text.as_bytes()).map(|()| true)
}
