//! Setting up the backend.

use super::InitOptions;
use crate::backend::{
    BackendSettings, ExtraArgument, LocalFlags, Record, configured_settings, has_something, migrate, place,
    read_record, remove_record, write_record,
};
use crate::current::Current;
use crate::prompt::confirm;
use crate::session::Session;
use crate::state_access::{session_problem, store_problem};
use formwork_backend::{Backend, StateSession};
use formwork_config::Config;
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_hcl::{EmptyScope, decode, evaluate, parse, parse_json};
use formwork_model::Files;
use formwork_value::Value;
use std::sync::Arc;

/// Sets the backend up and records it.
pub(super) fn initialize_backend(
    session: &Session,
    config: &Config,
    options: &InitOptions,
) -> Result<Current, Diagnostics> {
    let data_dir = session.data_dir();
    let extra = backend_config(session, &options.backend_config)?;
    let recorded = match read_record(&data_dir) {
        Err(diagnostics) if !options.reconfigure => return Err(diagnostics),
        recorded => recorded.unwrap_or_default(),
    };
    let configured = configured_settings(config, &extra)?;
    let block_only = configured_settings(config, &[]).ok().flatten();
    if configured.is_none() && !options.backend_config.is_empty() {
        session.report(&unused_backend_config().into());
    }
    if options.talk && (configured.is_some() || recorded.is_some()) {
        session.hint("Initializing the backend...");
    }
    let new = match (&configured, &recorded) {
        (Some(configured), Some(record)) if options.backend_config.is_empty() => {
            let unchanged = block_only.as_ref().map(BackendSettings::hash) == Some(record.hash);
            if unchanged { record.settings.clone() } else { configured.clone() }
        }
        (Some(configured), _) => configured.clone(),
        (None, _) => BackendSettings::default(),
    };
    let old = recorded.map(|record| record.settings).unwrap_or_default();
    if !new.same_as(&old) {
        change_backend(session, &old, &new, configured.is_some(), options)?;
    }
    match configured {
        Some(configured) => {
            let hash = block_only.as_ref().unwrap_or(&configured).hash();
            write_record(&data_dir, &Record { settings: new.clone(), hash })?;
        }
        None => remove_record(&data_dir)?,
    }
    Ok(Current::new(new, data_dir.workspace(&session.environment), &LocalFlags::default()))
}

fn unused_backend_config() -> Diagnostic {
    let detail = "-backend-config was given, but the configuration has no backend block that it could complete. If the \
                  state is to be kept somewhere else, add one to a terraform block: backend \"s3\" {}. If not, leave \
                  -backend-config out.";
    Diagnostic::warning("Missing backend configuration", detail)
}

/// Takes the states along, or not, as the user wishes.
fn change_backend(
    session: &Session,
    old: &BackendSettings,
    new: &BackendSettings,
    configured: bool,
    options: &InitOptions,
) -> Result<(), Diagnostics> {
    if options.reconfigure {
        return Ok(());
    }
    let first = *old == BackendSettings::default();
    let states = session.block_on(async {
        let from = old.open(session, &LocalFlags::default()).await?;
        count_states(session, &*from).await
    })?;
    if states == 0 && (first || !configured) {
        return Ok(());
    }
    if !options.migrate && !first {
        let detail = "The backend's configuration differs from what was set up here before. To copy the states to the \
                      new place give -migrate-state; to leave them where they are give -reconfigure.";
        return Err(Diagnostic::error("Backend configuration changed", detail).into());
    }
    if states == 0 {
        return Ok(());
    }
    let question = format!("Do you want to copy {states} existing states to the new backend?");
    let agreed = options.force_copy || (options.input && confirm(session, &question));
    if !agreed && options.migrate {
        let detail = "The states were not copied, and the backend was left as it is.";
        return Err(Diagnostic::error("Migration was not approved", detail).into());
    }
    if !agreed && !options.input && options.talk {
        let detail = format!(
            "There are {states} states where the backend was until now, and nobody can be asked whether to take them \
             along. Give -force-copy to copy them, or answer the question without -input=false and -json."
        );
        return Err(Diagnostic::error("Existing states, and no answer what to do with them", detail).into());
    }
    if agreed {
        let copied = session.block_on(async {
            let from = old.open(session, &LocalFlags::default()).await?;
            let to = new.open(session, &LocalFlags::default()).await?;
            migrate(session, &*from, &*to, &options.lock).await
        })?;
        options.say(session, "backend_migrated_message", &format!("Copied {copied} states to the new backend."));
    }
    Ok(())
}

async fn count_states(session: &Session, backend: &dyn Backend) -> Result<usize, Diagnostics> {
    let mut count = 0;
    for workspace in backend.workspaces().await.map_err(|error| store_problem(&error))? {
        let place = place(session, backend, &workspace)?;
        // Only to count: it is copied under the lock.
        let state = StateSession::open(place, None, "".into()).await.map_err(|error| session_problem(&error))?;
        count += usize::from(has_something(&state));
    }
    Ok(count)
}

/// The values of `-backend-config`: `NAME=VALUE`, or a file of assignments.
fn backend_config(session: &Session, given: &[String]) -> Result<Vec<ExtraArgument>, Diagnostics> {
    let mut values = Vec::new();
    for text in given.iter().filter(|text| !text.is_empty()) {
        match text.split_once('=') {
            Some((name, value)) => {
                values.push(ExtraArgument { name: name.trim().into(), value: Value::from(value), span: None });
            }
            None => values.extend(backend_config_file(session, text)?),
        }
    }
    Ok(values)
}

fn backend_config_file(session: &Session, path: &str) -> Result<Vec<ExtraArgument>, Diagnostics> {
    let bytes = session.files().read(path).map_err(|error| {
        let detail = format!("The file {path:?} given with -backend-config cannot be read: {error}.");
        Diagnostics::from(Diagnostic::error("Failed to read file", detail).blame(Blame::Environment))
    })?;
    let mut sources = formwork_diag::Sources::clone(&session.sources());
    let file = sources.add(path, String::from_utf8_lossy(&bytes).as_ref());
    session.set_sources(Arc::new(sources));
    let (text, mut diagnostics) = decode(file, bytes);
    let (body, problems) = if path.ends_with(".json") { parse_json(file, &text) } else { parse(file, &text) };
    diagnostics.extend(problems);
    let (attributes, problems) = body.just_attributes();
    diagnostics.extend(problems);
    let mut values = Vec::new();
    for attribute in attributes {
        let evaluated = evaluate(&attribute.expr, &EmptyScope);
        diagnostics.extend(evaluated.diagnostics);
        values.push(ExtraArgument { name: attribute.name.name, value: evaluated.value, span: Some(attribute.span) });
    }
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok(values) }
}
