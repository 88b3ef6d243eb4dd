//! Validation of configurations by the description of their type.

use crate::kit::object::{Attributes, element, path};
use crate::kit::spec::{Body, Rule, Spec};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::Nesting;
use formwork_value::{Path, Value};

/// All problems of a configuration. What is unknown is not judged.
pub fn validate(spec: &Spec, config: &Value) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    check_body(&spec.body, config, &Path::root(), &mut diagnostics);
    for rule in &spec.rules {
        check_rule(rule, config, &mut diagnostics);
    }
    diagnostics
}

fn check_body(body: &Body, config: &Value, at: &Path, diagnostics: &mut Diagnostics) {
    for (name, field) in &body.fields {
        let Some(value) = config.get(name).filter(|value| !value.is_null() && value.is_known()) else { continue };
        for problem in field.checks.iter().filter_map(|check| check(value).err()) {
            let summary = format!("Invalid value for {name}");
            diagnostics.push(Diagnostic::error(summary, problem).attribute(at.clone().attribute(*name)));
        }
    }
    for (name, block) in &body.blocks {
        let Some(blocks) = config.get(name).filter(|value| !value.is_null() && value.is_known()) else { continue };
        let at = at.clone().attribute(*name);
        match block.nesting {
            Nesting::Single | Nesting::Group => check_body(&block.body, blocks, &at, diagnostics),
            nesting => {
                for (index, item) in blocks.children().enumerate() {
                    // A path into a set would have to hold the element itself.
                    let at = if nesting == Nesting::List { element(&at, index) } else { at.clone() };
                    check_body(&block.body, item, &at, diagnostics);
                }
            }
        }
    }
}

fn check_rule(rule: &Rule, config: &Value, diagnostics: &mut Diagnostics) {
    let given = |names: &'static [&'static str]| names.iter().filter(|name| is_given(config, name)).collect::<Vec<_>>();
    let unknown = |names: &[&str]| names.iter().any(|name| config.is_unknown(name));
    match rule {
        Rule::AtMostOne(names) | Rule::ExactlyOne(names) => {
            let known: Vec<_> = given(names).into_iter().filter(|name| !config.is_unknown(name)).collect();
            if let [first, second, ..] = known.as_slice() {
                let detail = format!("Give only one of {}.", quoted(names));
                let summary = format!("{first} conflicts with {second}");
                diagnostics.push(Diagnostic::error(summary, detail).attribute(path(second)));
            }
            if matches!(rule, Rule::ExactlyOne(_)) && given(names).is_empty() && !unknown(names) {
                diagnostics.error("Missing attribute", format!("Give exactly one of {}.", quoted(names)));
            }
        }
        Rule::AtLeastOne(names) => {
            if given(names).is_empty() && !unknown(names) {
                diagnostics.error("Missing attribute", format!("Give at least one of {}.", quoted(names)));
            }
        }
        Rule::Needs(name, needed) => {
            if is_given(config, name) && !is_given(config, needed) {
                let detail = format!("{name} has a meaning only together with {needed}.");
                diagnostics.push(Diagnostic::error(format!("Missing {needed}"), detail).attribute(path(name)));
            }
        }
    }
}

/// Given at all: an empty text, list or set of blocks counts as not given.
fn is_given(config: &Value, name: &str) -> bool {
    config.value(name).is_some_and(|value| {
        let is_empty = value.as_str() == Some("") || value.as_sequence().is_some_and(<[Value]>::is_empty);
        !value.is_null() && !is_empty
    })
}

fn quoted(names: &[&str]) -> String {
    names.join(", ")
}
