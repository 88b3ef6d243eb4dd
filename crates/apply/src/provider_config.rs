//! Provider configurations, evaluated when first needed.

use crate::stage::Stage;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_eval::{Evaluator, ModuleId, decode_provider};
use formwork_model::{ApplyProvider, ProviderConfigAddress};
use formwork_value::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use tokio::sync::OnceCell;

type Slot = Rc<OnceCell<Result<Arc<dyn ApplyProvider>, Diagnostics>>>;

/// One slot per provider configuration, and one more for those that are needed before their configuration is known.
#[derive(Default)]
pub(crate) struct ProviderSlots {
    planned: RefCell<BTreeMap<ProviderConfigAddress, Slot>>,
    prior: RefCell<BTreeMap<ProviderConfigAddress, Slot>>,
}

impl Stage<'_> {
    /// The provider of a configuration, configured with the values known by now. A failure is the failure of every
    /// operation that needs it, but reported once.
    pub async fn provider(&self, address: &ProviderConfigAddress) -> Option<Arc<dyn ApplyProvider>> {
        let slot = self.providers.planned.borrow_mut().entry(address.clone()).or_default().clone();
        let result = slot.get_or_init(|| self.configure(address, &self.evaluator)).await;
        self.usable(address, result)
    }

    /// As [`Stage::provider`], to destroy an object. What the provider serves may have to go before the objects change from
    /// which it is configured; then it is configured as it was before.
    pub async fn provider_for_delete(&self, address: &ProviderConfigAddress) -> Option<Arc<dyn ApplyProvider>> {
        let known = self.providers.prior.borrow().get(address).cloned();
        if known.is_none() && self.is_ready(address).await {
            return self.provider(address).await;
        }
        let slot = self.providers.prior.borrow_mut().entry(address.clone()).or_default().clone();
        let result = slot.get_or_init(async || self.configure(address, &self.prior_evaluator()).await).await;
        self.usable(address, result)
    }

    /// True if the provider is configured, or its configuration is known.
    async fn is_ready(&self, address: &ProviderConfigAddress) -> bool {
        let started = self.providers.planned.borrow().get(address).is_some_and(|slot| slot.initialized());
        let Some(block) = self.inputs.config.provider_block(address).filter(|_| !started) else { return true };
        if block.for_each.is_none() && formwork_hcl::body_references(&block.body).is_empty() {
            return true;
        }
        match self.inputs.providers.schema(&address.provider).await {
            Ok(schema) => self.provider_value(address, &schema.provider.block, &self.evaluator).0.is_wholly_known(),
            Err(_) => true,
        }
    }

    fn usable(
        &self,
        address: &ProviderConfigAddress,
        result: &Result<Arc<dyn ApplyProvider>, Diagnostics>,
    ) -> Option<Arc<dyn ApplyProvider>> {
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

    async fn configure(
        &self,
        address: &ProviderConfigAddress,
        evaluator: &Evaluator,
    ) -> Result<Arc<dyn ApplyProvider>, Diagnostics> {
        let schema = self.inputs.providers.schema(&address.provider).await?;
        let (config, problems) = self.provider_value(address, &schema.provider.block, evaluator);
        if problems.has_errors() {
            return Err(problems);
        }
        self.inputs.providers.configured_for_apply(address, &config.unmark_deep().0).await
    }

    fn provider_value(
        &self,
        address: &ProviderConfigAddress,
        schema: &formwork_model::Block,
        evaluator: &Evaluator,
    ) -> (Value, Diagnostics) {
        let Some(block) = self.inputs.config.provider_block(address) else {
            return (formwork_object::empty_block(schema), Diagnostics::new());
        };
        let module = evaluator.module_id(&address.module.without_keys()).unwrap_or(ModuleId::ROOT);
        let repetition = evaluator.provider_repetition(address, block);
        let (value, problems) =
            decode_provider(block, schema, &evaluator.module_scope(module).with_repetition(&repetition));
        let place = |mut problem: Diagnostic| {
            problem.span = problem.span.or(Some(block.header_span));
            problem
        };
        (value, problems.into_iter().map(place).collect())
    }
}
