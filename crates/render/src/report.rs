//! Documents for reviewers and bots: Markdown, HTML and text of the same view.

use crate::html::html_page;
use crate::json::StateViewError;
use crate::markdown::markdown_document;
use crate::sensitive::SchemaMarks;
use crate::style::{Style, TextOptions};
use crate::view::{View, drift_view, plan_view, state_view, write_entry};
use crate::wrap::wrap;
use formwork_diag::Diagnostics;
use formwork_model::{Plan, ProviderAddress, ProviderSchema, State};
use std::sync::Arc;

/// What a document is about.
#[derive(Clone, Copy)]
pub enum Subject<'a> {
    Plan(&'a Plan),
    State {
        state: &'a State,
        schema_of: &'a dyn Fn(&ProviderAddress) -> Option<Arc<ProviderSchema>>,
    },
    /// What a refresh-only plan has found, and the problems met on the way.
    Drift {
        plan: &'a Plan,
        problems: &'a Diagnostics,
    },
}

/// Renders Markdown for a comment (CommonMark with HTML blocks, as code hosts show it), of at most `max_bytes` bytes, or
/// [`crate::MARKDOWN_MIN_BYTES`] if that is more. What does not fit is left out in whole entries, and the document says
/// what it was; the counts at its beginning are always complete. Nothing in names or values can end a block, mention
/// somebody or make a link; sensitive values are hidden.
///
/// Errors: a stored object does not fit its schema.
pub fn markdown(subject: Subject<'_>, max_bytes: usize) -> Result<String, StateViewError> {
    with_view(subject, |view, marks| markdown_document(view, marks, max_bytes))
}

/// Renders one HTML file that needs neither network nor scripts, and that a browser will not let load anything.
///
/// Errors: as [`markdown`].
pub fn html(subject: Subject<'_>) -> Result<String, StateViewError> {
    with_view(subject, html_page)
}

/// Renders text for a terminal: the title, then every entry in the form of plans.
///
/// Errors: as [`markdown`].
pub fn report_text(subject: Subject<'_>, options: TextOptions) -> Result<String, StateViewError> {
    with_view(subject, |view, marks| {
        let mut out = format!("{}\n", options.paint(Style::Bold, &view.title));
        for remark in &view.remarks {
            out.push_str(&format!("\n{}\n", wrap(remark, options.width.saturating_sub(1))));
        }
        for entry in view.sections.iter().flat_map(|section| &section.entries) {
            out.push('\n');
            write_entry(&mut out, entry, marks, options)?;
        }
        Ok(out)
    })
}

fn with_view<T>(
    subject: Subject<'_>,
    work: impl FnOnce(&View<'_>, &mut SchemaMarks<'_>) -> Result<T, StateViewError>,
) -> Result<T, StateViewError> {
    match subject {
        Subject::Plan(plan) => {
            let schema_of = |address: &ProviderAddress| plan.schemas.get(address).cloned();
            let mut marks = SchemaMarks::new(&schema_of);
            work(&plan_view(plan, &mut marks), &mut marks)
        }
        Subject::Drift { plan, problems } => {
            let schema_of = |address: &ProviderAddress| plan.schemas.get(address).cloned();
            let mut marks = SchemaMarks::new(&schema_of);
            work(&drift_view(plan, problems, &mut marks), &mut marks)
        }
        Subject::State { state, schema_of } => work(&state_view(state), &mut SchemaMarks::new(schema_of)),
    }
}
