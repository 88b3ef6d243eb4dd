//! One function per kind of operation.

use crate::stage::Stage;
use crate::{create, delete, read};
use formwork_diag::{Blame, Diagnostic};
use formwork_model::{Action, Operation, OperationId, OperationKind, ResourceChange};

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    Succeeded,
    Failed,
}

impl Done {
    pub fn of(good: bool) -> Done {
        if good { Done::Succeeded } else { Done::Failed }
    }
}

/// An operation and its change.
pub(crate) struct Task<'a> {
    pub id: OperationId,
    pub operation: &'a Operation,
    pub change: &'a ResourceChange,
}

/// Runs one operation to its end.
pub(crate) async fn run(stage: &Stage<'_>, id: OperationId, operation: &Operation) -> Done {
    let Some(change) = stage.inputs.plan.changes.get(operation.change) else {
        stage.report_one(
            Diagnostic::error("Inconsistent plan", format!("There is no planned change for {operation}."))
                .blame(Blame::Engine),
        );
        return Done::Failed;
    };
    let task = Task { id, operation, change };
    if operation.kind != OperationKind::Barrier
        && !stage.open_needed(&operation.address.config(), &change.provider).await
    {
        return Done::Failed;
    }
    match &operation.kind {
        OperationKind::Create => create::create(stage, &task, None).await,
        OperationKind::CreateReplacement { depose_as } => create::create(stage, &task, Some(depose_as)).await,
        OperationKind::Update => create::update(stage, &task).await,
        OperationKind::Delete { deposed } => delete::delete(stage, &task, deposed.as_ref()).await,
        OperationKind::Read => read::read(stage, &task).await,
        OperationKind::Forget { deposed } => forget(stage, &task, deposed.as_ref()).await,
        OperationKind::Barrier => Done::Succeeded,
    }
}

/// Drops an object from the state.
async fn forget(stage: &Stage<'_>, task: &Task<'_>, deposed: Option<&formwork_model::DeposedKey>) -> Done {
    let ticker = stage.upkeep.begin(Some(task.id), &task.operation.address, deposed, Action::Forget, None);
    let recorded = stage
        .recorder
        .record(crate::recorder::Outcome {
            operation: task.id,
            address: &task.operation.address,
            deposed,
            provider: &task.change.provider,
            object: None,
        })
        .await;
    match recorded {
        Ok(()) => {
            ticker.finish(None);
            Done::Succeeded
        }
        Err(problem) => {
            ticker.fail();
            stage.report_one(*problem);
            Done::Failed
        }
    }
}
