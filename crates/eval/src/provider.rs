//! Provider configurations: their values, and which instance of one is meant.

use crate::module_instance::RememberedExpansion;
use crate::{Evaluator, Expansion, ModuleId, Phase, Repetition, decode_block};
use formwork_config::{ProviderBlock, ProviderRef, ProviderScope};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_hcl::{BoundScope, Expr, Scope};
use formwork_model::{Block, InstanceKey, ModulePath, ProviderConfigAddress};
use formwork_value::{Type, Value, convert};
use std::rc::Rc;

/// Evaluates a provider block by the provider's schema. `scope` is that of the module around it, which does not count
/// for blocks of test files.
pub fn decode_provider(block: &ProviderBlock, schema: &Block, scope: &dyn Scope) -> (Value, Diagnostics) {
    match &block.scope {
        ProviderScope::Module => decode_block(&block.body, schema, scope),
        ProviderScope::Bound(bindings) => decode_block(&block.body, schema, &BoundScope::new(scope, bindings)),
        ProviderScope::Mocked => (formwork_object::empty_block(schema), Diagnostics::new()),
    }
}

impl Evaluator {
    /// The instances of a provider configuration. Problems are kept for [`Evaluator::take_problems`]; reads are recorded.
    pub fn provider_expansion(&self, address: &ProviderConfigAddress, block: &ProviderBlock) -> Expansion {
        let address = address.config();
        if let Some(known) = self.providers.borrow().get(&address) {
            self.read_shared(&known.reads);
            return known.expansion.clone();
        }
        let module = self.module_id(&address.module.without_keys()).unwrap_or(ModuleId::ROOT);
        let mut problems = Diagnostics::new();
        let (expansion, reads) = self.record_shared(|| {
            let scope = self.module_scope(module);
            match &block.scope {
                ProviderScope::Bound(bindings) => {
                    let scope = BoundScope::new(&scope, bindings);
                    self.expand_in(&scope, None, block.for_each.as_ref(), None, &mut problems)
                }
                _ => self.expand_in(&scope, None, block.for_each.as_ref(), None, &mut problems),
            }
        });
        self.report(problems);
        if self.is_final_expansion(&expansion) {
            let known = RememberedExpansion { expansion: expansion.clone(), reads, children: Rc::default() };
            self.providers.borrow_mut().insert(address, known);
        }
        expansion
    }

    /// What `each` stands for in the configuration of a provider instance.
    pub fn provider_repetition(&self, address: &ProviderConfigAddress, block: &ProviderBlock) -> Repetition {
        match block.for_each {
            None => Repetition::default(),
            Some(_) => self.provider_expansion(address, block).repetition(&address.key),
        }
    }

    /// The provider configuration that a reference in a module instance means, and which instance of it. `repetition` is
    /// that of the block with the reference.
    pub fn provider_instance(
        &self,
        module: ModuleId,
        reference: &ProviderRef,
        repetition: &Repetition,
    ) -> Result<ProviderConfigAddress, Diagnostics> {
        let path = self.module_address(module).path();
        let (address, passed) = self.config.provider_source(&path, &reference.name);
        match (&reference.key, passed) {
            (Some(key), _) => self.with_key(address, key, module, repetition),
            (None, Some((called, key))) => {
                let called = self.around(module, &called);
                let caller = self.data(called).parent.unwrap_or(ModuleId::ROOT);
                self.with_key(address, key, caller, &self.call_repetition(called))
            }
            (None, None) => Ok(address),
        }
    }

    /// The instance of the module at `path` that a module instance is in.
    fn around(&self, module: ModuleId, path: &ModulePath) -> ModuleId {
        let mut module = module;
        while let Some(parent) = self.data(module).parent {
            if self.data(module).address.0.len() <= path.0.len() {
                break;
            }
            module = parent;
        }
        module
    }

    fn with_key(
        &self,
        address: ProviderConfigAddress,
        key: &Expr,
        module: ModuleId,
        repetition: &Repetition,
    ) -> Result<ProviderConfigAddress, Diagnostics> {
        let invalid =
            |detail: &str| Err(Diagnostic::error("Invalid provider instance key", detail).at(key.span).into());
        let evaluation = self.evaluate(key, &self.module_scope(module).with_repetition(repetition));
        if evaluation.diagnostics.has_errors() {
            return Err(evaluation.diagnostics);
        }
        let (value, marks) = evaluation.value.unmark();
        if marks.is_sensitive() {
            return invalid("The key is sensitive. It shows in the state, so it cannot be derived from such a value.");
        }
        if marks.is_ephemeral() {
            return invalid("The key is ephemeral. It is stored in the state, so it must be the same in every run.");
        }
        if value.is_null() {
            return invalid("The key is null; it must be that of one of the instances.");
        }
        let value = match convert(&value, &Type::String) {
            Ok(value) => value,
            Err(error) => return invalid(&format!("The key is unsuitable: {error}.")),
        };
        match value.as_str() {
            Some(text) => Ok(address.instance(InstanceKey::String(text.into()))),
            None if self.phase() == Phase::Validate => Ok(address),
            None => invalid(
                "The key depends on values that are known only after apply, so it cannot be told which provider instance \
                 plans the change. Use a key that is known before, such as each.key.",
            ),
        }
    }
}
