//! Ephemeral objects: opened when needed, never stored.

use crate::check_plan;
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::{PlanProvider, ResourceInstance, Schema};
use formwork_value::{Marks, Value, conforms};
use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

/// An ephemeral object that is open, and must be closed.
pub struct OpenObject {
    pub address: ResourceInstance,
    pub provider: Arc<dyn PlanProvider>,
    /// As the provider gave them when it opened the object; closing wants these.
    opened_private: Vec<u8>,
    lease: RefCell<Lease>,
}

/// What opening or the last renewal gave.
struct Lease {
    private: Vec<u8>,
    /// Seconds since the epoch.
    renew_at: Option<i64>,
}

/// Opens an object and checks the answer (fact sheet 11.3). The value is marked ephemeral as a whole. What was opened is
/// given back even if the answer is wrong: it must be closed all the same.
pub async fn open_ephemeral(
    provider: &Arc<dyn PlanProvider>,
    schema: &Schema,
    address: &ResourceInstance,
    config: &Value,
) -> (Option<Value>, Option<OpenObject>, Diagnostics) {
    let kind = &address.resource.kind;
    let (plain, marks) = config.unmark_deep();
    let mut diagnostics = provider.validate_ephemeral(kind, &plain).await;
    if diagnostics.has_errors() {
        return (None, None, diagnostics);
    }
    let response = provider.open_ephemeral(kind, &plain).await;
    diagnostics.extend(response.diagnostics);
    if diagnostics.has_errors() {
        return (None, None, diagnostics);
    }
    let open = OpenObject {
        address: address.clone(),
        provider: provider.clone(),
        opened_private: response.private.clone(),
        lease: RefCell::new(Lease { private: response.private, renew_at: response.renew_at }),
    };
    let result = response.result;
    let problems = if response.deferred.is_some() {
        vec!["the provider put the object off although that was not offered".to_string()]
    } else if result.is_null() || !conforms(&result, &schema.block.implied_type()) {
        vec!["the value is null, or does not fit the provider's own schema".to_string()]
    } else {
        let null = Value::null(schema.block.implied_type());
        let problems = check_plan(&schema.block, &null, &plain, &result, &marks);
        problems.into_iter().map(|(path, message)| format!("{path}: {message}")).collect()
    };
    if !problems.is_empty() {
        diagnostics.extend(problems.iter().map(|problem| invalid(address, problem)));
        return (None, Some(open), diagnostics);
    }
    let value = if marks.is_empty() { result } else { result.with_path_marks(&marks) };
    // Not sensitive besides, whatever the schema says: so the reference has it, and ephemeral values show nowhere either.
    (Some(value.with_marks(Marks::EPHEMERAL)), Some(open), diagnostics)
}

fn invalid(address: &ResourceInstance, problem: &str) -> Diagnostic {
    Diagnostic::error(
        "Provider produced invalid ephemeral resource instance",
        format!("The provider produced an invalid value for {address}: {problem}.\n\nThis is a bug in the provider, which should be reported in the provider's own issue tracker."),
    )
    .blame(Blame::Provider)
    .address(address)
}

impl OpenObject {
    /// When the object wants to be renewed, since the epoch.
    pub(crate) fn renew_at(&self) -> Option<Duration> {
        self.lease.borrow().renew_at.map(|at| Duration::from_secs(u64::try_from(at).unwrap_or(0)))
    }

    /// Renews the object. After an error it does not want to be renewed any more.
    pub(crate) async fn renew(&self) -> Diagnostics {
        let private = self.lease.borrow().private.clone();
        let response = self.provider.renew_ephemeral(&self.address.resource.kind, &private).await;
        let mut lease = self.lease.borrow_mut();
        lease.renew_at = response.renew_at.filter(|_| !response.diagnostics.has_errors());
        if !response.diagnostics.has_errors() {
            lease.private = response.private;
        }
        located(response.diagnostics, &self.address)
    }

    pub(crate) async fn close(&self) -> Diagnostics {
        let problems = self.provider.close_ephemeral(&self.address.resource.kind, &self.opened_private).await;
        located(problems, &self.address)
    }
}

fn located(problems: Diagnostics, address: &ResourceInstance) -> Diagnostics {
    problems.into_iter().map(|problem| problem.address(address)).collect()
}
