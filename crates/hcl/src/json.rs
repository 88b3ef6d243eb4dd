//! The JSON syntax.

pub(crate) mod body;
pub(crate) mod expression;
pub(crate) mod reader;
pub(crate) mod value;
