//! Why a plan file cannot be used.

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanFileError {
    /// It is a plan of another program, or no plan at all.
    Foreign(&'static str),
    /// It was made by another version of Formwork.
    OtherVersion { made_by: String },
    /// Bytes are missing or have changed.
    Damaged(&'static str),
    /// It was read, but contradicts itself.
    Inconsistent(String),
    /// Values are nested too deeply to be stored.
    TooDeep,
}

impl fmt::Display for PlanFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlanFileError::Foreign(what) => write!(f, "{what} Make a plan with \"formwork plan -out=FILE\"."),
            PlanFileError::OtherVersion { made_by } => write!(
                f,
                "The plan was made by {made_by}, but this is Formwork {}. Make the plan anew, or apply it with the version \
                 that made it.",
                formwork_model::FORMWORK_VERSION
            ),
            PlanFileError::Damaged(reason) => write!(f, "The plan file is damaged ({reason}). Make the plan anew."),
            PlanFileError::Inconsistent(reason) => {
                write!(f, "The plan contradicts itself ({reason}). Make the plan anew.")
            }
            PlanFileError::TooDeep => f.write_str("The plan has values that are nested too deeply to be stored."),
        }
    }
}

impl std::error::Error for PlanFileError {}
