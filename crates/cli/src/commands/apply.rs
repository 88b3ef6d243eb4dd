//! `apply`, `destroy` and `refresh`.

use super::{Command, GENERAL};
use crate::applying::{Applied, apply_plan, store};
use crate::arguments::{Arguments, Flag};
use crate::configuration::{VARIABLE_FLAGS, load_configuration, require_files};
use crate::current::Current;
use crate::exit::Exit;
use crate::initialization::initialize_if_needed;
use crate::json_file::STREAM_FLAGS;
use crate::machine::message_timestamp;
use crate::operation_arguments::{OPERATION_FLAGS, OperationArguments, PLANNING_FLAGS, WRITING_FLAGS, warn_state_flag};
use crate::planning::{Planned, Unplanned, are_of_values, in_doubt_again, lock_name, make_plan};
use crate::progress::Progress;
use crate::prompt::confirm;
use crate::provider_functions::threads_for;
use crate::providers::Providers;
use crate::resuming::{self, SavedRun};
use crate::saved_plan;
use crate::session::Session;
use crate::state_access::{LOCK_FLAGS, with_state};
use crate::timings;
use formwork_apply::ApplyOutcome;
use formwork_backend::StateSession;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::{Event, Plan, PlanMode, ResourceMode, State, StateSnapshot};
use formwork_render::{ApplyTally, apply_end_text, outputs_text};
use std::collections::BTreeMap;
use std::sync::Arc;

const RESUME_FLAG: &[Flag] =
    &[Flag::switch("resume", "Do what is left of a saved plan of which a part has been applied.")];

const APPROVAL_FLAG: &[Flag] = &[Flag::switch("auto-approve", "Do not ask before changing anything.")];

pub static APPLY: Command = Command {
    name: "apply",
    arguments: "[PLANFILE]",
    summary: "Make the changes that a plan shows.",
    description: "Without a file: plans, shows the plan, asks, and applies it. With a file that \"formwork plan -out\" \
                  has written: applies exactly that plan, without asking.\n\nEvery effect is written to a journal \
                  before it begins. After a crash the next command takes up what the journal knows.\n\nWith -resume, what \
                  is left of a saved plan after a failure or an interrupt is done, if all that it touches and reads is \
                  as the plan expects it.",
    flags: &[
        GENERAL,
        LOCK_FLAGS,
        VARIABLE_FLAGS,
        OPERATION_FLAGS,
        PLANNING_FLAGS,
        WRITING_FLAGS,
        APPROVAL_FLAG,
        RESUME_FLAG,
        STREAM_FLAGS,
    ],
    positional: (0, 1),
    run: |session, arguments| run(session, arguments, Mode::Apply),
};

pub static DESTROY: Command = Command {
    name: "destroy",
    arguments: "",
    summary: "Destroy everything that the state knows.",
    description: "Plans the destruction of all objects in the state (or of those that -target names), shows the plan, \
                  asks, and applies it. The same as \"formwork apply -destroy\".",
    flags: &[
        GENERAL,
        LOCK_FLAGS,
        VARIABLE_FLAGS,
        OPERATION_FLAGS,
        PLANNING_FLAGS,
        WRITING_FLAGS,
        APPROVAL_FLAG,
        STREAM_FLAGS,
    ],
    positional: (0, 0),
    run: |session, arguments| run(session, arguments, Mode::Destroy),
};

pub static REFRESH: Command = Command {
    name: "refresh",
    arguments: "",
    summary: "Bring the state up to date with the objects.",
    description: "Reads all objects and writes what was found into the state, without asking. With \"formwork apply \
                  -refresh-only\" you see what it is before.",
    flags: &[GENERAL, LOCK_FLAGS, VARIABLE_FLAGS, OPERATION_FLAGS, WRITING_FLAGS, STREAM_FLAGS],
    positional: (0, 0),
    run: |session, arguments| run(session, arguments, Mode::Refresh),
};

fn invalid(detail: &str) -> Diagnostics {
    Diagnostic::error("Invalid command line", detail).into()
}

/// The three commands of this file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Apply,
    Destroy,
    Refresh,
}

fn run(session: &Session, arguments: &Arguments, command: Mode) -> Result<Exit, Diagnostics> {
    let mut operation = OperationArguments::of(session, arguments)?;
    if command == Mode::Destroy && operation.options.mode == PlanMode::RefreshOnly {
        return Err(invalid("destroy and -refresh-only exclude each other."));
    }
    if command == Mode::Destroy && arguments.switch("destroy") {
        return Err(invalid("destroy does what -destroy asks for: leave the flag out."));
    }
    if command == Mode::Destroy && !operation.options.replace.is_empty() {
        return Err(invalid("destroy and -replace exclude each other."));
    }
    match command {
        // A refresh writes what a plan has read.
        Mode::Apply | Mode::Refresh => {}
        Mode::Destroy => operation.options.mode = PlanMode::Destroy,
    }
    let approved = arguments.switch("auto-approve") || command == Mode::Refresh;
    if let Some(path) = arguments.at(0) {
        return apply_file(session, arguments, &operation, path);
    }
    if !approved && operation.json {
        return Err(invalid("With -json nobody can be asked: give a plan file, or -auto-approve."));
    }
    // A refresh alone may have nothing to ask for; that is known when it is planned.
    if !approved && !operation.input && operation.options.mode != PlanMode::RefreshOnly {
        return Err(invalid("With -input=false nobody can be asked: give a plan file, or -auto-approve."));
    }
    if arguments.switch("resume") {
        return Err(invalid("-resume needs the file with the plan: formwork apply -resume PLANFILE."));
    }
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
    let lock_name = match command {
        Mode::Refresh => lock_name(PlanMode::RefreshOnly, true),
        Mode::Apply | Mode::Destroy => lock_name(operation.options.mode, true),
    };
    session.block_on_with_interrupts(threads_for(&config), async {
        let place = current.place(session).await?;
        with_state(session, &place, &operation.lock, lock_name, async |state: &mut StateSession| {
            let nothing = command == Mode::Refresh && !has_managed_objects(state.snapshot());
            let planned = make_plan(session, arguments, &operation, config, &current, state).await;
            if nothing && !matches!(&planned, Err(Unplanned::Refused(problems)) if !are_of_values(problems)) {
                session.report(&nothing_to_refresh().into());
            }
            let mut planned = match planned {
                Ok(planned) => planned,
                Err(Unplanned::Refused(diagnostics)) => return Err(diagnostics),
                Err(Unplanned::InDoubt(diagnostics)) => {
                    session.report(&diagnostics);
                    return Ok(Exit::Attention);
                }
            };
            if command != Mode::Refresh && approved && !planned.has_errors() {
                // They are checked again when all is done.
                planned.forget_assertions();
            }
            let is_nothing = planned.has_errors() && planned.plan.changes.is_empty() && planned.plan.outputs.is_empty();
            match command {
                Mode::Apply | Mode::Destroy if !is_nothing => planned.tell(session),
                _ => planned.tell_problems(session),
            }
            if planned.has_errors() {
                planned.providers.pool.shutdown_all().await;
                return Ok(Exit::Error);
            }
            if command == Mode::Refresh {
                return finish_refresh(session, &planned, state).await;
            }
            if !approved && !operation.input && planned.plan.applyable {
                planned.providers.pool.shutdown_all().await;
                return Err(invalid("With -input=false nobody can be asked: give a plan file, or -auto-approve."));
            }
            if !approved && planned.plan.applyable && !approve(session, &planned.plan) {
                planned.providers.pool.shutdown_all().await;
                session.hint(if planned.plan.options.mode == PlanMode::Destroy {
                    "Destroy cancelled."
                } else {
                    "Apply cancelled."
                });
                return Ok(Exit::Error);
            }
            finish(session, &planned, command, &current.workspace, state).await
        })
        .await
    })
}

/// Stores what the plan has read, and the outputs as far as they are known.
async fn finish_refresh(session: &Session, planned: &Planned, state: &mut StateSession) -> Result<Exit, Diagnostics> {
    planned.providers.pool.shutdown_all().await;
    let new = State { checks: Vec::new(), ..planned.plan.prior.state.clone() };
    let stored = store(session, state, &StateSnapshot { state: new, ..planned.plan.prior.clone() }).await;
    let outputs = &planned.plan.prior.state.outputs;
    timings::tell(session, &planned.providers.pool);
    let is_told = session.tell_json(|stream| stream.outputs(outputs, &message_timestamp()));
    if !is_told && !outputs.is_empty() {
        session.output.print(&format!("\nOutputs:\n\n{}", outputs_text(outputs)));
    }
    stored.map(|()| Exit::Success)
}

fn has_managed_objects(snapshot: Option<&StateSnapshot>) -> bool {
    let mut resources = snapshot.into_iter().flat_map(|snapshot| snapshot.state.resources.keys());
    resources.any(|address| address.resource.mode == ResourceMode::Managed)
}

fn nothing_to_refresh() -> Diagnostic {
    let detail = "The state has no objects, so there is nothing to refresh. If it should have some, look whether this \
                  is the right workspace and backend.";
    Diagnostic::warning("Empty or non-existent state", detail)
}

fn approve(session: &Session, plan: &Plan) -> bool {
    let place = match &*plan.backend.workspace {
        "default" | "" => String::new(),
        name => format!(" in the workspace {name:?}"),
    };
    let question = match plan.options.mode {
        PlanMode::Destroy => format!("Do you really want to destroy all of this{place}?\n  There is no way back."),
        PlanMode::RefreshOnly => format!("Do you want to write this into the state{place}?"),
        PlanMode::Normal => format!("Do you want to perform these actions{place}?"),
    };
    confirm(session, &question)
}

/// Applies a plan that was kept in a file.
fn apply_file(
    session: &Session,
    arguments: &Arguments,
    operation: &OperationArguments,
    path: &str,
) -> Result<Exit, Diagnostics> {
    // They would mean nothing: what is done was decided when the plan was made. Only -refresh is passed over, because the
    // ecosystem's framework for tests of providers gives it with every plan.
    let planning = ["destroy", "refresh-only", "replace", "target", "invoke"];
    if let Some(flag) = planning.iter().find(|flag| arguments.is_given(flag)) {
        let detail = format!("The plan in {path:?} says what is done, so -{flag} cannot be given with it.");
        return Err(invalid(&detail));
    }
    warn_state_flag(session, arguments);
    let mut saved = saved_plan::read(path)?;
    saved.plan.options.parallelism = operation.options.parallelism;
    let current = saved_plan::current(session, &saved.plan, &operation.local);
    let mut config = saved_plan::configuration(session, &saved.plan)?;
    let variables = saved_plan::variables(session, arguments, &saved.plan, &mut config);
    let resume = arguments.switch("resume");
    session.block_on_with_interrupts(threads_for(&config), async {
        let place = current.place(session).await?;
        with_state(session, &place, &operation.lock, "OperationTypeApply", async |state: &mut StateSession| {
            saved_plan::check(session, &saved.plan)?;
            let rest = match resume {
                true => resuming::rest(session, &saved, &config, state)?,
                false => saved_plan::fresh(&saved, &config, &current.workspace, state.snapshot())?,
            };
            if let Some(problem) = in_doubt_again(state, &rest.plan) {
                session.report(&problem);
                return Ok(Exit::Attention);
            }
            if resume {
                resuming::tell(session, &rest);
            }
            let providers = Providers::prepare(session, &config, Some(&rest.plan.prior.state))?;
            let (run, plan) = SavedRun::new(saved.digest.clone(), rest);
            let (plan, config) = (Arc::new(plan), Arc::new(config));
            Progress::tell_json(session, &Event::Planned(plan.clone()));
            let variables = variables?;
            let diagnostics = Diagnostics::new();
            let planned =
                Planned { plan, diagnostics, config, variables, providers, saved: Some(run), generated: Vec::new() };
            finish(session, &planned, Mode::Apply, &current.workspace, state).await
        })
        .await
    })
}

/// Applies, and tells how it ended.
async fn finish(
    session: &Session,
    planned: &Planned,
    command: Mode,
    workspace: &str,
    state: &mut StateSession,
) -> Result<Exit, Diagnostics> {
    let Applied { outcome, failed, times } = apply_plan(session, planned, workspace, state).await?;
    if let Some(times) = times {
        session.say(&format!("\n{}", times.trim_end()));
    }
    timings::tell(session, &planned.providers.pool);
    let outputs = &outcome.snapshot.state.outputs;
    if !failed {
        let destroy = command == Mode::Destroy;
        if !session.tell_json(|stream| stream.applied(destroy, outputs, &message_timestamp())) {
            let none = BTreeMap::new();
            let outputs = if destroy { &none } else { outputs };
            session.output.print(&apply_end_text(&tally(&outcome).sentence(destroy), outputs, session.text()));
        }
    }
    session.report(&outcome.diagnostics);
    Ok(if failed { Exit::Error } else { Exit::Success })
}

fn tally(outcome: &ApplyOutcome) -> ApplyTally {
    ApplyTally {
        added: outcome.added,
        changed: outcome.changed,
        destroyed: outcome.destroyed,
        imported: outcome.imported,
        invoked: outcome.invoked,
    }
}
