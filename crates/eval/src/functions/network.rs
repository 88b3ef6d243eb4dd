use super::definition::Definition;
pub(super) static FUNCTIONS: &[Definition] = &[];
