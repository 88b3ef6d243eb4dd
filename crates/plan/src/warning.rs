//! What users should know about a plan beside its changes.

use crate::PlanInputs;
use crate::planner::{Planner, Work};
use crate::walk::module_instances;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_eval::{Expansion, Item, ItemAddress, ModuleId};
use formwork_model::{InstanceKey, ResourceInstance};

/// A warning about limits of the plan.
pub(crate) fn limited(inputs: &PlanInputs<'_>) -> Option<Diagnostic> {
    let limited = !inputs.options.targets.is_empty() || !inputs.options.excludes.is_empty();
    limited.then(|| {
        Diagnostic::warning(
            "Resource targeting is in effect",
            "You are creating a plan with the -target option, which means that the result of this plan may not represent all of the changes requested by the current configuration.\n\nThe -target option is not for routine use, and is provided only for exceptional situations such as recovering from errors or mistakes, or when an error message specifically suggests to use it.",
        )
    })
}

/// Moves of which the targets cover only one side.
pub(crate) fn moves_cut_off(inputs: &PlanInputs<'_>, work: &Work) -> Option<Diagnostic> {
    if inputs.options.targets.is_empty() {
        return None;
    }
    let covered = |address: &ResourceInstance| {
        inputs.options.targets.is_empty() || inputs.options.targets.iter().any(|t| t.selects(address))
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

/// A warning about forgotten objects.
pub(crate) fn forgotten(work: &Work) -> Option<Diagnostic> {
    let names: Vec<String> =
        work.changes.iter().filter(|c| c.action.forgets()).map(|c| format!(" - {}", c.address)).collect();
    (!names.is_empty()).then(|| {
        Diagnostic::warning(
            "Some objects will no longer be managed by Terraform",
            format!("If you apply this plan, Formwork will discard its tracking information for the following objects, but it will not delete them:\n{}\n\nAfter applying this plan, Formwork will no longer manage these objects. You will need to import them to manage them again.", names.join("\n")),
        )
    })
}

/// `-replace` addresses without a key, for resources whose instances have keys. As in the reference, the module does not
/// matter: a resource of that name in another one is what was meant, most likely.
pub(crate) fn replace_in_vain(planner: &Planner<'_>) -> Diagnostics {
    let mut out = Diagnostics::new();
    for address in planner.inputs.options.replace.iter().filter(|address| address.key.is_none()) {
        for (path, module) in &planner.inputs.config.modules {
            let item = ItemAddress { module: path.clone(), item: Item::Resource(address.resource.clone()) };
            if module.resources.contains_key(&address.resource) && planner.scope.wants_item(&planner.graph, &item) {
                let instances = module_instances(planner, path);
                out.extend(instances.into_iter().filter_map(|module| in_vain(planner, address, module)));
            }
        }
    }
    out
}

fn in_vain(planner: &Planner<'_>, address: &ResourceInstance, module: ModuleId) -> Option<Diagnostic> {
    let expansion = planner.evaluator.resource_expansion(module, &address.resource).0;
    if expansion.contains(&InstanceKey::None) || matches!(expansion, Expansion::Unknown { .. }) {
        return None;
    }
    let resource = address.resource.in_module(planner.evaluator.module_address(module));
    let options: Vec<String> = expansion
        .keys()
        .into_iter()
        .map(|key| format!("  -replace={:?}", resource.instance(key).to_string()))
        .collect();
    let reason = if options.is_empty() {
        "this resource has no instances.".to_owned()
    } else {
        format!("its instances have keys. To replace some of them, use:\n{}", options.join("\n"))
    };
    let detail = format!("The request to replace {address} fits no instance of {resource}: {reason}");
    Some(Diagnostic::warning("Incompletely-matched force-replace resource instance", detail))
}
