//! DER: the part of it that keys and certificates need.

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const UTF8: u8 = 0x0c;
pub(super) const PRINTABLE: u8 = 0x13;
pub(super) const IA5: u8 = 0x16;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// Tag of a constructed element that a context numbers.
pub(super) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// Tag of a primitive element that a context numbers.
pub(super) const fn plain_context(number: u8) -> u8 {
    0x80 | number
}

/// An element with a tag.
pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    let length = content.len();
    if let Ok(short @ 0..=127) = u8::try_from(length) {
        bytes.push(short);
    } else {
        let digits: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
        bytes.push(0x80 | digits.len() as u8);
        bytes.extend(digits);
    }
    bytes.extend(content);
    bytes
}

/// An element made of others.
pub(super) fn group(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    element(tag, &parts.concat())
}

pub(super) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    group(SEQUENCE, parts)
}

/// A number that is not negative, from its bytes.
pub(super) fn integer(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let mut digits = bytes.get(start..).unwrap_or_default().to_vec();
    if digits.first().is_none_or(|first| *first >= 0x80) {
        digits.insert(0, 0);
    }
    element(INTEGER, &digits)
}

pub(super) fn null() -> Vec<u8> {
    vec![0x05, 0]
}

pub(super) fn boolean(value: bool) -> Vec<u8> {
    element(BOOLEAN, &[if value { 0xff } else { 0 }])
}

/// Whole bytes as a bit string.
pub(super) fn bits(bytes: &[u8]) -> Vec<u8> {
    element(BIT_STRING, &[&[0], bytes].concat())
}

pub(super) fn octets(bytes: &[u8]) -> Vec<u8> {
    element(OCTET_STRING, bytes)
}

/// An object identifier in its dotted form.
pub(super) fn oid(dotted: &str) -> Vec<u8> {
    let mut numbers = dotted.split('.').filter_map(|number| number.parse::<u64>().ok());
    let first = numbers.next().unwrap_or(0) * 40 + numbers.next().unwrap_or(0);
    let mut content = Vec::new();
    for number in std::iter::once(first).chain(numbers) {
        let digits = 1 + (63 - (number | 1).leading_zeros()) / 7;
        for digit in (0..digits).rev() {
            let more = if digit == 0 { 0 } else { 0x80 };
            content.push(((number >> (7 * digit)) & 0x7f) as u8 | more);
        }
    }
    element(OID, &content)
}

/// The dotted form of an identifier's content.
pub(super) fn dotted(content: &[u8]) -> String {
    let mut numbers: Vec<u64> = Vec::new();
    let mut number = 0_u64;
    for byte in content {
        number = (number << 7) | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            numbers.push(number);
            number = 0;
        }
    }
    let mut numbers = numbers.into_iter();
    let first = numbers.next().unwrap_or(0);
    let head = (first / 40).min(2);
    let rest = numbers.map(|number| format!(".{number}"));
    format!("{head}.{}{}", first - head * 40, rest.collect::<String>())
}

/// One element as it was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    pub tag: u8,
    pub content: &'a [u8],
    /// With tag and length.
    pub whole: &'a [u8],
}

impl<'a> Element<'a> {
    pub fn inside(&self) -> Reader<'a> {
        Reader(self.content)
    }

    /// Bytes of a number, without leading zeros.
    pub fn magnitude(&self) -> &'a [u8] {
        let start = self.content.iter().position(|byte| *byte != 0).unwrap_or(self.content.len());
        self.content.get(start..).unwrap_or_default()
    }

    /// Bytes of a bit string that has whole bytes.
    pub fn bits(&self) -> &'a [u8] {
        self.content.get(1..).unwrap_or_default()
    }
}

/// Reads elements one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// `None` at the end, and where there is no whole element.
    pub fn next(&mut self) -> Option<Element<'a>> {
        let (tag, first) = (*self.0.first()?, *self.0.get(1)?);
        let (start, length) = if first < 0x80 {
            (2, usize::from(first))
        } else {
            let digits = self.0.get(2..2 + usize::from(first & 0x7f))?;
            if digits.is_empty() || digits.len() > 4 {
                return None;
            }
            (2 + digits.len(), digits.iter().fold(0, |length, digit| (length << 8) | usize::from(*digit)))
        };
        let end = start.checked_add(length)?;
        let (whole, rest) = self.0.split_at_checked(end)?;
        self.0 = rest;
        Some(Element { tag, content: whole.get(start..)?, whole })
    }

    /// The next element if it has the tag; otherwise nothing is read.
    pub fn next_if(&mut self, tag: u8) -> Option<Element<'a>> {
        let mut ahead = *self;
        let found = ahead.next().filter(|element| element.tag == tag)?;
        *self = ahead;
        Some(found)
    }

    pub fn all(mut self) -> Vec<Element<'a>> {
        std::iter::from_fn(move || self.next()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_and_numbers_have_their_bytes() {
        assert_eq!(oid("1.2.840.113549.1.1.11"), [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11]);
        assert_eq!(dotted(&oid("1.2.840.113549.1.1.11")[2..]), "1.2.840.113549.1.1.11");
        assert_eq!(dotted(&oid("2.5.29.17")[2..]), "2.5.29.17");
        assert_eq!(integer(&[0, 0x80]), [2, 2, 0, 0x80]);
        assert_eq!(integer(&[]), [2, 1, 0]);
        assert_eq!(element(4, &[7; 300])[..4], [4, 0x82, 1, 44]);
    }

    #[test]
    fn what_was_written_is_read_and_nothing_panics() {
        let bytes = sequence(&[integer(&[5]), octets(&[1; 200]), bits(&[9])]);
        let all = Reader(&bytes).next().unwrap().inside().all();
        assert_eq!(all.iter().map(|element| element.tag).collect::<Vec<_>>(), [INTEGER, OCTET_STRING, BIT_STRING]);
        assert_eq!((all[0].magnitude(), all[2].bits()), (&[5][..], &[9][..]));
        for end in 0..bytes.len() {
            assert!(Reader(&bytes[..end]).next().is_none());
        }
        assert!(Reader(&[0x30, 0x89, 1, 1, 1, 1, 1, 1, 1, 1, 1]).next().is_none());
    }
}
