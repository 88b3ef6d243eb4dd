//! Verbs of a format.

use super::float;
use dashu_int::IBig;
use formwork_value::{Kind, Type, Value, convert, json};
use unicode_segmentation::UnicodeSegmentation;

/// A part of a format.
pub(super) enum Piece<'a> {
    Literal(&'a str),
    Verb(Verb<'a>),
}

/// `%` with what follows.
pub(super) struct Verb<'a> {
    pub source: &'a str,
    /// Position of the argument, if given.
    pub argument: Option<usize>,
    pub mode: char,
    pub flags: Flags,
    pub width: Option<usize>,
    pub precision: Option<usize>,
}

#[derive(Clone, Copy, Default)]
pub(super) struct Flags {
    pub plus: bool,
    pub minus: bool,
    pub sharp: bool,
    pub space: bool,
    pub zero: bool,
}

/// Greatest width and precision.
const MAX_WIDTH: usize = 1_000_000;

/// Reads a format. The error is for users.
pub(super) fn parse(source: &str) -> Result<Vec<Piece<'_>>, String> {
    let mut pieces = Vec::new();
    let mut rest = source;
    while let Some(at) = rest.find('%') {
        let (literal, verb) = rest.split_at(at);
        pieces.push(Piece::Literal(literal));
        if let Some(after) = verb.strip_prefix("%%") {
            pieces.push(Piece::Literal("%"));
            rest = after;
            continue;
        }
        let (verb, after) = parse_verb(verb)?;
        pieces.push(Piece::Verb(verb));
        rest = after;
    }
    pieces.push(Piece::Literal(rest));
    Ok(pieces)
}

fn parse_verb(source: &str) -> Result<(Verb<'_>, &str), String> {
    let mut verb = Verb { source, argument: None, mode: 'v', flags: Flags::default(), width: None, precision: None };
    let mut rest = source.get(1..).unwrap_or_default();
    while let Some(c) = rest.chars().next() {
        let flag = match c {
            '+' => &mut verb.flags.plus,
            '-' => &mut verb.flags.minus,
            '#' => &mut verb.flags.sharp,
            ' ' => &mut verb.flags.space,
            '0' => &mut verb.flags.zero,
            _ => break,
        };
        *flag = true;
        rest = rest.get(1..).unwrap_or_default();
    }
    (verb.width, rest) = number(rest)?;
    if let Some(after) = rest.strip_prefix('.') {
        let (precision, after) = number(after)?;
        verb.precision = Some(precision.unwrap_or(0));
        rest = after;
    }
    if let Some(after) = rest.strip_prefix('[') {
        let (index, after) = number(after)?;
        let index = index.and_then(|index| index.checked_sub(1));
        let (Some(index), Some(after)) = (index, after.strip_prefix(']')) else {
            return Err("the number of an argument in brackets must be a number from 1 on, as in %[1]s".into());
        };
        verb.argument = Some(index);
        rest = after;
    }
    let Some(mode) = rest.chars().next() else {
        return Err("the format ends in the middle of a verb; a percent sign is written as %%".into());
    };
    let after = rest.get(mode.len_utf8()..).unwrap_or_default();
    verb.source = source.get(..source.len() - after.len()).unwrap_or(source);
    verb.mode = mode;
    if !"vtbdoxXeEfgGsq".contains(mode) {
        return Err(format!("{:?} is not a verb of formats; a percent sign is written as %%", verb.source));
    }
    Ok((verb, after))
}

fn number(text: &str) -> Result<(Option<usize>, &str), String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at(digits);
    if digits.is_empty() {
        return Ok((None, rest));
    }
    match digits.parse::<usize>() {
        Ok(number) if number <= MAX_WIDTH => Ok((Some(number), rest)),
        _ => Err(format!("a number in the format is greater than {MAX_WIDTH}")),
    }
}

type Written = Result<(), String>;

/// Appends a wholly known value.
pub(super) fn write(out: &mut String, verb: &Verb, value: &Value) -> Written {
    if value.is_null() && verb.mode != 'v' {
        return Err("null cannot be formatted".into());
    }
    match verb.mode {
        'v' => write_any(out, verb, value),
        't' => {
            let bool = as_type(value, &Type::Bool)?;
            out.push_str(if bool.as_bool() == Some(true) { "true" } else { "false" });
            Ok(())
        }
        's' => {
            let text = as_type(value, &Type::String)?;
            push_padded(out, verb, cut(verb, text.as_str().unwrap_or_default()));
            Ok(())
        }
        'q' => {
            let text = as_type(value, &Type::String)?;
            push_padded(out, verb, &quote(cut(verb, text.as_str().unwrap_or_default())));
            Ok(())
        }
        'e' | 'E' | 'f' | 'g' | 'G' => {
            let number = as_type(value, &Type::Number)?;
            number.as_number().map_or(Ok(()), |number| float::write(out, verb, number))
        }
        _ => write_integer(out, verb, value),
    }
}

fn as_type(value: &Value, ty: &Type) -> Result<Value, String> {
    convert(value, ty).map_err(|error| error.message)
}

/// `%v`: text and numbers as they are, everything else as JSON.
fn write_any(out: &mut String, verb: &Verb, value: &Value) -> Written {
    let text = match value.kind() {
        Kind::String(text) if !verb.flags.sharp => text.to_string(),
        Kind::Number(number) if number.is_infinite() => number.to_string(),
        Kind::Number(number) if !verb.flags.sharp => {
            let sign = if number.has_minus() { "-" } else { "" };
            format!("{sign}{}", float::general(number, None, 'e'))
        }
        _ => json::encode_plain(value).map_err(|error| error.to_string())?,
    };
    push_padded(out, verb, &text);
    Ok(())
}

/// The characters that the precision allows (all of them if it is 0).
fn cut<'t>(verb: &Verb, text: &'t str) -> &'t str {
    let end = verb
        .precision
        .filter(|precision| *precision > 0)
        .and_then(|precision| text.grapheme_indices(true).nth(precision));
    end.and_then(|(at, _)| text.get(..at)).unwrap_or(text)
}

fn push_padded(out: &mut String, verb: &Verb, text: &str) {
    let missing = verb.width.map_or(0, |width| width.saturating_sub(super::super::string::graphemes(text).count()));
    let padding = std::iter::repeat_n(if verb.flags.zero { '0' } else { ' ' }, missing);
    if verb.flags.minus {
        out.push_str(text);
        out.extend(padding);
    } else {
        out.extend(padding);
        out.push_str(text);
    }
}

/// Text as a JSON string.
fn quote(text: &str) -> String {
    json::encode_plain(&Value::from(text)).unwrap_or_default()
}

fn write_integer(out: &mut String, verb: &Verb, value: &Value) -> Written {
    let number = as_type(value, &Type::Number)?;
    let number = number.as_number().filter(|number| number.is_integer()).ok_or("a whole number is required")?;
    let integer = number.to_string();
    let digits = integer.trim_start_matches('-');
    let digits = match verb.mode {
        'd' => digits.to_owned(),
        mode => {
            let whole = IBig::from_str_radix(digits, 10).map_err(|_| "a whole number is required")?;
            match mode {
                'b' => format!("{whole:b}"),
                'o' => format!("{whole:o}"),
                'X' => format!("{whole:X}"),
                _ => format!("{whole:x}"),
            }
        }
    };
    if digits == "0" && verb.precision == Some(0) {
        return Ok(());
    }
    let prefix = match verb.mode {
        _ if !verb.flags.sharp => "",
        'b' => "0b",
        'o' => "0",
        'x' => "0x",
        'X' => "0X",
        _ => "",
    };
    let mut zeros = verb.precision.map_or(0, |precision| precision.saturating_sub(digits.len()));
    let sign = sign(verb.flags, number.is_negative());
    let missing = verb.width.map_or(0, |width| width.saturating_sub(sign.len() + prefix.len() + zeros + digits.len()));
    let (mut left, mut right) = (0, 0);
    match verb.flags {
        Flags { minus: true, .. } => right = missing,
        Flags { zero: true, .. } if verb.precision.is_none() => zeros = missing,
        _ => left = missing,
    }
    out.extend(std::iter::repeat_n(' ', left));
    out.push_str(sign);
    out.push_str(prefix);
    out.extend(std::iter::repeat_n('0', zeros));
    out.push_str(&digits);
    out.extend(std::iter::repeat_n(' ', right));
    Ok(())
}

pub(super) fn sign(flags: Flags, negative: bool) -> &'static str {
    match flags {
        _ if negative => "-",
        Flags { plus: true, .. } => "+",
        Flags { space: true, .. } => " ",
        _ => "",
    }
}
