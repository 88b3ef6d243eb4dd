//! What is not read or computed any more, because no one can have meant it. `docs/limits.md` lists these bounds for users.

/// Levels of expressions, brackets, templates and blocks inside each other, in native syntax.
pub const NESTING: u32 = 800;

/// Levels of arrays and objects inside each other, in JSON syntax.
pub const JSON_NESTING: u32 = 500;

/// Bytes of a file; positions are kept in 32 bits.
pub const FILE_BYTES: usize = 256 * 1024 * 1024;

/// Errors that one file reports.
pub const ERRORS: usize = 100;

/// Steps that the evaluation of one expression may take: operators, calls, elements of loops.
pub const STEPS: u64 = 20_000_000;

/// Bytes of a text that an expression makes.
pub const TEXT_BYTES: usize = 128 * 1024 * 1024;

/// Elements of a collection that an expression makes out of others.
pub const ELEMENTS: usize = 2_000_000;

/// Bytes of a value with everything in it, where what is shared counts as often as it occurs. It takes no memory, but whoever
/// goes through the value goes through all of that.
pub const VALUE_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// Levels of values inside each other.
pub const VALUE_DEPTH: u32 = 500;

/// Bytes of a text that count as one step where a function reads it.
pub(crate) const BYTES_PER_STEP: u64 = 4096;
