//! What is told of tests: results of runs and files, and the events on the way to them.

use crate::{DeposedKey, Plan, ProviderAddress, ProviderSchema, ResourceInstance, State};
use formwork_diag::Diagnostics;
use formwork_value::Str;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// What came of a run or a file, from good to bad; a file has the worst status of its runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum TestStatus {
    #[default]
    Pending,
    Skip,
    Pass,
    /// An assertion does not hold.
    Fail,
    /// Something else went wrong.
    Error,
}

/// The result of a run.
#[derive(Clone, Debug)]
pub struct RunReport {
    pub file: Str,
    pub run: Str,
    pub status: TestStatus,
    pub diagnostics: Diagnostics,
    /// Assertions evaluated, and those that do not hold.
    pub assertions: (usize, usize),
    /// RFC 3339, UTC; none if the run was skipped.
    pub started: Option<Str>,
    pub elapsed: Duration,
    /// What the run has made, if it came so far.
    pub product: Option<RunProduct>,
}

/// What a run has made.
#[derive(Clone, Debug)]
pub enum RunProduct {
    Plan(Arc<Plan>),
    State(Arc<State>, BTreeMap<ProviderAddress, Arc<ProviderSchema>>),
}

/// An object that is left.
pub type LeftObject = (ResourceInstance, Option<DeposedKey>);

/// How many runs ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TestSummary {
    pub status: TestStatus,
    pub passed: usize,
    pub failed: usize,
    pub errored: usize,
    pub skipped: usize,
}

/// What happens while tests run, in order.
#[derive(Clone, Debug)]
pub enum TestEvent {
    /// Files with the names of their runs.
    Found(Vec<(Str, Vec<Str>)>),
    FileStarted(Str),
    RunStarted {
        file: Str,
        run: Str,
    },
    RunFinished(Arc<RunReport>),
    FileTearingDown(Str),
    /// What a run has made last is destroyed.
    RunTearingDown {
        file: Str,
        run: Str,
    },
    RunStillRunning {
        file: Str,
        run: Str,
        elapsed: Duration,
    },
    RunStillTearingDown {
        file: Str,
        run: Str,
        elapsed: Duration,
    },
    /// Problems of destroying, and what is left.
    TornDown {
        file: Str,
        run: Str,
        diagnostics: Diagnostics,
        left: Vec<LeftObject>,
    },
    FileFinished {
        file: Str,
        status: TestStatus,
        diagnostics: Diagnostics,
    },
    /// The user has stopped the tests at once: what is left, by the run that made it last.
    Abandoned {
        file: Str,
        left: Vec<(Str, Vec<LeftObject>)>,
    },
    Finished(TestSummary),
}

impl TestStatus {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            TestStatus::Pending => "pending",
            TestStatus::Skip => "skip",
            TestStatus::Pass => "pass",
            TestStatus::Fail => "fail",
            TestStatus::Error => "error",
        }
    }

    /// The word for people, who are told of both kinds of failure alike.
    pub fn word(self) -> &'static str {
        match self {
            TestStatus::Error => "fail",
            other => other.name(),
        }
    }
}

impl TestSummary {
    /// Counts a run.
    pub fn count(&mut self, status: TestStatus) {
        match status {
            TestStatus::Pass => self.passed += 1,
            TestStatus::Fail => self.failed += 1,
            TestStatus::Error => self.errored += 1,
            TestStatus::Skip => self.skipped += 1,
            TestStatus::Pending => {}
        }
    }
}
