//! Bounds of what a configuration may ask for. `docs/limits.md` lists them for users.

/// Instances of one block with `count` or `for_each`.
pub const INSTANCES: usize = 1_000_000;

/// Locals, variables and outputs each of which refers to the next.
pub const REFERENCE_CHAIN: usize = 500;

/// Numbers that `range` gives, as in the reference.
pub const RANGE: usize = 1024;

/// Values that a YAML document stands for, where each alias counts as often as it is used.
pub const YAML_VALUES: usize = 1_000_000;

/// Levels of lists and mappings inside each other in a YAML document.
pub const YAML_NESTING: usize = 256;

/// Files and folders that `fileset` comes across.
pub const FILES: usize = 2_000_000;

/// Levels of folders that `fileset` goes into.
pub const FOLDERS: usize = 64;
