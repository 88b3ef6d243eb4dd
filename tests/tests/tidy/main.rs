//! Rules about the source tree, checked by reading it.

mod floors;
mod sizes;
mod words;
