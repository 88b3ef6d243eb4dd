//! Plans, states and outcomes as short text, for cases to compare.

use formwork_apply::ApplyOutcome;
use formwork_config::Config;
use formwork_diag::{Diagnostic, Diagnostics, Severity};
use formwork_model::{
    Action, CheckResult, Event, InstanceKey, ObjectState, ObjectStatus, Plan, PlanMode, RawState, ResourceChange,
    State, path_text,
};
use formwork_value::{Kind, Marks, Path, Value, json};
use std::fmt::Write;

/// What the plan does, why, and in which order.
pub fn plan(plan: &Plan, with_values: bool) -> String {
    let mut out = String::new();
    for change in &plan.drift {
        let _ = writeln!(out, "drift: {}", change_line(change));
        out.push_str(&values(change, with_values));
    }
    for change in plan.changes.iter().filter(|c| c.action != Action::NoOp || c.is_moved() || c.importing.is_some()) {
        let _ = writeln!(out, "{}", change_line(change));
        out.push_str(&values(change, with_values));
    }
    for output in plan.outputs.iter().filter(|o| o.action != Action::NoOp) {
        let action = action(output.action);
        let _ = match output.action {
            Action::Delete => writeln!(out, "{action} output {}", output.name),
            _ => writeln!(out, "{action} output {} = {}", output.name, value(&output.after)),
        };
    }
    if !plan.execution.operations.is_empty() {
        let _ = write!(out, "operations\n{}", plan.execution);
    }
    let applyable = match plan.options.mode {
        PlanMode::RefreshOnly => plan.applyable,
        _ => plan.has_changes(),
    };
    match (plan.errored, applyable) {
        (true, _) => out.push_str("errored\n"),
        (false, false) => out.push_str("no changes\n"),
        (false, true) => {}
    }
    out
}

fn action(action: Action) -> &'static str {
    match action {
        Action::NoOp => "keep",
        Action::Create => "create",
        Action::Read => "read",
        Action::Update => "update",
        Action::DeleteThenCreate => "delete, create",
        Action::CreateThenDelete => "create, delete",
        Action::Delete => "delete",
        Action::Forget => "forget",
        Action::ForgetThenCreate => "forget, create",
    }
}

fn change_line(change: &ResourceChange) -> String {
    let mut line = format!("{} {}", action(change.action), change.address);
    if let Some(key) = &change.deposed {
        let _ = write!(line, " deposed {key}");
    }
    if change.is_moved() {
        let _ = write!(line, " from {}", change.previous_address);
    }
    if let Some(importing) = &change.importing {
        let _ = write!(line, " importing {}", importing.id.as_deref().unwrap_or("by identity"));
    }
    if let Some(reason) = change.reason.name() {
        let _ = write!(line, " ({reason})");
    }
    let paths: Vec<String> = change.replace_paths.iter().map(path_text).collect();
    if !paths.is_empty() {
        let _ = write!(line, " [{}]", paths.join(", "));
    }
    line
}

/// The attributes that differ, one a line.
fn values(change: &ResourceChange, wanted: bool) -> String {
    let mut out = String::new();
    if !wanted {
        return out;
    }
    let null = Value::null(formwork_value::Type::Dynamic);
    let names = change.after.as_mapping().or(change.before.as_mapping()).into_iter().flatten().map(|(name, _)| name);
    for name in names {
        let before = change.before.get(name).unwrap_or(&null);
        let after = change.after.get(name).unwrap_or(&null);
        if before != after && !(before.is_null() && after.is_null()) {
            let _ = writeln!(out, "  {name}: {} -> {}", value(before), value(after));
        }
    }
    out
}

/// A value: `?` for what is unknown, nulls inside of objects left out.
pub fn value(value: &Value) -> String {
    let marks = value.marks();
    if marks.contains(Marks::EPHEMERAL) {
        return "(ephemeral)".into();
    }
    if marks.is_sensitive() {
        return "(sensitive)".into();
    }
    let list = |items: &[Value]| items.iter().map(self::value).collect::<Vec<_>>().join(", ");
    match value.kind() {
        Kind::Unknown(..) => "?".into(),
        Kind::Null(_) => "null".into(),
        Kind::List(_) | Kind::Tuple(_) | Kind::Set(_) => format!("[{}]", list(value.as_sequence().unwrap_or_default())),
        Kind::Map(_) | Kind::Object(_) => {
            let items = value.as_mapping().into_iter().flatten().filter(|(_, v)| !v.is_null());
            let items: Vec<String> = items.map(|(k, v)| format!("{k} = {}", self::value(v))).collect();
            format!("{{{}}}", items.join(", "))
        }
        _ => json::encode_plain(value).unwrap_or_else(|e| e.to_string()),
    }
}

/// Diagnostics, one a line: the first sentence of the detail is enough to know which one it is.
pub fn problems(problems: &Diagnostics, config: &Config) -> String {
    problems.iter().map(|problem| problem_line(problem, config)).collect()
}

fn problem_line(problem: &Diagnostic, config: &Config) -> String {
    let severity = if problem.severity == Severity::Error { "error" } else { "warning" };
    let mut line = format!("{severity}: {}", problem.summary);
    let detail = problem.detail.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    let short: String = detail.chars().take(160).collect();
    let _ = write!(line, ": {short}{}", if short.len() < detail.len() { "..." } else { "" });
    if let Some(span) = problem.span
        && let Some(file) = config.sources.get(span.file)
    {
        let _ = write!(line, " ({}:{})", file.name, file.line(span.start));
    }
    line.push('\n');
    line
}

/// What an apply came to.
pub fn outcome(outcome: &ApplyOutcome) -> String {
    let mut out = format!("{} added, {} changed, {} destroyed", outcome.added, outcome.changed, outcome.destroyed);
    if outcome.imported > 0 {
        let _ = write!(out, ", {} imported", outcome.imported);
    }
    if outcome.skipped > 0 {
        let _ = write!(out, ", {} skipped", outcome.skipped);
    }
    out.push('\n');
    out
}

/// Operations as they began and ended, and what provisioners said.
pub fn events(events: &[Event]) -> String {
    let mut out = String::new();
    for event in events {
        let (word, object) = match event {
            Event::Started { object, .. } => ("begin", object),
            Event::Finished { object, .. } => ("end", object),
            Event::Failed { object, .. } => ("fail", object),
            Event::Skipped { address, .. } => {
                let _ = writeln!(out, "skip {address}");
                continue;
            }
            Event::Running { object, .. } => {
                let _ =
                    writeln!(out, "still {} {} {}s", action(object.action), object.address, object.elapsed_ms / 1000);
                continue;
            }
            Event::ProvisionOutput { address, line, .. } => {
                let _ = writeln!(out, "output of {address}: {line}");
                continue;
            }
            _ => continue,
        };
        let deposed = object.deposed.as_ref().map(|key| format!(" deposed {key}")).unwrap_or_default();
        let _ = writeln!(out, "{word} {} {}{deposed}", action(object.action), object.address);
    }
    out
}

/// The state.
pub fn state(state: &State) -> String {
    let mut out = String::new();
    for (address, _, instance) in state.instances() {
        let by = match &instance.provider_key {
            InstanceKey::None => String::new(),
            key => format!(" by {key}"),
        };
        if let Some(object) = &instance.current {
            let _ = writeln!(out, "{address}{by}{}", object_text(object));
        }
        for (key, object) in &instance.deposed {
            let _ = writeln!(out, "{address}{by} deposed {key}{}", object_text(object));
        }
    }
    for (name, output) in &state.outputs {
        let shown = value(&output.value);
        let _ = writeln!(out, "output {name} = {shown}{}", if output.sensitive { " (sensitive)" } else { "" });
    }
    if out.is_empty() {
        out.push_str("empty\n");
    }
    out
}

fn object_text(object: &ObjectState) -> String {
    let mut out = String::new();
    if object.status == ObjectStatus::Tainted {
        out.push_str(" tainted");
    }
    if object.create_before_destroy {
        out.push_str(" create_before_destroy");
    }
    if !object.dependencies.is_empty() {
        let names: Vec<String> = object.dependencies.iter().map(ToString::to_string).collect();
        let _ = write!(out, " after {}", names.join(", "));
    }
    out.push(':');
    let RawState::Json(text) = &object.attributes else { return out + " flatmap" };
    let attributes: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    for (name, attribute) in attributes.as_object().into_iter().flatten().filter(|(_, v)| !is_nothing(v)) {
        let secret = object.sensitive.contains(&Path::root().attribute(&**name));
        let _ = write!(out, " {name}={attribute}{}", if secret { " (sensitive)" } else { "" });
    }
    out
}

fn is_nothing(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Null => true,
        serde_json::Value::Array(items) => items.is_empty(),
        serde_json::Value::Object(items) => items.is_empty(),
        _ => false,
    }
}

/// Results of conditions.
pub fn checks(checks: &[CheckResult]) -> String {
    let mut out = String::new();
    for check in checks {
        let _ = writeln!(out, "{:?} {}", check.status, check.address.config);
        for object in check.objects.iter().flatten() {
            let _ = write!(out, "  {:?} {}", object.status, object.address);
            for failure in &object.failures {
                let _ = write!(out, " {failure:?}");
            }
            out.push('\n');
        }
    }
    if out.is_empty() {
        out.push_str("none\n");
    }
    out
}
