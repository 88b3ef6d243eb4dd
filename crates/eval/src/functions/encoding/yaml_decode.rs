//! Values of YAML documents.

use super::yaml_scalar;
use crate::limits::{YAML_NESTING, YAML_VALUES};
use formwork_value::{Kind, Str, Type, Value};
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The value of the only document in a text.
pub(super) fn decode(text: &str) -> Result<Value, String> {
    check_source(text)?;
    let mut work = MAX_SEARCHED;
    let mut text = Cow::Borrowed(text);
    // Each turn puts one list or mapping in brackets further to the right.
    for _ in 0..MAX_INDENTED {
        match read(&text) {
            Err(Problem::Indentation(line)) => match indented(&text, line, &mut work) {
                Some(changed) => text = Cow::Owned(changed),
                None => break,
            },
            Err(Problem::Other(message)) => return Err(message),
            Ok(value) => return Ok(value),
        }
    }
    Err("the elements of a list or mapping in brackets are not indented".into())
}

/// Most bytes that are read in search of them.
const MAX_SEARCHED: usize = 32 * 1024 * 1024;

/// Most lists and mappings that are indented after the fact.
const MAX_INDENTED: usize = 1000;

enum Problem {
    /// In a line inside of brackets, which counts for the parser but not for the reference.
    Indentation(usize),
    Other(String),
}

impl From<String> for Problem {
    fn from(message: String) -> Problem {
        Problem::Other(message)
    }
}

/// The text with the lines of the innermost brackets that begin before a line, and are open there, further to the right.
fn indented(text: &str, line: usize, work: &mut usize) -> Option<String> {
    const INDENTATION: &str = "                                ";
    let start = text.split_inclusive('\n').take(line - 1).map(str::len).sum::<usize>();
    // The parser has read it once more, too.
    *work = work.saturating_sub(text.len());
    let open = open_bracket(text.get(..start)?, work)?;
    let end = open + closing_bracket(text.get(open..)?)?;
    let inside = text.get(open..end)?;
    if inside.contains(&format!("\n{INDENTATION}{INDENTATION}")) {
        return None;
    }
    Some([text.get(..open)?, &inside.replace('\n', &format!("\n{INDENTATION}")), text.get(end..)?].concat())
}

/// Where the outermost bracket is that is still open at the end of a text: in its last lines.
fn open_bracket(text: &str, work: &mut usize) -> Option<usize> {
    let candidates = text.match_indices(['[', '{']).map(|(at, _)| at);
    let starts_value = |at: &usize| {
        let before = text.get(..*at).unwrap_or_default();
        before.is_empty() || before.ends_with([' ', '\n', '\t', '[', '{', ','])
    };
    let stays_open = |at: &usize| {
        let rest = text.get(*at..).unwrap_or_default();
        let end = closing_bracket(rest);
        *work = work.saturating_sub(end.unwrap_or(rest.len()));
        end.is_none() || *work == 0
    };
    let found = candidates.filter(starts_value).find(stays_open);
    found.filter(|_| *work > 0)
}

/// The end of what begins with a bracket; none if it does not end.
fn closing_bracket(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut quote: Option<char> = None;
    let mut before = ' ';
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (Some('"'), '\\') => drop(chars.next()),
            (Some(open), c) if open == c => quote = None,
            (Some('#'), '\n') => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') if matches!(before, ' ' | '\n' | '\t' | '[' | '{' | ',' | ':') => quote = Some(c),
            (None, '#') if matches!(before, ' ' | '\n' | '\t') => quote = Some(c),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            (None, _) => {}
        }
        before = c;
    }
    None
}

fn read(text: &str) -> Result<Value, Problem> {
    let mut builder = Builder::default();
    let mut documents = 0;
    let lines: Vec<&str> = if text.contains('\t') { text.lines().collect() } else { Vec::new() };
    let is_ended = text.is_empty() || text.ends_with('\n');
    let length = if is_ended { 0 } else { text.chars().count() };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| match error.info() {
            info if info.contains("invalid indentation") => Problem::Indentation(error.marker().line()),
            _ => Problem::Other(syntax(&error)),
        })?;
        let at = |message: String| format!("line {}: {message}", span.start.line());
        if matches!(event, Event::MappingStart(..) | Event::SequenceStart(..))
            && is_indented_by_tab(&lines, span.start.line(), span.start.col())
        {
            return Err(at("a tab cannot be used for indentation".into()).into());
        }
        match event {
            Event::DocumentStart(_) => {
                documents += 1;
                if documents > 1 {
                    return Err(at("there must be only one document".into()).into());
                }
            }
            // A block of text whose last line does not end has no line break at its end either.
            Event::Scalar(content, style @ (ScalarStyle::Literal | ScalarStyle::Folded), anchor, tag)
                if !is_ended && span.end.index() >= length =>
            {
                let content = content.strip_suffix('\n').unwrap_or(&content);
                builder.scalar(content, style, anchor, tag.as_deref()).map_err(at)?;
            }
            event => builder.event(event).map_err(at)?,
        }
    }
    builder.result.ok_or_else(|| Problem::Other("there is no document in the text".into()))
}

/// What version 1.1 does not allow but the parser, which reads version 1.2, does.
fn check_source(text: &str) -> Result<(), String> {
    for (index, line) in text.split('\n').enumerate() {
        let at = |message: &str| Err(format!("line {}: {message}", index + 1));
        if line.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\r' | '\u{85}')) {
            return at("control characters are not allowed");
        }
        if line.strip_prefix("%YAML ").is_some_and(|version| version.trim() != "1.1") {
            return at("only version 1.1 of YAML is supported");
        }
    }
    Ok(())
}

/// True for a block behind a tab (brackets and braces may stand anywhere). `lines` is empty in a text without tabs.
fn is_indented_by_tab(lines: &[&str], line: usize, column: usize) -> bool {
    let Some(line) = lines.get(line.saturating_sub(1)) else { return false };
    let indentation: String = line.chars().take(column).collect();
    let flow = matches!(line.chars().nth(column), Some('{' | '['));
    !flow && indentation.contains('\t') && indentation.trim().is_empty()
}

fn syntax(error: &ScanError) -> String {
    format!("line {}: {}", error.marker().line(), error.info())
}

/// A list or mapping that is being read.
enum Open {
    List { anchor: usize, items: Vec<Value>, size: usize },
    Mapping { anchor: usize, entries: BTreeMap<Str, Value>, key: Option<Key>, size: usize },
}

enum Key {
    Name(Str),
    /// `<<`: the entries of the value are added as if they stood there.
    Merge,
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    /// Values and their sizes by anchor.
    anchors: BTreeMap<usize, (Value, usize)>,
    result: Option<Value>,
}

type Read = Result<(), String>;

impl Builder {
    fn event(&mut self, event: Event) -> Read {
        match event {
            Event::Scalar(text, style, anchor, tag) => self.scalar(&text, style, anchor, tag.as_deref()),
            Event::SequenceStart(anchor, tag) => {
                collection_tag(tag, "seq")?;
                self.open(Open::List { anchor, items: Vec::new(), size: 1 })
            }
            Event::MappingStart(anchor, tag) => {
                collection_tag(tag, "map")?;
                self.open(Open::Mapping { anchor, entries: BTreeMap::new(), key: None, size: 1 })
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some((value, size)) => self.add(value, size, false),
                None => Err("an alias is used inside of what it stands for".into()),
            },
            _ => Ok(()),
        }
    }

    fn open(&mut self, open: Open) -> Read {
        if self.open.len() >= YAML_NESTING {
            return Err(format!("there are more than {YAML_NESTING} levels of nesting"));
        }
        if self.wants_key() {
            return Err("only scalars can be keys of mappings".into());
        }
        self.open.push(open);
        Ok(())
    }

    fn wants_key(&self) -> bool {
        matches!(self.open.last(), Some(Open::Mapping { key: None, .. }))
    }

    fn close(&mut self) -> Read {
        let (value, anchor, size) = match self.open.pop() {
            Some(Open::List { anchor, items, size }) => (Value::tuple(items), anchor, size),
            Some(Open::Mapping { anchor, entries, size, .. }) => (Value::object_map(entries), anchor, size),
            None => return Ok(()),
        };
        self.anchor(anchor, &value, size);
        self.add(value, size, false)
    }

    fn anchor(&mut self, anchor: usize, value: &Value, size: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, (value.clone(), size));
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, anchor: usize, tag: Option<&Tag>) -> Read {
        let quoted = style != ScalarStyle::Plain;
        let value = match tag.map(core_tag) {
            Some(Some(tag)) => yaml_scalar::tagged(text, &tag, quoted)?,
            Some(None) => return Err("tags of one's own are not supported".into()),
            None if quoted => Value::from(text),
            None => yaml_scalar::plain(text)?,
        };
        let is_merge = text == "<<" && tag.is_none();
        self.anchor(anchor, &value, 1);
        self.add(value, 1, is_merge)
    }

    /// A complete value, which stands for as many values as its size says.
    fn add(&mut self, value: Value, added: usize, is_merge: bool) -> Read {
        match self.open.last_mut() {
            None => self.result = Some(value),
            Some(Open::List { items, size, .. }) => {
                items.push(value);
                grow(size, added)?;
            }
            Some(Open::Mapping { key: key @ None, .. }) => {
                *key = Some(if is_merge { Key::Merge } else { Key::Name(name(&value)?) });
            }
            Some(Open::Mapping { entries, key, size, .. }) => {
                grow(size, added)?;
                match key.take() {
                    Some(Key::Name(name)) => drop(entries.insert(name, value)),
                    _ => merge(entries, &value)?,
                }
            }
        }
        Ok(())
    }
}

fn grow(size: &mut usize, added: usize) -> Read {
    *size = size.saturating_add(added);
    if *size > YAML_VALUES { Err(format!("the document stands for more than {YAML_VALUES} values")) } else { Ok(()) }
}

fn merge(entries: &mut BTreeMap<Str, Value>, value: &Value) -> Read {
    let Kind::Object(merged) = value.kind() else {
        return Err("only a mapping can be merged with <<".into());
    };
    entries.extend(merged.iter().map(|(name, value)| (name.clone(), value.clone())));
    Ok(())
}

/// The name of an attribute: a key as text.
fn name(key: &Value) -> Result<Str, String> {
    let text = formwork_value::convert(key, &Type::String).map_err(|error| error.message)?;
    match text.kind() {
        Kind::String(name) => Ok(name.clone()),
        _ => Err("a key of a mapping must not be null".into()),
    }
}

/// The name of a tag of the YAML namespace.
fn core_tag(tag: &Tag) -> Option<String> {
    const NAMESPACE: &str = "tag:yaml.org,2002:";
    format!("{}{}", tag.handle, tag.suffix).strip_prefix(NAMESPACE).map(str::to_owned)
}

fn collection_tag(tag: Option<Cow<Tag>>, own: &str) -> Read {
    match tag {
        None => Ok(()),
        Some(tag) if core_tag(&tag).as_deref() == Some(own) => Ok(()),
        Some(tag) => Err(format!("the tag {}{} is not supported here", tag.handle, tag.suffix)),
    }
}
