//! Values as YAML in the reference's style: blocks, keys and text in double quotes, text of several lines as literal
//! blocks.

use formwork_value::{Kind, Number, Str, Value};
use std::collections::BTreeMap;

/// Deepest nesting that is written.
const MAX_DEPTH: usize = 256;

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

struct Writer {
    out: String,
    /// The document needs an end mark, lest more text belong to its last scalar.
    open_ended: bool,
}

type Written = Result<(), String>;

impl Writer {
    /// A value, and the line break after it. `indent` is that of the lines of the value.
    fn value(&mut self, value: &Value, indent: usize, depth: usize, place: Place) -> Written {
        if depth > MAX_DEPTH {
            return Err(format!("there are more than {MAX_DEPTH} levels of nesting"));
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
            Kind::Number(number) => self.plain(&number_text(number), place),
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
                self.quoted(key);
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
            self.quoted(text);
            self.out.push('\n');
        }
    }

    /// A literal block, with the hints that it needs.
    fn literal(&mut self, text: &str, indent: usize, place: Place) {
        let indent = if place == Place::Top { indent + 2 } else { indent };
        self.out.push('|');
        if text.starts_with([' ', '\n']) {
            self.out.push('2');
        }
        match text.strip_suffix('\n') {
            None => self.out.push('-'),
            Some(rest) if rest.is_empty() || rest.ends_with('\n') => {
                self.out.push('+');
                self.open_ended = true;
            }
            Some(_) => {}
        }
        self.out.push('\n');
        for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            if !line.is_empty() {
                self.pad(indent);
                self.out.push_str(line);
            }
            self.out.push('\n');
        }
    }

    fn quoted(&mut self, text: &str) {
        self.out.push('"');
        for c in text.chars() {
            match c {
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
                c if is_printable(c) => self.out.push(c),
                c if u32::from(c) <= 0xff => self.out.push_str(&format!("\\x{:02X}", u32::from(c))),
                c if u32::from(c) <= 0xffff => self.out.push_str(&format!("\\u{:04X}", u32::from(c))),
                c => self.out.push_str(&format!("\\U{:08X}", u32::from(c))),
            }
        }
        self.out.push('"');
    }
}

fn number_text(number: &Number) -> String {
    match number.is_infinite() {
        true if number.is_negative() => "-.inf".into(),
        true => ".inf".into(),
        false => number.to_string(),
    }
}

/// Characters that may stand as they are.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}') && c != '\u{feff}'
}

/// True if text can be a literal block: nothing in it needs an escape, and no line ends with a space.
fn fits_block(text: &str) -> bool {
    let is_special = |c: char| !is_printable(c) || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}');
    !text.contains(is_special) && !text.contains(" \n") && !text.ends_with(' ')
}
