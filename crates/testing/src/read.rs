//! From the body of a test file to what it declares.

mod file;
mod mock;
mod object_override;
mod run;

pub(crate) use file::{MockSource, read_file};
pub(crate) use mock::{FoundMocks, read_mock_file};
pub(crate) use object_override::as_object;
