//! Bounds of a tree of modules. `docs/limits.md` lists them for users.

/// Calls of modules inside each other.
pub const MODULE_NESTING: usize = 64;

/// Calls of modules in all.
pub const MODULES: usize = 20_000;
