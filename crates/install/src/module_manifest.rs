//! `modules.json`: which modules are installed.

use crate::replace::replace;
use formwork_model::{InstalledModule, ModuleManifest, ModulePath, Version};
use serde_json::Value;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

/// Why a manifest cannot be used.
#[derive(Debug)]
pub struct ManifestError(pub String);

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ManifestError {}

/// Reads the manifest in a modules directory (`.terraform/modules`); an absent one is empty.
pub fn read_manifest(modules_dir: &Path) -> Result<ModuleManifest, ManifestError> {
    let path = modules_dir.join("modules.json");
    match fs::read_to_string(&path) {
        Ok(text) => parse_manifest(&text).map_err(|e| ManifestError(format!("{}: {e}", path.display()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(ModuleManifest::default()),
        Err(error) => Err(ManifestError(format!("{}: {error}", path.display()))),
    }
}

/// Reads the text of a manifest.
pub fn parse_manifest(text: &str) -> Result<ModuleManifest, ManifestError> {
    let bad = |why: &str| ManifestError(format!("the module manifest is damaged ({why}); run \"formwork init\""));
    let value: Value = serde_json::from_str(text).map_err(|e| bad(&e.to_string()))?;
    let entries = value.get("Modules").and_then(Value::as_array).ok_or_else(|| bad("no list of modules"))?;
    let mut manifest = ModuleManifest::default();
    for entry in entries {
        let text = |key: &str| entry.get(key).and_then(Value::as_str);
        let (Some(key), Some(dir)) = (text("Key"), text("Dir")) else { return Err(bad("an entry without Key or Dir")) };
        if key.is_empty() {
            continue;
        }
        let version = match text("Version").filter(|v| !v.is_empty()) {
            Some(text) => Some(Version::parse(text).map_err(|e| bad(&e.0))?),
            None => None,
        };
        let module =
            InstalledModule { source: text("Source").unwrap_or("").into(), version, dir: clean(dir).as_str().into() };
        manifest.modules.insert(ModulePath(key.split('.').map(Into::into).collect()), module);
    }
    Ok(manifest)
}

/// A directory with forward slashes and without a needless start.
fn clean(dir: &str) -> String {
    let dir = dir.replace('\\', "/");
    let short = dir.trim_end_matches('/');
    let short = short.strip_prefix("./").unwrap_or(short);
    if short.is_empty() { ".".to_string() } else { short.to_string() }
}

/// Writes the manifest into a modules directory, in the reference's form. The directory is created if needed.
pub fn write_manifest(modules_dir: &Path, manifest: &ModuleManifest) -> io::Result<()> {
    let mut entries = vec![entry("", "", None, ".")];
    let mut keyed: Vec<(String, &InstalledModule)> = manifest
        .modules
        .iter()
        .map(|(path, module)| (path.0.iter().map(|n| &**n).collect::<Vec<_>>().join("."), module))
        .collect();
    keyed.sort_by(|a, b| a.0.cmp(&b.0));
    for (key, module) in keyed {
        entries.push(entry(&key, &module.source, module.version.as_ref(), &module.dir));
    }
    fs::create_dir_all(modules_dir)?;
    let text = format!("{{\"Modules\":[{}]}}", entries.join(","));
    replace(&modules_dir.join("modules.json"), text.as_bytes())
}

fn entry(key: &str, source: &str, version: Option<&Version>, dir: &str) -> String {
    let quote = |text: &str| Value::from(text).to_string();
    let version = version.map(|v| format!("\"Version\":{},", quote(&v.to_string()))).unwrap_or_default();
    format!("{{\"Key\":{},\"Source\":{},{version}\"Dir\":{}}}", quote(key), quote(source), quote(dir))
}
