//! The comment and the first line of a resource's change.

use crate::escape::escape_line;
use crate::style::{Style, TextOptions};
use formwork_model::{Action, ActionReason, InstanceKey, ResourceChange, ResourceMode};
use formwork_value::quote;

/// Whether a change is planned, or was found to have happened.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    Proposed,
    Drift,
}

/// The comment lines above a change, each ended.
pub(super) fn comment(change: &ResourceChange, cause: Cause, options: TextOptions) -> String {
    let deposed = change.deposed.as_ref().map(|key| format!(" (deposed object {key})")).unwrap_or_default();
    let indent = if change.action == Action::Forget { " " } else { "  " };
    let address = escape_line(&format!("{}{deposed}", change.address)).into_owned();
    let subject =
        |address: &str| format!("{}{indent}# {address}{}", options.ink(Style::Bold), options.ink(Style::Reset));
    let mut lines = Vec::new();
    let is_silent = change.action == Action::NoOp;
    if is_silent && change.is_moved() {
        let from = subject(&escape_line(&change.previous_address.to_string()));
        lines.push(format!("{from} has moved to {}", options.paint(Style::Bold, &address)));
    } else if is_silent && change.importing.is_some() {
        lines.push(format!("{} will be imported", subject(&address)));
        if change.generated_config.is_some() {
            lines.push("  # (config will be generated)".into());
        }
    } else {
        lines.push(format!("{}{}", subject(&address), phrase(change, cause, options)));
        lines.extend(reason(change, cause).map(|text| format!("{indent}# ({text})")));
        if change.deposed.is_some() && change.action == Action::Delete {
            lines.push("  # (left over from a partially-failed replacement of this instance)".into());
        }
        if change.is_moved() {
            let from = change.previous_address.to_string();
            lines.push(format!("  # (moved from {})", escape_line(&from)));
        }
        lines.extend(import_lines(change, options));
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn import_lines(change: &ResourceChange, options: TextOptions) -> Vec<String> {
    let Some(importing) = &change.importing else { return Vec::new() };
    let mut lines = vec![match &importing.id {
        Some(id) => format!("  # (imported from {})", quote(id)),
        None => "  # (imported by its identity)".to_string(),
    }];
    if change.action.is_replace() {
        let fate = if change.action.forgets() { "forget" } else { "destroy" };
        let warning = options.paint(Style::Yellow, &format!("Warning: this will {fate} the imported resource"));
        lines.push(format!("  # {warning}"));
    }
    lines
}

fn phrase(change: &ResourceChange, cause: Cause, options: TextOptions) -> String {
    let strong = |text: &str| format!("{}{}", options.ink(Style::Bold), options.paint(Style::Red, text));
    match (change.action, change.reason) {
        (Action::Create, _) => " will be created".into(),
        (Action::Read, _) => " will be read during apply".into(),
        (Action::Update, _) if cause == Cause::Drift => " has changed".into(),
        (Action::Update, _) => " will be updated in-place".into(),
        (Action::Delete, _) if cause == Cause::Drift => " has been deleted".into(),
        (Action::Delete, _) => format!(" will be {}", strong("destroyed")),
        (Action::Forget, _) => " will no longer be managed by Terraform, but will not be destroyed".into(),
        (Action::NoOp, _) => " has no changes".into(),
        (_, ActionReason::ReplaceBecauseTainted) => format!(" is tainted, so must be {}", strong("replaced")),
        (_, ActionReason::ReplaceByRequest) => format!(" will be {}, as requested", strong("replaced")),
        (_, ActionReason::ReplaceByTriggers) => {
            format!(" will be {} due to changes in replace_triggered_by", strong("replaced"))
        }
        _ => format!(" must be {}", strong("replaced")),
    }
}

/// Why, where that is not obvious.
fn reason(change: &ResourceChange, cause: Cause) -> Option<String> {
    let address = &change.address;
    let module = address.module.to_string();
    match (change.action, change.reason) {
        (Action::Forget, _) => Some("destroy = false is set in the configuration".into()),
        (_, ActionReason::ReadBecauseConfigUnknown) => Some("config refers to values not yet known".into()),
        (_, ActionReason::ReadBecauseDependencyPending) => {
            Some("depends on a resource or a module with changes pending".into())
        }
        (_, ActionReason::ReadBecauseCheckNested) => Some("config will be reloaded to verify a check block".into()),
        (Action::Delete, reason) if cause == Cause::Proposed => match reason {
            ActionReason::DeleteBecauseNoResourceConfig => {
                Some(format!("because {} is not in configuration", address.resource))
            }
            ActionReason::DeleteBecauseNoMoveTarget => Some(format!(
                "because {} was moved to {address}, which is not in configuration",
                change.previous_address
            )),
            ActionReason::DeleteBecauseNoModule => Some(format!("because {module} is not in configuration")),
            ActionReason::DeleteBecauseWrongRepetition => Some(match &address.key {
                InstanceKey::None => "because resource uses count or for_each".into(),
                InstanceKey::Int(_) => "because resource does not use count".into(),
                InstanceKey::String(_) => "because resource does not use for_each".into(),
            }),
            ActionReason::DeleteBecauseCountIndex => {
                Some(format!("because index {} is out of range for count", address.key))
            }
            ActionReason::DeleteBecauseEachKey => Some(format!("because key {} is not in for_each map", address.key)),
            _ => None,
        },
        _ => None,
    }
    .map(|text| escape_line(&text).into_owned())
}

/// `resource "aws_vpc" "main"`.
pub(super) fn title(change: &ResourceChange) -> String {
    let resource = &change.address.resource;
    let block = match resource.mode {
        ResourceMode::Managed => "resource",
        ResourceMode::Data => "data",
        ResourceMode::Ephemeral => "ephemeral",
    };
    format!("{block} {} {}", quote(&resource.kind), quote(&resource.name))
}
