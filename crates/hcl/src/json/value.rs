//! JSON with places.

use crate::Ident;
use formwork_diag::Span;
use formwork_value::{Str, Value};
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct JsonValue {
    pub kind: JsonKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum JsonKind {
    Null,
    Bool(bool),
    Number(Value),
    /// `escaped` tells that the text differs from the source, so that places inside are not those in the file.
    String {
        text: Str,
        escaped: bool,
    },
    Array(Arc<[JsonValue]>),
    Object(Arc<[JsonProperty]>),
    /// With a problem that was reported.
    Invalid,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct JsonProperty {
    pub name: Ident,
    pub escaped: bool,
    pub value: JsonValue,
}

impl JsonValue {
    /// The first byte: the opening bracket of an object or array.
    pub fn open_span(&self) -> Span {
        Span { end: (self.span.start + 1).min(self.span.end), ..self.span }
    }

    /// The last byte: the closing bracket of an object.
    fn close_span(&self) -> Span {
        Span { start: self.span.end.saturating_sub(1).max(self.span.start), ..self.span }
    }

    pub fn missing_item_span(&self) -> Span {
        match self.kind {
            JsonKind::Object(_) => self.close_span(),
            _ => self.open_span(),
        }
    }
}
