//! Numbers, texts and containers.

use super::{Code, Damaged, Reader, Writer};
use formwork_value::Str;
use std::collections::BTreeMap;
use std::sync::Arc;

impl Code for bool {
    fn write(&self, out: &mut Writer) {
        out.byte(u8::from(*self));
    }

    fn read(input: &mut Reader<'_>) -> Result<bool, Damaged> {
        match input.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Damaged("not a bool")),
        }
    }
}

impl Code for u64 {
    fn write(&self, out: &mut Writer) {
        out.number(*self);
    }

    fn read(input: &mut Reader<'_>) -> Result<u64, Damaged> {
        input.number()
    }
}

impl Code for u32 {
    fn write(&self, out: &mut Writer) {
        out.number(u64::from(*self));
    }

    fn read(input: &mut Reader<'_>) -> Result<u32, Damaged> {
        u32::try_from(input.number()?).map_err(|_| Damaged("a number is too large"))
    }
}

impl Code for usize {
    fn write(&self, out: &mut Writer) {
        out.number(*self as u64);
    }

    fn read(input: &mut Reader<'_>) -> Result<usize, Damaged> {
        input.index()
    }
}

impl Code for Str {
    fn write(&self, out: &mut Writer) {
        out.name(self);
    }

    fn read(input: &mut Reader<'_>) -> Result<Str, Damaged> {
        input.name()
    }
}

impl Code for String {
    fn write(&self, out: &mut Writer) {
        out.text(self);
    }

    fn read(input: &mut Reader<'_>) -> Result<String, Damaged> {
        Ok(input.text()?.to_owned())
    }
}

/// Bytes, in one piece.
impl Code for Vec<u8> {
    fn write(&self, out: &mut Writer) {
        out.bytes(self);
    }

    fn read(input: &mut Reader<'_>) -> Result<Vec<u8>, Damaged> {
        Ok(input.bytes()?.to_vec())
    }
}

impl<T: Code> Code for Option<T> {
    fn write(&self, out: &mut Writer) {
        out.byte(u8::from(self.is_some()));
        if let Some(value) = self {
            value.write(out);
        }
    }

    fn read(input: &mut Reader<'_>) -> Result<Option<T>, Damaged> {
        if bool::read(input)? { T::read(input).map(Some) } else { Ok(None) }
    }
}

/// An element of a list. (Not every [`Code`], so that lists of bytes keep their own form.)
pub(crate) trait Item: Code {}

impl<T: Item> Code for Vec<T> {
    fn write(&self, out: &mut Writer) {
        out.number(self.len() as u64);
        self.iter().for_each(|item| item.write(out));
    }

    fn read(input: &mut Reader<'_>) -> Result<Vec<T>, Damaged> {
        let length = input.length()?;
        // The claimed length is believed only as far as elements come.
        let mut items = Vec::with_capacity(length.min(1024));
        for _ in 0..length {
            items.push(T::read(input)?);
        }
        Ok(items)
    }
}

impl<K: Code + Ord, V: Code> Code for BTreeMap<K, V> {
    fn write(&self, out: &mut Writer) {
        out.number(self.len() as u64);
        for (key, value) in self {
            key.write(out);
            value.write(out);
        }
    }

    fn read(input: &mut Reader<'_>) -> Result<BTreeMap<K, V>, Damaged> {
        let length = input.length()?;
        let mut entries = Vec::with_capacity(length.min(1024));
        for _ in 0..length {
            entries.push((K::read(input)?, V::read(input)?));
        }
        Ok(entries.into_iter().collect())
    }
}

impl<T: Code> Code for Arc<T> {
    fn write(&self, out: &mut Writer) {
        T::write(self, out);
    }

    fn read(input: &mut Reader<'_>) -> Result<Arc<T>, Damaged> {
        T::read(input).map(Arc::new)
    }
}

impl<A: Code, B: Code> Code for (A, B) {
    fn write(&self, out: &mut Writer) {
        self.0.write(out);
        self.1.write(out);
    }

    fn read(input: &mut Reader<'_>) -> Result<(A, B), Damaged> {
        Ok((A::read(input)?, B::read(input)?))
    }
}

impl<A: Code, B: Code> Item for (A, B) {}
impl Item for Str {}
impl Item for u64 {}
