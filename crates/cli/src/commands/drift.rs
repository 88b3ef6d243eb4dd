//! `drift`.

use super::{Command, GENERAL};
use crate::arguments::{Arguments, Flag};
use crate::configuration::{VARIABLE_FLAGS, load_configuration, require_files};
use crate::current::Current;
use crate::exit::Exit;
use crate::format::{FORMAT_FLAGS, Format};
use crate::initialization::initialize_if_needed;
use crate::machine::timestamp;
use crate::operation_arguments::{OPERATION_FLAGS, OperationArguments, warn_state_flag};
use crate::planning::{Unplanned, lock_name, make_plan};
use crate::session::{Session, Threads};
use crate::state_access::{LOCK_FLAGS, LockFlags, with_state};
use formwork_backend::StateSession;
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::{Plan, PlanMode};
use formwork_render::{StateViewError, Subject, has_drift, html, json_drift, markdown, report_text};
use std::sync::Arc;

pub static COMMAND: Command = Command {
    name: "drift",
    arguments: "",
    summary: "Find out what was changed outside.",
    description: "Reads all objects and compares them with what the state remembers of them: tells which were changed or \
                  deleted by other means since the last apply, attribute by attribute. Nothing is written, and what the \
                  configuration would change does not count.\n\nThe exit code is 0 if there is no drift, 2 if there is \
                  some, 1 for errors (with what was found in spite of them). Without drift nothing is printed, unless \
                  to a terminal or as JSON or HTML.",
    flags: &[
        GENERAL,
        LOCK_FLAGS,
        VARIABLE_FLAGS,
        OPERATION_FLAGS,
        FORMAT_FLAGS,
        &[Flag::switch("json", "Print one JSON object. The same as -format=json.")],
    ],
    positional: (0, 0),
    run,
};

/// What was found, and the problems met on the way.
struct Found {
    plan: Arc<Plan>,
    diagnostics: Diagnostics,
}

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let format = Format::of(arguments)?;
    session.set_silent();
    let found = match look(session, arguments) {
        Ok(found) => found,
        // Those who read JSON read the errors there as well.
        Err(diagnostics) if format == Format::Json => {
            let plan = Plan { errored: true, timestamp: timestamp().into(), ..Plan::default() };
            Found { plan: Arc::new(plan), diagnostics }
        }
        Err(diagnostics) => return Err(diagnostics),
    };
    tell(session, &found, format)?;
    Ok(match (found.diagnostics.has_errors(), has_drift(&found.plan)) {
        (true, _) => Exit::Error,
        (false, true) => Exit::Changes,
        (false, false) => Exit::Success,
    })
}

/// Makes a refresh-only plan.
fn look(session: &Session, arguments: &Arguments) -> Result<Found, Diagnostics> {
    let mut operation = OperationArguments::of(session, arguments)?;
    operation.options.mode = PlanMode::RefreshOnly;
    operation.lock = LockFlags { only_reads: true, ..operation.lock };
    // Nobody is there to answer when it runs by a clock.
    operation.input = false;
    warn_state_flag(session, arguments);
    require_files(session)?;
    if operation.auto_init {
        initialize_if_needed(session)?;
    }
    let (config, mut diagnostics) = load_configuration(session)?;
    let current = Current::of_config(session, &config, &operation.local)?;
    let lock_name = lock_name(PlanMode::RefreshOnly, false);
    session.block_on_with_interrupts(Threads::Several, async {
        let place = current.place(session).await?;
        with_state(session, &place, &operation.lock, lock_name, async |state: &mut StateSession| {
            let planned = match make_plan(session, arguments, &operation, config, &current, state).await {
                Ok(planned) => planned,
                Err(Unplanned::Refused(problems) | Unplanned::InDoubt(problems)) => return Err(problems),
            };
            planned.providers.pool.shutdown_all().await;
            diagnostics.extend(planned.diagnostics.clone());
            Ok(Found { plan: planned.plan.clone(), diagnostics })
        })
        .await
    })
}

fn tell(session: &Session, found: &Found, format: Format) -> Result<(), Diagnostics> {
    let (plan, problems) = (&*found.plan, &found.diagnostics);
    let subject = Subject::Drift { plan, problems };
    if format != Format::Json {
        session.report(problems);
    }
    let is_quiet = !has_drift(plan) && !session.output.is_terminal();
    let text = match format {
        Format::Json => Ok(json_drift(plan, problems, &session.sources()) + "\n"),
        Format::Html => html(subject),
        Format::Markdown { .. } if is_quiet && !problems.has_errors() => return Ok(()),
        Format::Markdown { max_bytes } => markdown(subject, max_bytes),
        Format::Text if is_quiet => return Ok(()),
        // The problems have been told.
        Format::Text => {
            let subject = Subject::Drift { plan, problems: &Diagnostics::new() };
            report_text(subject, session.text())
        }
    };
    session.output.print(&text.map_err(|error| unshowable(&error))?);
    Ok(())
}

fn unshowable(error: &StateViewError) -> Diagnostics {
    Diagnostic::error("An object cannot be shown", format!("{error}.")).blame(Blame::Provider).into()
}
