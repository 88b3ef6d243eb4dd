//! Provisioners.

use formwork_diag::Span;
use formwork_hcl::Body;
use formwork_value::Str;

/// When a provisioner runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum When {
    #[default]
    Create,
    Destroy,
}

/// What a failing provisioner does to the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    #[default]
    Fail,
    Continue,
}

/// `provisioner "TYPE"`.
#[derive(Clone, Debug)]
pub struct ProvisionerBlock {
    pub kind: Str,
    pub when: When,
    pub on_failure: OnFailure,
    /// What is left for the provisioner's schema.
    pub body: Body,
    /// Its own connection; arguments override those of the resource's.
    pub connection: Option<Body>,
    pub span: Span,
    pub header_span: Span,
}
