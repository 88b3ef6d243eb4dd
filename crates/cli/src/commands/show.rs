//! `show`.

use super::{Command, GENERAL};
use crate::arguments::{Arguments, Flag};
use crate::backend::LocalFlags;
use crate::current::Current;
use crate::exit::Exit;
use crate::session::Session;
use crate::stored_schemas::stored_schemas;
use formwork_backend::{PlanFileError, plan_file, state_file};
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::{Plan, ProviderAddress, StateSnapshot};
use formwork_render::{StateViewError, json_plan, json_state, plan_text, state_text};

pub static COMMAND: Command = Command {
    name: "show",
    arguments: "[FILE]",
    summary: "Show the state, or a saved plan.",
    description: "Shows the current state, a state file, or a plan that \"formwork plan -out\" has kept. JSON shows \
                  everything in the clear, secrets included.",
    flags: &[GENERAL, &[Flag::switch("json", "Print one JSON object.")]],
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
    let json = arguments.switch("json");
    let shown = match arguments.at(0).filter(|path| !path.is_empty()) {
        Some(path) => read(path)?,
        None => {
            let current = Current::of(session, &LocalFlags::default())?;
            session.block_on(async { current.read(session).await })?.map_or(Shown::Nothing, Shown::State)
        }
    };
    let text = match &shown {
        Shown::Plan(plan) if json => json_plan(plan).map_err(|error| unshowable(&error))? + "\n",
        Shown::Plan(plan) => plan_text(plan, session.text()),
        Shown::State(snapshot) => state(session, snapshot, json)?,
        Shown::Nothing if json => state(session, &StateSnapshot::default(), json)?,
        Shown::Nothing => "No state.\n".to_owned(),
    };
    session.output.print(&text);
    Ok(Exit::Success)
}

fn state(session: &Session, snapshot: &StateSnapshot, json: bool) -> Result<String, Diagnostics> {
    let schemas = session.block_on(async { stored_schemas(session, &snapshot.state).await })?;
    let schema_of = |provider: &ProviderAddress| schemas.get(provider).cloned();
    let text = match json {
        true => json_state(snapshot, &schema_of).map(|text| text + "\n"),
        false => state_text(&snapshot.state, &schema_of, session.text()),
    };
    text.map_err(|error| unshowable(&error))
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
