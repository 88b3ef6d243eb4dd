//! `modules`.

use super::{Command, GENERAL};
use crate::arguments::{Arguments, Flag};
use crate::configuration::{load_configuration, manifest};
use crate::exit::Exit;
use crate::session::Session;
use formwork_diag::Diagnostics;
use serde_json::json;

pub static COMMAND: Command = Command {
    name: "modules",
    arguments: "",
    summary: "List the modules that are called.",
    description: "Prints every module call of the configuration with the source and the installed version.",
    flags: &[GENERAL, &[Flag::switch("json", "Print JSON.")]],
    positional: (0, 0),
    run,
};

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let (config, _) = load_configuration(session)?;
    let manifest = manifest(session)?;
    let mut modules = Vec::new();
    for (path, module) in &config.modules {
        for call in module.calls.values() {
            let installed = manifest.modules.get(&path.child(call.name.clone()));
            let version = installed.and_then(|installed| installed.version.as_ref()).map(ToString::to_string);
            modules.push((call.name.clone(), call.source_text.clone(), version.unwrap_or_default()));
        }
    }
    if arguments.switch("json") {
        let entry = |(key, source, version): &(formwork_value::Str, formwork_value::Str, String)| json!({ "key": &**key, "source": &**source, "version": version });
        let document = json!({ "format_version": "1.0", "modules": modules.iter().map(entry).collect::<Vec<_>>() });
        session.output.line(&document.to_string());
        return Ok(Exit::Success);
    }
    if modules.is_empty() {
        session.output.line("No modules are called.");
    }
    for (key, source, version) in modules {
        let version = if version.is_empty() { version } else { format!(" ({version})") };
        session.output.line(&format!("{key}: {source}{version}"));
    }
    Ok(Exit::Success)
}
