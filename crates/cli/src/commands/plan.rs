//! `plan`.

use super::{Command, GENERAL};
use crate::arguments::{Arguments, Flag};
use crate::configuration::{VARIABLE_FLAGS, load_configuration, require_files};
use crate::current::Current;
use crate::exit::Exit;
use crate::initialization::initialize_if_needed;
use crate::json_file::STREAM_FLAGS;
use crate::operation_arguments::{OPERATION_FLAGS, OperationArguments, PLANNING_FLAGS, warn_state_flag};
use crate::planning::{Planned, Unplanned, are_of_values, lock_name, make_plan, tell_empty_plan};
use crate::provider_functions::threads_for;
use crate::session::Session;
use crate::state_access::{LOCK_FLAGS, with_state};
use crate::timings;
use crate::whole_file::write_private;
use formwork_backend::{StateSession, plan_file};
use formwork_config::Schemas;
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::{Plan, PlanMode};
use std::panic::resume_unwind;
use std::path::Path;

pub static COMMAND: Command = Command {
    name: "plan",
    arguments: "",
    summary: "Show what apply would do.",
    description: "Compares the configuration with the state and with the objects themselves, and shows every change \
                  that apply would make, without making any.\n\nWith -out the plan is kept in a file. \"formwork apply \
                  FILE\" then does exactly what was shown, or refuses if the state has changed in the meantime. The \
                  file holds values in the clear, secrets included.",
    flags: &[
        GENERAL,
        LOCK_FLAGS,
        VARIABLE_FLAGS,
        OPERATION_FLAGS,
        PLANNING_FLAGS,
        STREAM_FLAGS,
        &[
            Flag::switch("detailed-exitcode", "Exit with 0 for no changes, 2 for changes, 1 for errors."),
            Flag::value("generate-config-out", "FILE", "Write configuration for imported objects that have none."),
            Flag::value("out", "FILE", "Keep the plan in a file, for apply."),
        ],
    ],
    positional: (0, 0),
    run,
};

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let operation = OperationArguments::of(session, arguments)?;
    warn_state_flag(session, arguments);
    if operation.options.mode != PlanMode::Destroy {
        require_files(session)?;
    }
    if operation.auto_init {
        initialize_if_needed(session)?;
    }
    let local = operation.local.looking_ahead(session);
    let (config, warnings) = load_configuration(session)?;
    session.report(&warnings);
    let current = Current::of_config(session, &config, &local)?;
    let lock_name = lock_name(operation.options.mode, false);
    session.block_on_with_interrupts(threads_for(&config), async {
        let place = current.place(session).await?;
        with_state(session, &place, &operation.lock, lock_name, async |state: &mut StateSession| {
            let made = make_plan(session, arguments, &operation, config, &current, state).await;
            let planned = match made {
                Ok(planned) => planned,
                Err(Unplanned::Refused(diagnostics)) => {
                    if are_of_values(&diagnostics) {
                        tell_empty_plan(session);
                    }
                    return Err(diagnostics);
                }
                Err(Unplanned::InDoubt(diagnostics)) => {
                    session.report(&diagnostics);
                    return Ok(Exit::Attention);
                }
            };
            let schemas = planned.schemas().await;
            planned.providers.pool.shutdown_all().await;
            let out = arguments.value("out").filter(|path| !path.is_empty());
            let (saved, text) = std::thread::scope(|scope| {
                let (planned, schemas) = (&planned, &schemas);
                let begin = |path| scope.spawn(move || save(path, planned, schemas));
                let saving = out.filter(|_| !planned.plan.is_blank()).map(begin);
                let text = planned.text(session);
                (saving.map_or(Ok(()), |saving| saving.join().unwrap_or_else(|panic| resume_unwind(panic))), text)
            });
            saved?;
            planned.tell_as(session, text);
            timings::tell(session, &planned.providers.pool);
            if planned.has_errors() {
                return Ok(Exit::Error);
            }
            hint(session, out, &planned.plan);
            let changes = arguments.switch("detailed-exitcode") && planned.plan.applyable;
            Ok(if changes { Exit::Changes } else { Exit::Success })
        })
        .await
    })
}

/// The file holds secrets: only its owner may read it.
fn save(path: &str, planned: &Planned, schemas: &Schemas) -> Result<(), Diagnostics> {
    let failed = |problem: String| {
        let detail = format!("The plan could not be written to {path:?}: {problem}");
        Diagnostics::from(Diagnostic::error("Failed to write plan file", detail).blame(Blame::Environment))
    };
    let bytes = plan_file::encode_with(&planned.plan, || planned.config_summary(schemas))
        .map_err(|error| failed(error.to_string()))?;
    write_private(Path::new(path), &bytes).map_err(|error| failed(error.to_string()))
}

fn hint(session: &Session, out: Option<&str>, plan: &Plan) {
    if !plan.applyable {
        return;
    }
    let text = session.text();
    let rule = "─".repeat(text.width.saturating_sub(1).max(1));
    let automation = session.environment.in_automation();
    match out {
        Some(path) if automation => session.hint(&format!("{rule}\n\nSaved the plan to: {path}")),
        Some(path) => session.hint(&format!(
            "{rule}\n\nSaved the plan to: {path}\n\nTo do exactly this, run:\n    formwork apply {path:?}"
        )),
        None if automation => {}
        None => session.hint(&format!(
            "{rule}\n\nNote: the plan was not kept (-out), so an apply now may find other things to do."
        )),
    }
}
