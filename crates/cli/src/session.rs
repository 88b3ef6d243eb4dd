//! One run of the program.

use crate::environment::Environment;
use crate::output::Output;
use formwork_diag::{Diagnostics, Sources};
use std::sync::{Arc, Mutex, PoisonError};

/// What all commands have at hand.
pub struct Session {
    pub environment: Environment,
    pub output: Output,
    /// The directory in which the program was started; `-chdir` leaves it.
    pub original_dir: String,
    /// Texts that diagnostics point into.
    sources: Mutex<Arc<Sources>>,
}

impl Session {
    pub fn new(environment: Environment, output: Output, original_dir: String) -> Session {
        Session { environment, output, original_dir, sources: Mutex::default() }
    }

    pub fn set_sources(&self, sources: Arc<Sources>) {
        *self.sources.lock().unwrap_or_else(PoisonError::into_inner) = sources;
    }

    pub fn sources(&self) -> Arc<Sources> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Prints problems for people, on standard error.
    pub fn report(&self, diagnostics: &Diagnostics) {
        for diagnostic in diagnostics {
            self.output.error(&format!(
                "\n{}: {}\n\n{}\n",
                if diagnostic.is_error() { "Error" } else { "Warning" },
                diagnostic.summary,
                diagnostic.detail
            ));
        }
    }
}
