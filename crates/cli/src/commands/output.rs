//! `output`.

use super::{Command, GENERAL};
use crate::arguments::{Arguments, Flag};
use crate::backend::LocalFlags;
use crate::current::Current;
use crate::exit::Exit;
use crate::session::Session;
use formwork_diag::{Diagnostic, Diagnostics, nearest};
use formwork_model::OutputState;
use formwork_render::{json_output, json_outputs, outputs_text, raw_text, value_text};
use formwork_value::Str;
use std::collections::BTreeMap;

pub static COMMAND: Command = Command {
    name: "output",
    arguments: "[NAME]",
    summary: "Show the outputs of the root module.",
    description: "Prints all outputs that the state holds, or the one that is named. Sensitive ones are hidden unless \
                  they are named, or -json or -raw is given.",
    flags: &[
        GENERAL,
        &[
            Flag::switch("json", "Print JSON."),
            Flag::switch("raw", "Print the bare text of one string, number or bool, without a line break."),
            Flag::value("state", "FILE", "Read this state file. For the local backend only."),
        ],
    ],
    positional: (0, 1),
    run,
};

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let (as_json, as_raw) = (arguments.switch("json"), arguments.switch("raw"));
    if as_json && as_raw {
        return Err(Diagnostic::error("Invalid command line", "-json and -raw exclude each other.").into());
    }
    let name = arguments.at(0);
    if as_raw && name.is_none() {
        return Err(Diagnostic::error("Invalid command line", "-raw needs the name of one output.").into());
    }
    let current = Current::of(session, &LocalFlags::of(arguments))?;
    let snapshot = session.block_on(async { current.read(session).await })?;
    let outputs = snapshot.map(|snapshot| snapshot.state.outputs).unwrap_or_default();
    match name {
        None if as_json => session.output.line(&json_outputs(&outputs)),
        Some(_) if !as_json && outputs.is_empty() => session.report(&no_outputs().into()),
        None if outputs.is_empty() => session.report(&no_outputs().into()),
        None => session.output.print(&outputs_text(&outputs)),
        Some(name) => {
            let output = find(&outputs, name)?;
            if as_json {
                session.output.line(&json_output(&output.value));
            } else if as_raw {
                session.output.print(&raw(name, output)?);
            } else {
                session.output.line(&value_text(&output.value));
            }
        }
    }
    Ok(Exit::Success)
}

fn no_outputs() -> Diagnostic {
    let detail = "The state has no outputs. Outputs are declared in the root module and stored by the next apply.";
    Diagnostic::warning("No outputs found", detail)
}

fn find<'a>(outputs: &'a BTreeMap<Str, OutputState>, name: &str) -> Result<&'a OutputState, Diagnostics> {
    outputs.get(name).ok_or_else(|| {
        let hint = nearest(name, outputs.keys().map(|name| &**name)).map(|near| format!(" Did you mean {near:?}?"));
        let detail = format!(
            "The state has no output named {name:?}.{} An output that was just declared is stored by the next apply.",
            hint.unwrap_or_default()
        );
        Diagnostic::error(format!("Output {name:?} not found"), detail).into()
    })
}

fn raw(name: &str, output: &OutputState) -> Result<String, Diagnostics> {
    raw_text(&output.value).map_err(|problem| {
        let detail = format!("The output {name:?} cannot be printed with -raw: {problem}.");
        Diagnostic::error("Unsupported value for raw output", detail).into()
    })
}
