//! Marks: facts about a value that travel with it.

use crate::Path;
use std::ops::{BitOr, BitOrAssign};

/// A set of marks on one node of a value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Marks(u8);

impl Marks {
    pub const NONE: Marks = Marks(0);
    /// Must not be shown.
    pub const SENSITIVE: Marks = Marks(1);
    /// Must not be stored in state or plan.
    pub const EPHEMERAL: Marks = Marks(2);
    /// Came from a deprecated output, variable or attribute.
    pub const DEPRECATED: Marks = Marks(4);

    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    pub fn contains(self, other: Marks) -> bool {
        self.0 & other.0 == other.0
    }

    pub fn is_sensitive(self) -> bool {
        self.contains(Marks::SENSITIVE)
    }

    pub fn is_ephemeral(self) -> bool {
        self.contains(Marks::EPHEMERAL)
    }

    pub fn without(self, other: Marks) -> Marks {
        Marks(self.0 & !other.0)
    }
}

impl BitOr for Marks {
    type Output = Marks;

    fn bitor(self, other: Marks) -> Marks {
        Marks(self.0 | other.0)
    }
}

impl BitOrAssign for Marks {
    fn bitor_assign(&mut self, other: Marks) {
        self.0 |= other.0;
    }
}

/// Marks of a value's inner node, taken off by [`crate::Value::unmark_deep`].
#[derive(Clone, PartialEq, Debug)]
pub struct PathMarks {
    pub path: Path,
    pub marks: Marks,
}
