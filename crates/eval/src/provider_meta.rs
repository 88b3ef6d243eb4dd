//! What modules tell providers of themselves.

use crate::{Evaluator, ModuleId, decode_block};
use formwork_model::ProviderAddress;
use formwork_value::Value;

impl Evaluator {
    /// The `provider_meta` of a module for a provider: null if the module has none (or is gone), `None` if the provider does
    /// not want any.
    pub fn provider_meta(&self, module: Option<ModuleId>, provider: &ProviderAddress) -> Option<Value> {
        let schema = self.schema(provider)?.provider_meta.clone()?;
        let config = module.map(|id| (id, self.module_config(id)));
        let block = config.and_then(|(id, config)| {
            let block = config.provider_metas.values().find(|m| m.provider == *provider)?;
            let (value, problems) = decode_block(&block.body, &schema.block, &self.module_scope(id));
            self.report(problems);
            Some(value.unmark_deep().0)
        });
        Some(block.unwrap_or_else(|| Value::null(schema.block.implied_type())))
    }
}
