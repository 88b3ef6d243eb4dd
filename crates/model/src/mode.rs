//! How to plan.

use crate::{ActionInstance, ResourceInstance, TargetAddress};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlanMode {
    #[default]
    Normal,
    Destroy,
    RefreshOnly,
}

/// Options of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanOptions {
    pub mode: PlanMode,
    /// Read the objects anew before planning.
    pub refresh: bool,
    pub targets: Vec<TargetAddress>,
    pub excludes: Vec<TargetAddress>,
    /// Instances to replace on request.
    pub replace: Vec<ResourceInstance>,
    /// Actions to invoke on request; nothing else is planned then.
    pub invoke: Vec<ActionInstance>,
    /// Number of provider calls at once; at least 1.
    pub parallelism: usize,
}

impl Default for PlanOptions {
    fn default() -> PlanOptions {
        PlanOptions {
            mode: PlanMode::Normal,
            refresh: true,
            targets: Vec::new(),
            excludes: Vec::new(),
            replace: Vec::new(),
            invoke: Vec::new(),
            parallelism: 10,
        }
    }
}
