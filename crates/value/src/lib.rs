//! Types and values of the configuration language.
//!
//! Everything that flows through the engine is a [`Value`]: an immutable, cheaply clonable tree that may be null,
//! unknown (with refinements) and marked (sensitive, ephemeral) at any depth.
//!
//! Invariant: no I/O, no clock, no randomness; no dependency on any other crate of the workspace.
//! Invariant: a set never holds two equal elements and iterates in the language's order.
//! Invariant: every element of a list, set or map has the collection's element type (or is dynamic-free convertible:
//! constructors that cannot guarantee this return an error).

mod conform;
mod convert;
mod equality;
mod mark;
mod mismatch;
mod number;
mod order;
mod parts;
mod path;
mod print;
mod quote;
mod refine;
mod select;
mod set;
mod ty;
mod type_json;
mod unify;
mod value;
mod walk;

pub mod json;
pub mod msgpack;

pub use conform::conforms;
pub use convert::{ConvertError, convert};
pub use equality::equals;
pub use mark::{Marks, PathMarks};
pub use number::{Number, NumberError, round_digits};
pub use order::compare;
pub use parts::Parts;
pub use path::{Path, PathError, PathStep};
pub use print::print;
pub use quote::{is_visible, push_unicode_escape, quote};
pub use refine::Refinements;
pub use ty::{ObjectType, Type};
pub use type_json::{type_from_json, type_to_json};
pub use unify::unify;
pub use value::{Collection, Kind, MapValue, Value};

/// Shared immutable text, used for names and string values alike.
pub type Str = std::sync::Arc<str>;
