//! Reading tokens from bytes that nobody vouches for.

use crate::json::CodecError;
use crate::{Number, json};
use rmp::Marker;

type Token<T> = Result<T, CodecError>;

pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    depth: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Cursor<'a> {
        Cursor { bytes, depth: 0 }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Goes one level down. Errors: too deep.
    pub(super) fn descend(&mut self) -> Token<()> {
        self.depth += 1;
        if self.depth > json::MAX_DEPTH {
            return Err(CodecError::new(format!("more than {} levels of nesting", json::MAX_DEPTH)));
        }
        Ok(())
    }

    pub(super) fn ascend(&mut self) {
        self.depth -= 1;
    }

    pub(super) fn peek(&self) -> Token<Marker> {
        self.bytes.first().map(|byte| Marker::from_u8(*byte)).ok_or_else(ended)
    }

    fn marker(&mut self) -> Token<Marker> {
        let marker = self.peek()?;
        self.take(1)?;
        Ok(marker)
    }

    fn take(&mut self, length: usize) -> Token<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(length).ok_or_else(ended)?;
        self.bytes = rest;
        Ok(taken)
    }

    /// An unsigned big-endian integer of at most eight bytes.
    fn unsigned(&mut self, size: usize) -> Token<u64> {
        Ok(self.take(size)?.iter().fold(0, |n, byte| (n << 8) | u64::from(*byte)))
    }

    fn size(&mut self, size: usize) -> Token<usize> {
        usize::try_from(self.unsigned(size)?).map_err(|_| ended())
    }

    pub(super) fn take_nil(&mut self) -> bool {
        let found = self.bytes.first() == Some(&0xc0);
        if found {
            self.bytes = self.bytes.get(1..).unwrap_or_default();
        }
        found
    }

    pub(super) fn bool(&mut self) -> Token<bool> {
        match self.marker()? {
            Marker::True => Ok(true),
            Marker::False => Ok(false),
            _ => Err(CodecError::new("a bool is required")),
        }
    }

    /// A string, or bytes that are text.
    pub(super) fn text(&mut self) -> Token<&'a str> {
        let length = match self.marker()? {
            Marker::FixStr(length) => usize::from(length),
            Marker::Str8 | Marker::Bin8 => self.size(1)?,
            Marker::Str16 | Marker::Bin16 => self.size(2)?,
            Marker::Str32 | Marker::Bin32 => self.size(4)?,
            _ => return Err(CodecError::new("a string is required")),
        };
        std::str::from_utf8(self.take(length)?).map_err(|_| CodecError::new("a string is not valid UTF-8"))
    }

    pub(super) fn array_length(&mut self) -> Token<usize> {
        match self.marker()? {
            Marker::FixArray(length) => Ok(usize::from(length)),
            Marker::Array16 => self.size(2),
            Marker::Array32 => self.size(4),
            _ => Err(CodecError::new("an array is required")),
        }
    }

    pub(super) fn map_length(&mut self) -> Token<usize> {
        match self.marker()? {
            Marker::FixMap(length) => Ok(usize::from(length)),
            Marker::Map16 => self.size(2),
            Marker::Map32 => self.size(4),
            _ => Err(CodecError::new("a map is required")),
        }
    }

    pub(super) fn integer(&mut self) -> Token<i64> {
        self.number()?.to_i64().ok_or_else(|| CodecError::new("a whole number is required"))
    }

    pub(super) fn number(&mut self) -> Token<Number> {
        let marker = self.peek()?;
        if matches!(marker, Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32) {
            let text = self.text()?;
            return Number::parse(text).map_err(|error| CodecError::new(error.0));
        }
        self.marker()?;
        let float = match marker {
            Marker::FixPos(n) => return Ok(Number::from(i64::from(n))),
            Marker::FixNeg(n) => return Ok(Number::from(i64::from(n))),
            Marker::U8 => return Ok(Number::from(self.unsigned(1)?)),
            Marker::U16 => return Ok(Number::from(self.unsigned(2)?)),
            Marker::U32 => return Ok(Number::from(self.unsigned(4)?)),
            Marker::U64 => return Ok(Number::from(self.unsigned(8)?)),
            Marker::I8 => return Ok(Number::from(i64::from(self.unsigned(1)? as i8))),
            Marker::I16 => return Ok(Number::from(i64::from(self.unsigned(2)? as i16))),
            Marker::I32 => return Ok(Number::from(i64::from(self.unsigned(4)? as i32))),
            Marker::I64 => return Ok(Number::from(self.unsigned(8)? as i64)),
            Marker::F32 => f64::from(f32::from_bits(self.unsigned(4)? as u32)),
            Marker::F64 => f64::from_bits(self.unsigned(8)?),
            _ => return Err(CodecError::new("a number is required")),
        };
        Number::from_f64(float).ok_or_else(|| CodecError::new("a number must not be NaN"))
    }

    /// Code and payload if an extension is next.
    pub(super) fn take_extension(&mut self) -> Token<Option<(i8, &'a [u8])>> {
        let (fixed, size) = match self.peek()? {
            Marker::FixExt1 => (1, 0),
            Marker::FixExt2 => (2, 0),
            Marker::FixExt4 => (4, 0),
            Marker::FixExt8 => (8, 0),
            Marker::FixExt16 => (16, 0),
            Marker::Ext8 => (0, 1),
            Marker::Ext16 => (0, 2),
            Marker::Ext32 => (0, 4),
            _ => return Ok(None),
        };
        self.marker()?;
        let length = if size == 0 { fixed } else { self.size(size)? };
        let code = self.unsigned(1)? as i8;
        Ok(Some((code, self.take(length)?)))
    }

    /// Passes over one value.
    pub(super) fn skip(&mut self) -> Token<()> {
        if self.take_extension()?.is_some() {
            return Ok(());
        }
        let members = match self.peek()? {
            Marker::Null | Marker::True | Marker::False | Marker::Reserved => return self.take(1).map(drop),
            Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => return self.skip_bytes(),
            Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => return self.skip_bytes(),
            Marker::FixArray(_) | Marker::Array16 | Marker::Array32 => self.array_length()?,
            Marker::FixMap(_) | Marker::Map16 | Marker::Map32 => self.map_length()?.saturating_mul(2),
            Marker::F32 => return self.take(5).map(drop),
            Marker::F64 => return self.take(9).map(drop),
            _ => return self.number().map(drop),
        };
        self.descend()?;
        for _ in 0..members {
            self.skip()?;
        }
        self.ascend();
        Ok(())
    }

    fn skip_bytes(&mut self) -> Token<()> {
        let length = match self.marker()? {
            Marker::FixStr(length) => usize::from(length),
            Marker::Str8 | Marker::Bin8 => self.size(1)?,
            Marker::Str16 | Marker::Bin16 => self.size(2)?,
            _ => self.size(4)?,
        };
        self.take(length).map(drop)
    }
}

fn ended() -> CodecError {
    CodecError::new("the MessagePack data ends too early")
}
