//! RE2 patterns as patterns of the crate `regex`.
//!
//! Both follow the same semantics (leftmost match, first alternative) but differ in notation: here `\d \w \s \b` and
//! the classes in brackets are ASCII only, brackets inside of classes and `&&` are plain characters, braces that are no
//! repetition stand for themselves, `\Q...\E` quotes, and the flag `x` and other newer notations do not exist.

/// Greatest number in a repetition.
const MAX_REPEAT: u32 = 1000;

/// A pattern in the crate's notation. Its groups have no names there, as the crate allows fewer names.
pub(super) struct Translated {
    pub pattern: String,
    /// The name of each group that has one.
    pub names: Vec<Option<String>>,
}

/// Errors: notations that RE2 does not have.
pub(super) fn translate(source: &str) -> Result<Translated, String> {
    let out = String::with_capacity(source.len() + 16);
    let mut translator = Translator { rest: source, out, names: Vec::new() };
    translator.run()?;
    Ok(Translated { pattern: translator.out, names: translator.names })
}

struct Translator<'a> {
    rest: &'a str,
    out: String,
    names: Vec<Option<String>>,
}

type Step = Result<(), String>;

/// Names of classes that stand in brackets and colons.
const CLASSES: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word",
    "xdigit",
];

impl<'a> Translator<'a> {
    fn run(&mut self) -> Step {
        while let Some(c) = self.peek() {
            match c {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '{' => self.brace()?,
                '(' => self.group()?,
                '}' => self.literal('}'),
                '*' | '+' | '?' => self.repeat_operator(c)?,
                _ => {
                    self.take();
                    self.out.push(c);
                }
            }
        }
        Ok(())
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next();
        self.rest = chars.as_str();
        c
    }

    fn take_prefix(&mut self, prefix: &str) -> bool {
        match self.rest.strip_prefix(prefix) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn literal(&mut self, c: char) {
        self.take();
        self.push_literal(c);
    }

    fn push_literal(&mut self, c: char) {
        if c.is_ascii() && !c.is_ascii_alphanumeric() && c != '_' {
            self.out.push_str(&format!("\\x{{{:x}}}", u32::from(c)));
        } else {
            self.out.push(c);
        }
    }

    /// A repetition operator, which must not follow another one (but for a single `?`).
    fn repeat_operator(&mut self, c: char) -> Step {
        self.take();
        self.out.push(c);
        self.after_repeat()
    }

    fn after_repeat(&mut self) -> Step {
        if self.take_prefix("?") {
            self.out.push('?');
        }
        let repeated = match self.peek() {
            Some('*' | '+' | '?') => true,
            Some('{') => repetition(self.rest).is_some(),
            _ => false,
        };
        if repeated {
            Err("the pattern is not a valid regular expression: a repetition is repeated".into())
        } else {
            Ok(())
        }
    }

    fn brace(&mut self) -> Step {
        let Some((length, min, max)) = repetition(self.rest) else {
            self.literal('{');
            return Ok(());
        };
        if min > MAX_REPEAT || max.is_some_and(|max| max > MAX_REPEAT || max < min) {
            return Err("the pattern is not a valid regular expression: invalid number of repetitions".into());
        }
        let (text, rest) = self.rest.split_at(length);
        self.out.push_str(text);
        self.rest = rest;
        self.after_repeat()
    }

    fn group(&mut self) -> Step {
        self.take();
        self.out.push('(');
        if !self.take_prefix("?") {
            self.names.push(None);
            return Ok(());
        }
        if self.take_prefix("P<") || self.take_prefix("<") {
            return self.group_name();
        }
        self.out.push('?');
        while let Some(c) = self.take() {
            match c {
                'i' | 'm' | 's' | 'U' | '-' => self.out.push(c),
                ':' | ')' => {
                    self.out.push(c);
                    return Ok(());
                }
                _ => break,
            }
        }
        Err("the pattern is not a valid regular expression: unknown notation after \"(?\"".into())
    }

    fn group_name(&mut self) -> Step {
        let end = self.rest.find('>').unwrap_or(0);
        let (name, rest) = self.rest.split_at(end);
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err("the pattern is not a valid regular expression: a group has an invalid name".into());
        }
        self.names.push(Some(name.to_owned()));
        self.rest = rest.get(1..).unwrap_or_default();
        Ok(())
    }

    /// An escape outside of classes.
    fn escape(&mut self) -> Step {
        self.take();
        match self.peek() {
            Some('Q') => {
                self.take();
                let (quoted, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                self.rest = rest;
                quoted.chars().for_each(|c| self.push_literal(c));
                Ok(())
            }
            Some(c @ ('b' | 'B')) => {
                self.take();
                self.out.push_str(if c == 'b' { "(?-u:\\b)" } else { "(?-u:\\B)" });
                Ok(())
            }
            Some(c @ ('A' | 'z')) => {
                self.take();
                self.out.push('\\');
                self.out.push(c);
                Ok(())
            }
            Some('C') => Err("the notation \\C (any byte) is not supported".into()),
            _ => match self.escaped()? {
                Escaped::Char(c) => {
                    self.push_literal(c);
                    Ok(())
                }
                Escaped::Set(set) => {
                    self.out.push('[');
                    self.out.push_str(&set);
                    self.out.push(']');
                    Ok(())
                }
            },
        }
    }

    /// What follows a backslash, inside or outside of classes.
    fn escaped(&mut self) -> Result<Escaped, String> {
        let Some(c) = self.take() else {
            return Err("the pattern is not a valid regular expression: it ends with a backslash".into());
        };
        let set = |set: &str| Ok(Escaped::Set(set.to_owned()));
        match c {
            'd' => set("0-9"),
            'D' => set("[^0-9]"),
            'w' => set("0-9A-Za-z_"),
            'W' => set("[^0-9A-Za-z_]"),
            's' => set("\\t\\n\\x0C\\r\\x20"),
            'S' => set("[^\\t\\n\\x0C\\r\\x20]"),
            'a' => Ok(Escaped::Char('\u{7}')),
            'f' => Ok(Escaped::Char('\u{c}')),
            'n' => Ok(Escaped::Char('\n')),
            'r' => Ok(Escaped::Char('\r')),
            't' => Ok(Escaped::Char('\t')),
            'v' => Ok(Escaped::Char('\u{b}')),
            'x' => self.hexadecimal(),
            'p' | 'P' => self.property(c),
            '0'..='7' => self.octal(c),
            _ if c.is_ascii() && !c.is_ascii_alphanumeric() => Ok(Escaped::Char(c)),
            _ => Err(format!("the pattern is not a valid regular expression: unknown escape \\{c}")),
        }
    }

    fn hexadecimal(&mut self) -> Result<Escaped, String> {
        let invalid = || "the pattern is not a valid regular expression: invalid hexadecimal escape".to_owned();
        let (digits, rest) = match self.rest.strip_prefix('{') {
            Some(rest) => rest.split_once('}').ok_or_else(invalid)?,
            None => (self.rest.get(..2).ok_or_else(invalid)?, self.rest.get(2..).unwrap_or_default()),
        };
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(invalid());
        }
        self.rest = rest;
        let c = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
        c.map(Escaped::Char).ok_or_else(invalid)
    }

    /// Octal: `\0` with up to two more digits, or three digits. A single digit would be a reference to a group.
    fn octal(&mut self, first: char) -> Result<Escaped, String> {
        let more = self.rest.bytes().take(2).take_while(|b| (b'0'..=b'7').contains(b)).count();
        if first != '0' && more < 1 {
            return Err("the pattern is not a valid regular expression: groups cannot be referred to".into());
        }
        let (digits, rest) = self.rest.split_at(more);
        self.rest = rest;
        let code = u32::from_str_radix(&format!("{first}{digits}"), 8).ok().and_then(char::from_u32);
        Ok(Escaped::Char(code.unwrap_or('\0')))
    }

    /// `\pL`, `\p{Greek}`, `\P{^Greek}`.
    fn property(&mut self, kind: char) -> Result<Escaped, String> {
        let invalid = || "the pattern is not a valid regular expression: unknown character property".to_owned();
        let (name, rest) = match self.rest.strip_prefix('{') {
            Some(rest) => rest.split_once('}').ok_or_else(invalid)?,
            None => {
                let length = self.peek().ok_or_else(invalid)?.len_utf8();
                self.rest.split_at(length)
            }
        };
        self.rest = rest;
        let (name, inverted) = match name.strip_prefix('^') {
            Some(name) => (name, true),
            None => (name, false),
        };
        // Names have one spelling: categories of one or two letters, and scripts such as Old_Italic.
        let spelled = name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.bytes().skip(1).any(|b| b.is_ascii_lowercase()) | (name.len() == 1)
            && name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_');
        if !spelled {
            return Err(invalid());
        }
        let kind_of_name = match name {
            "Any" => "",
            _ if name.len() <= 2 => "gc=",
            _ => "sc=",
        };
        let letter = if (kind == 'P') != inverted { 'P' } else { 'p' };
        Ok(Escaped::Set(format!("\\{letter}{{{kind_of_name}{name}}}")))
    }

    /// A class in brackets, item by item.
    fn class(&mut self) -> Step {
        let invalid = || "the pattern is not a valid regular expression: a class in brackets does not end".to_owned();
        self.take();
        self.out.push('[');
        if self.take_prefix("^") {
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let c = self.peek().ok_or_else(invalid)?;
            if c == ']' && !first {
                self.take();
                self.out.push(']');
                return Ok(());
            }
            first = false;
            if self.rest.starts_with("[:")
                && let Some(end) = self.rest.find(":]")
            {
                let (name, rest) = self.rest.split_at(end + 2);
                if !CLASSES.contains(&name.trim_start_matches("[:").trim_start_matches('^').trim_end_matches(":]")) {
                    return Err(format!("the pattern is not a valid regular expression: there is no class {name}"));
                }
                self.rest = rest;
                self.out.push_str(name);
                continue;
            }
            match self.class_item()? {
                Escaped::Set(set) => self.out.push_str(&set),
                Escaped::Char(low) => self.class_range(low)?,
            }
        }
    }

    fn class_item(&mut self) -> Result<Escaped, String> {
        if self.take_prefix("\\") {
            return self.escaped();
        }
        Ok(Escaped::Char(self.take().unwrap_or(']')))
    }

    fn class_range(&mut self, low: char) -> Step {
        self.push_class_char(low);
        let is_range = self.rest.starts_with('-') && !self.rest.starts_with("-]") && self.rest.len() > 1;
        if !is_range {
            return Ok(());
        }
        self.take();
        match self.class_item()? {
            Escaped::Char(high) if high >= low => {
                self.out.push('-');
                self.push_class_char(high);
                Ok(())
            }
            _ => Err("the pattern is not a valid regular expression: invalid range in a class".into()),
        }
    }

    fn push_class_char(&mut self, c: char) {
        if c.is_alphanumeric() {
            self.out.push(c);
        } else {
            self.out.push_str(&format!("\\x{{{:x}}}", u32::from(c)));
        }
    }
}

enum Escaped {
    Char(char),
    /// Items of a class, without the brackets around.
    Set(String),
}

/// `{n}`, `{n,}`, `{n,m}` at the beginning of a text: its length and the numbers.
fn repetition(text: &str) -> Option<(usize, u32, Option<u32>)> {
    let (inner, _) = text.strip_prefix('{')?.split_once('}')?;
    let number = |digits: &str| {
        let valid = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        valid.then(|| digits.parse().unwrap_or(u32::MAX))
    };
    let (min, max) = match inner.split_once(',') {
        None => {
            let count = number(inner)?;
            (count, Some(count))
        }
        Some((min, "")) => (number(min)?, None),
        Some((min, max)) => (number(min)?, Some(number(max)?)),
    };
    Some((inner.len() + 2, min, max))
}
