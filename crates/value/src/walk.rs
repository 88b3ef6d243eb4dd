//! Whole-tree operations: type, knownness, marks, paths.

use crate::{Marks, Path, PathError, PathMarks, Refinements, Type, Value};

impl Value {
    /// The exact type of the value; builds the type of objects and tuples (linear in their size).
    pub fn ty(&self) -> Type {
        todo!()
    }

    /// True if no inner value is unknown.
    pub fn is_wholly_known(&self) -> bool {
        todo!()
    }

    /// Union of the marks of all inner values.
    pub fn marks_deep(&self) -> Marks {
        todo!()
    }

    /// Takes all marks off, and tells where they were. Shares what carries no marks.
    pub fn unmark_deep(&self) -> (Value, Vec<PathMarks>) {
        todo!()
    }

    /// Adds marks at paths. A path into a set, or past a null or unknown value, marks the deepest value on the way
    /// that exists. Paths that do not exist are ignored.
    pub fn with_path_marks(&self, marks: &[PathMarks]) -> Value {
        todo!()
    }

    /// The value at a path: with null or unknown on the way, unknown of the type, or an error.
    pub fn at_path(&self, path: &Path) -> Result<Value, PathError> {
        todo!()
    }

    /// Unknown with refinements; collapses to a known value where only one is left.
    pub fn unknown_refined(ty: Type, refinements: Refinements) -> Value {
        todo!()
    }

    /// Visits the value and all inner values, parents first. The visitor says whether to descend.
    pub fn walk(&self, visit: &mut dyn FnMut(&Path, &Value) -> bool) {
        todo!()
    }

    /// Rebuilds the value bottom-up: children first, then the node itself goes through `change`. Collections keep
    /// their element type unless it no longer holds, then it is unified anew.
    pub fn transform<E>(&self, change: &mut dyn FnMut(&Path, Value) -> Result<Value, E>) -> Result<Value, E> {
        todo!()
    }

    /// Replaces unknown inner values by null of their type (for results that must be stored anyway).
    pub fn unknown_as_null(&self) -> Value {
        todo!()
    }

    /// Number of elements; a known number, or an unknown one with bounds (sets with unknown elements, unknown
    /// collections). `None` for types without a length.
    pub fn length(&self) -> Option<Value> {
        todo!()
    }
}

/// Structural equality: same kinds, types, unknowns and refinements, marks included.
impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        todo!()
    }
}
