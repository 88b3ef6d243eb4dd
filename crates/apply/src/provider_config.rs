//! Provider configurations, evaluated when first needed.

use crate::stage::Stage;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_eval::{ModuleId, decode_block};
use formwork_model::{ApplyProvider, ProviderConfigAddress};
use formwork_value::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use tokio::sync::OnceCell;

type Slot = Rc<OnceCell<Result<Arc<dyn ApplyProvider>, Diagnostics>>>;

/// One slot per provider configuration.
#[derive(Default)]
pub(crate) struct ProviderSlots(RefCell<BTreeMap<ProviderConfigAddress, Slot>>);

impl Stage<'_> {
    /// The provider of a configuration, configured with the values known by now. A failure is the failure of every
    /// operation that needs it, but reported once.
    pub async fn provider(&self, address: &ProviderConfigAddress) -> Option<Arc<dyn ApplyProvider>> {
        let slot = self.providers.0.borrow_mut().entry(address.clone()).or_default().clone();
        let result = slot.get_or_init(|| self.configure(address)).await;
        match result {
            Ok(provider) => Some(provider.clone()),
            Err(problems) => {
                if self.first_failure(address) {
                    self.report(problems.clone());
                }
                None
            }
        }
    }

    fn first_failure(&self, address: &ProviderConfigAddress) -> bool {
        self.failed_providers.borrow_mut().insert(address.clone())
    }

    async fn configure(&self, address: &ProviderConfigAddress) -> Result<Arc<dyn ApplyProvider>, Diagnostics> {
        let schema = self.inputs.providers.schema(&address.provider).await?;
        let (config, problems) = self.provider_value(address, &schema.provider.block);
        if problems.has_errors() {
            return Err(problems);
        }
        self.inputs.providers.configured_for_apply(address, &config.unmark_deep().0).await
    }

    fn provider_value(&self, address: &ProviderConfigAddress, schema: &formwork_model::Block) -> (Value, Diagnostics) {
        let module = self.inputs.config.modules.get(&address.module);
        let block = module.and_then(|m| {
            m.providers.values().find(|b| b.provider == address.provider && b.name.alias == address.alias)
        });
        let Some(block) = block else {
            return (formwork_object::empty_block(schema), Diagnostics::new());
        };
        let module = self.evaluator.module_id(&address.module.without_keys()).unwrap_or(ModuleId::ROOT);
        let (value, problems) = decode_block(&block.body, schema, &self.evaluator.module_scope(module));
        let place = |mut problem: Diagnostic| {
            problem.span = problem.span.or(Some(block.header_span));
            problem
        };
        (value, problems.into_iter().map(place).collect())
    }
}
