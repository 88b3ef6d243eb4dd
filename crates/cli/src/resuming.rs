//! Taking up a saved plan of which a part has been applied.
//!
//! What a run of a saved plan has finished is noted in the data directory, with the state that it left. While that is the state,
//! the note tells exactly what is done. Otherwise, as on another machine, the state alone must tell.

use crate::machine::{MachineEntropy, random_id};
use crate::saved_plan::{SavedPlan, listed};
use crate::session::Session;
use crate::whole_file::write_private;
use formwork_apply::{Resumed, resume};
use formwork_backend::StateSession;
use formwork_config::Config;
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::{JournalEntry, OperationId, OperationKind, Plan, ResourceInstance, StateSnapshot};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Notes that are kept.
const KEPT: usize = 20;

/// A note larger than this is none of ours.
const LARGEST: u64 = 16 << 20;

/// A run of a plan that comes from a file.
pub struct SavedRun {
    digest: String,
    /// What of it was done before.
    finished: BTreeSet<OperationId>,
    done: Vec<ResourceInstance>,
    origins: Vec<Option<OperationId>>,
    /// Operations of the plan, done and left.
    operations: usize,
}

impl SavedRun {
    /// The run, and the plan that it carries out.
    pub fn new(digest: String, rest: Resumed) -> (SavedRun, Plan) {
        let operations = rest.finished.len() + rest.left();
        let Resumed { plan, finished, done, origins, .. } = rest;
        (SavedRun { digest, finished, done, origins, operations }, plan)
    }

    /// A name for the run that tells, in its journal, of which plan it is. The numbers of operations in the journal of what was
    /// resumed are not those of the plan.
    pub fn run_id(&self) -> String {
        let id = random_id(&MachineEntropy);
        if self.finished.is_empty() { format!("{id}/{}", self.digest) } else { id }
    }

    pub fn done(&self) -> &[ResourceInstance] {
        &self.done
    }

    /// Notes what is done by now. A note that cannot be written is missed only where the state does not tell as much.
    pub fn note(&self, session: &Session, finished: &[OperationId], stored: Option<&StateSnapshot>) {
        let Some(stored) = stored.filter(|_| !self.origins.is_empty()) else { return };
        let origin = |id: &OperationId| self.origins.get(id.0 as usize).copied().flatten();
        let all: BTreeSet<OperationId> =
            self.finished.iter().copied().chain(finished.iter().filter_map(origin)).collect();
        let numbers: Vec<u32> = all.iter().map(|id| id.0).collect();
        let note = json!({ "lineage": &*stored.lineage, "serial": stored.serial, "finished": numbers });
        let path = note_path(session, &self.digest);
        // A run that has come to its end leaves none, but keeps one right that is there.
        if all.len() == self.operations && !path.exists() {
            return;
        }
        let directory = path.parent().unwrap_or(Path::new("."));
        if std::fs::create_dir_all(directory).and_then(|()| write_private(&path, note.to_string().as_bytes())).is_ok() {
            forget_old(directory);
        }
    }
}

fn note_path(session: &Session, digest: &str) -> PathBuf {
    session.data_dir().path().join("formwork").join("applied").join(digest)
}

/// Keeps the newest notes only.
fn forget_old(directory: &Path) {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut found: Vec<_> =
        entries.filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path()))).collect();
    found.sort();
    let surplus = found.len().saturating_sub(KEPT);
    for (_, path) in found.into_iter().take(surplus) {
        // It is in nobody's way.
        let _ = std::fs::remove_file(path);
    }
}

/// What is noted of the plan, if the state is as that run left it.
fn noted(session: &Session, digest: &str, now: &StateSnapshot) -> Option<BTreeSet<OperationId>> {
    let path = note_path(session, digest);
    if std::fs::metadata(&path).ok()?.len() > LARGEST {
        return None;
    }
    let note: Value = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    if note.get("serial")?.as_u64()? != now.serial || note.get("lineage")?.as_str()? != &*now.lineage {
        return None;
    }
    let number = |value: &Value| Some(OperationId(u32::try_from(value.as_u64()?).ok()?));
    note.get("finished")?.as_array()?.iter().map(number).collect()
}

/// What the journal of a killed run tells, if this command has recovered it and it is of this plan.
fn recovered(saved: &SavedPlan, state: &StateSession) -> Option<BTreeSet<OperationId>> {
    let run = state.recovered()?;
    if !run.run.ends_with(&format!("/{}", saved.digest)) {
        return None;
    }
    let finished = |entry: &JournalEntry| match entry {
        JournalEntry::Result { operation, object, .. } => {
            let operation = OperationId(*operation);
            let removes = matches!(
                saved.plan.execution.get(operation)?.kind,
                OperationKind::Delete { .. } | OperationKind::Forget { .. }
            );
            (object.is_none() == removes).then_some(operation)
        }
        _ => None,
    };
    // An update that has failed has a result as well: what it left decides.
    let is_update = |id: &OperationId| saved.plan.execution.get(*id).is_some_and(|o| o.kind == OperationKind::Update);
    Some(run.results.iter().filter_map(finished).filter(|id| !is_update(id)).collect())
}

/// What is left of a plan.
pub fn rest(
    session: &Session,
    saved: &SavedPlan,
    config: &Config,
    state: &StateSession,
) -> Result<Resumed, Diagnostics> {
    let now = state.snapshot().cloned().unwrap_or_default();
    let known = noted(session, &saved.digest, &now).or_else(|| recovered(saved, state));
    resume(&saved.plan, config, &now, known.as_ref()).map_err(|deviations| {
        let detail = format!(
            "What is left of the plan would not do what it shows, because not everything that it touches or reads is as the \
             plan expects it:\n\n{}\n\nNothing was done. Plan again.",
            listed(&deviations)
        );
        Diagnostic::error("The plan cannot be resumed", detail).blame(Blame::Environment).into()
    })
}

/// Tells what is done and what is left.
pub fn tell(session: &Session, rest: &Resumed) {
    let (done, left) = (rest.finished.len(), rest.left());
    let total = done + left;
    if left == 0 {
        return session.say(&format!("Nothing is left of the plan: its {total} operations are done."));
    }
    session.say(&format!("Resuming the plan: of its {total} operations {done} are done, and {left} are left."));
    for address in &rest.half_made {
        session.say(&format!("  {address} is not complete: it is destroyed, and created again."));
    }
}
