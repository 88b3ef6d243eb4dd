//! What users should know about a plan beside its changes.

use crate::PlanInputs;
use crate::planner::Work;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::{Action, ResourceInstance};

/// Warnings about limits of the plan, forgotten objects, and replacements that were asked for in vain.
pub(crate) fn warnings(inputs: &PlanInputs<'_>, work: &Work) -> Diagnostics {
    let mut out = Diagnostics::new();
    let limited = !inputs.options.targets.is_empty() || !inputs.options.excludes.is_empty();
    if limited {
        out.push(Diagnostic::warning(
            "Resource targeting is in effect",
            "You are creating a plan with the -target option, which means that the result of this plan may not represent all of the changes requested by the current configuration.\n\nThe -target option is not for routine use, and is provided only for exceptional situations such as recovering from errors or mistakes, or when an error message specifically suggests to use it.",
        ));
    }
    out.extend(forgotten(work));
    out.extend(replace_in_vain(inputs, work));
    out
}

/// Moves of which the targets cover only one side.
pub(crate) fn moves_cut_off(inputs: &PlanInputs<'_>, work: &Work) -> Option<Diagnostic> {
    if inputs.options.targets.is_empty() {
        return None;
    }
    let covered = |address: &ResourceInstance| {
        inputs.options.targets.is_empty() || inputs.options.targets.iter().any(|t| t.contains(address))
    };
    let cut: Vec<String> = work
        .moved
        .iter()
        .filter(|(to, from)| !covered(to) || !covered(from))
        .flat_map(|(to, from)| [from, to])
        .filter(|address| !covered(address))
        .map(|address| format!("-target={:?}", address.to_string()))
        .collect();
    (!cut.is_empty()).then(|| {
        Diagnostic::error(
            "Moved resource instances excluded by targeting",
            format!("Resource instances in your current state have moved to new addresses in the latest configuration. Their moves must be part of the plan. Add these options, or plan without targets:\n  {}", cut.join("\n  ")),
        )
    })
}

fn forgotten(work: &Work) -> Option<Diagnostic> {
    let names: Vec<String> =
        work.changes.iter().filter(|c| c.action == Action::Forget).map(|c| format!(" - {}", c.address)).collect();
    (!names.is_empty()).then(|| {
        Diagnostic::warning(
            "Some objects will no longer be managed by Terraform",
            format!("If you apply this plan, Formwork will discard its tracking information for the following objects, but it will not delete them:\n{}\n\nAfter applying this plan, Formwork will no longer manage these objects. You will need to import them to manage them again.", names.join("\n")),
        )
    })
}

/// `-replace` addresses that no instance has, where the resource has others.
fn replace_in_vain(inputs: &PlanInputs<'_>, work: &Work) -> Diagnostics {
    let mut out = Diagnostics::new();
    for address in &inputs.options.replace {
        if work.planned_values.contains_key(address) {
            continue;
        }
        let same = work.planned_values.keys().filter(|a| a.resource() == address.resource());
        let keys: Vec<String> = same.map(|a| format!("  -replace={:?}", a.to_string())).collect();
        if keys.is_empty() {
            continue;
        }
        out.push(Diagnostic::warning(
                "Incompletely-matched force-replace resource instance",
                format!(
                    "Your force-replace request for {address} doesn't match any resource instances because this resource has other instance keys. To force replacement of particular instances, use one or more of these options instead:\n{}",
                    keys.join("\n")
                ),
            ));
    }
    out
}
