//! Actions, and what triggers them.

use crate::ProviderRef;
use crate::resource_block::located;
use formwork_diag::{Diagnostics, Span};
use formwork_hcl::{Body, Expr};
use formwork_model::{ActionEvent, ActionInstance, ActionName, ProviderAddress};

/// `action`.
#[derive(Clone, Debug)]
pub struct ActionBlock {
    pub action: ActionName,
    pub count: Option<Expr>,
    pub for_each: Option<Expr>,
    pub provider: ProviderRef,
    /// The provider, resolved through the module's requirements.
    pub provider_address: ProviderAddress,
    /// What is in the `config` block; empty if there is none.
    pub body: Body,
    pub span: Span,
    pub header_span: Span,
}

impl ActionBlock {
    /// Gives problems of an instance its address, and a place in the block if they have none.
    pub fn located(&self, problems: Diagnostics, address: &ActionInstance) -> Diagnostics {
        located(problems, address, &self.body, self.header_span)
    }
}

/// `action_trigger` of a resource's `lifecycle`.
#[derive(Clone, Debug)]
pub struct ActionTrigger {
    pub events: Vec<ActionEvent>,
    pub condition: Option<Expr>,
    /// In the order in which they are invoked.
    pub actions: Vec<TriggeredAction>,
    pub on_failure: ActionFailure,
    pub span: Span,
}

/// One entry of `actions`.
#[derive(Clone, Debug)]
pub struct TriggeredAction {
    pub action: ActionName,
    pub key: Option<Expr>,
    pub span: Span,
}

/// What the failure of an action means for the object whose change has triggered it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ActionFailure {
    /// Nothing that waits for it goes on.
    #[default]
    Halt,
    /// As `Halt`, and a new object is replaced next time.
    Taint,
    /// It is told, and everything goes on.
    Continue,
}
