//! The binary form of the model, for journals and plan files.
//!
//! Numbers are varints; texts that repeat (names, addresses) are written once and referred to by number. Every type is
//! described in one place, for writing and reading alike.
//!
//! Invariant: reading bounds depth and never allocates more than the bytes at hand justify; no input makes it panic.

mod address;
mod basic;
mod object;
mod plan;
mod reader;
mod schema;
mod ty;
mod value;
mod writer;

pub(crate) use reader::{Damaged, Reader};
pub(crate) use value::{read_value, write_value};
pub(crate) use writer::Writer;

/// Levels of nesting of values, types and modules.
pub(crate) const MAX_DEPTH: usize = 500;

/// Longest text that is written once and referred to.
pub(crate) const MAX_NAME: usize = 96;

/// A type with a binary form.
pub(crate) trait Code: Sized {
    fn write(&self, out: &mut Writer);

    fn read(input: &mut Reader<'_>) -> Result<Self, Damaged>;
}

/// Describes a struct by its fields, in the order of the binary form.
macro_rules! record {
    ($($name:ident { $($field:ident),* $(,)? })*) => {$(
        impl $crate::codec::Code for $name {
            fn write(&self, out: &mut $crate::codec::Writer) {
                $( $crate::codec::Code::write(&self.$field, out); )*
            }

            fn read(input: &mut $crate::codec::Reader<'_>) -> Result<Self, $crate::codec::Damaged> {
                Ok($name { $( $field: $crate::codec::Code::read(input)? ),* })
            }
        }
    )*};
}

/// Describes an enum without contents by the numbers of its variants.
macro_rules! choice {
    ($($name:ident { $($variant:ident = $number:literal),* $(,)? })*) => {$(
        impl $crate::codec::Code for $name {
            fn write(&self, out: &mut $crate::codec::Writer) {
                out.byte(match self { $( $name::$variant => $number ),* });
            }

            fn read(input: &mut $crate::codec::Reader<'_>) -> Result<Self, $crate::codec::Damaged> {
                match input.byte()? {
                    $( $number => Ok($name::$variant), )*
                    _ => Err($crate::codec::Damaged(concat!("unknown ", stringify!($name)))),
                }
            }
        }
    )*};
}

pub(crate) use {choice, record};
