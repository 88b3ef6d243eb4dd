//! Arguments of module calls.

use crate::{Config, Module, ModuleCall};
use formwork_diag::{Diagnostic, Diagnostics, nearest};
use std::collections::BTreeSet;

/// Compares what calls give with the variables of the called modules.
pub(super) fn check_arguments(config: &Config, module: &Module, diagnostics: &mut Diagnostics) {
    for call in module.calls.values() {
        let (attributes, problems) = call.body.just_attributes();
        diagnostics.extend(problems.into_iter().map(unsupported_block));
        let Some(child) = config.module(&module.path.child(call.name.clone())) else { continue };
        let given: BTreeSet<&str> = attributes.iter().map(|a| &*a.name.name).collect();
        missing(call, child, &given, diagnostics);
        for attribute in &attributes {
            let name = &attribute.name.name;
            if let Some(variable) = child.variables.get(name) {
                if let Some(message) = &variable.deprecated {
                    let detail = format!("The variable {name:?} of module.{} is deprecated: {message}", call.name);
                    let summary = "Variable marked as deprecated by the module author";
                    diagnostics.push(Diagnostic::warning(summary, detail).at(attribute.name.span));
                }
                continue;
            }
            let hint = nearest(name, child.variables.keys().map(|n| &**n));
            let hint = hint.map(|n| format!(" Did you mean \"{n}\"?")).unwrap_or_default();
            let detail = format!("The module \"{}\" has no variable \"{name}\".{hint}", call.name);
            diagnostics.push(Diagnostic::error("Unsupported argument", detail).at(attribute.name.span));
        }
    }
}

fn missing(call: &ModuleCall, child: &Module, given: &BTreeSet<&str>, diagnostics: &mut Diagnostics) {
    let place = if call.body.is_json() { call.body.missing_item_span() } else { call.header_span };
    for variable in child.variables.values() {
        if variable.default.is_none() && !given.contains(&*variable.name) {
            let detail = format!("The module \"{}\" needs a value for its variable \"{}\".", call.name, variable.name);
            diagnostics.push(Diagnostic::error("Missing required argument", detail).at(place));
        }
    }
}

/// The reader of attributes calls any block unexpected; users know it as one of an unsupported type.
fn unsupported_block(problem: Diagnostic) -> Diagnostic {
    let detail = "A module call takes arguments only, no blocks of its own. To give an object, write NAME = { ... }.";
    Diagnostic { summary: "Unsupported block type".to_string(), detail: detail.to_string(), ..problem }
}
