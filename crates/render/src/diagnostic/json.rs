//! The JSON form.

use super::place::Place;
use crate::json::writer::JsonWriter;
use formwork_diag::{Diagnostic, Position, Severity, Sources};

/// Writes the object that tools read (plan-formats.md 8).
pub(crate) fn write_diagnostic(w: &mut JsonWriter, diagnostic: &Diagnostic, sources: &Sources) {
    w.object(|w| {
        w.key("severity").string(match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        });
        w.key("summary").string(&diagnostic.summary);
        w.key("detail").string(&diagnostic.detail);
        if let Some(address) = &diagnostic.address {
            w.key("address").string(address);
        }
        if let Some(place) = diagnostic.span.and_then(|span| Place::resolve(sources, span)) {
            w.key("range").object(|w| {
                w.key("filename").string(&place.file.name);
                write_position(w.key("start"), place.start);
                write_position(w.key("end"), place.end);
            });
            write_snippet(w.key("snippet"), diagnostic, &place);
        }
    });
}

fn write_position(w: &mut JsonWriter, position: Position) {
    w.object(|w| {
        w.key("line").unsigned(position.line as u64);
        w.key("column").unsigned(position.column as u64);
        w.key("byte").unsigned(position.byte as u64);
    });
}

fn write_snippet(w: &mut JsonWriter, diagnostic: &Diagnostic, place: &Place<'_>) {
    w.object(|w| {
        match place.context {
            Some(context) => w.key("context").string(context),
            None => w.key("context").null(),
        }
        w.key("code").string(place.code);
        w.key("start_line").unsigned(place.start.line as u64);
        w.key("highlight_start_offset").unsigned(place.highlight.0 as u64);
        w.key("highlight_end_offset").unsigned(place.highlight.1 as u64);
        w.key("values").array(|w| {
            for note in &diagnostic.values {
                w.object(|w| {
                    w.key("traversal").string(&note.traversal);
                    w.key("statement").string(&note.statement);
                });
            }
        });
        if let Some(call) = &diagnostic.function_call {
            // The reference adds the signature as an object, for which a text is no substitute.
            w.key("function_call").object(|w| w.key("called_as").string(&call.called_as));
        }
    });
}
