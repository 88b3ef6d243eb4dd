//! Comma-separated values, strictly by RFC 4180 (with line breaks of either kind, and blank lines skipped). Parsers of
//! the ecosystem are more lenient with quotes than the reference is.

use formwork_value::{Str, Type, Value};
use std::collections::{BTreeMap, BTreeSet};

/// A list of objects of text.
pub(super) fn decode(text: &str) -> Result<Value, String> {
    let text = text.replace("\r\n", "\n");
    let text = text.strip_suffix('\r').unwrap_or(&text);
    let mut reader = Reader { rest: text, line: 1 };
    let Some(header) = reader.record()? else {
        return Err("the table has no header".into());
    };
    let mut seen = BTreeSet::new();
    if let Some(repeated) = header.iter().find(|name| !seen.insert(name.as_str())) {
        return Err(format!("the column {repeated:?} is there twice"));
    }
    let names: Vec<Str> = header.iter().map(|name| Str::from(name.as_str())).collect();
    let element = Type::object(names.iter().map(|name| (name.clone(), Type::String)));
    let mut rows = Vec::new();
    loop {
        let line = reader.line;
        let Some(record) = reader.record()? else { break };
        if record.len() != names.len() {
            let message = format!("line {line} has {} fields, but the header has {}", record.len(), names.len());
            return Err(message);
        }
        let fields = names.iter().cloned().zip(record.into_iter().map(Value::from));
        rows.push(Value::object_map(fields.collect::<BTreeMap<_, _>>()));
    }
    Ok(Value::list(element, rows))
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
}

impl Reader<'_> {
    /// The fields of the next line that is not blank.
    fn record(&mut self) -> Result<Option<Vec<String>>, String> {
        while let Some(rest) = self.rest.strip_prefix('\n') {
            self.rest = rest;
            self.line += 1;
        }
        if self.rest.is_empty() {
            return Ok(None);
        }
        let mut fields = Vec::new();
        loop {
            let field = match self.rest.strip_prefix('"') {
                Some(rest) => {
                    self.rest = rest;
                    self.quoted()?
                }
                None => self.plain()?,
            };
            fields.push(field);
            match self.rest.strip_prefix(',') {
                Some(rest) => self.rest = rest,
                None => break,
            }
        }
        if let Some(rest) = self.rest.strip_prefix('\n') {
            self.rest = rest;
            self.line += 1;
        }
        Ok(Some(fields))
    }

    fn plain(&mut self) -> Result<String, String> {
        let end = self.rest.find([',', '\n']).unwrap_or(self.rest.len());
        let (field, rest) = self.rest.split_at(end);
        if field.contains('"') {
            return Err(format!("line {} has a quote inside of a field without quotes", self.line));
        }
        self.rest = rest;
        Ok(field.to_owned())
    }

    /// A field behind its opening quote.
    fn quoted(&mut self) -> Result<String, String> {
        let begin = self.line;
        let mut field = String::new();
        loop {
            let Some((part, rest)) = self.rest.split_once('"') else {
                return Err(format!("the quoted field that begins on line {begin} does not end"));
            };
            field.push_str(part);
            self.line += part.matches('\n').count();
            self.rest = rest;
            match rest.chars().next() {
                Some('"') => {
                    field.push('"');
                    self.rest = rest.get(1..).unwrap_or_default();
                }
                None | Some(',' | '\n') => return Ok(field),
                Some(_) => return Err(format!("line {} has text behind a quoted field", self.line)),
            }
        }
    }
}
