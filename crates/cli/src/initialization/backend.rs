//! Setting up the backend.

use super::InitOptions;
use crate::backend::{
    BackendSettings, ExtraArgument, LocalFlags, Manner, Migrated, Record, Side, configured_settings, has_something,
    migrate, place, read_record, remove_record, write_record,
};
use crate::current::Current;
use crate::prompt::ask;
use crate::session::Session;
use crate::state_access::{LockFlags, session_problem, store_problem, with_state};
use formwork_backend::{LocalStore, StateSession, local_options, required_arguments};
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
    let new = if configured.is_some() { with_answers(session, new, options)? } else { new };
    let old = recorded.as_ref().map(|record| record.settings.clone()).unwrap_or_default();
    let (configured_here, was_recorded) = (configured.is_some(), recorded.is_some());
    let is_new = recorded.is_none_or(|record| options.reconfigure || !record.settings.same_as(&new));
    if !new.same_as(&old) {
        change_backend(session, &old, &new, configured.is_some(), options)?;
    }
    if is_new && configured.is_some() {
        // What cannot be used is not recorded.
        session.block_on(async { new.configure().await.map(drop) })?;
    }
    match configured {
        Some(configured) => {
            let hash = block_only.as_ref().unwrap_or(&configured).hash();
            write_record(&data_dir, &Record { settings: new.clone(), hash })?;
        }
        None => remove_record(&data_dir)?,
    }
    if is_new && configured_here {
        let text = format!("\nThe backend {:?} is set up.", new.kind);
        options.say(session, "backend_configured_success", &text);
    } else if is_new && was_recorded {
        let text = format!("\nThe backend {:?} is not used any more: states are local from now on.", old.kind);
        options.say(session, "backend_configured_unset", &text);
    }
    Ok(Current::new(new, data_dir.workspace(&session.environment), &LocalFlags::default()))
}

/// Asks for arguments that the backend cannot do without.
fn with_answers(
    session: &Session,
    mut settings: BackendSettings,
    options: &InitOptions,
) -> Result<BackendSettings, Diagnostics> {
    for (name, meaning) in required_arguments(&settings.kind) {
        let given = settings.values.get(*name).is_some_and(|value| !value.is_null());
        if given || !options.input {
            continue;
        }
        let question = format!("{name}\n  {meaning}");
        let answer = ask(session, &question, "Enter a value:").ok_or_else(|| {
            let detail =
                format!("The backend {:?} needs the argument {name:?}, and nobody has answered.", settings.kind);
            Diagnostics::from(Diagnostic::error("Missing backend argument", detail).blame(Blame::Environment))
        })?;
        settings.values.insert((*name).into(), Value::from(answer.as_str()));
    }
    Ok(settings)
}

fn unused_backend_config() -> Diagnostic {
    let detail = "-backend-config was given, but the configuration has no backend block that it could complete. If the \
                  state is to be kept somewhere else, add one to a terraform block: backend \"s3\" {}. If not, leave \
                  -backend-config out.";
    Diagnostic::warning("Missing backend configuration", detail)
}

/// Takes the states along, or not, as the user wishes. Gives what is to be told of the new backend.
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
    if !first && !options.migrate {
        return Err(changed());
    }
    if !first {
        options.say(session, "backend_migrating", &announcement(old, new, configured));
    }
    let selected = session.data_dir().workspace(&session.environment);
    let manner = Manner { lock: options.lock, force: options.force_copy, input: options.input };
    let migrated = session.block_on(async {
        if first && is_empty(session, old).await? {
            return Ok(Migrated::Copied(0));
        }
        // Without anybody to talk to, states of no backend stay where they are.
        if first && !options.talk {
            return Ok(Migrated::Declined);
        }
        let (from, to) = (Side::open(session, old).await?, Side::open(session, new).await?);
        let migrated = migrate(session, &from, &to, &selected, &manner).await?;
        if first && matches!(migrated, Migrated::Copied(1..)) {
            put_aside(session, &from, new).await?;
        }
        Ok(migrated)
    })?;
    if let Migrated::Copied(copied @ 1..) = migrated {
        options.say(session, "backend_migrated_message", &format!("Copied {copied} states to the new backend."));
    }
    Ok(())
}

fn changed() -> Diagnostics {
    let detail = "The backend's configuration differs from what was set up here before. To copy the states to the new place \
                  give -migrate-state; to leave them where they are give -reconfigure.";
    Diagnostic::error("Backend configuration changed", detail).into()
}

fn announcement(old: &BackendSettings, new: &BackendSettings, configured: bool) -> String {
    if !configured {
        return format!("The configuration has no backend any more; until now it was {:?}.", old.kind);
    }
    if old.kind == new.kind {
        return format!("Backend configuration changed: the backend is still {:?}, with other settings.", new.kind);
    }
    format!("The backend type changed from {:?} to {:?}.", old.kind, new.kind)
}

async fn is_empty(session: &Session, settings: &BackendSettings) -> Result<bool, Diagnostics> {
    let side = Side::open(session, settings).await?;
    for workspace in &side.workspaces {
        let place = place(session, &*side.backend, workspace)?;
        // Only to look: it is copied under the lock.
        let state = StateSession::open(place, None, "".into()).await.map_err(|error| session_problem(&error))?;
        if has_something(&state) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What was copied from where states are without any backend is not to be found there again: it goes to the backups.
async fn put_aside(session: &Session, from: &Side, new: &BackendSettings) -> Result<(), Diagnostics> {
    let old = local_options(&BackendSettings::default().values).map_err(|error| store_problem(&error))?;
    if &*new.kind == "local" {
        let new = local_options(&new.values).map_err(|error| store_problem(&error))?;
        if new.path == old.path || new.workspace_dir == old.workspace_dir {
            return Ok(());
        }
    }
    for workspace in &from.workspaces {
        let place = place(session, &*from.backend, workspace)?;
        let lock = LockFlags { lock: true, timeout: std::time::Duration::ZERO, only_reads: true };
        let store = LocalStore::new(&old, workspace).map_err(|error| store_problem(&error))?;
        with_state(session, &place, &lock, "migration source state", async |_: &mut StateSession| {
            store.put_aside().map_err(|error| store_problem(&error))
        })
        .await?;
    }
    Ok(())
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
