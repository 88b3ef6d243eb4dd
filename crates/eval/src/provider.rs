//! The value of a provider configuration.

use crate::decode_block;
use formwork_config::{ProviderBlock, ProviderScope};
use formwork_diag::Diagnostics;
use formwork_hcl::{BoundScope, Scope};
use formwork_model::Block;
use formwork_value::Value;

/// Evaluates a provider block by the provider's schema. `scope` is that of the module around it, which does not count
/// for blocks of test files.
pub fn decode_provider(block: &ProviderBlock, schema: &Block, scope: &dyn Scope) -> (Value, Diagnostics) {
    match &block.scope {
        ProviderScope::Module => decode_block(&block.body, schema, scope),
        ProviderScope::Bound(bindings) => decode_block(&block.body, schema, &BoundScope::new(scope, bindings)),
        ProviderScope::Mocked => (formwork_object::empty_block(schema), Diagnostics::new()),
    }
}
