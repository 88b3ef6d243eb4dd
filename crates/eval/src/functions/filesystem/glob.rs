//! Files that match a pattern.
//!
//! `*` and `?` match within a name, `[...]` one character, `{a,b}` alternatives, `**` as a part of its own any number of
//! directories. Names that begin with a dot match like others. Only regular files count.

use super::path;
use crate::limits::{FILES, FOLDERS};
use formwork_model::Files;
use std::collections::BTreeSet;
use std::iter::Peekable;
use std::str::Chars;

/// Most patterns that alternatives in braces may give.
const MAX_ALTERNATIVES: usize = 1000;

/// A part of a pattern between slashes.
enum Part {
    /// `**`
    Directories,
    /// A name to be taken as it is.
    Name(String),
    Match(Vec<Token>),
    /// Not a valid pattern, which matters where there is something to match.
    Invalid(String),
}

enum Token {
    Char(char),
    /// `?`
    One,
    /// `*`
    Many,
    Class {
        inverted: bool,
        ranges: Vec<(char, char)>,
    },
}

/// Paths of files relative to a directory. The error is for users.
pub(super) fn find(files: &dyn Files, directory: &str, pattern: &str) -> Result<BTreeSet<String>, String> {
    let mut found = BTreeSet::new();
    let mut seen = 0;
    for alternative in alternatives(pattern)? {
        let (mut base, mut parts) = (directory.to_owned(), Vec::new());
        for part in alternative.split('/') {
            match part {
                "" | "." => {}
                ".." if parts.is_empty() => base = path::clean(&path::join(&base, "..")),
                ".." => drop(parts.pop()),
                part => parts.push(parse(part).unwrap_or_else(Part::Invalid)),
            }
        }
        let mut search = Search { files, directory, found: &mut found, seen };
        search.walk(&base, &parts, 0)?;
        seen = search.seen;
    }
    Ok(found)
}

struct Search<'a> {
    files: &'a dyn Files,
    /// What the paths found are relative to.
    directory: &'a str,
    found: &'a mut BTreeSet<String>,
    /// Names come across.
    seen: usize,
}

impl Search<'_> {
    /// Looks for what matches below a directory.
    fn walk(&mut self, directory: &str, parts: &[Part], depth: usize) -> Result<(), String> {
        let Some((part, rest)) = parts.split_first() else { return Ok(()) };
        if depth > FOLDERS {
            return Err(format!("directories are nested more than {FOLDERS} levels deep; links may form a circle"));
        }
        match part {
            Part::Directories => {
                if !rest.is_empty() {
                    self.walk(directory, rest, depth)?;
                }
                for (name, is_dir) in self.entries(directory)? {
                    let inner = path::join(directory, &name);
                    if is_dir {
                        self.walk(&inner, parts, depth + 1)?;
                    } else if rest.is_empty() {
                        self.add(&inner)?;
                    }
                }
                Ok(())
            }
            Part::Name(name) => self.enter(directory, name, rest, depth),
            Part::Match(tokens) => {
                for (name, _) in self.entries(directory)? {
                    if matches(tokens, &name) {
                        self.enter(directory, &name, rest, depth)?;
                    }
                }
                Ok(())
            }
            Part::Invalid(_) if self.entries(directory)?.is_empty() => Ok(()),
            Part::Invalid(message) => Err(message.clone()),
        }
    }

    fn enter(&mut self, directory: &str, name: &str, rest: &[Part], depth: usize) -> Result<(), String> {
        let inner = path::join(directory, name);
        if rest.is_empty() {
            return self.add(&inner);
        }
        if self.files.is_dir(&inner) {
            self.walk(&inner, rest, depth + 1)?;
        }
        Ok(())
    }

    fn add(&mut self, path: &str) -> Result<(), String> {
        if matches!(self.files.is_file(path), Ok(true)) {
            self.found.insert(path::relative(self.directory, path));
        }
        Ok(())
    }

    /// Nothing, if the directory cannot be read.
    fn entries(&mut self, directory: &str) -> Result<Vec<(String, bool)>, String> {
        let entries = self.files.list(if directory.is_empty() { "." } else { directory }).unwrap_or_default();
        self.seen += entries.len() + 1;
        if self.seen > FILES {
            return Err(format!("the search comes across more than {FILES} files; links may form a circle"));
        }
        Ok(entries)
    }
}

/// The patterns that result when one of the alternatives is chosen in each pair of braces.
fn alternatives(pattern: &str) -> Result<Vec<String>, String> {
    let mut done = Vec::new();
    let mut open = vec![pattern.to_owned()];
    while let Some(pattern) = open.pop() {
        if open.len() + done.len() > MAX_ALTERNATIVES {
            return Err(format!("the pattern has more than {MAX_ALTERNATIVES} alternatives"));
        }
        match braces(&pattern)? {
            None => done.push(pattern),
            Some((before, choices, after)) => {
                open.extend(choices.iter().map(|choice| format!("{before}{choice}{after}")));
            }
        }
    }
    Ok(done)
}

/// What is before the first opening brace, the alternatives, and what is behind the closing brace.
type Braces<'p> = (&'p str, Vec<&'p str>, &'p str);

/// Splits a pattern at its first braces, if it has any.
fn braces(pattern: &str) -> Result<Option<Braces<'_>>, String> {
    let mut begin = None;
    let mut choices = Vec::new();
    let mut from = 0;
    let mut depth = 0;
    let mut in_class = false;
    let mut chars = pattern.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            ']' => in_class = false,
            _ if in_class => {}
            '[' => in_class = true,
            '{' => {
                depth += 1;
                if depth == 1 {
                    begin = Some(at);
                    from = at + 1;
                }
            }
            ',' if depth == 1 => {
                choices.push(pattern.get(from..at).unwrap_or_default());
                from = at + 1;
            }
            '}' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    choices.push(pattern.get(from..at).unwrap_or_default());
                    let before = pattern.get(..begin.unwrap_or(0)).unwrap_or_default();
                    return Ok(Some((before, choices, pattern.get(at + 1..).unwrap_or_default())));
                }
            }
            _ => {}
        }
    }
    if depth > 0 { Err("the pattern has an opening brace without a closing one".into()) } else { Ok(None) }
}

fn parse(part: &str) -> Result<Part, String> {
    if part == "**" {
        return Ok(Part::Directories);
    }
    let mut tokens = Vec::new();
    let mut chars = part.chars().peekable();
    while let Some(c) = chars.next() {
        tokens.push(match c {
            '*' => Token::Many,
            '?' => Token::One,
            '[' => class(&mut chars)?,
            '\\' if part == "\\" => return Err("the pattern is a backslash without a character behind it".into()),
            // As in the reference, a backslash at the end never matches.
            '\\' => chars.next().map_or(Token::Class { inverted: false, ranges: Vec::new() }, Token::Char),
            c => Token::Char(c),
        });
    }
    let literal = tokens.iter().map(|token| if let Token::Char(c) = token { Some(*c) } else { None });
    Ok(match literal.collect::<Option<String>>() {
        Some(name) => Part::Name(name),
        None => Part::Match(tokens),
    })
}

fn class(chars: &mut Peekable<Chars>) -> Result<Token, String> {
    let unclosed = || "the pattern has an opening bracket without a closing one".to_owned();
    let inverted = chars.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        let low = match chars.next().ok_or_else(unclosed)? {
            ']' if ranges.is_empty() => return Err("the pattern has empty brackets".into()),
            ']' => return Ok(Token::Class { inverted, ranges }),
            '\\' => chars.next().ok_or_else(unclosed)?,
            c => c,
        };
        let high = match chars.next_if_eq(&'-') {
            None => low,
            Some(_) => match chars.next().ok_or_else(unclosed)? {
                ']' => return Err("the pattern has an incomplete range in brackets".into()),
                '\\' => chars.next().ok_or_else(unclosed)?,
                c => c,
            },
        };
        ranges.push((low, high));
    }
}

/// Whether a name matches. On a mismatch, the last `*` takes one character more, which is enough to try.
fn matches(tokens: &[Token], name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut token) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let step = match (tokens.get(token), name.get(at)) {
            (Some(Token::Many), _) => {
                retry = Some((token, at));
                token += 1;
                continue;
            }
            (None, None) => return true,
            (Some(token), Some(c)) => token.accepts(*c),
            _ => false,
        };
        if step {
            at += 1;
            token += 1;
            continue;
        }
        match retry {
            Some((many, from)) if from < name.len() => {
                retry = Some((many, from + 1));
                (at, token) = (from + 1, many + 1);
            }
            _ => return false,
        }
    }
}

impl Token {
    fn accepts(&self, c: char) -> bool {
        match self {
            Token::Char(own) => *own == c,
            Token::One => true,
            Token::Many => false,
            Token::Class { inverted, ranges } => {
                ranges.iter().any(|(low, high)| (low..=high).contains(&&c)) != *inverted
            }
        }
    }
}
