//! `show`.

use super::{Command, GENERAL};
use crate::arguments::{Arguments, Flag};
use crate::backend::LocalFlags;
use crate::current::Current;
use crate::exit::Exit;
use crate::format::{FORMAT_FLAGS, Format};
use crate::session::Session;
use crate::stored_schemas::stored_schemas;
use formwork_backend::{PlanFileError, plan_file, state_file};
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::{Plan, ProviderAddress, StateSnapshot};
use formwork_render::{StateViewError, Subject, html, json_plan, json_state, markdown, plan_text, state_text};
use std::collections::BTreeMap;

pub static COMMAND: Command = Command {
    name: "show",
    arguments: "[FILE]",
    summary: "Show the state, or a saved plan.",
    description: "Shows the current state, a state file, or a plan that \"formwork plan -out\" has kept. JSON shows \
                  everything in the clear, secrets included; all other forms hide them.\n\nMarkdown is for comments on \
                  changes: counts first, then what is destroyed or replaced, then the rest, each object in a block that \
                  can be opened. If it would be longer than -max-bytes, whole objects are left out, and it says which. \
                  HTML is one file that needs neither network nor scripts.",
    flags: &[GENERAL, FORMAT_FLAGS, &[Flag::switch("json", "Print one JSON object. The same as -format=json.")]],
    positional: (0, 1),
    run,
};

/// What there is to show.
enum Shown {
    Plan(Box<Plan>),
    State(StateSnapshot),
    Nothing,
}

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let format = Format::of(arguments)?;
    let shown = match arguments.at(0).filter(|path| !path.is_empty()) {
        Some(path) => read(path)?,
        None => {
            let current = Current::of(session, &LocalFlags::default())?;
            session.block_on(async { current.read(session).await })?.map_or(Shown::Nothing, Shown::State)
        }
    };
    let text = match &shown {
        Shown::Plan(plan) => show_plan(session, plan, format)?,
        Shown::State(snapshot) => show_state(session, snapshot, format)?,
        Shown::Nothing if format == Format::Text => "No state.\n".to_owned(),
        Shown::Nothing => show_state(session, &StateSnapshot::default(), format)?,
    };
    session.output.print(&text);
    Ok(Exit::Success)
}

fn show_plan(session: &Session, plan: &Plan, format: Format) -> Result<String, Diagnostics> {
    match format {
        Format::Text => Ok(plan_text(plan, session.text())),
        Format::Json => json_plan(plan).map(|text| text + "\n"),
        Format::Markdown { max_bytes } => markdown(Subject::Plan(plan), max_bytes),
        Format::Html => html(Subject::Plan(plan)),
    }
    .map_err(|error| unshowable(&error))
}

fn show_state(session: &Session, snapshot: &StateSnapshot, format: Format) -> Result<String, Diagnostics> {
    let schemas = match snapshot.state.resources.is_empty() {
        true => BTreeMap::new(),
        false => session.block_on(async { stored_schemas(session, &snapshot.state).await })?,
    };
    let schema_of = |provider: &ProviderAddress| schemas.get(provider).cloned();
    let subject = Subject::State { state: &snapshot.state, schema_of: &schema_of };
    match format {
        Format::Text => state_text(&snapshot.state, &schema_of, session.text()),
        Format::Json => json_state(snapshot, &schema_of).map(|text| text + "\n"),
        Format::Markdown { max_bytes } => markdown(subject, max_bytes),
        Format::Html => html(subject),
    }
    .map_err(|error| unshowable(&error))
}

fn unshowable(error: &StateViewError) -> Diagnostics {
    let detail = format!(
        "{error}. The installed provider may be older or newer than the one that wrote the object; an apply brings the \
         state to its version."
    );
    Diagnostic::error("An object cannot be shown", detail).blame(Blame::Environment).into()
}

fn read(path: &str) -> Result<Shown, Diagnostics> {
    let unreadable = |problem: String| {
        let detail = format!("{path:?} can be read neither as a plan nor as a state: {problem}");
        Diagnostics::from(Diagnostic::error("Cannot show the file", detail).blame(Blame::Environment))
    };
    let bytes = std::fs::read(path).map_err(|error| unreadable(format!("{error}.")))?;
    match plan_file::decode(&bytes) {
        Ok(plan) => Ok(Shown::Plan(Box::new(plan))),
        Err(PlanFileError::Foreign(_)) => {
            state_file::decode(&bytes).map(Shown::State).map_err(|error| unreadable(format!("{error}.")))
        }
        Err(error) => Err(unreadable(error.to_string())),
    }
}
