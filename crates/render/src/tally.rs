//! Counting what plans will do and what applies have done.

use formwork_model::{Action, ActionProgress, Event, Plan, ResourceMode};

/// Numbers of planned changes. Replacements count as additions and as removals; reads and forgotten objects do not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlanTally {
    pub add: usize,
    pub change: usize,
    pub remove: usize,
    pub import: usize,
    /// Actions.
    pub invoke: usize,
}

impl PlanTally {
    pub fn of(plan: &Plan) -> PlanTally {
        let mut tally = PlanTally { invoke: plan.invocations.len(), ..PlanTally::default() };
        for change in &plan.changes {
            if change.action == Action::Delete && change.address.resource.mode == ResourceMode::Data {
                continue;
            }
            tally.import += usize::from(change.importing.is_some());
            match change.action {
                Action::Create | Action::ForgetThenCreate => tally.add += 1,
                Action::Update => tally.change += 1,
                Action::Delete => tally.remove += 1,
                Action::DeleteThenCreate | Action::CreateThenDelete => {
                    tally.add += 1;
                    tally.remove += 1;
                }
                Action::NoOp | Action::Read | Action::Forget => {}
            }
        }
        tally
    }

    /// `Plan: 1 to add, 0 to change, 0 to destroy.`
    pub fn sentence(self) -> String {
        format!("Plan: {}", self.counts())
    }

    /// The sentence without its first word.
    pub(crate) fn counts(self) -> String {
        let import = if self.import > 0 { format!("{} to import, ", self.import) } else { String::new() };
        let invoke = if self.invoke > 0 { format!(" Actions: {} to invoke.", self.invoke) } else { String::new() };
        format!("{import}{} to add, {} to change, {} to destroy.{invoke}", self.add, self.change, self.remove)
    }
}

/// Numbers of applied changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ApplyTally {
    pub added: usize,
    pub changed: usize,
    pub destroyed: usize,
    pub imported: usize,
    /// Actions.
    pub invoked: usize,
}

impl ApplyTally {
    /// Counts what an event tells.
    pub fn observe(&mut self, event: &Event) {
        match event {
            Event::Planned(plan) => self.imported = plan.changes.iter().filter(|c| c.importing.is_some()).count(),
            Event::Action { progress: ActionProgress::Finished, .. } => self.invoked += 1,
            Event::Finished { object, .. } if object.address.resource.mode == ResourceMode::Managed => {
                match object.action {
                    Action::Create | Action::ForgetThenCreate => self.added += 1,
                    Action::Update => self.changed += 1,
                    Action::Delete => self.destroyed += 1,
                    Action::DeleteThenCreate | Action::CreateThenDelete => {
                        self.added += 1;
                        self.destroyed += 1;
                    }
                    Action::NoOp | Action::Read | Action::Forget => {}
                }
            }
            _ => {}
        }
    }

    /// `Apply complete! Resources: 1 added, 0 changed, 0 destroyed.`, or the form for a destroy.
    pub fn sentence(self, destroy: bool) -> String {
        let invoked = if self.invoked > 0 { format!(" Actions: {} invoked.", self.invoked) } else { String::new() };
        if destroy {
            return format!("Destroy complete! Resources: {} destroyed.{invoked}", self.destroyed);
        }
        let import = if self.imported > 0 { format!("{} imported, ", self.imported) } else { String::new() };
        format!(
            "Apply complete! Resources: {import}{} added, {} changed, {} destroyed.{invoked}",
            self.added, self.changed, self.destroyed
        )
    }
}
