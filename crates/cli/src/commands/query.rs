//! `query`.

use super::{Command, GENERAL};
use crate::arguments::{Arguments, Flag};
use crate::configuration::{VARIABLE_FLAGS, load_configuration, variables};
use crate::current::Current;
use crate::exit::Exit;
use crate::machine::{MachineClock, message_timestamp};
use crate::operation_arguments::OperationArguments;
use crate::planning::{Stopping, environment, with_defaults};
use crate::progress::Progress;
use crate::providers::Providers;
use crate::session::{Session, Threads};
use formwork_config::load_queries;
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_eval::Phase;
use formwork_model::{EventSink, StateSnapshot};
use formwork_plan::{ListResult, PlanInputs, QueryEvent, query};
use formwork_render::{ListedView, listed_text};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

pub static COMMAND: Command = Command {
    name: "query",
    arguments: "",
    summary: "List objects that exist, managed or not.",
    description: "Runs the list blocks of the query files (*.tfquery.hcl) in the working directory, and shows what they \
                  find. State and objects stay as they are.\n\nWith -generate-config-out, blocks are written into a new \
                  file that take the objects over: an import block and a resource block for each. With -json the blocks \
                  are part of the output instead.",
    flags: &[
        GENERAL,
        VARIABLE_FLAGS,
        &[
            Flag::value("generate-config-out", "FILE", "Write blocks that take over what is found."),
            Flag::switch("input", "Ask for what is missing (default true)."),
            Flag::switch("json", "Print one JSON object a line."),
        ],
    ],
    positional: (0, 0),
    run,
};

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let operation = OperationArguments::of(session, arguments)?;
    let target = target(arguments, operation.json)?;
    let (config, warnings) = load_configuration(session)?;
    session.report(&warnings);
    let (mut config, problems) = load_queries(&session.files(), &config);
    session.set_sources(Arc::new(config.sources.clone()));
    if problems.has_errors() {
        return Err(problems);
    }
    session.report(&problems);
    if config.root().lists.is_empty() {
        let detail = "There are no list blocks. Write them into files whose names end in .tfquery.hcl.";
        return Err(Diagnostic::error("No query files", detail).into());
    }
    let current = Current::of_config(session, &config, &operation.local)?;
    let (given, warnings) = variables(session, arguments, &mut config, operation.input)?;
    session.report(&warnings);
    let values = with_defaults(&config, given);
    let found: Mutex<Vec<ListResult>> = Mutex::default();
    let writes = target.is_some() || arguments.value("generate-config-out").is_some_and(|path| !path.is_empty());
    let problems = session.block_on_with_interrupts(Threads::Several, async {
        let config = Arc::new(config);
        let providers = Providers::prepare(session, &config, None)?;
        let files = Arc::new(session.files());
        let environment =
            environment(session, Phase::Plan, &current.workspace, files, &config, &providers.pool).await?;
        let stopping = Stopping::watch(session, &providers, || {});
        let progress = Progress::start(session);
        let (clock, cancelled) = (MachineClock::new(), || session.is_interrupted());
        let inputs = PlanInputs {
            config: config.clone(),
            variables: values,
            previous: StateSnapshot::default(),
            providers: &*providers.pool,
            environment,
            events: &progress as &dyn EventSink,
            clock: &clock,
            options: operation.options.clone(),
            backend: current.settings.record(&current.workspace),
            lock_file: providers.lock_file.clone(),
            is_kept: false,
            validates: false,
            cancelled: &cancelled,
        };
        let problems = query(&inputs, writes, &|event| tell(session, &found, event)).await;
        drop((progress, stopping));
        providers.pool.shutdown_all().await;
        Ok::<Diagnostics, Diagnostics>(problems)
    })?;
    let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    conclude(session, &found, &problems, target)
}

/// The file to write, unless the blocks are part of the output.
fn target(arguments: &Arguments, json: bool) -> Result<Option<&str>, Diagnostics> {
    let Some(path) = arguments.value("generate-config-out").filter(|path| !path.is_empty() && !json) else {
        return Ok(None);
    };
    if Path::new(path).exists() {
        let detail =
            format!("The blocks are written into a new file only, and {path:?} is there already. Name another file.");
        return Err(Diagnostic::error("Target generated file already exists", detail).into());
    }
    Ok(Some(path))
}

fn tell(session: &Session, found: &Mutex<Vec<ListResult>>, event: QueryEvent<'_>) {
    match event {
        QueryEvent::Started(start) => {
            session.tell_json(|stream| {
                stream.list_started(&start.address, &start.kind, &start.config, &message_timestamp())
            });
        }
        QueryEvent::Finished(list) => {
            if !session.tell_json(|stream| {
                let mut lines = String::new();
                for object in &list.objects {
                    let view = ListedView {
                        display_name: &object.display_name,
                        identity: &object.identity,
                        identity_version: list.identity_version,
                        resource: object.resource.as_ref(),
                        written: object.written.as_ref().map(|w| (w.resource.as_str(), w.import.as_str())),
                    };
                    lines.push_str(&stream.list_found(&list.address, &list.kind, view, &message_timestamp()));
                }
                let total = list.objects.len();
                lines.push_str(&stream.list_complete(&list.address, &list.kind, total, &message_timestamp()));
                lines
            }) {
                let objects: Vec<_> =
                    list.objects.iter().map(|object| (&object.identity, object.display_name.as_str())).collect();
                let text = listed_text(&list.address, &objects);
                if !text.is_empty() {
                    session.output.print(&format!("{text}\n"));
                }
            }
            found.lock().unwrap_or_else(PoisonError::into_inner).push(list.clone());
        }
    }
}

/// Tells what was in vain, and writes the file.
fn conclude(
    session: &Session,
    found: &[ListResult],
    problems: &Diagnostics,
    target: Option<&str>,
) -> Result<Exit, Diagnostics> {
    session.report(problems);
    let empty: Vec<&str> =
        found.iter().filter(|list| list.objects.is_empty()).map(|list| list.address.as_str()).collect();
    if !empty.is_empty() {
        session.hint(&format!("Nothing was found by {}.", empty.join(", ")));
    }
    if problems.has_errors() {
        return Ok(Exit::Error);
    }
    let written: Vec<_> = found.iter().flat_map(|list| list.objects.iter().map(move |object| (list, object))).collect();
    if let Some(path) = target.filter(|_| !written.is_empty()) {
        let mut text =
            "# Written by Formwork for objects that were found.\n# Review these blocks, and move them to your own \
             files.\n"
                .to_owned();
        for (list, object) in written {
            if let Some(blocks) = &object.written {
                let from = format!("{} ({:?})", list.address, object.display_name);
                text.push_str(&format!("\n# Found by {from}.\n{}\n{}", blocks.resource, blocks.import));
            }
        }
        write_new(path, &text)?;
        session.hint(&format!("Blocks that take over what was found were written to {path}."));
    }
    Ok(Exit::Success)
}

fn write_new(path: &str, text: &str) -> Result<(), Diagnostics> {
    let created = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
    created.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| {
        let detail = format!("The blocks for what was found cannot be written to {path:?}: {error}.");
        Diagnostic::error("Failed to create target generated file", detail).blame(Blame::Environment).into()
    })
}
