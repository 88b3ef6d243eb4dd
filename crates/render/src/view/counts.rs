//! How many changes of which kind a plan has.

use super::change::is_shown;
use formwork_model::{Action, OutputChange, Plan};

/// Numbers of changes. Each change of an object counts once among create, update, replace, destroy, forget and read; what
/// is imported or moved counts there as well, if something else happens to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChangeCounts {
    pub create: usize,
    pub update: usize,
    pub replace: usize,
    pub destroy: usize,
    pub forget: usize,
    pub read: usize,
    pub import: usize,
    pub moved: usize,
    /// Root outputs that change.
    pub outputs: usize,
    /// Actions to invoke.
    pub actions: usize,
}

impl ChangeCounts {
    pub fn of(plan: &Plan) -> ChangeCounts {
        let mut counts = ChangeCounts { actions: plan.invocations.len(), ..ChangeCounts::default() };
        for change in plan.changes.iter().filter(|change| is_shown(change)) {
            counts.import += usize::from(change.importing.is_some());
            counts.moved += usize::from(change.is_moved());
            match change.action {
                Action::NoOp => {}
                Action::Create => counts.create += 1,
                Action::Update => counts.update += 1,
                Action::DeleteThenCreate | Action::CreateThenDelete | Action::ForgetThenCreate => counts.replace += 1,
                Action::Delete => counts.destroy += 1,
                Action::Forget => counts.forget += 1,
                Action::Read => counts.read += 1,
            }
        }
        counts.outputs = plan.outputs.iter().filter(|output| output_changes(output)).count();
        counts
    }

    /// Names of columns with their numbers.
    pub(super) fn columns(&self) -> Vec<(&'static str, usize)> {
        vec![
            ("Create", self.create),
            ("Update", self.update),
            ("Replace", self.replace),
            ("Destroy", self.destroy),
            ("Forget", self.forget),
            ("Import", self.import),
            ("Move", self.moved),
            ("Read", self.read),
            ("Outputs", self.outputs),
        ]
    }

    /// Numbers and what they are of, for a sentence.
    pub(super) fn parts(&self) -> [(usize, &'static str); 10] {
        [
            (self.create, "to create"),
            (self.update, "to update"),
            (self.replace, "to replace"),
            (self.destroy, "to destroy"),
            (self.forget, "to forget"),
            (self.import, "to import"),
            (self.moved, "to move"),
            (self.read, "to read"),
            (self.actions, if self.actions == 1 { "action to invoke" } else { "actions to invoke" }),
            (self.outputs, if self.outputs == 1 { "output to change" } else { "outputs to change" }),
        ]
    }
}

pub(super) fn output_changes(output: &OutputChange) -> bool {
    output.action != Action::NoOp
}
