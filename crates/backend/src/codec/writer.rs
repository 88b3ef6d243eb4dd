//! Writing.

use super::{MAX_DEPTH, MAX_NAME};
use formwork_value::Str;
use std::collections::HashMap;

#[derive(Default)]
pub(crate) struct Writer {
    out: Vec<u8>,
    names: HashMap<Str, u64>,
    depth: usize,
    too_deep: bool,
}

impl Writer {
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    /// True if something was nested more deeply than can be read again.
    pub fn is_too_deep(&self) -> bool {
        self.too_deep
    }

    /// Runs a step one level deeper, or leaves it out if that is too deep.
    pub fn nested(&mut self, write: impl FnOnce(&mut Self)) {
        if self.depth >= MAX_DEPTH {
            self.too_deep = true;
            return;
        }
        self.depth += 1;
        write(self);
        self.depth -= 1;
    }

    pub fn byte(&mut self, byte: u8) {
        self.out.push(byte);
    }

    /// Seven bits a byte, the least ones first.
    pub fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.out.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.out.push(number as u8);
    }

    /// Small numbers of either sign are short.
    pub fn signed(&mut self, number: i64) {
        self.number(((number << 1) ^ (number >> 63)) as u64);
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.out.extend_from_slice(bytes);
    }

    /// A text that does not repeat.
    pub fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// A text that may repeat: 0 and a long text, 1 and a new one, or 2 more than the number of a known one.
    pub fn name(&mut self, text: &Str) {
        if text.len() > MAX_NAME {
            self.number(0);
            return self.text(text);
        }
        if let Some(known) = self.names.get(text) {
            return self.number(known + 2);
        }
        self.number(1);
        self.text(text);
        self.names.insert(text.clone(), self.names.len() as u64);
    }
}
