//! Answers that put an object off.

use formwork_diag::{Blame, Diagnostic};
use formwork_model::{Deferred, ResourceInstance};

/// Providers may put objects off only if that is offered to them, which it never is.
pub fn deferral_problem(deferred: Option<Deferred>, address: &ResourceInstance) -> Option<Diagnostic> {
    deferred?;
    let detail = format!(
        "The provider put {address} off, although that was not offered to it. This is a bug in the provider, which should \
         be reported in the provider's own issue tracker."
    );
    let problem = Diagnostic::error("Provider deferred changes when Terraform did not allow deferrals", detail);
    Some(problem.blame(Blame::Provider).address(address))
}
