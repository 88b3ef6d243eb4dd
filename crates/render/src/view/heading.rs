//! What stands above a resource's change: what happens to which object, and why.

use crate::escape::escape_line;
use crate::labelled::{Label, Labelled};
use formwork_model::{Action, ActionReason, InstanceKey, ResourceChange, ResourceMode};
use formwork_value::quote;

/// Whether a change is planned, or was found to have happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    Proposed,
    Drift,
}

/// What happens to an object, and remarks about that. Text from elsewhere is labelled as such.
pub(crate) struct Heading {
    pub(crate) sentence: Labelled,
    pub(crate) remarks: Vec<Labelled>,
}

impl Heading {
    pub(crate) fn of(change: &ResourceChange, cause: Cause) -> Heading {
        let deposed = change.deposed.as_ref().map(|key| format!(" (deposed object {key})")).unwrap_or_default();
        let address = escape_line(&format!("{}{deposed}", change.address)).into_owned();
        let mut heading = Heading { sentence: Labelled::new(), remarks: Vec::new() };
        let is_silent = change.action == Action::NoOp;
        if is_silent && change.is_moved() {
            heading.sentence.label(Label::Name, &escape_line(&change.previous_address.to_string()));
            heading.sentence.push_str(" has moved to ");
            heading.sentence.label(Label::Name, &address);
        } else if is_silent && change.importing.is_some() {
            heading.sentence.label(Label::Name, &address);
            heading.sentence.push_str(" will be imported");
            if change.generated_config.is_some() {
                heading.remarks.push("(config will be generated)".into());
            }
        } else {
            heading.sentence.label(Label::Name, &address);
            heading.sentence.append(&phrase(change, cause));
            heading.remarks(change, cause);
        }
        heading
    }

    /// A name and what is said of it.
    pub(crate) fn plain(name: &str, phrase: &str) -> Heading {
        let mut sentence = Labelled::new();
        sentence.label(Label::Name, &escape_line(name));
        sentence.push_str(phrase);
        Heading { sentence, remarks: Vec::new() }
    }

    fn remarks(&mut self, change: &ResourceChange, cause: Cause) {
        self.remarks.extend(reason(change, cause).map(|reason| {
            let mut remark = Labelled::from("(");
            remark.append(&reason);
            remark.push(')');
            remark
        }));
        if change.deposed.is_some() && change.action == Action::Delete {
            self.remarks.push("(left over from a partially-failed replacement of this instance)".into());
        }
        if change.is_moved() {
            let mut remark = Labelled::from("(moved from ");
            remark.label(Label::Quoted, &escape_line(&change.previous_address.to_string()));
            remark.push(')');
            self.remarks.push(remark);
        }
        self.import_remarks(change);
    }

    fn import_remarks(&mut self, change: &ResourceChange) {
        let Some(importing) = &change.importing else { return };
        self.remarks.push(match &importing.id {
            Some(id) => {
                let mut remark = Labelled::from("(imported from ");
                remark.label(Label::Quoted, &quote(id));
                remark.push(')');
                remark
            }
            None => "(imported by its identity)".into(),
        });
        if change.action.is_replace() {
            let fate = if change.action.forgets() { "forget" } else { "destroy" };
            let mut remark = Labelled::new();
            remark.label(Label::Warning, &format!("Warning: this will {fate} the imported resource"));
            self.remarks.push(remark);
        }
    }

    /// The comment lines above a change, each ended.
    pub(crate) fn comment(&self, action: Action) -> Labelled {
        let indent = if action == Action::Forget { " " } else { "  " };
        let mut out = Labelled::new();
        // The sign belongs to the name.
        let mut pieces = self.sentence.all_pieces();
        if let Some((name, _)) = pieces.next() {
            out.label(Label::Name, &format!("{indent}# {name}"));
        }
        for (text, label) in pieces {
            match label {
                Some(label) => out.label(label, text),
                None => out.push_str(text),
            }
        }
        out.push('\n');
        for (number, remark) in self.remarks.iter().enumerate() {
            // As the reference has it: only the first remark follows the indentation of the first line.
            out.push_str(if number == 0 && action == Action::Forget { " # " } else { "  # " });
            out.append(remark);
            out.push('\n');
        }
        out
    }
}

fn phrase(change: &ResourceChange, cause: Cause) -> Labelled {
    let strong = |before: &str, word: &str, after: &str| {
        let mut out = Labelled::from(before);
        out.label(Label::Danger, word);
        out.push_str(after);
        out
    };
    match (change.action, change.reason) {
        (Action::Create, _) => " will be created".into(),
        (Action::Read, _) => " will be read during apply".into(),
        (Action::Update, _) if cause == Cause::Drift => " has changed".into(),
        (Action::Update, _) => " will be updated in-place".into(),
        (Action::Delete, _) if cause == Cause::Drift => " has been deleted".into(),
        (Action::Delete, _) => strong(" will be ", "destroyed", ""),
        (Action::Forget, _) => " will no longer be managed by Terraform, but will not be destroyed".into(),
        (Action::NoOp, _) => " has no changes".into(),
        (_, ActionReason::ReplaceBecauseTainted) => strong(" is tainted, so must be ", "replaced", ""),
        (_, ActionReason::ReplaceByRequest) => strong(" will be ", "replaced", ", as requested"),
        (_, ActionReason::ReplaceByTriggers) => {
            strong(" will be ", "replaced", " due to changes in replace_triggered_by")
        }
        _ => strong(" must be ", "replaced", ""),
    }
}

/// Why, where that is not obvious.
fn reason(change: &ResourceChange, cause: Cause) -> Option<Labelled> {
    match (change.action, change.reason) {
        (Action::Forget, _) => Some("destroy = false is set in the configuration".into()),
        (_, ActionReason::ReadBecauseConfigUnknown) => Some("config refers to values not yet known".into()),
        (_, ActionReason::ReadBecauseDependencyPending) => {
            Some("depends on a resource or a module with changes pending".into())
        }
        (_, ActionReason::ReadBecauseCheckNested) => Some("config will be reloaded to verify a check block".into()),
        (Action::Delete, reason) if cause == Cause::Proposed => reason_of_deletion(change, reason),
        _ => None,
    }
}

fn reason_of_deletion(change: &ResourceChange, reason: ActionReason) -> Option<Labelled> {
    let address = &change.address;
    let with = |before: &str, name: &dyn ToString, after: &str| {
        let mut out = Labelled::from(before);
        out.label(Label::Quoted, &escape_line(&name.to_string()));
        out.push_str(after);
        out
    };
    Some(match reason {
        ActionReason::DeleteBecauseNoResourceConfig => with("because ", &address.resource, " is not in configuration"),
        ActionReason::DeleteBecauseNoMoveTarget => {
            let mut out = with("because ", &change.previous_address, " was moved to ");
            out.append(&with("", address, ", which is not in configuration"));
            out
        }
        ActionReason::DeleteBecauseNoModule => with("because ", &address.module, " is not in configuration"),
        ActionReason::DeleteBecauseWrongRepetition => match &address.key {
            InstanceKey::None => "because resource uses count or for_each".into(),
            InstanceKey::Int(_) => "because resource does not use count".into(),
            InstanceKey::String(_) => "because resource does not use for_each".into(),
        },
        ActionReason::DeleteBecauseCountIndex => with("because index ", &address.key, " is out of range for count"),
        ActionReason::DeleteBecauseEachKey => with("because key ", &address.key, " is not in for_each map"),
        _ => return None,
    })
}

/// `resource "aws_vpc" "main"`.
pub(crate) fn title(change: &ResourceChange) -> String {
    let resource = &change.address.resource;
    let block = match resource.mode {
        ResourceMode::Managed => "resource",
        ResourceMode::Data => "data",
        ResourceMode::Ephemeral => "ephemeral",
    };
    format!("{block} {} {}", quote(&resource.kind), quote(&resource.name))
}
