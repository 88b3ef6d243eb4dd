//! Lines that tell people what is going on (plan-formats.md 12).

use crate::escape::escape_line;
use crate::phrase::{Reading, duration, id_text, phrase_of, seconds};
use crate::style::{Style, TextOptions};
use formwork_model::{
    ActionInstance, ActionProgress, DeposedKey, Event, InvocationCause, LockInfo, ObjectEvent, ResourceInstance,
};
use formwork_value::Str;

/// The lines for an event, each ended; often none. Plans, diagnostics and progress counts have renderers of their own.
pub fn event_text(event: &Event, options: TextOptions) -> String {
    match event {
        Event::RefreshStarted { address, deposed, id } => {
            let text = format!("Refreshing state...{}", id_suffix(id));
            line(address, deposed.as_ref(), &text, options)
        }
        Event::Started { object, .. } => started(object, options),
        Event::Running { object, .. } => running(object, options),
        Event::Finished { object, .. } => finished(object, options),
        Event::ProvisionStarted { address, provisioner } => {
            line(address, None, &format!("Provisioning with '{provisioner}'..."), options)
        }
        Event::ProvisionOutput { address, provisioner, line } => provision_output(address, provisioner, line, options),
        Event::Action { action, cause, progress } => action_text(action, cause, progress, options),
        Event::RefreshFinished { .. }
        | Event::Planned(_)
        | Event::Failed { .. }
        | Event::Skipped { .. }
        | Event::ProvisionFinished { .. }
        | Event::ProvisionFailed { .. }
        | Event::Progress(_)
        | Event::Diagnostic(_) => String::new(),
    }
}

/// What an operation is called while it runs: `Creating`; for live displays. `None` for what is not told.
pub fn running_phrase(object: &ObjectEvent) -> Option<&'static str> {
    phrase_of(object.action, Reading::Read).map(|phrase| phrase.doing)
}

/// `1m4s`, from milliseconds, rounded.
pub fn elapsed_text(elapsed_ms: u64) -> String {
    duration(elapsed_ms.saturating_add(500) / 1000)
}

/// The holder of a lock, as a block of lines.
pub fn lock_info_text(info: &LockInfo) -> String {
    let mut out = String::from("Lock Info:\n");
    for (name, value) in [
        ("ID:", &info.id),
        ("Path:", &info.path),
        ("Operation:", &info.operation),
        ("Who:", &info.who),
        ("Version:", &info.version),
        ("Created:", &info.created),
        ("Info:", &info.info),
    ] {
        out.push_str(format!("  {name:10} {}", escape_line(value)).trim_end());
        out.push('\n');
    }
    out
}

fn line(address: &ResourceInstance, deposed: Option<&DeposedKey>, text: &str, options: TextOptions) -> String {
    let deposed = deposed.map(|key| format!(" (deposed object {key})")).unwrap_or_default();
    let text = format!("{address}{deposed}: {text}");
    format!("{}\n", options.paint(Style::Bold, &escape_line(&text)))
}

fn id_suffix(id: &Option<(Str, Str)>) -> String {
    id.as_ref().map(|id| format!(" [{}]", id_text(id))).unwrap_or_default()
}

fn started(object: &ObjectEvent, options: TextOptions) -> String {
    let Some(phrase) = phrase_of(object.action, Reading::Read) else { return String::new() };
    let text = format!("{}...{}", phrase.doing, id_suffix(&object.id));
    line(&object.address, object.deposed.as_ref(), &text, options)
}

fn running(object: &ObjectEvent, options: TextOptions) -> String {
    let Some(phrase) = phrase_of(object.action, Reading::Read) else { return String::new() };
    let id = object.id.as_ref().map(|id| format!("{}, ", id_text(id))).unwrap_or_default();
    let text = format!("Still {}... [{id}{} elapsed]", phrase.still, duration(seconds(object)));
    line(&object.address, None, &text, options)
}

fn finished(object: &ObjectEvent, options: TextOptions) -> String {
    let Some(phrase) = phrase_of(object.action, Reading::Read) else { return String::new() };
    let id = if object.action == formwork_model::Action::Delete { String::new() } else { id_suffix(&object.id) };
    let text = format!("{} complete after {}{id}", phrase.done, duration(seconds(object)));
    line(&object.address, None, &text, options)
}

fn provision_output(address: &ResourceInstance, provisioner: &str, text: &str, options: TextOptions) -> String {
    let head = escape_line(&format!("{address} ({provisioner}):")).into_owned();
    let head = options.paint(Style::Bold, &head);
    text.trim_end_matches('\n').split('\n').map(|line| format!("{head} {}\n", escape_tail(line))).collect()
}

fn action_text(
    action: &ActionInstance,
    cause: &InvocationCause,
    progress: &ActionProgress,
    options: TextOptions,
) -> String {
    let named = match cause {
        InvocationCause::Trigger { resource, event, .. } => format!("{action} ({resource} {})", event.keyword()),
        InvocationCause::Request => action.to_string(),
    };
    let told = |message: &str| {
        let head = options.paint(Style::Bold, &escape_line(&format!("Action {named}:")));
        message.split('\n').map(|line| format!("{head} {}\n", escape_tail(line))).collect()
    };
    let line = |text: String| format!("{}\n", options.paint(Style::Bold, &escape_line(&text)));
    match progress {
        ActionProgress::Started => line(format!("Action started: {named}")),
        ActionProgress::Told(message) => told(message),
        ActionProgress::Finished => line(format!("Action complete: {named}")),
        ActionProgress::Failed(message) => line(format!("Action failed: {named} - {message}")),
    }
}

/// Tabs are the program's own layout.
fn escape_tail(line: &str) -> String {
    crate::escape::escape_controls(line.trim_end_matches('\r')).into_owned()
}
