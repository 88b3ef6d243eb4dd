//! Validation of configurations by the rules of their type.

use crate::{Body, Group, Member};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::Nesting;
use formwork_value::{Path, Value};

/// All problems of a configuration. What is unknown is not judged.
pub(crate) fn validate(body: &Body, groups: &[Group], config: &Value) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    check_body(body, config, &Path::root(), &mut diagnostics);
    for group in groups {
        check_group(group, config, &mut diagnostics);
    }
    diagnostics
}

fn check_body(body: &Body, config: &Value, at: &Path, diagnostics: &mut Diagnostics) {
    for member in &body.0 {
        let Some(value) = config.get(member.name).filter(|value| !value.is_null()) else { continue };
        let at = at.clone().attribute(member.name);
        if let (Some(message), false) = (member.rules.deprecated, member.is_block()) {
            diagnostics.push(Diagnostic::warning("Argument is deprecated", message).attribute(at.clone()));
        }
        if !value.is_known() {
            continue;
        }
        let own = (member.check)(value).err();
        for problem in own.into_iter().chain(member.rules.checks.iter().filter_map(|check| check(value).err())) {
            let summary = format!("Invalid value for {}", member.name);
            diagnostics.push(Diagnostic::error(summary, problem).attribute(at.clone()));
        }
        check_inner(member, value, &at, diagnostics);
    }
}

fn check_inner(member: &Member, value: &Value, at: &Path, diagnostics: &mut Diagnostics) {
    let Some((nesting, body)) = &member.inner else { return };
    match nesting {
        Nesting::Single | Nesting::Group => check_body(body, value, at, diagnostics),
        Nesting::Map => {
            for (key, item) in value.as_mapping().into_iter().flatten() {
                check_body(body, item, &at.clone().index(Value::string(key)), diagnostics);
            }
        }
        Nesting::List | Nesting::Set => {
            for (index, item) in value.as_sequence().unwrap_or_default().iter().enumerate() {
                // A path into a set would have to hold the element itself.
                let index = Value::from(i64::try_from(index).unwrap_or(i64::MAX));
                let at = if *nesting == Nesting::List { at.clone().index(index) } else { at.clone() };
                check_body(body, item, &at, diagnostics);
            }
        }
    }
}

fn check_group(group: &Group, config: &Value, diagnostics: &mut Diagnostics) {
    let value = |name: &str| config.get(name).filter(|value| !is_absent(value));
    let is_unknown = |name: &str| config.get(name).is_some_and(|value| !value.is_known());
    match group {
        Group::AtMostOne(names) | Group::ExactlyOne(names) => {
            let known: Vec<_> = names.iter().filter(|name| value(name).is_some_and(Value::is_known)).collect();
            if let [first, second, ..] = known.as_slice() {
                let detail = format!("Give only one of {}.", names.join(", "));
                let summary = format!("{first} conflicts with {second}");
                diagnostics.push(Diagnostic::error(summary, detail).attribute(Path::root().attribute(**second)));
            }
            if matches!(group, Group::ExactlyOne(_)) && known.is_empty() && !names.iter().any(|name| is_unknown(name)) {
                diagnostics.error("Missing attribute", format!("Give exactly one of {}.", names.join(", ")));
            }
        }
        Group::AtLeastOne(names) => {
            if !names.iter().any(|name| value(name).is_some()) {
                diagnostics.error("Missing attribute", format!("Give at least one of {}.", names.join(", ")));
            }
        }
        Group::Needs(name, needed) => {
            if value(name).is_some() && value(needed).is_none() {
                let detail = format!("{name} has a meaning only together with {needed}.");
                let problem = Diagnostic::error(format!("Missing {needed}"), detail);
                diagnostics.push(problem.attribute(Path::root().attribute(*name)));
            }
        }
    }
}

/// No blocks at all are nothing, but an empty text was given.
fn is_absent(value: &Value) -> bool {
    value.is_null() || value.as_sequence().is_some_and(<[Value]>::is_empty)
}
