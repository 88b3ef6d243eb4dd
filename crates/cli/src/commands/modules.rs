//! `modules`.

use super::{Command, GENERAL};
use crate::arguments::{Arguments, Flag};
use crate::configuration::{load_configuration, manifest};
use crate::exit::Exit;
use crate::session::Session;
use formwork_config::{Config, ModuleCall};
use formwork_diag::Diagnostics;
use formwork_model::{ModuleManifest, ModulePath};
use formwork_render::escape_controls;
use formwork_value::Str;
use serde_json::{Value, json};

pub static COMMAND: Command = Command {
    name: "modules",
    arguments: "",
    summary: "List the modules that are called.",
    description: "Prints every module call of the configuration with the source and the installed version.",
    flags: &[GENERAL, &[Flag::switch("json", "Print JSON.")]],
    positional: (0, 0),
    run,
};

/// A call, as it is installed.
struct Called {
    key: Str,
    source: Str,
    version: String,
    /// Its own calls.
    calls: Vec<Called>,
}

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let (config, _) = load_configuration(session)?;
    let called = calls_of(&config, &manifest(session)?, &ModulePath::root());
    if arguments.switch("json") {
        let mut all = Vec::new();
        flatten(&called, &mut all);
        // As the reference has it.
        let modules = if all.is_empty() { Value::Null } else { Value::Array(all) };
        session.output.line(&json!({ "format_version": "1.0", "modules": modules }).to_string());
        return Ok(Exit::Success);
    }
    if called.is_empty() {
        session.output.line("No modules are called.");
    } else {
        let mut text = ".\n".to_owned();
        write_tree(&mut text, &called, "");
        session.output.print(&text);
    }
    Ok(Exit::Success)
}

/// The calls of a module, by name, each with those below it.
fn calls_of(config: &Config, manifest: &ModuleManifest, path: &ModulePath) -> Vec<Called> {
    let Some(module) = config.module(path) else { return Vec::new() };
    let called = |(name, call): (&Str, &ModuleCall)| {
        let path = path.child(name.clone());
        let version = manifest.modules.get(&path).and_then(|installed| installed.version.as_ref());
        Called {
            key: name.clone(),
            source: call.source_text.clone(),
            version: version.map(ToString::to_string).unwrap_or_default(),
            calls: calls_of(config, manifest, &path),
        }
    };
    module.calls.iter().map(called).collect()
}

/// Each call before those below it.
fn flatten(calls: &[Called], all: &mut Vec<Value>) {
    for call in calls {
        all.push(json!({ "key": &*call.key, "source": &*call.source, "version": call.version }));
        flatten(&call.calls, all);
    }
}

fn write_tree(out: &mut String, calls: &[Called], indent: &str) {
    for (number, call) in calls.iter().enumerate() {
        let (branch, below) = if number + 1 == calls.len() { ("└── ", "    ") } else { ("├── ", "│   ") };
        let version = if call.version.is_empty() { String::new() } else { format!(" ({})", call.version) };
        let line = format!("{indent}{branch}{} from {}{version}", call.key, call.source);
        out.push_str(&escape_controls(&line.replace('\n', " ")));
        out.push('\n');
        write_tree(out, &call.calls, &format!("{indent}{below}"));
    }
}
