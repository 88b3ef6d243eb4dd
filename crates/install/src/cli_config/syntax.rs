//! The syntax of CLI configuration files, which is older than that of configurations: keys may be quoted, and blocks
//! may stand on one line.

use serde_json::Value as Json;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    Text(String),
    Bool(bool),
    /// As written.
    Number(String),
    List(Vec<Node>),
    Object(Vec<Item>),
}

/// `KEY LABEL... = VALUE` or `KEY LABEL... { }`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Item {
    /// The key and the labels.
    pub keys: Vec<String>,
    pub value: Node,
}

/// Values inside each other are refused beyond this depth.
const MAX_DEPTH: usize = 64;

/// Reads the items of a file. The error tells the line.
pub(crate) fn parse(text: &str) -> Result<Vec<Item>, String> {
    let mut parser = Parser { rest: text.strip_prefix('\u{feff}').unwrap_or(text), line: 1 };
    let items = parser.items(None, 0)?;
    Ok(items)
}

/// Reads the JSON form.
pub(crate) fn parse_json(text: &str) -> Result<Vec<Item>, String> {
    match serde_json::from_str(text).map_err(|e| e.to_string())? {
        Json::Object(properties) => Ok(properties.into_iter().map(from_property).collect()),
        _ => Err("the root value must be an object".to_string()),
    }
}

fn from_property((key, value): (String, Json)) -> Item {
    Item { keys: vec![key], value: from_json(value) }
}

fn from_json(value: Json) -> Node {
    match value {
        Json::Null => Node::Text(String::new()),
        Json::Bool(b) => Node::Bool(b),
        Json::Number(n) => Node::Number(n.to_string()),
        Json::String(s) => Node::Text(s),
        Json::Array(items) => Node::List(items.into_iter().map(from_json).collect()),
        Json::Object(properties) => Node::Object(properties.into_iter().map(from_property).collect()),
    }
}

struct Parser<'t> {
    rest: &'t str,
    line: usize,
}

impl Parser<'_> {
    fn fail<T>(&self, message: &str) -> Result<T, String> {
        Err(format!("line {}: {message}", self.line))
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        self.line += usize::from(c == '\n');
        Some(c)
    }

    /// Skips white space, comments and, where they separate items, commas.
    fn skip(&mut self, commas: bool) -> Result<(), String> {
        loop {
            match self.peek() {
                Some(c) if c.is_whitespace() || commas && c == ',' => {
                    self.next();
                }
                Some('#') => self.skip_line(),
                Some('/') if self.rest.starts_with("//") => self.skip_line(),
                Some('/') if self.rest.starts_with("/*") => {
                    let Some(end) = self.rest.find("*/") else { return self.fail("the comment is not closed") };
                    let (comment, rest) = self.rest.split_at(end + 2);
                    self.line += comment.matches('\n').count();
                    self.rest = rest;
                }
                _ => return Ok(()),
            }
        }
    }

    fn skip_line(&mut self) {
        while self.peek().is_some_and(|c| c != '\n') {
            self.next();
        }
    }

    fn items(&mut self, close: Option<char>, depth: usize) -> Result<Vec<Item>, String> {
        if depth > MAX_DEPTH {
            return self.fail("values are nested too deeply");
        }
        let mut items = Vec::new();
        loop {
            self.skip(true)?;
            match self.peek() {
                None if close.is_none() => return Ok(items),
                None => return self.fail("a closing brace is missing"),
                c if c == close => {
                    self.next();
                    return Ok(items);
                }
                Some(_) => items.push(self.item(depth)?),
            }
        }
    }

    fn item(&mut self, depth: usize) -> Result<Item, String> {
        let mut keys = Vec::new();
        loop {
            self.skip(false)?;
            match self.peek() {
                Some('"') => keys.push(self.string()?),
                Some(c) if is_word(c) => keys.push(self.word()),
                Some('=' | ':') if !keys.is_empty() => {
                    self.next();
                    self.skip(false)?;
                    return Ok(Item { keys, value: self.value(depth)? });
                }
                Some('{') if !keys.is_empty() => {
                    self.next();
                    return Ok(Item { keys, value: Node::Object(self.items(Some('}'), depth + 1)?) });
                }
                Some(c) => return self.fail(&format!("unexpected {c:?}")),
                None => return self.fail("unexpected end of the file"),
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node, String> {
        match self.peek() {
            Some('"') => Ok(Node::Text(self.string()?)),
            Some('{') => {
                self.next();
                Ok(Node::Object(self.items(Some('}'), depth + 1)?))
            }
            Some('[') => {
                self.next();
                self.list(depth + 1)
            }
            Some(c) if is_word(c) => Ok(match self.word() {
                word if word == "true" => Node::Bool(true),
                word if word == "false" => Node::Bool(false),
                word if word.parse::<f64>().is_ok() => Node::Number(word),
                word => return self.fail(&format!("{word:?} is not a value; texts need quotes")),
            }),
            _ => self.fail("a value is missing"),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Node, String> {
        if depth > MAX_DEPTH {
            return self.fail("values are nested too deeply");
        }
        let mut items = Vec::new();
        loop {
            self.skip(true)?;
            match self.peek() {
                Some(']') => {
                    self.next();
                    return Ok(Node::List(items));
                }
                None => return self.fail("a closing bracket is missing"),
                Some(_) => items.push(self.value(depth)?),
            }
        }
    }

    fn word(&mut self) -> String {
        let end = self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word.to_string()
    }

    fn string(&mut self) -> Result<String, String> {
        self.next();
        let mut text = String::new();
        loop {
            match self.next() {
                Some('"') => return Ok(text),
                Some('\\') => match self.next() {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => text.push('\r'),
                    Some(c @ ('"' | '\\')) => text.push(c),
                    _ => return self.fail("unknown escape sequence"),
                },
                Some('\n') | None => return self.fail("the text is not closed"),
                Some(c) => text.push(c),
            }
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '+')
}
