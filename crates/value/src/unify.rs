//! The common type of several types.

use crate::Type;

/// The type to which all the types convert, by the language's rules (fact sheet `language.md` 7.3); `None` if there
/// is none.
pub fn unify(types: &[Type]) -> Option<Type> {
    todo!()
}
