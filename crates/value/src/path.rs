//! Paths into a value.

use crate::{Str, Value};
use std::fmt;

/// One step into a value.
#[derive(Clone, PartialEq, Debug)]
pub enum PathStep {
    /// Attribute of an object.
    Attribute(Str),
    /// Element of a list, tuple or map (key is a number or a string), or of a set (key is the element itself).
    Index(Value),
}

/// Steps from a value's root to an inner value; empty means the root itself.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Path(pub Vec<PathStep>);

/// Why a path cannot be followed.
#[derive(Clone, PartialEq, Debug)]
pub struct PathError {
    /// Number of steps that could be followed.
    pub at: usize,
    pub message: String,
}

impl Path {
    pub fn root() -> Path {
        Path(Vec::new())
    }

    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    pub fn attribute(mut self, name: impl Into<Str>) -> Path {
        self.0.push(PathStep::Attribute(name.into()));
        self
    }

    pub fn index(mut self, key: Value) -> Path {
        self.0.push(PathStep::Index(key));
        self
    }

    pub fn starts_with(&self, prefix: &Path) -> bool {
        self.0.starts_with(&prefix.0)
    }
}

/// Writes the path as in an expression: `.tags["Name"]`, `.list[0]`.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.0 {
            match step {
                PathStep::Attribute(name) => write!(f, ".{name}")?,
                PathStep::Index(key) => match (key.as_str(), key.as_number()) {
                    (Some(text), _) => write!(f, "[{text:?}]")?,
                    (_, Some(number)) => write!(f, "[{number}]")?,
                    _ => f.write_str("[...]")?,
                },
            }
        }
        Ok(())
    }
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for PathError {}
