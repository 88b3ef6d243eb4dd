//! Exit codes.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Success,
    /// Something is wrong; it has been reported.
    Error,
    /// `plan -detailed-exitcode` found changes, or `fmt -check` could not read a file.
    Changes,
    /// `fmt -check` found files to change; or an effect is in doubt and the user must settle it first.
    Attention,
    /// No command was given.
    NoCommand,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Success => 0,
            Exit::Error => 1,
            Exit::Changes => 2,
            Exit::Attention => 3,
            Exit::NoCommand => 127,
        })
    }
}
