//! What is locked of modules: blocks `module` of the lock file, which the reference has reserved and passes over.

use crate::lock_file::{read_hashes, read_text, read_version, saved_text};
use crate::replace::replace;
use formwork_diag::{Diagnostic, Diagnostics, Sources};
use formwork_hcl::{Block, BodySchema, parse};
use formwork_model::Version;
use formwork_value::Str;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

/// A module as it was installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleLock {
    /// The normal form of the address for which it was installed.
    pub source: Str,
    /// Only of modules from a registry.
    pub version: Option<Version>,
    /// Only of modules from git repositories.
    pub commit: Option<Str>,
    /// Where in the package the module is, if not at its top.
    pub subdir: Option<Str>,
    /// `h1:` over the files of the package.
    pub hashes: Vec<Str>,
}

/// Locked modules by the names of the calls that lead to them, joined with dots.
pub type ModuleLocks = BTreeMap<String, ModuleLock>;

/// Reads the locked modules of a lock file; an absent file has none.
pub fn read_module_locks(path: &Path, sources: &mut Sources) -> (ModuleLocks, Diagnostics) {
    match fs::read_to_string(path) {
        Ok(text) => parse_module_locks(&path.display().to_string(), &text, sources),
        // That it cannot be read is told when providers are looked up in it.
        Err(_) => (ModuleLocks::new(), Diagnostics::new()),
    }
}

/// Reads the locked modules in the text of a lock file. What else is in it is not looked at.
pub fn parse_module_locks(name: &str, text: &str, sources: &mut Sources) -> (ModuleLocks, Diagnostics) {
    let file = sources.add(name, text);
    let (body, _) = parse(file, text);
    let (content, _) = body.content(&BodySchema::new(&[], &[("provider", &["source_addr"]), ("module", &["path"])]));
    let (mut locks, mut diagnostics) = (ModuleLocks::new(), Diagnostics::new());
    for block in content.blocks.iter().filter(|block| is_lock(block)) {
        let Some((key, lock)) = read_lock(block, &mut diagnostics) else { continue };
        if locks.insert(key, lock).is_some() {
            let problem = Diagnostic::error("Duplicate module lock", "Each module can have one entry only.");
            diagnostics.push(problem.at(block.header_span));
        }
    }
    (locks, diagnostics)
}

/// True if a block `module` is one of ours. Those of others mean nothing here.
pub(crate) fn is_lock(block: &Block) -> bool {
    &*block.kind.name == "module" && block.body.just_attributes().0.iter().any(|a| &*a.name.name == "source")
}

fn read_lock(block: &Block, diagnostics: &mut Diagnostics) -> Option<(String, ModuleLock)> {
    let schema = BodySchema::new(
        &[("source", true), ("version", false), ("commit", false), ("subdir", false), ("hashes", true)],
        &[],
    );
    let (content, problems) = block.body.content(&schema);
    let failed = problems.has_errors();
    diagnostics.extend(problems);
    let key = block.labels.first()?.text.to_string();
    let version = match content.attribute("version") {
        Some(attribute) => Some(read_version(attribute, diagnostics)?),
        None => None,
    };
    let mut text = |name: &str| match content.attribute(name) {
        Some(attribute) => read_text(&attribute.expr, diagnostics).map(Some),
        None => Some(None),
    };
    let (commit, subdir) = (text("commit")?, text("subdir")?);
    if failed {
        return None;
    }
    let source = read_text(&content.attribute("source")?.expr, diagnostics)?;
    let hashes = read_hashes(content.attribute("hashes")?, diagnostics)?;
    Some((key, ModuleLock { source, version, commit, subdir, hashes }))
}

/// The blocks of locked modules.
pub(crate) fn write_module_locks(locks: &ModuleLocks) -> String {
    let mut out = String::new();
    for (key, lock) in locks {
        let pad = if lock.version.is_some() { " " } else { "" };
        let _ = writeln!(out, "\nmodule {} {{", quoted(key));
        let _ = writeln!(out, "  source{pad} = {}", quoted(&lock.source));
        if let Some(version) = &lock.version {
            let _ = writeln!(out, "  version = \"{version}\"");
        }
        if let Some(commit) = &lock.commit {
            let _ = writeln!(out, "  commit{pad} = {}", quoted(commit));
        }
        if let Some(subdir) = &lock.subdir {
            let _ = writeln!(out, "  subdir{pad} = {}", quoted(subdir));
        }
        let _ = writeln!(out, "  hashes = [");
        for hash in &lock.hashes {
            let _ = writeln!(out, "    {},", quoted(hash));
        }
        out.push_str("  ]\n}\n");
    }
    out
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' if characters.peek() == Some(&'{') => out.extend([c, c]),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Writes the locked modules into the lock file, if they change. The rest stays.
pub fn save_module_locks(path: &Path, locks: &ModuleLocks) -> io::Result<bool> {
    let old = fs::read_to_string(path).unwrap_or_default();
    let (known, _) = parse_module_locks("", &old, &mut Sources::new());
    if known == *locks {
        return Ok(false);
    }
    let (providers, problems) = crate::parse_lock_file("", &old, &mut Sources::new());
    if problems.has_errors() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the lock file cannot be read"));
    }
    replace(path, saved_text(&providers, locks).as_bytes()).map(|()| true)
}
