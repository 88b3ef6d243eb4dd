//! Input variables.

use crate::CheckRule;
use formwork_diag::Span;
use formwork_hcl::Defaults;
use formwork_value::{Str, Type, Value};

/// `variable "NAME"`.
#[derive(Clone, Debug)]
pub struct VariableBlock {
    pub name: Str,
    /// The type constraint, `Type::Dynamic` if there is none. May contain optional attributes.
    pub ty: Type,
    /// Defaults of the type's optional attributes; applied to given values before conversion.
    pub defaults: Defaults,
    /// A type was written (even `any`): text given from outside is then read as an expression unless the type is primitive.
    pub ty_written: bool,
    /// Converted to the type, with defaults of optional attributes applied.
    pub default: Option<Value>,
    pub description: Option<Str>,
    pub sensitive: bool,
    pub nullable: bool,
    pub ephemeral: bool,
    pub deprecated: Option<Str>,
    /// `const`: the value must be known before modules are installed.
    pub constant: bool,
    pub validations: Vec<CheckRule>,
    pub span: Span,
    pub header_span: Span,
}

impl VariableBlock {
    /// A variable that takes any value, without a default.
    pub fn of_any_type(name: Str, span: Span) -> VariableBlock {
        VariableBlock {
            name,
            ty: Type::Dynamic,
            defaults: Defaults::default(),
            ty_written: true,
            default: None,
            description: None,
            sensitive: false,
            nullable: true,
            ephemeral: false,
            deprecated: None,
            constant: false,
            validations: Vec::new(),
            span,
            header_span: span,
        }
    }
}
