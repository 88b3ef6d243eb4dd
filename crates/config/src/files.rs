//! Configuration files of a directory.

use formwork_diag::{Diagnostic, Diagnostics, FileId, Sources};
use formwork_hcl::{Body, block_contexts, decode, parse, parse_json};
use formwork_model::Files;
use std::collections::BTreeSet;
use std::io;

/// A parsed file.
#[derive(Clone, Debug)]
pub(crate) struct ParsedFile {
    pub body: Body,
    /// Changes what other files declare.
    pub is_override: bool,
}

/// Extensions with the syntax they stand for; the part before must not be empty.
const EXTENSIONS: [(&str, bool); 4] = [(".tf", false), (".tf.json", true), (".tofu", false), (".tofu.json", true)];

/// Base name and whether the syntax is JSON; `None` for other files.
fn classify(name: &str) -> Option<(&str, bool)> {
    if is_ignored(name) {
        return None;
    }
    EXTENSIONS.iter().find_map(|(extension, json)| {
        name.strip_suffix(extension).filter(|base| !base.is_empty()).map(|base| (base, *json))
    })
}

/// Hidden files and those that editors leave behind.
pub fn is_ignored(name: &str) -> bool {
    name.starts_with('.') || name.ends_with('~') || name.starts_with('#') && name.ends_with('#')
}

/// A path in a directory, without a leading `./`.
pub fn join(dir: &str, name: &str) -> String {
    if dir.is_empty() || dir == "." { name.to_string() } else { format!("{}/{name}", dir.trim_end_matches('/')) }
}

/// Names of the configuration files of a directory, sorted. `x.tofu` hides `x.tf`.
pub fn config_files(files: &dyn Files, dir: &str) -> io::Result<Vec<String>> {
    let entries = files.list(if dir.is_empty() { "." } else { dir })?;
    let names: BTreeSet<&str> = entries.iter().filter(|(_, is_dir)| !is_dir).map(|(name, _)| name.as_str()).collect();
    let hidden = |name: &str| match name.strip_suffix(".json").unwrap_or(name).strip_suffix(".tf") {
        Some(base) if name.ends_with(".json") => names.contains(format!("{base}.tofu.json").as_str()),
        Some(base) => names.contains(format!("{base}.tofu").as_str()),
        None => false,
    };
    Ok(names.iter().filter(|n| classify(n).is_some() && !hidden(n)).map(|n| (*n).to_string()).collect())
}

/// Reads and parses the configuration files of a directory, primary files first.
pub(crate) fn parse_dir(
    files: &dyn Files,
    dir: &str,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> io::Result<Vec<ParsedFile>> {
    let mut parsed = Vec::new();
    for name in config_files(files, dir)? {
        let Some((base, json)) = classify(&name) else { continue };
        let path = join(dir, &name);
        let bytes = match files.read(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                let detail = format!("The file {path} could not be read: {error}.");
                diagnostics.push(Diagnostic::error("Failed to read file", detail));
                continue;
            }
        };
        let body = parse_file(path, bytes, json, sources, diagnostics);
        let is_override = base == "override" || base.ends_with("_override");
        parsed.push(ParsedFile { body, is_override });
    }
    parsed.sort_by_key(|file| file.is_override);
    Ok(parsed)
}

/// Parses one file of either syntax.
pub fn parse_file(
    path: String,
    bytes: Vec<u8>,
    json: bool,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Body {
    let next = FileId(u32::try_from(sources.files().len()).unwrap_or(u32::MAX));
    let (text, problems) = decode(next, bytes);
    let file = sources.add(path, text.as_str());
    diagnostics.extend(problems);
    let (body, problems) = if json { parse_json(file, &text) } else { parse(file, &text) };
    diagnostics.extend(problems);
    sources.set_contexts(file, block_contexts(&body));
    body
}
