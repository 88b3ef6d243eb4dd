//! Text and JSON from plans, states, events and diagnostics: everything that users and tools read.
//!
//! Functions take the nouns of `model` and give strings; [`TextOptions`] says whether the output has colours and how
//! wide it is. In the order in which a run needs them:
//!
//! | what | for people | for tools |
//! | ---- | ---------- | --------- |
//! | diagnostics | [`diagnostics_text`], [`diagnostic_text`], [`compact_warnings_text`] | in the stream; [`json_validation`] |
//! | progress | [`event_text`], [`running_phrase`], [`elapsed_text`], [`lock_info_text`] | [`JsonStream`] |
//! | plan | [`plan_text`], [`PlanText`], [`plan_end_text`], [`output_changes_text`] | [`json_plan`] |
//! | plan, state, drift for reviewers | [`markdown`], [`html`], [`report_text`] of a [`Subject`] | [`json_drift`] |
//! | end of an apply | [`apply_end_text`] with [`ApplyTally`] | [`JsonStream::applied`] |
//! | outputs | [`outputs_text`], [`value_text`], [`raw_text`] | [`json_outputs`], [`json_output`] |
//! | state | [`state_text`], [`instance_text`], [`state_list_text`] | [`json_state`] |
//! | graph | | [`graph_dot`], [`graph_mermaid`] |
//! | tests | [`test_event_text`] | [`test_event_json`], [`junit_xml`] |
//! | schemas, versions | | [`json_provider_schemas`], [`json_function_signatures`], [`json_version`] |
//!
//! Plans are compared once into a tree (`diff`), from which labelled lines are written (`view`). Terminal text, Markdown
//! and HTML show these lines.
//!
//! Invariant: no I/O, no clock, no terminal: times are passed in, texts are returned.
//! Invariant: text of strangers (names, values, messages of providers) is escaped in what people read: no control or
//! direction character reaches the terminal. Sensitive values are never shown to people; JSON plans and states show
//! them, as their readers expect.
//! Invariant: what is told of a plan depends on the plan alone: the same plan gives the same bytes.

mod attribute_name;
mod console;
mod diagnostic;
mod diff;
mod escape;
mod graph;
mod html;
mod json;
mod labelled;
mod markdown;
mod markup;
mod output_text;
mod phrase;
mod plan_text;
mod progress;
mod provider_times;
mod query_text;
mod report;
mod sensitive;
mod state_text;
mod stored;
mod stream;
mod style;
mod tally;
mod test_run;
mod view;
mod wrap;

pub use console::{raw_text, value_text};
pub use diagnostic::{compact_warnings_text, diagnostic_text, diagnostics_text};
pub use escape::escape_controls;
pub use graph::{GraphNode, PhaseNode, graph_dot, graph_mermaid, phase_dot};
pub use json::{
    StateViewError, has_drift, json_drift, json_function_signatures, json_output, json_outputs, json_plan,
    json_provider_schemas, json_state, json_validation, json_version,
};
pub use markdown::MARKDOWN_MIN_BYTES;
pub use output_text::{apply_end_text, outputs_text};
pub use plan_text::{PlanText, output_changes_text, plan_end_text, plan_text};
pub use progress::{elapsed_text, event_text, lock_info_text, running_phrase};
pub use provider_times::{ProviderTimes, provider_times_text};
pub use query_text::listed_text;
pub use report::{Subject, html, markdown, report_text};
pub use state_text::{instance_text, state_list_text, state_text};
pub use stream::{JsonStream, ListedView, StreamMode};
pub use style::TextOptions;
pub use tally::{ApplyTally, PlanTally};
pub use test_run::{TestText, junit_xml, test_event_json, test_event_text};
pub use view::ChangeCounts;
