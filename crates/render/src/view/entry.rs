//! One thing that a view shows: an object, an output, a check, a problem.

use super::body::{Mode, write_diff};
use super::change::{change_body, change_diff, output_diff};
use super::heading::{Cause, Heading};
use super::invocation::invocation_body;
use super::object::{object_body, object_note, value_mode};
use super::symbol::{action_symbol, write_action_symbol};
use crate::attribute_name::attribute_name;
use crate::diff::{Diff, Pair, Relevance, typed_diff};
use crate::escape::{escape_controls, escape_line};
use crate::json::StateViewError;
use crate::labelled::{Label, Labelled};
use crate::sensitive::SchemaMarks;
use crate::style::TextOptions;
use formwork_diag::Diagnostic;
use formwork_model::{
    Action, Block, CheckObject, CheckStatus, DeposedKey, Invocation, InvocationCause, ObjectState, OutputChange,
    OutputState, ResourceChange, ResourceInstance, ResourceState,
};
use formwork_value::Str;

pub(crate) enum Entry<'a> {
    Change(&'a ResourceChange),
    Drift(&'a ResourceChange, Box<Diff>),
    Output(&'a OutputChange),
    Invocation(&'a Invocation, Option<&'a Block>),
    Check(&'a CheckObject),
    Problem(&'a Diagnostic),
    Object {
        address: ResourceInstance,
        resource: &'a ResourceState,
        deposed: Option<&'a DeposedKey>,
        object: &'a ObjectState,
    },
    StoredOutput(&'a Str, &'a OutputState),
}

/// How a content is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Lines with symbols; the entry's symbol belongs before the first one.
    Diff,
    /// Expressions of the language.
    Code,
    Text,
}

pub(crate) struct Content {
    pub(crate) form: Form,
    pub(crate) text: Labelled,
}

impl Entry<'_> {
    /// A name that no other entry of its section has.
    pub(crate) fn anchor(&self) -> String {
        let with_key = |address: String, key: Option<&DeposedKey>| match key {
            Some(key) => format!("{address}:{key}"),
            None => address,
        };
        match self {
            Entry::Change(change) => with_key(change.address.to_string(), change.deposed.as_ref()),
            Entry::Drift(change, _) => {
                format!("drift:{}", with_key(change.address.to_string(), change.deposed.as_ref()))
            }
            Entry::Output(output) => format!("output.{}", output.name),
            Entry::Invocation(invocation, _) => match &invocation.cause {
                InvocationCause::Trigger { resource, event, block, index } => {
                    format!("{}:{resource}:{}:{block}:{index}", invocation.action, event.keyword())
                }
                InvocationCause::Request => invocation.action.to_string(),
            },
            Entry::Check(check) => format!("check:{}", check.address),
            Entry::Problem(problem) => format!("problem:{}", problem.address.as_deref().unwrap_or_default()),
            Entry::Object { address, deposed, .. } => with_key(address.to_string(), *deposed),
            Entry::StoredOutput(name, _) => format!("output.{name}"),
        }
    }

    /// What happens to the whole, as a sign; empty where there is none.
    pub(crate) fn symbol(&self) -> Labelled {
        match self {
            Entry::Change(change) | Entry::Drift(change, _) => action_symbol(change.action),
            Entry::Output(output) => action_symbol(output.action),
            Entry::Invocation(..)
            | Entry::Check(_)
            | Entry::Problem(_)
            | Entry::Object { .. }
            | Entry::StoredOutput(..) => Labelled::new(),
        }
    }

    pub(crate) fn heading(&self) -> Heading {
        match self {
            Entry::Change(change) => Heading::of(change, Cause::Proposed),
            Entry::Drift(change, _) => Heading::of(change, Cause::Drift),
            Entry::Output(output) => Heading::plain(&output.name, ""),
            Entry::Invocation(invocation, _) => invocation_heading(invocation),
            Entry::Check(check) => Heading::plain(&check.address, status_phrase(check.status)),
            Entry::Problem(problem) => problem_heading(problem),
            Entry::Object { address, deposed, object, .. } => {
                Heading::plain(&format!("{address}{}", object_note(*deposed, object.status)), "")
            }
            Entry::StoredOutput(name, _) => Heading::plain(name, ""),
        }
    }

    /// What there is to see, if there is more than the heading.
    ///
    /// Errors: a stored object cannot be decoded.
    pub(crate) fn content(&self, marks: &mut SchemaMarks<'_>) -> Result<Content, StateViewError> {
        Ok(match self {
            Entry::Change(change) => diff(change_body(change, &change_diff(change, Relevance::All, marks))),
            Entry::Drift(change, found) => diff(change_body(change, found)),
            Entry::Output(output) => diff(output_body(output)),
            Entry::Invocation(invocation, schema) => {
                Content { form: Form::Code, text: invocation_body(invocation, *schema, 0) }
            }
            Entry::Check(check) => {
                let lines: Vec<_> = check.failures.iter().map(|line| escape_controls(line)).collect();
                Content { form: Form::Text, text: lines.join("\n").as_str().into() }
            }
            Entry::Problem(problem) => Content { form: Form::Text, text: (&*escape_controls(&problem.detail)).into() },
            Entry::Object { address, resource, object, .. } => {
                let text = object_body(address, &resource.provider.provider, object, marks)?;
                Content { form: Form::Code, text }
            }
            Entry::StoredOutput(name, output) => Content { form: Form::Code, text: stored_output(name, output) },
        })
    }
}

/// Writes an entry for a terminal.
pub(crate) fn write_entry(
    out: &mut String,
    entry: &Entry<'_>,
    marks: &mut SchemaMarks<'_>,
    options: TextOptions,
) -> Result<(), StateViewError> {
    let (heading, content) = (entry.heading(), entry.content(marks)?);
    let action = match entry {
        Entry::Change(change) | Entry::Drift(change, _) => change.action,
        _ => Action::NoOp,
    };
    let mut text = heading.comment(action);
    if content.form == Form::Diff {
        write_action_symbol(&mut text, action);
        text.push(' ');
    }
    text.append(&content.text);
    text.push('\n');
    text.write_terminal(out, options);
    Ok(())
}

fn invocation_heading(invocation: &Invocation) -> Heading {
    let when = match &invocation.cause {
        InvocationCause::Trigger { resource, event, .. } => {
            let when = if event.is_before() { "before" } else { "after" };
            format!(" is invoked {when} the change of {}", escape_line(&resource.to_string()))
        }
        InvocationCause::Request => " is invoked".to_owned(),
    };
    Heading::plain(&invocation.action.to_string(), &when)
}

fn diff(text: Labelled) -> Content {
    Content { form: Form::Diff, text }
}

fn status_phrase(status: CheckStatus) -> &'static str {
    match status {
        CheckStatus::Pass => " holds",
        CheckStatus::Unknown => " cannot be decided before apply",
        CheckStatus::Fail => " has failed",
        CheckStatus::Error => " could not be evaluated",
    }
}

/// The summary may hold text from elsewhere.
fn problem_heading(problem: &Diagnostic) -> Heading {
    let mut sentence = Labelled::new();
    if let Some(address) = &problem.address {
        sentence.label(Label::Name, &escape_line(address));
        sentence.push_str(": ");
    }
    sentence.label(Label::Quoted, &escape_line(&problem.summary));
    Heading { sentence, remarks: Vec::new() }
}

fn output_body(output: &OutputChange) -> Labelled {
    let mut out = Labelled::new();
    out.push_str(&format!("{} = ", attribute_name(&output.name)));
    write_diff(&mut out, &output_diff(output), 0, Mode::default());
    out
}

/// An output as a state's text has it.
pub(crate) fn stored_output(name: &str, output: &OutputState) -> Labelled {
    let mut out = Labelled::new();
    out.push_str(&format!("{} = ", attribute_name(name)));
    if output.sensitive {
        out.push_str("(sensitive value)");
    } else {
        let pair = Pair::new(&output.value, &output.value);
        write_diff(&mut out, &typed_diff(&pair, &output.value.ty()), 0, value_mode());
    }
    out
}
