//! Reading.

use super::MAX_DEPTH;
use formwork_value::Str;
use std::fmt;

/// Bytes that are not what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Damaged(pub &'static str);

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    names: Vec<Str>,
    depth: usize,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes, names: Vec::new(), depth: 0 }
    }

    /// Errors if something is left.
    pub fn end(&self) -> Result<(), Damaged> {
        if self.rest.is_empty() { Ok(()) } else { Err(Damaged("more data than expected")) }
    }

    pub fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    pub fn byte(&mut self) -> Result<u8, Damaged> {
        let (first, rest) = self.rest.split_first().ok_or(Damaged("the data ends too early"))?;
        self.rest = rest;
        Ok(*first)
    }

    pub fn number(&mut self) -> Result<u64, Damaged> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Damaged("a number is too long"))
    }

    pub fn signed(&mut self) -> Result<i64, Damaged> {
        let number = self.number()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    pub fn index(&mut self) -> Result<usize, Damaged> {
        usize::try_from(self.number()?).map_err(|_| Damaged("a number is too large"))
    }

    pub fn bytes(&mut self) -> Result<&'a [u8], Damaged> {
        let length = self.index()?;
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(Damaged("the data ends too early"))?;
        self.rest = rest;
        Ok(bytes)
    }

    pub fn text(&mut self) -> Result<&'a str, Damaged> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Damaged("a text is not UTF-8"))
    }

    pub fn name(&mut self) -> Result<Str, Damaged> {
        match self.index()? {
            0 => Ok(self.text()?.into()),
            1 => {
                let name = Str::from(self.text()?);
                self.names.push(name.clone());
                Ok(name)
            }
            known => self.names.get(known - 2).cloned().ok_or(Damaged("a name is missing")),
        }
    }

    /// The number of elements that follow; each takes a byte at least.
    pub fn length(&mut self) -> Result<usize, Damaged> {
        let length = self.index()?;
        if length > self.rest.len() { Err(Damaged("the data ends too early")) } else { Ok(length) }
    }

    /// Runs a step one level deeper.
    pub fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Damaged>) -> Result<T, Damaged> {
        if self.depth >= MAX_DEPTH {
            return Err(Damaged("nested too deeply"));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }
}
