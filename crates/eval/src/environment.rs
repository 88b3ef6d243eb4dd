//! What evaluation may know of the world.

use formwork_hcl::Function;
use formwork_model::{Entropy, Files};
use formwork_value::Str;
use std::sync::Arc;

/// Which run an evaluation belongs to: decides how impure functions and unset variables behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Variables, repetition and resources are unknown.
    Validate,
    Plan,
    Apply,
    /// Expressions typed by the user.
    Console,
}

/// The world, as far as expressions can see it.
#[derive(Clone)]
pub struct Environment {
    pub phase: Phase,
    pub workspace: Str,
    /// RFC 3339; what `plantimestamp()` returns.
    pub plan_timestamp: Str,
    /// RFC 3339; what `timestamp()` returns in apply.
    pub timestamp: Str,
    pub files: Arc<dyn Files>,
    pub entropy: Arc<dyn Entropy>,
    /// The directory before `-chdir`: `path.cwd`.
    pub original_dir: Str,
    /// Where `provider::LOCAL::NAME` is looked up; without it there are no such functions.
    pub provider_functions: Option<Arc<dyn ProviderFunctions>>,
}

/// Functions of providers.
pub trait ProviderFunctions: Send + Sync {
    /// The function of the provider that is known under a local name. The error says why there is none.
    fn function(&self, local_name: &str, name: &str) -> Result<&dyn Function, String>;
}
