//! `moved` and `removed`.

use crate::ProvisionerBlock;
use formwork_diag::Span;
use formwork_hcl::Body;
use formwork_model::{ModulePath, Resource, TargetAddress};

/// `moved`. Both ends are of the same kind.
#[derive(Clone, Debug)]
pub struct MovedBlock {
    pub from: MoveEndpoint,
    pub to: MoveEndpoint,
    pub span: Span,
}

/// An end of a move: address relative to the module that declares it.
#[derive(Clone, Debug)]
pub struct MoveEndpoint {
    pub address: TargetAddress,
    pub span: Span,
}

/// `removed`.
#[derive(Clone, Debug)]
pub struct RemovedBlock {
    /// Relative to the module that declares it.
    pub from: RemovedFrom,
    pub from_span: Span,
    /// False: the object is forgotten, not destroyed.
    pub destroy: bool,
    /// Destroy-time provisioners.
    pub provisioners: Vec<ProvisionerBlock>,
    pub connection: Option<Body>,
    pub span: Span,
}

/// What is removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemovedFrom {
    Resource(ModulePath, Resource),
    Module(ModulePath),
}
