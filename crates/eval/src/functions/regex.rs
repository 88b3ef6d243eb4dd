//! Functions on regular expressions.
//!
//! Patterns are those of RE2, which the reference has; [`pattern`] makes them patterns of the crate `regex`. Known
//! difference: bounds on the size of a compiled pattern are our own.

mod pattern;

use super::arguments::Arguments;
use super::definition::{Definition, Outcome, Shape, blame, failed, text};
use ::regex::{Captures, RegexBuilder};
use formwork_hcl::FunctionFailure;
use formwork_hcl::limits::ELEMENTS;
use formwork_value::{Type, Value};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

pub(super) static FUNCTIONS: &[Definition] = &[
    Definition::new(
        "regex",
        "The first match of a pattern in a text: the text matched, or its groups.",
        &[text("pattern"), text("string").with_unknown()],
        Shape::Any,
        first,
    ),
    Definition::new(
        "regexall",
        "All matches of a pattern in a text, as a list.",
        &[text("pattern"), text("string").with_unknown()],
        Shape::Anys,
        all,
    ),
    Definition::new(
        "replace",
        "The text with each occurrence of another replaced; between slashes, that is a regular expression.",
        &[text("str"), text("substr"), text("replace")],
        Shape::Text,
        replace,
    ),
];

/// Compiled patterns that are kept, as the same few are used over and over.
const KEPT: usize = 16;

static COMPILED: Mutex<BTreeMap<String, Arc<Regex>>> = Mutex::new(BTreeMap::new());

/// Largest compiled pattern. With what the crate keeps beside it while it searches, all that are kept fill some 300 MB.
const COMPILED_BYTES: usize = 10 * 1024 * 1024;

struct Regex {
    compiled: ::regex::Regex,
    /// The name of each group that has one.
    names: Vec<Option<String>>,
}

fn compile(source: &str) -> Result<Arc<Regex>, String> {
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = compiled.get(source) {
        return Ok(found.clone());
    }
    let translated = pattern::translate(source)?;
    let built = RegexBuilder::new(&translated.pattern).nest_limit(1000).size_limit(COMPILED_BYTES).build();
    let compiled_now = built.map_err(|error| reason(&error))?;
    let regex = Arc::new(Regex { compiled: compiled_now, names: translated.names });
    if compiled.len() >= KEPT {
        compiled.clear();
    }
    compiled.insert(source.to_owned(), regex.clone());
    Ok(regex)
}

/// The last line of the crate's message, which is the one that says why.
fn reason(error: &::regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    format!("the pattern is not a valid regular expression: {}", last.trim_start_matches("error: "))
}

/// What a match gives.
enum Groups {
    None,
    Numbered(usize),
    Named(Vec<String>),
}

fn groups(args: &Arguments) -> Result<(Arc<Regex>, Groups), FunctionFailure> {
    let regex = compile(args.text(0)).map_err(|message| blame(0, message))?;
    let named: Vec<String> = regex.names.iter().flatten().cloned().collect();
    let groups = match (regex.names.len(), named.len()) {
        (0, _) => Groups::None,
        (count, 0) => Groups::Numbered(count),
        (count, named_count) if count == named_count => Groups::Named(named),
        _ => return Err(blame(0, "either all groups have names, or none has one")),
    };
    Ok((regex, groups))
}

impl Groups {
    fn ty(&self) -> Type {
        match self {
            Groups::None => Type::String,
            Groups::Numbered(count) => Type::tuple((0..*count).map(|_| Type::String)),
            Groups::Named(names) => Type::object(names.iter().map(|name| (name.as_str(), Type::String))),
        }
    }

    fn value(&self, captures: &Captures) -> Value {
        let text = |group: Option<::regex::Match>| match group {
            Some(found) => Value::from(found.as_str()),
            None => Value::null(Type::String),
        };
        match self {
            Groups::None => text(captures.get(0)),
            Groups::Numbered(_) => Value::tuple(captures.iter().skip(1).map(text)),
            Groups::Named(names) => {
                let groups = captures.iter().skip(1);
                Value::object(names.iter().zip(groups).map(|(name, group)| (name.as_str(), text(group))))
            }
        }
    }
}

fn first(args: &Arguments) -> Outcome {
    let (regex, groups) = groups(args)?;
    let Some(text) = args.get(1).and_then(Value::as_str) else {
        return Ok(Value::unknown_not_null(groups.ty()));
    };
    match regex.compiled.captures(text) {
        Some(captures) => Ok(groups.value(&captures)),
        None => Err(failed("the pattern did not match any part of the given string")),
    }
}

fn all(args: &Arguments) -> Outcome {
    let (regex, groups) = groups(args)?;
    let Some(text) = args.get(1).and_then(Value::as_str) else {
        return Ok(Value::unknown_not_null(Type::list(groups.ty())));
    };
    let matches = regex.compiled.captures_iter(text).take(ELEMENTS + 1).map(|captures| groups.value(&captures));
    let matches: Vec<Value> = matches.collect();
    super::list::check_count(matches.len())?;
    Ok(Value::list(groups.ty(), matches))
}

fn replace(args: &Arguments) -> Outcome {
    let (text, searched, replacement) = (args.text(0), args.text(1), args.text(2));
    let inner = searched.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
    let replaced = match inner {
        Some(source) => {
            let regex = compile(source).map_err(|message| blame(1, message))?;
            let mut out = String::new();
            let mut last = 0;
            for captures in regex.compiled.captures_iter(text) {
                let Some(whole) = captures.get(0) else { break };
                out.push_str(text.get(last..whole.start()).unwrap_or_default());
                regex.expand(&captures, replacement, &mut out);
                super::string::check_length(out.len())?;
                last = whole.end();
            }
            out.push_str(text.get(last..).unwrap_or_default());
            out
        }
        None => {
            let count = if searched.is_empty() { text.chars().count() + 1 } else { text.matches(searched).count() };
            super::string::check_length(count.saturating_mul(replacement.len()))?;
            text.replace(searched, replacement)
        }
    };
    Ok(replaced.into())
}

impl Regex {
    /// Appends a replacement, in which `$1`, `$name` and `${name}` stand for groups and `$$` for a dollar sign.
    fn expand(&self, captures: &Captures, replacement: &str, out: &mut String) {
        let mut rest = replacement;
        while let Some((before, after)) = rest.split_once('$') {
            out.push_str(before);
            if let Some(after) = after.strip_prefix('$') {
                out.push('$');
                rest = after;
                continue;
            }
            match group_reference(after) {
                Some((name, after)) => {
                    out.push_str(self.group(captures, name).unwrap_or_default());
                    rest = after;
                }
                None => {
                    out.push('$');
                    rest = after;
                }
            }
        }
        out.push_str(rest);
    }

    fn group<'t>(&self, captures: &Captures<'t>, name: &str) -> Option<&'t str> {
        if let Ok(number) = name.parse::<usize>() {
            return captures.get(number).map(|found| found.as_str());
        }
        let numbers = self.names.iter().enumerate().filter(|(_, own)| own.as_deref() == Some(name));
        numbers.filter_map(|(index, _)| captures.get(index + 1)).map(|found| found.as_str()).next()
    }
}

/// The name of a group behind a dollar sign, and what follows.
fn group_reference(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('{');
    let source = inner.unwrap_or(text);
    let end = source.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(source.len());
    let (name, rest) = source.split_at(end);
    if name.is_empty() {
        return None;
    }
    if inner.is_some() { Some((name, rest.strip_prefix('}')?)) } else { Some((name, rest)) }
}
