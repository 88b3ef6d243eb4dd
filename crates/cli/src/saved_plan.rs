//! A plan from a file, and whether it may still be applied.

use crate::arguments::Arguments;
use crate::backend::{BackendSettings, LocalFlags};
use crate::configuration::{inputs, manifest};
use crate::current::Current;
use crate::early::Early;
use crate::machine::{PlanFiles, checksum};
use crate::session::Session;
use formwork_apply::{Resumed, resume};
use formwork_backend::plan_file;
use formwork_config::{Config, ModuleResolution, Origin, collect_variables, conclude, load_with};
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::{Files, Plan, ResourceInstance, ResourceState, StateSnapshot};
use formwork_object::{Deviation, compare_states};
use formwork_value::{Str, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Changed objects that are listed; the others are counted.
const LISTED: usize = 10;

/// A plan from a file.
pub struct SavedPlan {
    pub path: String,
    pub plan: Plan,
    /// SHA-256 of the file.
    pub digest: String,
}

/// Reads a plan file.
pub fn read(path: &str) -> Result<SavedPlan, Diagnostics> {
    let failed = |problem: String| {
        let detail = format!("{path:?} cannot be used as a plan: {problem}");
        Diagnostics::from(Diagnostic::error("Unusable plan file", detail).blame(Blame::Environment))
    };
    let bytes = std::fs::read(path).map_err(|error| failed(format!("{error}.")))?;
    let plan = plan_file::decode(&bytes).map_err(|error| failed(error.to_string()))?;
    Ok(SavedPlan { path: path.to_owned(), plan, digest: checksum(&bytes).to_string() })
}

/// The backend for which the plan was made, and the workspace that is selected now: a plan for one workspace suits another
/// if their states are the same, which is checked.
pub fn current(session: &Session, plan: &Plan, flags: &LocalFlags) -> Current {
    let settings = BackendSettings { kind: plan.backend.kind.clone(), values: plan.backend.config.clone() };
    Current::new(settings, session.data_dir().workspace(&session.environment), flags)
}

/// The configuration as it was planned.
pub fn configuration(session: &Session, plan: &Plan) -> Result<Config, Diagnostics> {
    let files = PlanFiles::new(&plan.sources);
    let (config, diagnostics) = {
        let early = Early::new(session, Some(&plan.variables));
        load_with(&files, ".", &manifest(session)?, ModuleResolution::Direct, Some(&early))
    };
    session.set_sources(Arc::new(config.sources.clone()));
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok(config) }
}

/// The plan must be whole, and made from files that are still the same.
pub fn check(session: &Session, plan: &Plan) -> Result<(), Diagnostics> {
    if plan.errored {
        let detail = "The planning met errors, so the plan lacks changes. Mend them and plan again.";
        return Err(Diagnostic::error("The plan is not complete", detail).into());
    }
    let files = session.files();
    let mut diagnostics = Diagnostics::new();
    for (path, expected) in &plan.files_read {
        let problem = match files.read(path) {
            Ok(bytes) if checksum(&bytes) == *expected => continue,
            Ok(_) => "has another content now".to_owned(),
            Err(error) => format!("cannot be read any more ({error})"),
        };
        let detail = format!("The plan was made with the file {path:?}, which {problem}. Plan again.");
        diagnostics.push(Diagnostic::error("A file has changed since the plan was made", detail));
    }
    if diagnostics.is_empty() { Ok(()) } else { Err(diagnostics) }
}

/// The plan, which must have been made from the state that is there now.
pub fn fresh(
    saved: &SavedPlan,
    config: &Config,
    workspace: &str,
    stored: Option<&StateSnapshot>,
) -> Result<Resumed, Diagnostics> {
    let plan = &saved.plan;
    let now = stored.cloned().unwrap_or_default();
    let is_same = (&now.lineage, now.serial) == (&plan.previous.lineage, plan.previous.serial);
    let found = if now.state == plan.previous.state { Vec::new() } else { deviations(plan, &now) };
    if is_same && found.is_empty() {
        return Ok(Resumed::whole(plan, &now));
    }
    let mut detail = format!(
        "The state has changed since the plan was made: it has serial {} (lineage {}), the plan was made from serial {} \
         (lineage {}).",
        now.serial,
        named(&now.lineage),
        plan.previous.serial,
        named(&plan.previous.lineage)
    );
    if &*plan.backend.workspace != workspace {
        let made = &plan.backend.workspace;
        detail.push_str(&format!(" It was made in the workspace {made:?}; the selected one is {workspace:?}."));
    } else if stored.is_none_or(|stored| stored.state.is_empty()) && !plan.previous.state.is_empty() {
        detail.push_str(" There is nothing in the state here: is this the directory in which the plan was made?");
    }
    match found.is_empty() {
        true => detail.push_str(" Its objects are the same."),
        false => detail.push_str(&format!("\n\nChanged since then:\n{}\n", listed(&found))),
    }
    match resume(plan, config, &now, None) {
        Ok(rest) if !rest.finished.is_empty() => detail.push_str(&format!(
            "\nThis is what comes of {} of the plan's {} operations, and all that the others need is as it was planned. \
             To do the rest of this plan, run:\n  formwork apply -resume {:?}\nOtherwise plan again.",
            rest.finished.len(),
            rest.finished.len() + rest.left(),
            saved.path
        )),
        _ if found.is_empty() => detail.push_str(" Plan again."),
        _ => detail.push_str("\nPlan again."),
    }
    Err(Diagnostic::error("Saved plan is stale", detail).blame(Blame::Environment).into())
}

/// Which objects have changed, and how.
fn deviations(plan: &Plan, now: &StateSnapshot) -> Vec<Deviation> {
    let schema = |resource: &ResourceState, address: &ResourceInstance| {
        let schemas = plan.schemas.get(&resource.provider.provider)?;
        schemas.resource(address.resource.mode, &address.resource.kind).cloned()
    };
    compare_states(&plan.previous.state, &now.state, &schema)
}

/// Objects one below the other; of many only the first.
pub fn listed(deviations: &[Deviation]) -> String {
    let mut lines: Vec<String> = deviations.iter().take(LISTED).map(|found| format!("  {found}")).collect();
    if deviations.len() > LISTED {
        lines.push(format!("  and {} more", deviations.len() - LISTED));
    }
    lines.join("\n")
}

fn named(lineage: &str) -> &str {
    if lineage.is_empty() { "none" } else { lineage }
}

/// Values of variables: the plan's, and ephemeral ones given again. Others may be given only as they were.
pub fn variables(
    session: &Session,
    arguments: &Arguments,
    plan: &Plan,
    config: &mut Config,
) -> Result<BTreeMap<Str, Value>, Diagnostics> {
    let root = config.root().clone();
    let settled = |(name, value): (&Str, &Value)| {
        let value = value.unmark_deep().0;
        // Kept as it was given, which may have been text.
        let suited = root.variables.get(name).and_then(|block| conclude(block, &value).ok());
        (name.clone(), suited.unwrap_or(value))
    };
    let mut values: BTreeMap<Str, Value> = plan.variables.iter().map(settled).collect();
    let (given, mut diagnostics) = collect_variables(&root, inputs(session, arguments)?, &mut config.sources);
    session.set_sources(Arc::new(config.sources.clone()));
    for (name, given) in given {
        let is_ephemeral = root.variables.get(&name).is_some_and(|block| block.ephemeral);
        if is_ephemeral {
            values.insert(name, given.value);
            continue;
        }
        if values.get(&name).is_none_or(|planned| *planned == given.value) {
            continue;
        }
        if !matches!(given.origin, Origin::Argument | Origin::NamedFile) {
            let detail = format!(
                "The plan was made with another value of the variable {name:?} than it has here now. The plan's counts."
            );
            diagnostics.push(Diagnostic::warning("Ignoring variable when applying a saved plan", detail));
        } else {
            let detail = format!(
                "The plan was made with another value of the variable {name:?}. What is applied is the plan; to use the \
                 new value, plan again."
            );
            diagnostics.push(Diagnostic::error("Value differs from the plan's", detail));
        }
    }
    for name in plan.apply_time_variables.iter().filter(|name| !values.contains_key(*name)) {
        let detail =
            format!("The variable {name:?} is ephemeral, so the plan does not keep it. Give it with -var again.");
        diagnostics.push(Diagnostic::error("No value for required variable", detail));
    }
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    session.report(&diagnostics);
    Ok(values)
}
