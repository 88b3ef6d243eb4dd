//! Provider configurations, evaluated when first needed.

use crate::planner::Planner;
use crate::resource::Wanted;
use formwork_config::ProviderScope;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_eval::{Expansion, ModuleId, ReadSet, decode_provider};
use formwork_model::{
    InstanceKey, ModuleInstance, ModulePath, PlanProvider, ProviderAddress, ProviderConfigAddress, ResourceInstance,
    ResourceMode,
};
use formwork_value::{Marks, Value};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;
use tokio::sync::OnceCell;

type Slot = Rc<OnceCell<Option<Arc<dyn PlanProvider>>>>;

/// One slot per provider configuration.
#[derive(Default)]
pub(crate) struct ProviderSlots {
    slots: RefCell<BTreeMap<ProviderConfigAddress, Slot>>,
    /// Modules that tell a provider what it does not want to know; each is reported once.
    unwanted_metas: RefCell<BTreeSet<(ModulePath, ProviderAddress)>>,
}

impl Planner<'_> {
    /// The provider of a configuration, configured; `None` if that failed (reported once, counted each time).
    pub async fn provider(&self, address: &ProviderConfigAddress) -> Option<Arc<dyn PlanProvider>> {
        let slot = self.providers.slots.borrow_mut().entry(address.clone()).or_default().clone();
        let provider = slot.get_or_init(|| self.configure(address)).await.clone();
        if provider.is_none() {
            self.failures.update(|n| n + 1);
        }
        provider
    }

    /// The provider configuration, or instance of one, that serves an instance; `None` if it cannot be told (reported).
    pub fn provider_address(&self, wanted: &Wanted<'_>) -> Option<ProviderConfigAddress> {
        let repetition = wanted.expansion.repetition(&wanted.address.key);
        let found = self.evaluator.provider_instance(wanted.module, &wanted.block.provider, &repetition);
        found.map_err(|problems| self.report(wanted.block.located(problems, &wanted.address))).ok()
    }

    /// Records what the choice of an instance of a provider configuration has read.
    pub fn read_provider_key(&self, address: &ProviderConfigAddress, wanted: &Wanted<'_>) {
        if !address.key.is_none() {
            let repetition = wanted.expansion.repetition(&wanted.address.key);
            drop(self.evaluator.provider_instance(wanted.module, &wanted.block.provider, &repetition));
        }
    }

    /// False if a configuration does not have the instance that is asked for, which is reported with the object for which
    /// it was needed.
    pub fn has_provider_instance(&self, address: &ProviderConfigAddress, object: &ResourceInstance) -> bool {
        let Some(block) = self.inputs.config.provider_block(address) else { return true };
        let expansion = match &block.for_each {
            // A mocked provider answers for all instances.
            None if address.key.is_none() || matches!(block.scope, ProviderScope::Mocked) => return true,
            None => Expansion::Single,
            Some(_) => self.evaluator.provider_expansion(address, block),
        };
        self.report(self.evaluator.take_problems());
        if matches!(expansion, Expansion::Unknown { .. }) || expansion.contains(&address.key) {
            return !matches!(expansion, Expansion::Unknown { .. });
        }
        self.report_one(missing_instance(address, object, &expansion).at(block.header_span).address(object));
        false
    }

    /// What answers for an object: its provider, as [`Planner::provider`] has it, or what stands in for it.
    pub async fn provider_of(
        &self,
        address: &ProviderConfigAddress,
        object: &ResourceInstance,
    ) -> Option<Arc<dyn PlanProvider>> {
        if !self.has_provider_instance(address, object) {
            return None;
        }
        let provider = self.provider(address).await?;
        Some(provider.stand_in(object).unwrap_or(provider))
    }

    /// What the module of an object tells its provider.
    pub fn provider_meta(&self, module: &ModuleInstance, provider: &ProviderAddress) -> Option<Value> {
        let known = self.evaluator.provider_meta(self.evaluator.module_id(module), provider);
        if known.is_none() {
            self.check_unwanted_meta(module.path(), provider);
        }
        known
    }

    fn check_unwanted_meta(&self, path: ModulePath, provider: &ProviderAddress) {
        let module = self.inputs.config.module(&path);
        let meta = module.and_then(|module| module.provider_metas.values().find(|meta| meta.provider == *provider));
        let Some(meta) = meta else { return };
        if self.providers.unwanted_metas.borrow_mut().insert((path, provider.clone())) {
            let summary = format!("Provider {provider} doesn't support provider_meta");
            let detail = "The provider takes no metadata of modules, so the block has no meaning. Remove it.";
            self.report_one(Diagnostic::error(summary, detail).at(meta.span));
        }
    }

    async fn configure(&self, address: &ProviderConfigAddress) -> Option<Arc<dyn PlanProvider>> {
        let schema = self.work.borrow().schemas.get(&address.provider).cloned()?;
        if !self.has_configuration(address) {
            self.report_one(missing(address));
            return None;
        }
        let (config, reads, mut problems) = self.provider_value(address, &schema.provider.block);
        self.work.borrow_mut().provider_reads.insert(address.clone(), reads);
        if problems.has_errors() {
            self.report(problems);
            return None;
        }
        let (config, _) = config.unmark_deep();
        match self.inputs.providers.configured(address, &config).await {
            Ok(provider) => {
                self.report(problems);
                Some(provider)
            }
            Err(more) => {
                let block = self.provider_block(address).map(|(_, block)| block);
                problems.extend(more.into_iter().map(|mut d| {
                    let at = |path| formwork_hcl::span_at(&block.as_ref()?.body, path);
                    let place = d.attribute.as_ref().and_then(at);
                    d.span = d.span.or(place).or(block.as_ref().map(|block| block.header_span));
                    d
                }));
                self.report(problems);
                None
            }
        }
    }

    /// Objects whose blocks are gone need the configurations with which they were made, before anything is looked at.
    pub fn report_lost_providers(&self) {
        let lost = {
            let work = self.work.borrow();
            let managed =
                work.state.resources.iter().filter(|(address, _)| address.resource.mode == ResourceMode::Managed);
            let orphans =
                managed.filter(|(address, resource)| !resource.instances.is_empty() && self.block(address).is_none());
            let lost =
                orphans.map(|(_, resource)| &resource.provider).filter(|provider| !self.has_configuration(provider));
            lost.cloned().collect::<BTreeSet<_>>()
        };
        for provider in lost {
            self.report_one(missing(&provider));
        }
    }

    fn has_configuration(&self, address: &ProviderConfigAddress) -> bool {
        address.alias.is_none() && address.module.is_root() || self.provider_block(address).is_some()
    }

    fn provider_block(
        &self,
        address: &ProviderConfigAddress,
    ) -> Option<(Arc<formwork_config::Module>, formwork_config::ProviderBlock)> {
        let module = self.inputs.config.modules.get(&address.module)?;
        let mut blocks = module.providers.values();
        let block = blocks.find(|b| b.provider == address.provider && b.name.alias == address.alias)?;
        Some((module.clone(), block.clone()))
    }

    /// The value of a provider configuration; an empty block if none is written.
    fn provider_value(
        &self,
        address: &ProviderConfigAddress,
        schema: &formwork_model::Block,
    ) -> (Value, ReadSet, Diagnostics) {
        let Some((_, block)) = self.provider_block(address) else {
            return (formwork_object::empty_block(schema), ReadSet::default(), required_arguments(address, schema));
        };
        let module = self.evaluator.module_id(&address.module.without_keys()).unwrap_or(ModuleId::ROOT);
        let scope = self.evaluator.module_scope(module);
        let ((value, mut diagnostics), reads) = self.evaluator.record(|| {
            let scope = scope.with_repetition(&self.evaluator.provider_repetition(address, &block));
            decode_provider(&block, schema, &scope)
        });
        for problem in diagnostics.iter_mut() {
            problem.span = problem.span.or(Some(block.header_span));
        }
        let value = if value.marks_deep().contains(Marks::EPHEMERAL) { value.unmark_deep().0 } else { value };
        (value, reads, diagnostics)
    }
}

fn missing(address: &ProviderConfigAddress) -> Diagnostic {
    Diagnostic::error(
        "Provider configuration not present",
        format!(
            "Objects in the state were made with the provider configuration {address}, which is not in the configuration any more. Add the provider block again, so that these objects can be read and destroyed; after that it can be removed."
        ),
    )
}

/// An instance of a configuration that is not among those of its for_each.
fn missing_instance(address: &ProviderConfigAddress, object: &ResourceInstance, expansion: &Expansion) -> Diagnostic {
    let detail = match (expansion, &address.key) {
        (Expansion::Single, _) => format!(
            "{object} belongs to the provider instance {address}, but the configuration has no for_each any more. Add for_each with this key again until the object is destroyed, or let the object's resource use the configuration without a key."
        ),
        (_, InstanceKey::None) => format!(
            "{object} was made with {address} before that had for_each, and the configuration does not say to which instance it belongs now. Remove for_each until the object is destroyed, or declare the object with a provider instance."
        ),
        (_, key) => format!(
            "{object} needs the provider instance {address}, but for_each of the configuration has no element {key}{}. If the element was removed, add it again: an instance must stay until the objects that belong to it are destroyed, so for_each of a provider must have more elements than that of its resources for a while.",
            listed(&expansion.keys())
        ),
    };
    Diagnostic::error("Provider instance not present", detail)
}

/// The first of the keys that there are.
fn listed(keys: &[InstanceKey]) -> String {
    let names: Vec<String> = keys.iter().take(10).map(|key| key.to_string()).collect();
    match names.len() {
        0 => " (it is empty)".into(),
        shown if shown < keys.len() => format!(" (it has {} and {} more)", names.join(" "), keys.len() - shown),
        _ => format!(" (it has {})", names.join(" ")),
    }
}

/// A provider without a block, whose schema demands arguments.
fn required_arguments(address: &ProviderConfigAddress, schema: &formwork_model::Block) -> Diagnostics {
    let missing: Vec<&str> = schema.attributes.iter().filter(|(_, a)| a.required).map(|(n, _)| &**n).collect();
    if missing.is_empty() {
        return Diagnostics::new();
    }
    Diagnostic::error(
        "Invalid provider configuration",
        format!(
            "Provider {:?} requires explicit configuration. Add a provider block to the root module and configure the provider's required arguments: {}.",
            address.provider.to_string(),
            missing.join(", ")
        ),
    )
    .into()
}
