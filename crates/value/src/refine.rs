//! Refinements: what is known of an unknown value.

use crate::set::normalize;
use crate::value::Kind;
use crate::{Number, Str, Type, Value};
use std::sync::Arc;
use unicode_segmentation::UnicodeSegmentation;

/// Bytes of a known prefix that are kept.
const MAX_PREFIX: usize = 256;

/// Greatest fixed length at which an unknown list becomes a known list of unknown elements.
const MAX_COLLAPSED_LENGTH: u64 = 1024;

/// What is known of an unknown value. The default is nothing.
/// Source of the rules: `language.md` section 8 and `plugin-protocol.md` 5.2 of the project's fact sheets.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Refinements {
    /// The value will not be null.
    pub not_null: bool,
    /// Text that the string will begin with (NFC, at most 256 bytes).
    pub prefix: Option<Str>,
    /// Lower bound of a number, and whether it is inclusive.
    pub min: Option<(Number, bool)>,
    /// Upper bound of a number, and whether it is inclusive.
    pub max: Option<(Number, bool)>,
    /// Least number of elements of a collection.
    pub min_length: Option<u64>,
    /// Greatest number of elements of a collection.
    pub max_length: Option<u64>,
}

impl Refinements {
    pub fn not_null() -> Refinements {
        Refinements { not_null: true, ..Refinements::default() }
    }

    /// Not null, and beginning with literal text. What comes next might combine with the last character of the text,
    /// so that one is left out unless it is an ASCII delimiter.
    pub fn prefix(text: &str) -> Refinements {
        let text = normalize(text);
        let safe = match text.chars().next_back() {
            Some(last) if last.is_ascii() && !last.is_ascii_alphanumeric() => &*text,
            _ => text.grapheme_indices(true).next_back().and_then(|(at, _)| text.get(..at)).unwrap_or_default(),
        };
        Refinements { prefix: Some(truncated(safe).into()), ..Refinements::not_null() }
    }

    /// Not null, and of a number of elements between inclusive bounds.
    pub fn length(min: u64, max: Option<u64>) -> Refinements {
        Refinements { min_length: Some(min), max_length: max, ..Refinements::not_null() }
    }

    pub fn is_none(&self) -> bool {
        *self == Refinements::default()
    }

    /// Both at once. Of two prefixes the longer is kept.
    pub fn intersect(&self, other: &Refinements) -> Refinements {
        let longer = |a: &Str, b: &Str| if a.len() >= b.len() { a.clone() } else { b.clone() };
        Refinements {
            not_null: self.not_null || other.not_null,
            prefix: either(&self.prefix, &other.prefix, longer),
            min: either(&self.min, &other.min, tighter_min),
            max: either(&self.max, &other.max, tighter_max),
            min_length: either(&self.min_length, &other.min_length, |a, b| *a.max(b)),
            max_length: either(&self.max_length, &other.max_length, |a, b| *a.min(b)),
        }
    }

    /// What holds for a value that is described by one or by the other (as by the two sides of a conditional).
    pub fn union(&self, other: &Refinements) -> Refinements {
        let prefix = self.prefix.as_ref().zip(other.prefix.as_ref()).map(|(a, b)| common_prefix(a, b));
        Refinements {
            not_null: self.not_null && other.not_null,
            prefix: prefix.filter(|p| !p.is_empty()),
            min: self.min.as_ref().zip(other.min.as_ref()).map(|(a, b)| looser_min(a, b)),
            max: self.max.as_ref().zip(other.max.as_ref()).map(|(a, b)| looser_max(a, b)),
            min_length: self.min_length.zip(other.min_length).map(|(a, b)| a.min(b)),
            max_length: self.max_length.zip(other.max_length).map(|(a, b)| a.max(b)),
        }
    }

    /// What a value would still tell if it were unknown: for a known value its prefix, bounds and length.
    pub fn of(value: &Value) -> Refinements {
        let exact = |n: u64| Refinements::length(n, Some(n));
        match value.kind() {
            Kind::Unknown(_, refinements) => refinements.as_deref().cloned().unwrap_or_default(),
            Kind::Null(_) => Refinements::default(),
            Kind::String(s) => Refinements { prefix: Some(truncated(s).into()), ..Refinements::not_null() },
            Kind::Number(n) => {
                let bound = Some((n.clone(), true));
                Refinements { min: bound.clone(), max: bound, ..Refinements::not_null() }
            }
            Kind::List(c) => exact(c.items.len() as u64),
            Kind::Map(m) => exact(m.items.len() as u64),
            Kind::Set(c) => {
                let (min, max) = set_length_bounds(&c.items);
                Refinements::length(min, Some(max))
            }
            Kind::Bool(_) | Kind::Object(_) | Kind::Tuple(_) => Refinements::not_null(),
        }
    }

    /// True if the value, known at its root, cannot be one that these refinements describe.
    pub fn excludes(&self, value: &Value) -> bool {
        match value.kind() {
            Kind::Null(_) => self.not_null,
            Kind::String(text) => self.prefix.as_ref().is_some_and(|prefix| !text.starts_with(&**prefix)),
            _ => self.is_disjoint(&Refinements::of(value)),
        }
    }

    /// True if no value that is not null fits both.
    pub fn is_disjoint(&self, other: &Refinements) -> bool {
        let prefixes = match (&self.prefix, &other.prefix) {
            (Some(a), Some(b)) => !a.starts_with(&**b) && !b.starts_with(&**a),
            _ => false,
        };
        let combined = self.intersect(other);
        prefixes || combined.is_contradictory()
    }

    fn is_contradictory(&self) -> bool {
        let numbers = match (&self.min, &self.max) {
            (Some((min, min_in)), Some((max, max_in))) => min > max || (min == max && !(*min_in && *max_in)),
            _ => false,
        };
        let lengths = matches!((self.min_length, self.max_length), (Some(min), Some(max)) if min > max);
        numbers || lengths
    }

    /// Without what has no meaning for a type.
    fn fitting(mut self, ty: &Type) -> Refinements {
        if matches!(ty, Type::Dynamic) {
            return Refinements::default();
        }
        if !matches!(ty, Type::String) {
            self.prefix = None;
        }
        if !matches!(ty, Type::Number) {
            (self.min, self.max) = (None, None);
        }
        if !ty.is_collection() {
            (self.min_length, self.max_length) = (None, None);
        }
        self.prefix = self.prefix.take().filter(|p| !p.is_empty()).map(|p| truncated(&p).into());
        self.min_length = self.min_length.filter(|n| *n > 0);
        self
    }
}

impl Value {
    /// Unknown with refinements; collapses to a known value where only one is left. Refinements that have no meaning
    /// for the type are dropped, and so are bounds that contradict each other.
    pub fn unknown_refined(ty: Type, refinements: Refinements) -> Value {
        let refinements = refinements.fitting(&ty);
        if refinements.is_contradictory() {
            let (not_null, prefix) = (refinements.not_null, refinements.prefix);
            return Value::unknown_refined(ty, Refinements { not_null, prefix, ..Refinements::default() });
        }
        if refinements.not_null
            && let Some(only) = only_value(&ty, &refinements)
        {
            return only;
        }
        Kind::Unknown(ty, (!refinements.is_none()).then(|| Arc::new(refinements))).into()
    }
}

/// The only value that is left, if the length or the bounds leave one.
fn only_value(ty: &Type, refinements: &Refinements) -> Option<Value> {
    if let (Some((min, _)), Some((max, _))) = (&refinements.min, &refinements.max) {
        return (min == max).then(|| Value::from(min.clone()));
    }
    let length = refinements.max_length.filter(|max| *max == refinements.min_length.unwrap_or(0))?;
    let unknowns = |element: &Type, length: u64| (0..length).map(|_| Value::unknown(element.clone())).collect();
    match ty {
        Type::List(element) if length <= MAX_COLLAPSED_LENGTH => {
            Some(Value::list((**element).clone(), unknowns(element, length)))
        }
        Type::Set(element) if length <= 1 => Some(Value::set((**element).clone(), unknowns(element, length))),
        Type::Map(element) if length == 0 => Some(Value::map((**element).clone(), Default::default())),
        _ => None,
    }
}

/// Least and greatest number of elements that a set will have when its unknown parts are known.
pub(crate) fn set_length_bounds(items: &[Value]) -> (u64, u64) {
    let known = items.iter().filter(|item| item.is_wholly_known()).count();
    let least = known.max(usize::from(!items.is_empty()));
    (least as u64, items.len() as u64)
}

fn either<T: Clone>(a: &Option<T>, b: &Option<T>, both: impl FnOnce(&T, &T) -> T) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(both(a, b)),
        (a, b) => a.clone().or_else(|| b.clone()),
    }
}

type Bound = (Number, bool);

fn tighter_min(a: &Bound, b: &Bound) -> Bound {
    if a.0 == b.0 { (a.0.clone(), a.1 && b.1) } else { if a.0 > b.0 { a } else { b }.clone() }
}

fn tighter_max(a: &Bound, b: &Bound) -> Bound {
    if a.0 == b.0 { (a.0.clone(), a.1 && b.1) } else { if a.0 < b.0 { a } else { b }.clone() }
}

fn looser_min(a: &Bound, b: &Bound) -> Bound {
    if a.0 == b.0 { (a.0.clone(), a.1 || b.1) } else { if a.0 < b.0 { a } else { b }.clone() }
}

fn looser_max(a: &Bound, b: &Bound) -> Bound {
    if a.0 == b.0 { (a.0.clone(), a.1 || b.1) } else { if a.0 > b.0 { a } else { b }.clone() }
}

fn common_prefix(a: &str, b: &str) -> Str {
    let length =
        a.char_indices().zip(b.chars()).find(|((_, x), y)| x != y).map_or(a.len().min(b.len()), |((at, _), _)| at);
    a.get(..length).unwrap_or_default().into()
}

fn truncated(text: &str) -> &str {
    let mut end = text.len().min(MAX_PREFIX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}
