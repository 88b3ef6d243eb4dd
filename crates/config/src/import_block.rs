//! `import`.

use crate::ProviderRef;
use crate::read::address::instance_key;
use formwork_diag::Span;
use formwork_hcl::{Expr, ExprKind};
use formwork_model::{ConfigResource, InstanceKey, ModuleInstance, ModulePath, Resource};
use formwork_value::Str;

/// `import`.
#[derive(Clone, Debug)]
pub struct ImportBlock {
    pub to: ImportTarget,
    pub id: Option<Expr>,
    pub identity: Option<Expr>,
    pub for_each: Option<Expr>,
    /// Written in the block; otherwise the resource's own provider is used.
    pub provider: Option<ProviderRef>,
    pub span: Span,
    pub header_span: Span,
}

/// The address of a resource instance, relative to the block's module, whose keys may be any expressions: `module.m[each.key].aws_vpc.main[0]`.
#[derive(Clone, Debug)]
pub struct ImportTarget {
    /// Names and keys of the module calls from the root on.
    pub module: Vec<(Str, Option<Expr>)>,
    pub resource: Resource,
    pub key: Option<Expr>,
    pub span: Span,
}

impl ImportTarget {
    /// The resource without any keys, for a block in the module at `path`.
    pub fn config_in(&self, path: &ModulePath) -> ConfigResource {
        let inner = self.module.iter().map(|(name, _)| name.clone());
        let module = ModulePath(path.0.iter().cloned().chain(inner).collect());
        ConfigResource { module, resource: self.resource.clone() }
    }

    /// The address if all its keys are constant.
    pub(crate) fn constant_address(&self) -> Option<String> {
        let key = |key: &Option<Expr>| match key {
            None => Some(InstanceKey::None),
            Some(Expr { kind: ExprKind::Literal(value), .. }) => instance_key(value),
            Some(_) => None,
        };
        let mut module = ModuleInstance::root();
        for (name, step_key) in &self.module {
            module = module.child(name.clone(), key(step_key)?);
        }
        Some(self.resource.in_module(module).instance(key(&self.key)?).to_string())
    }
}
