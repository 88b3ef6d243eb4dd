//! The labelled view: what a plan, a state or found drift has to tell, ordered and counted once. Terminal text, Markdown
//! and HTML are written from it.

mod block;
mod body;
mod change;
mod counts;
mod drift;
mod entry;
mod heading;
mod invocation;
mod object;
mod plan;
mod sequence;
mod state;
mod symbol;

pub use counts::ChangeCounts;

pub(crate) use body::{Mode, write_diff};
pub(crate) use change::{change_body, change_diff, drifted, is_shown, output_diff};
pub(crate) use drift::{drift_view, is_outside};
pub(crate) use entry::{Content, Entry, Form, stored_output, write_entry};
pub(crate) use heading::{Cause, Heading};
pub(crate) use invocation::{invocation_body, invocation_schema};
pub(crate) use object::{object_body, object_note};
pub(crate) use plan::plan_view;
pub(crate) use state::state_view;
pub(crate) use symbol::{part_symbol, write_action_symbol};

use formwork_model::{FORMWORK_VERSION, Plan};

/// How much attention something deserves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Nothing to do.
    Calm,
    /// Something to look at.
    Active,
    /// Something will be lost, or has failed.
    Grave,
}

/// What a document shows. Its own words are fixed texts and numbers; whatever comes from elsewhere is in the entries.
pub(crate) struct View<'a> {
    pub(crate) title: String,
    pub(crate) tone: Tone,
    /// What matters about the whole; sentences.
    pub(crate) remarks: Vec<&'static str>,
    /// Names of columns with numbers.
    pub(crate) counts: Vec<(&'static str, usize)>,
    /// Where it comes from, for who finds it later.
    pub(crate) facts: Vec<(&'static str, String)>,
    /// What matters most comes first.
    pub(crate) sections: Vec<Section<'a>>,
}

/// Entries of one kind.
pub(crate) struct Section<'a> {
    pub(crate) title: &'static str,
    /// Behind a number: `3 to destroy`.
    pub(crate) unit: &'static str,
    pub(crate) tone: Tone,
    pub(crate) entries: Vec<Entry<'a>>,
}

impl<'a> View<'a> {
    /// Leaves out sections without entries.
    fn without_empty(mut self) -> View<'a> {
        self.sections.retain(|section| !section.entries.is_empty());
        self
    }
}

/// When a plan was made, and for which state. Texts are from elsewhere.
fn facts_of_plan(plan: &Plan) -> Vec<(&'static str, String)> {
    let facts = [
        ("Made", plan.timestamp.to_string()),
        ("Workspace", plan.backend.workspace.to_string()),
        ("Backend", plan.backend.kind.to_string()),
        ("Formwork", FORMWORK_VERSION.to_owned()),
    ];
    facts.into_iter().filter(|(_, fact)| !fact.is_empty()).collect()
}

/// `1 to create, 2 to destroy`, without what there is none of.
fn listed(numbers: &[(usize, &str)]) -> String {
    let parts = numbers.iter().filter(|(number, _)| *number > 0);
    parts.map(|(number, unit)| format!("{number} {unit}")).collect::<Vec<_>>().join(", ")
}
