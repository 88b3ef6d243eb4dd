//! Values as YAML in the reference's style: blocks, keys and text in double quotes, text of several lines as literal
//! blocks.

use crate::limits::YAML_NESTING;
use formwork_value::{Kind, Str, Value};
use std::collections::BTreeMap;

/// Longest key that is written before its colon on one line.
const MAX_SIMPLE_KEY: usize = 128;

/// A document. Marks are ignored; the value is wholly known.
pub(super) fn encode(value: &Value) -> Result<String, String> {
    let mut writer = Writer { out: String::new(), open_ended: false };
    writer.value(value, 0, 0, Place::Top)?;
    if writer.open_ended {
        writer.out.push_str("...\n");
    }
    Ok(writer.out)
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Top,
    /// Behind `- `.
    Item,
    /// Behind `key:`.
    Entry,
}

/// Column behind which text in quotes goes on in the next line at a space.
const LINE_WIDTH: usize = 80;

struct Writer {
    out: String,
    /// The document needs an end mark, lest more text belong to its last scalar.
    open_ended: bool,
}

type Written = Result<(), String>;

impl Writer {
    /// A value, and the line break after it. `indent` is that of the lines of the value.
    fn value(&mut self, value: &Value, indent: usize, depth: usize, place: Place) -> Written {
        if depth > YAML_NESTING {
            return Err(format!("there are more than {YAML_NESTING} levels of nesting"));
        }
        match value.kind() {
            Kind::List(list) | Kind::Set(list) => self.items(&list.items, indent, depth, place),
            Kind::Tuple(items) => self.items(items, indent, depth, place),
            Kind::Map(map) => self.entries(&map.items, indent, depth, place),
            Kind::Object(attributes) => self.entries(attributes, indent, depth, place),
            Kind::String(text) => {
                self.space(place);
                self.text(text, indent, place);
                Ok(())
            }
            Kind::Unknown(..) => Err("the value is not known yet".into()),
            Kind::Null(_) => self.plain("null", place),
            Kind::Bool(bool) => self.plain(if *bool { "true" } else { "false" }, place),
            Kind::Number(number) => self.plain(&number.to_string(), place),
        }
    }

    fn space(&mut self, place: Place) {
        if place == Place::Entry {
            self.out.push(' ');
        }
    }

    fn plain(&mut self, text: &str, place: Place) -> Written {
        self.space(place);
        self.out.push_str(text);
        self.out.push('\n');
        self.open_ended = place == Place::Top;
        Ok(())
    }

    fn empty(&mut self, text: &str, place: Place) -> Written {
        self.space(place);
        self.out.push_str(text);
        self.out.push('\n');
        Ok(())
    }

    fn pad(&mut self, indent: usize) {
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    fn items(&mut self, items: &[Value], indent: usize, depth: usize, place: Place) -> Written {
        if items.is_empty() {
            return self.empty("[]", place);
        }
        // A list under a key stands at the key's own indentation.
        let indent = if place == Place::Entry { indent.saturating_sub(2) } else { indent };
        if place == Place::Entry {
            self.out.push('\n');
        }
        for (index, item) in items.iter().enumerate() {
            if index > 0 || place != Place::Item {
                self.pad(indent);
            }
            self.out.push_str("- ");
            self.open_ended = false;
            self.value(item, indent + 2, depth + 1, Place::Item)?;
        }
        Ok(())
    }

    fn entries(&mut self, entries: &BTreeMap<Str, Value>, indent: usize, depth: usize, place: Place) -> Written {
        if entries.is_empty() {
            return self.empty("{}", place);
        }
        if place == Place::Entry {
            self.out.push('\n');
        }
        for (index, (key, item)) in entries.iter().enumerate() {
            if index > 0 || place != Place::Item {
                self.pad(indent);
            }
            self.open_ended = false;
            if key.contains('\n') || key.len() > MAX_SIMPLE_KEY {
                self.out.push_str("? ");
                self.text(key, indent + 2, Place::Item);
                self.pad(indent);
                self.out.push_str(": ");
                self.value(item, indent + 2, depth + 1, Place::Item)?;
            } else {
                self.quoted(key, None);
                self.out.push(':');
                self.value(item, indent + 2, depth + 1, Place::Entry)?;
            }
        }
        Ok(())
    }

    fn text(&mut self, text: &str, indent: usize, place: Place) {
        if text.contains('\n') && fits_block(text) {
            self.literal(text, indent, place);
        } else {
            let indent = if place == Place::Top { indent + 2 } else { indent };
            self.quoted(text, Some(indent));
            self.out.push('\n');
        }
    }

    /// A literal block, with the hints that it needs.
    fn literal(&mut self, text: &str, indent: usize, place: Place) {
        let indent = if place == Place::Top { indent + 2 } else { indent };
        self.out.push('|');
        if text.starts_with(' ') || text.starts_with(is_break) {
            self.out.push('2');
        }
        let breaks = text.chars().rev().take_while(|c| is_break(*c)).count();
        match breaks {
            0 => self.out.push('-'),
            1 if text.chars().count() > 1 => {}
            _ => self.out.push('+'),
        }
        self.out.push('\n');
        let mut at_start = true;
        for c in text.chars() {
            if at_start && !is_break(c) {
                self.pad(indent);
            }
            at_start = is_break(c);
            self.out.push(c);
        }
        if breaks == 0 {
            self.out.push('\n');
        }
    }

    /// Text in double quotes; with an indentation, it goes on in a new line where it gets too long.
    fn quoted(&mut self, text: &str, indent: Option<usize>) {
        // As in the reference, a byte order mark at the beginning makes everything be escaped.
        let escape_all = text.starts_with('\u{feff}');
        let mut column = self.out.chars().rev().take_while(|c| *c != '\n').count() + 1;
        self.out.push('"');
        let mut after_space = false;
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            let before = self.out.len();
            let may_fold = c == ' ' && !after_space && column > LINE_WIDTH && !rest.as_str().is_empty();
            after_space = c == ' ' && !escape_all;
            match indent.filter(|_| may_fold && !escape_all) {
                Some(indent) => {
                    self.out.push('\n');
                    self.pad(indent);
                    if rest.as_str().starts_with(' ') {
                        self.out.push('\\');
                    }
                    column = self.out.len() - before - 1;
                }
                None => {
                    self.character(c, escape_all);
                    column += self.out.get(before..).map_or(0, |written| written.chars().count());
                }
            }
        }
        self.out.push('"');
    }

    fn character(&mut self, c: char, escape_all: bool) {
        match c {
            c if !escape_all && is_printable(c) && !is_break(c) && !matches!(c, '"' | '\\') => self.out.push(c),
            '"' => self.out.push_str("\\\""),
            '\\' => self.out.push_str("\\\\"),
            '\0' => self.out.push_str("\\0"),
            '\u{7}' => self.out.push_str("\\a"),
            '\u{8}' => self.out.push_str("\\b"),
            '\t' => self.out.push_str("\\t"),
            '\n' => self.out.push_str("\\n"),
            '\u{b}' => self.out.push_str("\\v"),
            '\u{c}' => self.out.push_str("\\f"),
            '\r' => self.out.push_str("\\r"),
            '\u{1b}' => self.out.push_str("\\e"),
            '\u{85}' => self.out.push_str("\\N"),
            '\u{a0}' => self.out.push_str("\\_"),
            '\u{2028}' => self.out.push_str("\\L"),
            '\u{2029}' => self.out.push_str("\\P"),
            c if u32::from(c) <= 0xff => self.out.push_str(&format!("\\x{:02X}", u32::from(c))),
            c if u32::from(c) <= 0xffff => self.out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => self.out.push_str(&format!("\\U{:08X}", u32::from(c))),
        }
    }
}

/// Characters that may stand as they are.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}') && c != '\u{feff}'
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\u{2028}' | '\u{2029}')
}

/// True if text can be a literal block: nothing in it needs an escape, and no line ends with a space.
fn fits_block(text: &str) -> bool {
    let mut after_space = false;
    for c in text.chars() {
        if !is_printable(c) || (after_space && is_break(c)) {
            return false;
        }
        after_space = c == ' ';
    }
    !after_space
}
