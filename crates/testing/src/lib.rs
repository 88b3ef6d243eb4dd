//! Tests of configurations: `*.tftest.hcl` files, their runs, and what stands in for real providers meanwhile.
//!
//! [`load`] reads the test files beside a configuration into a [`Suite`]; [`run_suite`] plans and applies each run with
//! `plan` and `apply`, judges its assertions, and destroys at the end of each file what its runs have made. Mocked
//! providers and overridden objects are decorators of the provider ports: neither planner nor applier knows of them.
//!
//! Invariant: what is made by a file is destroyed before the next file begins, the last first, whatever went wrong and
//! also after an interrupt; only a second interrupt ends that, and then what is left is told.
//! Invariant: the machine is reached through the ports of `model` and [`TestMachine`].

mod assertion;
mod cleanup;
mod early;
mod everything;
mod execute;
mod expected;
mod file;
mod file_run;
mod load;
mod mock;
mod mock_value;
mod port;
mod providers;
mod read;
mod scope;
mod stand_in;
mod states;
mod suite;
mod target;
mod tick;
mod variables;

pub use file::{Command, MockProvider, ObjectOverride, OverrideKind, RunBlock, TestFile};
pub use load::{LoadOptions, Suite, load, test_module_path};
pub use port::{Halt, TestMachine, TestReporter};
pub use suite::{SuiteInputs, run_suite};
