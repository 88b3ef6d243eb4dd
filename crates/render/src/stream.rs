//! The messages of `-json`: one JSON object a line (plan-formats.md 7).

mod action;
mod change;
mod query;

use crate::diagnostic::write_diagnostic;
use crate::json::value::write_known;
use crate::json::writer::JsonWriter;
use crate::phrase::{Reading, duration, id_text, phrase_of, seconds};
use crate::provider_times::ProviderTimes;
use crate::tally::{ApplyTally, PlanTally};
use change::{address, operation_name, output_action, write_planned_change};
use formwork_diag::{Diagnostic, Sources};
use formwork_model::{
    Action, Event, ObjectEvent, OutputState, Plan, PlanMode, ResourceInstance, ResourceMode, TERRAFORM_VERSION,
};
use formwork_value::{Kind, Str};
pub use query::ListedView;
use std::collections::BTreeMap;

/// Version of the messages' format.
const UI_VERSION: &str = "1.2";

/// What the command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamMode {
    /// A plan is made: its summary and outputs are told.
    Plan,
    /// A saved plan is applied: its changes are repeated without a summary.
    SavedPlan,
}

/// Turns events into lines. Times are RFC 3339 with microseconds.
#[derive(Clone, Debug)]
pub struct JsonStream {
    mode: StreamMode,
    tally: ApplyTally,
}

impl JsonStream {
    pub fn new(mode: StreamMode) -> JsonStream {
        JsonStream { mode, tally: ApplyTally::default() }
    }

    /// The first message.
    pub fn version(&self, at: &str) -> String {
        let message = format!("Terraform {TERRAFORM_VERSION}");
        line("info", &message, at, |w| {
            w.key("terraform").string(TERRAFORM_VERSION);
            w.key("type").string("version");
            w.key("ui").string(UI_VERSION);
        })
    }

    /// Free text.
    pub fn log(&self, text: &str, at: &str) -> String {
        line("info", text, at, |w| w.key("type").string("log"))
    }

    /// What `init` does; `code` names the message for tools: `initializing_backend_message`, ...
    pub fn init_output(&self, text: &str, code: &str, at: &str) -> String {
        line("info", text, at, |w| {
            w.key("message_code").string(code);
            w.key("type").string("init_output");
        })
    }

    /// What providers have taken: a message that only this program has.
    pub fn provider_times(&self, times: &[ProviderTimes], at: &str) -> String {
        line("info", "Time in providers", at, |w| {
            w.key("providers").array(|w| times.iter().for_each(|of| of.write(w)));
            w.key("type").string("provider_times");
        })
    }

    /// The lines for an event; often none. Each ends with a line feed.
    pub fn event(&mut self, event: &Event, sources: &Sources, at: &str) -> String {
        self.tally.observe(event);
        match event {
            Event::RefreshStarted { address, id, .. } => refresh("refresh_start", address, id, at),
            Event::RefreshFinished { address, id, .. } => refresh("refresh_complete", address, id, at),
            Event::Planned(plan) => self.planned(plan, at),
            Event::Started { object, .. } => started(object, at),
            Event::Running { object, .. } => running(object, at),
            Event::Finished { object, .. } => ended(object, "complete", "apply_complete", at),
            // The ecosystem does not tell that reading a data source has failed.
            Event::Failed { object, .. } if object.action == Action::Read => String::new(),
            Event::Failed { object, .. } => ended(object, "errored", "apply_errored", at),
            Event::ProvisionStarted { address: a, provisioner } => {
                let message = format!("{a}: Provisioning with '{provisioner}'...");
                provision("provision_start", &message, a, provisioner, None, at)
            }
            Event::ProvisionOutput { address: a, provisioner, line } => {
                let message = format!("{a}: ({provisioner}): {line}");
                provision("provision_progress", &message, a, provisioner, Some(line), at)
            }
            Event::ProvisionFinished { address: a, provisioner } => {
                let message = format!("{a}: ({provisioner}) Provisioning complete");
                provision("provision_complete", &message, a, provisioner, None, at)
            }
            Event::ProvisionFailed { address: a, provisioner } => {
                let message = format!("{a}: ({provisioner}) Provisioning errored");
                provision("provision_errored", &message, a, provisioner, None, at)
            }
            Event::Action { action, cause, progress } => action::write_progress(action, cause, progress, at),
            Event::Diagnostic(diagnostic) => diagnostic_line(diagnostic, sources, at),
            Event::Skipped { .. } | Event::Progress(_) => String::new(),
        }
    }

    /// The stored outputs, as a refresh tells them at its end.
    pub fn outputs(&self, outputs: &BTreeMap<Str, OutputState>, at: &str) -> String {
        applied_outputs(outputs, at)
    }

    /// What has been applied so far.
    pub fn tally(&self) -> ApplyTally {
        self.tally
    }

    /// The last messages of a successful apply: its summary and, unless it was a destroy, the outputs.
    pub fn applied(&self, destroy: bool, outputs: &BTreeMap<Str, OutputState>, at: &str) -> String {
        let tally = self.tally;
        let changes = PlanTally {
            add: tally.added,
            change: tally.changed,
            remove: tally.destroyed,
            import: tally.imported,
            invoke: tally.invoked,
        };
        let operation = if destroy { "destroy" } else { "apply" };
        let mut out = summary(&tally.sentence(destroy), changes, operation, at);
        if !destroy {
            out.push_str(&applied_outputs(outputs, at));
        }
        out
    }

    fn planned(&self, plan: &Plan, at: &str) -> String {
        let mut out = String::new();
        let refresh_only = plan.options.mode == PlanMode::RefreshOnly;
        if self.mode == StreamMode::Plan {
            for change in plan.drift.iter().filter(|c| refresh_only || c.action != Action::NoOp) {
                out.push_str(&write_planned_change("resource_drift", change, at));
            }
        }
        let is_told = |c: &&formwork_model::ResourceChange| {
            let is_data_delete = c.action == Action::Delete && c.address.resource.mode == ResourceMode::Data;
            // Of a saved plan only what is going to happen is told.
            let is_news = self.mode == StreamMode::Plan && (c.is_moved() || c.importing.is_some());
            !is_data_delete && (c.action != Action::NoOp || is_news)
        };
        for change in plan.changes.iter().filter(is_told) {
            out.push_str(&write_planned_change("planned_change", change, at));
        }
        for invocation in &plan.invocations {
            out.push_str(&action::write_planned(invocation, at));
        }
        if self.mode == StreamMode::Plan {
            let tally = PlanTally::of(plan);
            out.push_str(&summary(&tally.sentence(), tally, "plan", at));
            out.push_str(&planned_outputs(plan, at));
        }
        out
    }
}

/// A message; `payload` writes the members behind the common ones, in alphabetical order.
fn line(level: &str, message: &str, at: &str, payload: impl FnOnce(&mut JsonWriter)) -> String {
    let mut w = JsonWriter::new();
    w.object(|w| {
        w.key("@level").string(level);
        w.key("@message").string(message);
        w.key("@module").string("terraform.ui");
        w.key("@timestamp").string(at);
        payload(w);
    });
    let mut text = w.finish();
    text.push('\n');
    text
}

/// A message about an object; `hook` writes what follows the address.
fn hook(kind: &str, message: &str, of: &ResourceInstance, at: &str, hook: impl FnOnce(&mut JsonWriter)) -> String {
    line("info", message, at, |w| {
        w.key("hook").object(|w| {
            address(w.key("resource"), of);
            hook(w);
        });
        w.key("type").string(kind);
    })
}

fn write_id(w: &mut JsonWriter, id: &Option<(Str, Str)>) {
    if let Some((key, value)) = id {
        w.key("id_key").string(key);
        w.key("id_value").string(value);
    }
}

fn id_suffix(id: &Option<(Str, Str)>) -> String {
    id.as_ref().map(|id| format!(" [{}]", id_text(id))).unwrap_or_default()
}

fn refresh(kind: &str, of: &ResourceInstance, id: &Option<(Str, Str)>, at: &str) -> String {
    let phrase = if kind == "refresh_start" { "Refreshing state..." } else { "Refresh complete" };
    let message = format!("{of}: {phrase}{}", id_suffix(id));
    hook(kind, &message, of, at, |w| write_id(w, id))
}

fn started(object: &ObjectEvent, at: &str) -> String {
    let Some(phrase) = phrase_of(object.action, Reading::Refresh) else { return String::new() };
    let message = format!("{}: {}...{}", object.address, phrase.doing, id_suffix(&object.id));
    hook("apply_start", &message, &object.address, at, |w| {
        w.key("action").string(operation_name(object.action));
        write_id(w, &object.id);
    })
}

fn running(object: &ObjectEvent, at: &str) -> String {
    let Some(phrase) = phrase_of(object.action, Reading::Refresh) else { return String::new() };
    let elapsed = seconds(object);
    let message = format!("{}: Still {}... [{} elapsed]", object.address, phrase.still, duration(elapsed));
    hook("apply_progress", &message, &object.address, at, |w| {
        w.key("action").string(operation_name(object.action));
        w.key("elapsed_seconds").unsigned(elapsed);
    })
}

fn ended(object: &ObjectEvent, how: &str, kind: &str, at: &str) -> String {
    let Some(phrase) = phrase_of(object.action, Reading::Refresh) else { return String::new() };
    let elapsed = seconds(object);
    let id = object.id.clone().filter(|_| kind == "apply_complete" && object.action != Action::Delete);
    let message = format!("{}: {} {how} after {}{}", object.address, phrase.done, duration(elapsed), id_suffix(&id));
    hook(kind, &message, &object.address, at, |w| {
        w.key("action").string(operation_name(object.action));
        write_id(w, &id);
        w.key("elapsed_seconds").unsigned(elapsed);
    })
}

fn provision(
    kind: &str,
    message: &str,
    of: &ResourceInstance,
    provisioner: &str,
    output: Option<&str>,
    at: &str,
) -> String {
    hook(kind, message, of, at, |w| {
        w.key("provisioner").string(provisioner);
        if let Some(output) = output {
            w.key("output").string(output);
        }
    })
}

fn diagnostic_line(diagnostic: &Diagnostic, sources: &Sources, at: &str) -> String {
    let (level, label) = if diagnostic.is_error() { ("error", "Error") } else { ("warn", "Warning") };
    line(level, &format!("{label}: {}", diagnostic.summary), at, |w| {
        write_diagnostic(w.key("diagnostic"), diagnostic, sources);
        w.key("type").string("diagnostic");
    })
}

fn summary(message: &str, tally: PlanTally, operation: &str, at: &str) -> String {
    line("info", message, at, |w| {
        w.key("changes").object(|w| {
            for (name, count) in
                [("add", tally.add), ("change", tally.change), ("import", tally.import), ("remove", tally.remove)]
            {
                w.key(name).unsigned(count as u64);
            }
            // Those who know no actions never see this.
            if tally.invoke > 0 {
                w.key("action_invocation").unsigned(tally.invoke as u64);
            }
            w.key("operation").string(operation);
        });
        w.key("type").string("change_summary");
    })
}

fn planned_outputs(plan: &Plan, at: &str) -> String {
    if plan.outputs.is_empty() {
        return String::new();
    }
    line("info", &format!("Outputs: {}", plan.outputs.len()), at, |w| {
        w.key("outputs").object(|w| {
            for output in &plan.outputs {
                w.key(&output.name).object(|w| {
                    w.key("sensitive").bool(output.sensitive);
                    w.key("action").string(output_action(output.action));
                });
            }
        });
        w.key("type").string("outputs");
    })
}

fn applied_outputs(outputs: &BTreeMap<Str, OutputState>, at: &str) -> String {
    line("info", &format!("Outputs: {}", outputs.len()), at, |w| {
        w.key("outputs").object(|w| {
            for (name, output) in outputs {
                w.key(name).object(|w| {
                    w.key("sensitive").bool(output.sensitive);
                    w.key("type").ty(&output.value.ty());
                    if !output.sensitive && !matches!(output.value.kind(), Kind::Unknown(..)) {
                        write_known(w.key("value"), &output.value);
                    }
                });
            }
        });
        w.key("type").string("outputs");
    })
}
