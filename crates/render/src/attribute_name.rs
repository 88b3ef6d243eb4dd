//! Names as plans show them.

use formwork_value::quote;
use std::borrow::Cow;

/// The name itself if it is an identifier, else quoted.
pub(crate) fn attribute_name(name: &str) -> Cow<'_, str> {
    let mut chars = name.chars();
    let starts = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    if starts && chars.all(|c| c.is_alphanumeric() || c == '_' || c == '-') {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(quote(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_identifiers_stand_bare() {
        for (name, shown) in [("a-b_1", "a-b_1"), ("_x", "_x"), ("1a", "\"1a\""), ("", "\"\""), ("a b", "\"a b\"")] {
            assert_eq!(attribute_name(name), shown);
        }
    }
}
