//! Results of checks: conditions of resources, outputs, variables and check blocks.

use formwork_value::Str;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckKind {
    Resource,
    Output,
    Check,
    Variable,
}

/// Order of badness: the status of the whole is the worst of its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckStatus {
    Pass,
    Unknown,
    Fail,
    Error,
}

/// Something with conditions: its address as text, and what JSON shows of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CheckableAddress {
    pub kind: CheckKind,
    /// Address in the configuration: `module.m.aws_vpc.main`, `output.x`, `var.y`, `check.z`.
    pub config: Str,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CheckResult {
    pub address: CheckableAddress,
    pub status: CheckStatus,
    /// `None` if the instances were never found out.
    pub objects: Option<Vec<CheckObject>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CheckObject {
    /// Address of the instance.
    pub address: Str,
    pub status: CheckStatus,
    pub failures: Vec<Str>,
}
