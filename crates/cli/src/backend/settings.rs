//! What is configured about the backend: type and arguments.

use super::read_record;
use crate::arguments::Arguments;
use crate::session::Session;
use formwork_backend::{
    BACKEND_KINDS, Backend, Backup, ConfiguredBackend, LocalOptions, LocalWorkspaces, StateAhead, backend_schema,
    configure_backend, local_options,
};
use formwork_config::{Config, Module};
use formwork_diag::{Blame, Diagnostic, Diagnostics, Span};
use formwork_hcl::{EmptyScope, evaluate};
use formwork_model::{BackendRecord, Block, StoreError};
use formwork_value::{Kind, Str, Value, convert};
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Type and arguments of a backend.
#[derive(Clone, PartialEq)]
pub struct BackendSettings {
    pub kind: Str,
    /// Every argument of the type, null if not given.
    pub values: BTreeMap<Str, Value>,
}

/// Without the arguments: there may be keys among them.
impl fmt::Debug for BackendSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackendSettings").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Paths given on the command line, for the local backend only.
#[derive(Clone, Debug, Default)]
pub struct LocalFlags {
    pub state: Option<PathBuf>,
    pub state_out: Option<PathBuf>,
    pub backup: Backup,
    /// The state, if reading it has begun.
    pub ahead: StateAhead,
}

impl LocalFlags {
    /// From `-state`, `-state-out` and `-backup`, as far as a command has them.
    pub fn of(arguments: &Arguments) -> LocalFlags {
        let path = |name: &str| arguments.value(name).filter(|path| !path.is_empty()).map(PathBuf::from);
        LocalFlags {
            state: path("state"),
            state_out: path("state-out"),
            backup: match arguments.value("backup") {
                None | Some("") => Backup::Beside,
                Some("-") => Backup::None,
                Some(path) => Backup::At(path.into()),
            },
            ahead: StateAhead::default(),
        }
    }

    /// Begins to read the state where it is unless the configuration says otherwise. Where `init` has set up a backend,
    /// that is not known yet.
    pub fn looking_ahead(&self, session: &Session) -> LocalFlags {
        let data_dir = session.data_dir();
        if !matches!(read_record(&data_dir), Ok(None)) {
            return self.clone();
        }
        let options = LocalOptions { state: self.state.clone(), ..LocalOptions::default() };
        LocalFlags { ahead: options.look_ahead(&data_dir.workspace(&session.environment)), ..self.clone() }
    }
}

impl Default for BackendSettings {
    /// What counts without any configuration.
    fn default() -> BackendSettings {
        BackendSettings { kind: "local".into(), values: BTreeMap::new() }
    }
}

impl BackendSettings {
    /// The backend itself. Its own warnings are reported.
    pub async fn open(&self, session: &Session, flags: &LocalFlags) -> Result<Arc<dyn Backend>, Diagnostics> {
        if &*self.kind == "local" {
            let configured = local_options(&self.values).map_err(|error| self.unusable(&error))?;
            let options = LocalOptions {
                state: flags.state.clone(),
                state_out: flags.state_out.clone(),
                backup: flags.backup.clone(),
                ahead: flags.ahead.clone(),
                ..configured
            };
            return Ok(Arc::new(LocalWorkspaces { options }));
        }
        let configured = self.configure().await?;
        for warning in configured.warnings {
            session.report(&Diagnostic::warning("Backend configuration", warning).into());
        }
        Ok(configured.backend)
    }

    /// The backend itself, before anybody is told of it.
    pub async fn configure(&self) -> Result<ConfiguredBackend, Diagnostics> {
        configure_backend(&self.kind, &self.values).await.map_err(|error| self.unusable(&error))
    }

    fn unusable(&self, error: &StoreError) -> Diagnostics {
        let detail = format!("The backend {:?} cannot be used: {error}", self.kind);
        Diagnostic::error("Invalid backend configuration", detail).blame(Blame::Environment).into()
    }

    /// As plans tell it.
    pub fn record(&self, workspace: &str) -> BackendRecord {
        BackendRecord { kind: self.kind.clone(), config: self.values.clone(), workspace: workspace.into() }
    }
}

fn unknown_kind(kind: &str, span: Option<Span>) -> Diagnostic {
    let hint = formwork_diag::nearest(kind, BACKEND_KINDS.iter().copied())
        .map(|near| format!(" Did you mean {near:?}?"))
        .unwrap_or_default();
    let detail = format!("There is no backend type named {kind:?}.{hint} The types are: {}.", BACKEND_KINDS.join(", "));
    Diagnostic::error("Unsupported backend type", detail).at_opt(span)
}

/// One argument of `-backend-config`.
#[derive(Clone)]
pub struct ExtraArgument {
    pub name: Str,
    pub value: Value,
    /// Where it stands in a file.
    pub span: Option<Span>,
}

/// What the root module says, completed by `-backend-config` (files' attributes and `KEY=VALUE` texts, in order);
/// `None` without a block.
pub fn configured_settings(config: &Config, extra: &[ExtraArgument]) -> Result<Option<BackendSettings>, Diagnostics> {
    let root: &Module = config.root();
    if let Some(cloud) = &root.cloud {
        let detail = "Formwork keeps states in a backend of your own. Replace the cloud block by a backend block.";
        return Err(Diagnostic::error("HCP Terraform is not available", detail).at(cloud.header_span).into());
    }
    let Some(block) = &root.backend else { return Ok(None) };
    let schema = backend_schema(&block.kind).ok_or_else(|| unknown_kind(&block.kind, Some(block.header_span)))?;
    let (attributes, mut diagnostics) = block.body.just_attributes();
    let mut values: BTreeMap<Str, Value> = BTreeMap::new();
    for (name, attribute) in &schema.attributes {
        values.insert(name.clone(), Value::null(attribute.ty()));
    }
    let mut spans = BTreeMap::new();
    for attribute in attributes {
        let name = &attribute.name.name;
        spans.insert(name.clone(), attribute.span);
        let evaluated = block.early.get(name).cloned().unwrap_or_else(|| evaluate(&attribute.expr, &EmptyScope));
        let failed = evaluated.diagnostics.has_errors();
        diagnostics.extend(evaluated.diagnostics);
        if !failed {
            put(&mut values, &schema, name, evaluated.value, Some(attribute.span), &mut diagnostics);
        }
    }
    for argument in extra {
        put(&mut values, &schema, &argument.name, argument.value.clone(), argument.span, &mut diagnostics);
    }
    for (name, attribute) in &schema.attributes {
        if attribute.required && values.get(name).is_none_or(Value::is_null) {
            let detail = format!("The backend {:?} needs the argument {name:?}.", block.kind);
            diagnostics.push(Diagnostic::error("Missing backend argument", detail).at(block.header_span));
        }
    }
    if &*block.kind == "local" {
        for (name, _) in values.iter().filter(|(_, value)| value.as_str() == Some("")) {
            let detail = format!("The argument {name:?} is empty. Leave it out, or give a path.");
            let problem = Diagnostic::error("Invalid local state path", detail);
            diagnostics.push(problem.at_opt(spans.get(name).copied()));
        }
    }
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    Ok(Some(BackendSettings { kind: block.kind.clone(), values }))
}

/// What is told of an argument of the command line, which has no place in a file.
const UNEXPECTED: &str = "Invalid backend configuration argument";

fn put(
    values: &mut BTreeMap<Str, Value>,
    schema: &Block,
    name: &Str,
    value: Value,
    span: Option<Span>,
    diagnostics: &mut Diagnostics,
) {
    let Some(attribute) = schema.attributes.get(name) else {
        let known = schema.attributes.keys().map(|name| &**name);
        let hint = formwork_diag::nearest(name, known).map(|near| format!(" Did you mean {near:?}?"));
        let detail = format!("The backend has no argument named {name:?}.{}", hint.unwrap_or_default());
        let summary = if span.is_some() { "Unsupported argument" } else { UNEXPECTED };
        return diagnostics.push(Diagnostic::error(summary, detail).at_opt(span));
    };
    // Texts of -backend-config stand for any type.
    match convert(&value, &attribute.ty()) {
        Ok(value) if !matches!(value.kind(), Kind::Unknown(..)) => {
            values.insert(name.clone(), value);
        }
        Ok(_) => {}
        Err(error) => {
            let detail = format!("The argument {name:?} does not suit its type: {error}.");
            let summary = if span.is_some() { "Incorrect attribute value type" } else { UNEXPECTED };
            diagnostics.push(Diagnostic::error(summary, detail).at_opt(span));
        }
    }
}
