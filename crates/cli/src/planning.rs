//! Making a plan: what plan, apply, destroy, refresh and import have in common.

use crate::arguments::Arguments;
use crate::configuration::variables;
use crate::current::Current;
use crate::generated;
use crate::interrupt::{Interrupts, Urgency};
use crate::machine::{MachineClock, MachineEntropy, MachineFiles, RecordingFiles, timestamp};
use crate::operation_arguments::OperationArguments;
use crate::progress::Progress;
use crate::provider_functions::ProviderFunctionTable;
use crate::providers::Providers;
use crate::resuming::SavedRun;
use crate::session::Session;
use crate::together::together;
use formwork_backend::StateSession;
use formwork_config::{Config, GivenValue, ProviderBlock, Schemas, check_references, check_statements, summarize};
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_eval::{Environment, Phase, ProviderFunctions};
use formwork_model::{
    ConfigSummary, Event, EventSink, Files, InDoubt, ModulePath, Operation, OperationKind, Plan, PlanMode,
    PlanProviders, ResourceInstance, State,
};
use formwork_plan::{GeneratedResource, PlanInputs};
use formwork_protocol::ProviderPool;
use formwork_render::PlanText;
use formwork_value::{Marks, Str, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::task::JoinHandle;

/// A plan with everything that applying it at once needs.
pub struct Planned {
    pub plan: Arc<Plan>,
    /// What was found on the way. With errors the plan is what could be planned.
    pub diagnostics: Diagnostics,
    pub config: Arc<Config>,
    pub variables: BTreeMap<Str, Value>,
    pub providers: Providers,
    /// The file that it comes from.
    pub saved: Option<SavedRun>,
    /// Configuration that was written for it.
    pub generated: Vec<GeneratedResource>,
}

/// Why there is no plan to go on with.
pub enum Unplanned {
    /// Before anything was planned.
    Refused(Diagnostics),
    /// Effects of earlier runs must be settled first.
    InDoubt(Diagnostics),
}

impl From<Diagnostics> for Unplanned {
    fn from(diagnostics: Diagnostics) -> Unplanned {
        Unplanned::Refused(diagnostics)
    }
}

/// The evaluator's view of this machine.
pub async fn environment(
    session: &Session,
    phase: Phase,
    workspace: &str,
    files: Arc<dyn Files>,
    config: &Config,
    pool: &Arc<ProviderPool>,
) -> Result<Environment, Diagnostics> {
    let functions = ProviderFunctionTable::load(config, pool, phase == Phase::Console).await?;
    let now: Str = timestamp().into();
    Ok(Environment {
        phase,
        workspace: workspace.into(),
        plan_timestamp: now.clone(),
        timestamp: now,
        files,
        entropy: Arc::new(MachineEntropy),
        original_dir: session.original_dir.as_str().into(),
        provider_functions: functions.map(|table| Arc::new(table) as Arc<dyn ProviderFunctions>),
    })
}

/// Rules about the configuration as a whole that loading does not check.
fn check(config: &Config) -> Diagnostics {
    let mut diagnostics = check_references(config);
    diagnostics.extend(check_statements(config));
    diagnostics
}

/// Plans, with the state in hand. Tells what happens meanwhile; the plan and its problems are told by [`Planned::tell`].
pub async fn make_plan(
    session: &Session,
    arguments: &Arguments,
    operation: &OperationArguments,
    mut config: Config,
    current: &Current,
    state: &StateSession,
) -> Result<Planned, Unplanned> {
    let generated_file = generated::target(arguments, operation.options.mode)?;
    let mut diagnostics = check(&config);
    if diagnostics.has_errors() {
        return Err(diagnostics.into());
    }
    let (given, warnings) = variables(session, arguments, &mut config, operation.input)?;
    diagnostics.extend(warnings);
    let snapshot = state.snapshot().cloned().unwrap_or_default();
    if let Some(problem) = in_doubt_before(state.in_doubt(), &snapshot.state, &config, operation) {
        return Err(Unplanned::InDoubt(problem));
    }
    let providers = Providers::prepare(session, &config, Some(&snapshot.state))?;
    let mut config = Arc::new(config);
    let raw: BTreeMap<Str, Value> = given.iter().map(|(name, given)| (name.clone(), given.raw.clone())).collect();
    let variables = with_defaults(&config, given);
    let files = Arc::new(RecordingFiles::new(session.files()));
    let environment =
        environment(session, Phase::Plan, &current.workspace, files.clone(), &config, &providers.pool).await?;
    let stopping = Stopping::watch(session, &providers, || {});
    let progress = Progress::start(session);
    let clock = MachineClock::new();
    let cancelled = || session.is_interrupted();
    let inputs = |config: Arc<Config>| PlanInputs {
        config,
        variables: variables.clone(),
        previous: snapshot.clone(),
        providers: &*providers.pool,
        environment: environment.clone(),
        events: &progress as &dyn EventSink,
        clock: &clock,
        options: operation.options.clone(),
        backend: current.settings.record(&current.workspace),
        lock_file: providers.lock_file.clone(),
        // Who saves the plan adds what it tells of the configuration.
        is_kept: false,
        // Taking an object over does not ask what the configuration is worth: the next plan does.
        validates: operation.imports.is_none(),
        cancelled: &cancelled,
    };
    let mut written = Vec::new();
    if let Some(path) = generated_file {
        let (resources, problems) = formwork_plan::generate(&inputs(config.clone())).await;
        if problems.has_errors() {
            // The rest is planned without what cannot be imported.
            diagnostics.extend(problems);
            config = Arc::new(formwork_plan::without_undeclared_imports(&config));
        } else if !resources.is_empty() {
            config = Arc::new(generated::write(session, path, &resources)?);
            // The places of what was found before are those of the files before.
            diagnostics = check(&config);
            diagnostics.push(generated::warning(path));
            written = resources;
        }
    }
    let (mut plan, problems) = formwork_plan::plan(&inputs(config.clone())).await;
    drop((progress, stopping));
    diagnostics.extend(problems);
    if operation.imports.is_none()
        && let Some(problem) = in_doubt_again(state, &plan)
    {
        // Something that is wanted needs it, or it is not imported after all.
        providers.pool.shutdown_all().await;
        return Err(Unplanned::InDoubt(problem));
    }
    plan.complete &= !plan.errored;
    generated::note(&mut plan, &written);
    diagnostics.extend(at_their_blocks(providers.pool.take_warnings(), &config));
    plan.files_read = files.files_read();
    plan.errored |= diagnostics.has_errors();
    // Plans keep values as they were given. A null may stand for the default.
    for (name, raw) in raw.into_iter().filter(|(_, raw)| !raw.is_null()) {
        if let Some(value) = plan.variables.get_mut(&name) {
            let is_sensitive = config.root().variables.get(&name).is_some_and(|block| block.sensitive);
            *value = raw.with_marks(if is_sensitive { Marks::SENSITIVE } else { Marks::NONE });
        }
    }
    let plan = Arc::new(plan);
    Ok(Planned { plan, diagnostics, config, variables, providers, saved: None, generated: written })
}

/// A plan is dropped when the process is about to end: taking a large one apart first would only cost time.
impl Drop for Planned {
    fn drop(&mut self) {
        std::mem::forget((self.plan.clone(), self.config.clone()));
    }
}

impl Planned {
    pub fn has_errors(&self) -> bool {
        self.diagnostics.has_errors()
    }

    /// Shows the plan, and then the problems found on the way.
    pub fn tell(&self, session: &Session) {
        self.tell_as(session, self.text(session));
    }

    /// As [`Planned::tell`], with its [`text`](Planned::text).
    pub fn tell_as(&self, session: &Session, text: Option<String>) {
        if !self.plan.is_blank() {
            Progress::tell_json(session, &Event::Planned(self.plan.clone()));
        }
        if let Some(text) = text {
            session.output.print(&text);
        }
        self.tell_problems(session);
    }

    /// The plan for people, if they are to see it: they learn more from problems than from nothing.
    pub fn text(&self, session: &Session) -> Option<String> {
        let only_problems = self.plan.is_blank() || self.has_errors() && self.plan.changes.is_empty();
        if only_problems || session.is_json() || session.is_silent() {
            return None;
        }
        let text = PlanText::new(&self.plan, session.text());
        Some(together(text.pieces(), |index| text.piece(index)).concat())
    }

    /// The schemas of all providers that the configuration names, as far as they can be had.
    pub async fn schemas(&self) -> Schemas {
        let mut schemas = BTreeMap::new();
        for provider in self.config.provider_addresses() {
            if let Ok(schema) = self.providers.pool.schema(&provider).await {
                schemas.insert(provider, schema);
            }
        }
        schemas
    }

    /// What the plan tells of the configuration.
    pub fn config_summary(&self, schemas: &Schemas) -> ConfigSummary {
        let mut summary = summarize(&self.config, schemas);
        generated::leave_out(&mut summary, &self.generated);
        summary
    }

    /// Drops the warnings about assertions of check blocks.
    pub fn forget_assertions(&mut self) {
        let all = std::mem::take(&mut self.diagnostics);
        self.diagnostics = all.into_iter().filter(|d| !d.summary.starts_with("Check block assertion")).collect();
    }

    pub fn tell_problems(&self, session: &Session) {
        session.report(&self.diagnostics);
    }
}

/// Does what interrupts want until dropped: the first asks the providers to come to an end, the second kills them.
pub struct Stopping {
    task: Option<JoinHandle<()>>,
}

impl Stopping {
    /// `kill` is called at the second interrupt as well.
    pub fn watch(session: &Session, providers: &Providers, kill: impl Fn() + Send + 'static) -> Stopping {
        let (pool, notices) = (providers.pool.clone(), session.notices());
        let watch = |interrupts: Arc<Interrupts>| {
            tokio::spawn(async move {
                interrupts.reached(Urgency::Graceful).await;
                notices.say(
                    "Interrupt received. Nothing new is begun; what runs is finished and recorded.\nInterrupt again to \
                     stop at once.",
                );
                let asked = pool.clone();
                tokio::spawn(async move { asked.stop_all().await });
                interrupts.reached(Urgency::Now).await;
                notices.say("Two interrupts received. Stopping at once; what is known is recorded.");
                kill();
                pool.kill_all();
            })
        };
        Stopping { task: session.interrupts().map(watch) }
    }
}

impl Drop for Stopping {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// True if nobody has said yet what became of it. A first object that is in the state by now has been found; for a
/// replacement the old object is there all the time and says nothing.
fn is_open(doubt: &InDoubt, state: &State) -> bool {
    match doubt.kind {
        OperationKind::CreateReplacement { .. } => true,
        _ => state.object(&doubt.address).is_none(),
    }
}

/// Effects in doubt that planning would touch, as far as that is known beforehand. What is imported is decided by that.
fn in_doubt_before(
    in_doubt: &[InDoubt],
    state: &State,
    config: &Config,
    operation: &OperationArguments,
) -> Option<Diagnostics> {
    let targets = &operation.options.targets;
    let is_imported = |doubt: &InDoubt| {
        operation.imports.as_ref() == Some(&doubt.address)
            || config.modules.values().any(|module| {
                module.imports.iter().any(|import| import.to.config_in(&module.path) == doubt.address.config())
            })
    };
    let is_touched = |doubt: &&InDoubt| {
        is_open(doubt, state)
            && !is_imported(doubt)
            && (targets.is_empty() || targets.iter().any(|target| target.contains(&doubt.address)))
    };
    in_doubt_problem(in_doubt.iter().filter(is_touched))
}

/// Effects in doubt that a plan would cause once more.
pub fn in_doubt_again(state: &StateSession, plan: &Plan) -> Option<Diagnostics> {
    let is_creation = |operation: &Operation| {
        matches!(operation.kind, OperationKind::Create | OperationKind::CreateReplacement { .. })
    };
    let created: BTreeSet<&ResourceInstance> =
        plan.execution.operations.iter().filter(|o| is_creation(o)).map(|o| &o.address).collect();
    let stored = state.snapshot().map(|snapshot| &snapshot.state);
    let is_again =
        |doubt: &&InDoubt| created.contains(&doubt.address) && stored.is_none_or(|stored| is_open(doubt, stored));
    in_doubt_problem(state.in_doubt().iter().filter(is_again))
}

fn in_doubt_problem<'a>(doubts: impl Iterator<Item = &'a InDoubt>) -> Option<Diagnostics> {
    let mut diagnostics = Diagnostics::new();
    for doubt in doubts {
        let planned = doubt.planned.as_ref().map(|text| format!("\n\nIt was to become: {text}")).unwrap_or_default();
        let (what, old) = match doubt.kind {
            OperationKind::CreateReplacement { .. } => ("the replacement of ", ", and destroy the old object next"),
            _ => ("", ""),
        };
        let detail = format!(
            "A run was killed while {what}{0} was being created. Nobody knows whether the object exists, so it is not \
             created a second time without your word. Look for it, then run one of:\n  formwork import {0} ID       \
             it exists: take it over{old}\n  formwork settle -retry {0}   it does not exist: create it again\n  \
             formwork settle -forget {0}  it exists and shall be left alone: create another one{planned}",
            doubt.address
        );
        let problem = Diagnostic::error("Unknown outcome of an earlier run", detail).blame(Blame::Environment);
        diagnostics.push(problem.address(&doubt.address));
    }
    (!diagnostics.is_empty()).then_some(diagnostics)
}

/// The files behind a plan's expressions, for applying it.
pub fn machine_files(session: &Session) -> Arc<MachineFiles> {
    Arc::new(session.files())
}

/// Provider configurations have blocks; what is told of those is found there.
pub fn at_their_blocks(mut warnings: Diagnostics, config: &Config) -> Diagnostics {
    for warning in warnings.iter_mut().filter(|warning| warning.span.is_none()) {
        let of = |path: &ModulePath, block: &ProviderBlock| config.provider_config(path, &block.name).to_string();
        let mut blocks =
            config.modules.iter().flat_map(|(path, module)| module.providers.values().map(move |block| (path, block)));
        let block = blocks.find(|(path, block)| warning.address.as_ref() == Some(&of(path, block)));
        warning.span = block.map(|(_, block)| block.header_span);
    }
    warnings
}

/// The values of all variables that have one.
pub fn with_defaults(config: &Config, given: BTreeMap<Str, GivenValue>) -> BTreeMap<Str, Value> {
    let declared = config.root().variables.iter();
    let defaults = declared.filter_map(|(name, block)| Some((name.clone(), block.default.clone()?)));
    defaults.chain(given.into_iter().map(|(name, given)| (name, given.value))).collect()
}

/// Problems of values that do not suit their variables. The reference meets them while planning, so its stream has a
/// plan without changes before them.
const VALUE_PROBLEMS: [&str; 2] = ["Invalid value for input variable", "Required variable not set"];

/// True if all values are there, but some do not suit their variables: that is found while planning.
pub fn are_of_values(problems: &Diagnostics) -> bool {
    let mut errors = problems.iter().filter(|problem| problem.is_error());
    errors.all(|problem| VALUE_PROBLEMS.contains(&problem.summary.as_str()))
}

/// Tells the plan of nothing that comes of such problems.
pub fn tell_empty_plan(session: &Session) {
    Progress::tell_json(session, &Event::Planned(Arc::new(Plan { errored: true, ..Plan::default() })));
}

/// What the lock says about the operation. Source: fact sheet `state-v4.md` 8.2.
pub fn lock_name(mode: PlanMode, applies: bool) -> &'static str {
    match (mode, applies) {
        (PlanMode::RefreshOnly, true) => "OperationTypeRefresh",
        (_, true) => "OperationTypeApply",
        (_, false) => "OperationTypePlan",
    }
}
