//! Functions on text.

use super::arguments::Arguments;
use super::definition::{Definition, Outcome, Shape, blame, failed, number, text, texts};
use formwork_hcl::FunctionFailure;
use formwork_hcl::limits::TEXT_BYTES;
use formwork_value::{Kind, Refinements, Type, Value};
use unicode_segmentation::UnicodeSegmentation;

pub(super) static FUNCTIONS: &[Definition] = &[
    Definition::new("chomp", "The text without line breaks at its end.", &[text("str")], Shape::Text, |args| {
        Ok(args.text(0).trim_end_matches(['\r', '\n']).into())
    }),
    Definition::new(
        "endswith",
        "Whether a text ends with another.",
        &[text("str"), text("suffix")],
        Shape::Bool,
        |args| Ok(args.text(0).ends_with(args.text(1)).into()),
    ),
    Definition::new(
        "indent",
        "The text with spaces put before each line but the first.",
        &[number("spaces"), text("str")],
        Shape::Text,
        indent,
    ),
    Definition::new(
        "join",
        "The elements of lists as one text, with a separator between them.",
        &[text("separator")],
        Shape::Text,
        join,
    )
    .variadic(texts("lists")),
    Definition::new("lower", "The text in lower case.", &[text("str")], Shape::Text, |args| {
        Ok(args.text(0).chars().map(lower_char).collect::<String>().into())
    }),
    Definition::new("upper", "The text in upper case.", &[text("str")], Shape::Text, |args| {
        Ok(args.text(0).chars().map(upper_char).collect::<String>().into())
    }),
    Definition::new(
        "title",
        "The text with the first letter of each word in upper case.",
        &[text("str")],
        Shape::Text,
        |args| Ok(title(args.text(0)).into()),
    ),
    Definition::new(
        "split",
        "The parts of a text between separators, as a list.",
        &[text("separator"), text("str")],
        Shape::Texts,
        split,
    ),
    Definition::new(
        "startswith",
        "Whether a text begins with another.",
        &[text("str").with_unknown(), text("prefix")],
        Shape::Bool,
        starts_with,
    ),
    Definition::new(
        "strcontains",
        "Whether a text contains another.",
        &[text("str"), text("substr")],
        Shape::Bool,
        |args| Ok(args.text(0).contains(args.text(1)).into()),
    ),
    Definition::new("strrev", "The characters of a text in reverse order.", &[text("str")], Shape::Text, |args| {
        Ok(graphemes(args.text(0)).rev().collect::<String>().into())
    }),
    Definition::new(
        "substr",
        "A part of a text, by its first character and the number of characters (-1: all the rest).",
        &[text("str"), number("offset"), number("length")],
        Shape::Text,
        substr,
    ),
    Definition::new(
        "trim",
        "The text without characters of a set at its beginning and end.",
        &[text("str"), text("cutset")],
        Shape::Text,
        |args| Ok(args.text(0).trim_matches(|c| args.text(1).contains(c)).into()),
    ),
    Definition::new(
        "trimprefix",
        "The text without a given beginning, if it has it.",
        &[text("str"), text("prefix")],
        Shape::Text,
        |args| Ok(args.text(0).strip_prefix(args.text(1)).unwrap_or(args.text(0)).into()),
    ),
    Definition::new(
        "trimsuffix",
        "The text without a given end, if it has it.",
        &[text("str"), text("suffix")],
        Shape::Text,
        |args| Ok(args.text(0).strip_suffix(args.text(1)).unwrap_or(args.text(0)).into()),
    ),
    Definition::new("trimspace", "The text without white space at its ends.", &[text("str")], Shape::Text, |args| {
        Ok(args.text(0).trim().into())
    }),
];

/// Fails if a text would be too long.
pub(super) fn check_length(length: usize) -> Result<(), FunctionFailure> {
    if length <= TEXT_BYTES {
        return Ok(());
    }
    Err(failed(format!("the result would be longer than {} MiB", TEXT_BYTES / 1024 / 1024)))
}

fn indent(args: &Arguments) -> Outcome {
    let spaces = args.whole(0)?;
    let text = args.text(1);
    let Ok(spaces) = usize::try_from(spaces) else {
        return Err(blame(0, "the number of spaces must not be negative"));
    };
    let lines = text.bytes().filter(|b| *b == b'\n').count();
    check_length(spaces.saturating_mul(lines).saturating_add(text.len()))?;
    let padding = " ".repeat(if lines == 0 { 0 } else { spaces });
    Ok(text.replace('\n', &format!("\n{padding}")).into())
}

fn join(args: &Arguments) -> Outcome {
    if args.len() < 2 {
        return Err(failed("at least one list is required"));
    }
    let mut joined = String::new();
    let mut first = true;
    for (index, list) in args.values.iter().enumerate().skip(1) {
        for (at, item) in list.as_sequence().unwrap_or_default().iter().enumerate() {
            let text = match item.kind() {
                Kind::String(text) => text,
                Kind::Null(_) => return Err(blame(index, format!("element {at} is null; null cannot be joined"))),
                _ => return Ok(Value::unknown_not_null(Type::String)),
            };
            if !std::mem::take(&mut first) {
                joined.push_str(args.text(0));
            }
            joined.push_str(text);
            check_length(joined.len())?;
        }
    }
    Ok(joined.into())
}

fn split(args: &Arguments) -> Outcome {
    let (separator, text) = (args.text(0), args.text(1));
    let count = if separator.is_empty() { text.len() } else { text.matches(separator).count() + 1 };
    super::list::check_count(count)?;
    let parts: Vec<Value> = if separator.is_empty() {
        text.chars().map(|c| Value::from(c.to_string())).collect()
    } else {
        text.split(separator).map(Value::from).collect()
    };
    Ok(Value::list(Type::String, parts))
}

/// The known beginning of an unknown text may decide.
fn starts_with(args: &Arguments) -> Outcome {
    let prefix = args.text(1);
    let Some(value) = args.get(0) else { return Ok(Value::from(false)) };
    if let Some(text) = value.as_str() {
        return Ok(text.starts_with(prefix).into());
    }
    let known = value.refinements().and_then(|known| known.prefix.as_deref()).unwrap_or_default();
    if known.starts_with(prefix) {
        return Ok(Value::from(true));
    }
    if !prefix.starts_with(known) {
        return Ok(Value::from(false));
    }
    Ok(Value::unknown_refined(Type::Bool, Refinements::not_null()))
}

fn substr(args: &Arguments) -> Outcome {
    let text = args.text(0);
    let (offset, length) = (args.whole(1)?, args.whole(2)?);
    let start = match usize::try_from(offset) {
        Ok(start) => start,
        Err(_) => {
            let back = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
            graphemes(text).count().saturating_sub(back)
        }
    };
    // As in the reference, a length of 0 means the rest when counting from the end.
    let length = usize::try_from(length).ok().filter(|length| *length > 0 || offset >= 0).unwrap_or(usize::MAX);
    Ok(graphemes(text).skip(start).take(length).collect::<String>().into())
}

/// Case of single characters: where Unicode's full mapping gives several, the simple one counts.
pub(super) fn lower_char(c: char) -> char {
    match c {
        'İ' => 'i',
        _ => only(c.to_lowercase()).unwrap_or(c),
    }
}

pub(super) fn upper_char(c: char) -> char {
    let code = u32::from(c);
    match code {
        // Greek letters with iota: the full mapping spells the iota out.
        0x1f80..=0x1faf if code & 8 == 0 => char::from_u32(code + 8).unwrap_or(c),
        0x1fb3 | 0x1fc3 | 0x1ff3 => char::from_u32(code + 9).unwrap_or(c),
        _ => only(c.to_uppercase()).unwrap_or(c),
    }
}

/// As [`upper_char`], with the letters that have a form of their own at the beginning of words.
fn title_char(c: char) -> char {
    match c {
        'Ǆ' | 'ǅ' | 'ǆ' => 'ǅ',
        'Ǉ' | 'ǈ' | 'ǉ' => 'ǈ',
        'Ǌ' | 'ǋ' | 'ǌ' => 'ǋ',
        'Ǳ' | 'ǲ' | 'ǳ' => 'ǲ',
        'ა'..='ჺ' | 'ჽ'..='ჿ' => c,
        _ => upper_char(c),
    }
}

fn only(mut chars: impl Iterator<Item = char>) -> Option<char> {
    let first = chars.next();
    if chars.next().is_some() { None } else { first }
}

fn title(text: &str) -> String {
    let mut previous = ' ';
    text.chars()
        .map(|c| {
            let mapped = if ends_word(previous) { title_char(c) } else { c };
            previous = c;
            mapped
        })
        .collect()
}

fn ends_word(c: char) -> bool {
    match c {
        '_' => false,
        _ if c.is_ascii() => !c.is_ascii_alphanumeric(),
        _ => c.is_whitespace(),
    }
}

/// The characters of a text as people see them (extended grapheme clusters). As in the reference, which follows an
/// older edition of Unicode, consonants of Indic scripts that are joined to the one before count as characters of their
/// own.
pub(super) fn graphemes(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.graphemes(true).flat_map(|cluster| {
        let mut parts = Vec::new();
        let mut rest = cluster;
        while let Some(at) = joined_consonant(rest) {
            let (part, behind) = rest.split_at(at);
            parts.push(part);
            rest = behind;
        }
        parts.into_iter().chain(std::iter::once(rest))
    })
}

/// Where, in a cluster, a letter follows a sign that belongs to the letter before.
fn joined_consonant(cluster: &str) -> Option<usize> {
    if cluster.len() < 6 {
        return None;
    }
    let attaches = |c: char| ['a', c].iter().collect::<String>().graphemes(true).count() == 1;
    let pairs = cluster.char_indices().zip(cluster.char_indices().skip(1));
    let mut pairs = pairs.map(|((_, before), (at, c))| (before, at, c));
    pairs.find(|(before, _, c)| c.is_alphabetic() && !attaches(*c) && attaches(*before)).map(|(_, at, _)| at)
}
