//! Module calls: their instances, and the outputs that references see.

use crate::evaluator::cycle;
use crate::module_instance::{ModuleData, RememberedExpansion};
use crate::{Evaluator, Expansion, ModuleId, Phase, ReadSet, Repetition};
use formwork_config::{ModuleCall, OutputBlock};
use formwork_diag::{Diagnostic, Diagnostics, nearest};
use formwork_model::InstanceKey;
use formwork_value::{Marks, Str, Type, Value};
use std::collections::BTreeMap;
use std::rc::Rc;

/// How a call repeats, its instances by key, and what finding that out has read.
pub type CallInstances = (Expansion, Rc<BTreeMap<InstanceKey, ModuleId>>, Rc<ReadSet>);

impl Evaluator {
    /// The instances of a module call, by key; with them how the call repeats and what finding out has read.
    pub fn call_instances(&self, module: ModuleId, call: &Str) -> Result<CallInstances, Diagnostics> {
        let data = self.data(module);
        match data.calls.borrow().get(call) {
            Some(Some(known)) => return Ok((known.expansion.clone(), known.children.clone(), known.reads.clone())),
            Some(None) => return Err(cycle(call)),
            None => {}
        }
        let Some(block) = data.module.calls.get(call) else {
            return Err(Diagnostic::error(
                "Reference to undeclared module",
                format!("No module call named {call:?} is declared here."),
            )
            .into());
        };
        data.calls.borrow_mut().insert(call.clone(), None);
        let mut diagnostics = Diagnostics::new();
        let (expansion, reads) = self.record_shared(|| {
            let enabled = block.enabled.as_ref();
            self.expand(module, block.count.as_ref(), block.for_each.as_ref(), enabled, &mut diagnostics)
        });
        self.report(diagnostics);
        let children = Rc::new(self.children(module, &data, block, &expansion));
        let known = RememberedExpansion { expansion, reads, children };
        if self.is_final_expansion(&known.expansion) {
            data.calls.borrow_mut().insert(call.clone(), Some(known.clone()));
        } else {
            data.calls.borrow_mut().remove(call);
        }
        Ok((known.expansion, known.children, known.reads))
    }

    /// What `count` and `each` stand for in the arguments of the call that made a module instance.
    pub(crate) fn call_repetition(&self, module: ModuleId) -> Repetition {
        let data = self.data(module);
        match (data.parent, &data.call, data.address.0.last()) {
            (Some(parent), Some(call), Some(step)) if self.phase() == Phase::Apply => self
                .call_instances(parent, call)
                .map_or_else(|_| data.repetition.clone(), |(expansion, _, _)| expansion.repetition(&step.key)),
            _ => data.repetition.clone(),
        }
    }

    fn children(
        &self,
        module: ModuleId,
        data: &ModuleData,
        call: &ModuleCall,
        expansion: &Expansion,
    ) -> BTreeMap<InstanceKey, ModuleId> {
        let Some(child) = self.config.modules.get(&data.module.path.child(call.name.clone())) else {
            return BTreeMap::new();
        };
        let add = |key: InstanceKey, repetition: Repetition| {
            let address = data.address.child(call.name.clone(), key.clone());
            let child = ModuleData::new(address, child.clone(), Some(module), Some(call.name.clone()), repetition);
            (key, self.add_module(child))
        };
        match expansion {
            // Validation looks into the module once, whatever the number of its instances.
            Expansion::Unknown { .. } if self.phase() == Phase::Validate => {
                [add(InstanceKey::None, Repetition::unknown(call.count.is_some(), call.for_each.is_some()))].into()
            }
            expansion => expansion
                .keys()
                .into_iter()
                .map(|k| (k.clone(), expansion.repetition(&k)))
                .map(|(k, r)| add(k, r))
                .collect(),
        }
    }

    /// The value of `module.name`: an object of outputs, or a tuple or object of them.
    pub(crate) fn module_value(
        &self,
        module: ModuleId,
        call: &Str,
        key: Option<&InstanceKey>,
        output: Option<&Str>,
    ) -> Result<Value, Diagnostics> {
        let (expansion, children, reads) = self.call_instances(module, call)?;
        self.read_shared(&reads);
        if self.phase() == Phase::Validate
            && let Some(found) = self.unexpanded(module, call, key, output)
        {
            return found;
        }
        let single = match (&expansion, key) {
            (Expansion::Single, None) => children.get(&InstanceKey::None),
            (Expansion::Disabled, None) if output.is_none() => return Ok(Value::null(Type::Dynamic)),
            (Expansion::Disabled, None) => {
                return Err(Diagnostic::error(
                    "Attempt to get attribute from null value",
                    format!("module.{call} is not enabled, so it is null and has no outputs. Use try, or compare it with null first."),
                )
                .into());
            }
            (Expansion::Unknown { .. }, _) => {
                // Outputs are evaluated for their problems only.
                return Ok(Value::dynamic());
            }
            (Expansion::Single, Some(InstanceKey::String(name))) => {
                // The module is an object, whose attributes can be had in this way, too.
                let child = children.get(&InstanceKey::None);
                let value = child.map_or_else(|| Ok(Value::dynamic()), |child| self.output(*child, name))?;
                return match output {
                    None => Ok(value),
                    Some(output) => formwork_hcl::attribute_of(&value, output)
                        .map_err(|error| Diagnostic::error(error.summary, error.detail).into()),
                };
            }
            (_, Some(key)) => match children.get(key) {
                Some(child) => Some(child),
                None => {
                    return Err(Diagnostic::error(
                        "Invalid index",
                        format!("The given key does not identify an element in this collection value: module.{call} has no instance {key}."),
                    )
                    .into());
                }
            },
            _ => None,
        };
        match (single, output) {
            (Some(child), Some(output)) if self.phase() == Phase::Validate => {
                // Outputs may differ from run to run: validation does not look at their values.
                self.output(*child, output).map(|_| Value::dynamic())
            }
            (Some(child), Some(output)) => self.output(*child, output),
            (Some(child), None) => self.outputs_object(*child),
            (None, Some(output)) => match &expansion {
                Expansion::ForEach { .. } => self.instance_by_name(call, output, &children),
                _ => Err(several(call, output)),
            },
            (None, None) => self.all_instances(&expansion, &children),
        }
    }

    /// What validation, which does not count instances, says of a key or of its absence; none if nothing special.
    fn unexpanded(
        &self,
        module: ModuleId,
        call: &Str,
        key: Option<&InstanceKey>,
        output: Option<&Str>,
    ) -> Option<Result<Value, Diagnostics>> {
        let data = self.data(module);
        let block = data.module.calls.get(call)?;
        match (key, output) {
            (None, Some(output)) if block.count.is_some() => Some(Err(several(call, output))),
            (None, Some(_)) if block.for_each.is_some() => Some(Ok(Value::dynamic())),
            (None, None) => {
                let names = self.config.module(&data.module.path.child(block.name.clone()))?.outputs.keys();
                let instance = || Type::object(names.clone().map(|name| (name.clone(), Type::Dynamic)));
                Some(Ok(if block.count.is_some() {
                    Value::unknown(Type::list(instance()))
                } else if block.for_each.is_some() {
                    Value::unknown(Type::map(instance()))
                } else {
                    Value::object_map(names.map(|name| (name.clone(), Value::dynamic())).collect())
                }))
            }
            (Some(InstanceKey::String(key)), _) if block.count.is_some() && key.parse::<u64>().is_err() => {
                let detail = format!("module.{call} uses count, so its instances have numbers; {key:?} is none.");
                Some(Err(Diagnostic::error("Invalid index", detail).into()))
            }
            (Some(InstanceKey::Int(_) | InstanceKey::String(_)), _)
                if block.count.is_none() && block.for_each.is_none() =>
            {
                Some(Ok(Value::dynamic()))
            }
            (Some(_), output) => {
                let names = &self.config.module(&data.module.path.child(block.name.clone()))?.outputs;
                match output {
                    None => {
                        Some(Ok(Value::unknown(Type::object(names.keys().map(|name| (name.clone(), Type::Dynamic))))))
                    }
                    Some(output) if names.contains_key(output) => Some(Ok(Value::dynamic())),
                    Some(output) => {
                        let detail = format!("module.{call} has no output named {output:?}.");
                        Some(Err(Diagnostic::error("Unsupported attribute", detail).into()))
                    }
                }
            }
            _ => None,
        }
    }

    /// `module.m.k` of a module with `for_each`: the instances are an object, so their keys can follow a dot.
    fn instance_by_name(
        &self,
        call: &str,
        name: &Str,
        children: &BTreeMap<InstanceKey, ModuleId>,
    ) -> Result<Value, Diagnostics> {
        match children.get(&InstanceKey::String(name.clone())) {
            Some(child) => self.outputs_object(*child),
            None => Err(several(call, name)),
        }
    }

    fn all_instances(
        &self,
        expansion: &Expansion,
        children: &BTreeMap<InstanceKey, ModuleId>,
    ) -> Result<Value, Diagnostics> {
        let mut values = Vec::with_capacity(children.len());
        for (key, child) in children {
            values.push((key, self.outputs_object(*child)?));
        }
        Ok(match expansion {
            Expansion::ForEach { .. } => Value::object(values.into_iter().filter_map(|(key, value)| match key {
                InstanceKey::String(name) => Some((name.clone(), value)),
                _ => None,
            })),
            _ => Value::tuple(values.into_iter().map(|(_, value)| value)),
        })
    }

    fn outputs_object(&self, module: ModuleId) -> Result<Value, Diagnostics> {
        let names: Vec<Str> = self.data(module).module.outputs.keys().cloned().collect();
        let mut out = BTreeMap::new();
        for name in names {
            let value = self.output(module, &name)?;
            out.insert(name, value);
        }
        Ok(Value::object_map(out))
    }

    /// The value of an output if it has been evaluated.
    pub fn evaluated_output(&self, module: ModuleId, name: &Str) -> Option<Value> {
        let data = self.data(module);
        let outputs = data.outputs.borrow();
        outputs.get(name)?.as_ref().map(|remembered| remembered.value.clone())
    }

    /// The value of an output of a module instance, marked sensitive or ephemeral if it is declared so.
    pub fn output(&self, module: ModuleId, name: &Str) -> Result<Value, Diagnostics> {
        let data = self.data(module);
        let Some(block) = data.module.outputs.get(name) else {
            return Err(no_output(&data, name));
        };
        if let Some(outputs) = self.config.override_of(&data.address) {
            let marks = if block.sensitive { Marks::SENSITIVE } else { Marks::NONE };
            let value = formwork_hcl::attribute_of(outputs, name).unwrap_or_else(|_| Value::null(Type::Dynamic));
            return Ok(value.with_marks(marks));
        }
        self.remember(&data.outputs, name, || {
            if block.ephemeral && data.parent.is_none() {
                // Whatever its value is.
                return (Value::dynamic(), ephemeral_root_output(block).into());
            }
            let scope = self.module_scope(module);
            let mut diagnostics = Diagnostics::new();
            let failed = !self.check_preconditions(&block.preconditions, &scope, &mut diagnostics);
            let evaluated = formwork_hcl::evaluate(&block.value, &scope);
            let broken = evaluated.diagnostics.has_errors();
            diagnostics.extend(evaluated.diagnostics);
            let mut marks = Marks::NONE;
            if block.sensitive {
                marks |= Marks::SENSITIVE;
            }
            if block.ephemeral {
                marks |= Marks::EPHEMERAL;
            }
            let problems = mark_problems(block, &evaluated.value, data.parent.is_none());
            // What must not be an output is none: it would be stored.
            let refused = !broken && problems.has_errors();
            if !broken {
                diagnostics.extend(problems);
            }
            let value = if failed || broken || refused { Value::unknown(Type::Dynamic) } else { evaluated.value };
            self.depends_on(module, &block.depends_on);
            (value.with_marks(marks), diagnostics)
        })
    }
}

/// What the marks of an output's value demand of its block.
fn mark_problems(block: &OutputBlock, value: &Value, root: bool) -> Diagnostics {
    let mut problems = Diagnostics::new();
    let marks = value.marks_deep();
    if root && marks.is_sensitive() && !block.sensitive {
        problems.push(
            Diagnostic::error(
                "Output refers to sensitive values",
                "To reduce the risk of accidentally exporting sensitive data that was intended to be only internal, any root module output containing sensitive data must be explicitly marked as sensitive. If you do intend to export this data, add sensitive = true to the output block.",
            )
            .at(block.header_span),
        );
    }
    if marks.is_ephemeral() && !block.ephemeral {
        problems.push(
            Diagnostic::error(
                "Ephemeral value not allowed",
                "This output value is not declared as returning an ephemeral value, so it cannot be set to a result derived from an ephemeral value.",
            )
            .at(block.value.span),
        );
    } else if block.ephemeral && !marks.is_ephemeral() {
        problems.push(
            Diagnostic::error(
                "Value not allowed in ephemeral output",
                "This output value is declared as returning an ephemeral value, so it can only be set to an ephemeral value.",
            )
            .at(block.value.span),
        );
    }
    problems
}

fn ephemeral_root_output(block: &OutputBlock) -> Diagnostic {
    let detail = "Ephemeral outputs are not allowed in the root module, because its outputs are stored in the state.";
    Diagnostic::error("Ephemeral output not allowed", detail).at(block.header_span)
}

fn no_output(module: &ModuleData, name: &str) -> Diagnostics {
    let hint = nearest(name, module.module.outputs.keys().map(|known| &**known));
    let hint = hint.map(|known| format!(" Did you mean {known:?}?")).unwrap_or_default();
    let call = module.call.as_deref().unwrap_or_default();
    Diagnostic::error("Unsupported attribute", format!("The module {call:?} has no output {name:?}.{hint}")).into()
}

/// An output of a module with several instances, without saying of which.
fn several(call: &str, output: &str) -> Diagnostics {
    let detail = format!(
        "module.{call} has several instances: write the key of one in brackets before \".{output}\", or use a splat or \
         for expression."
    );
    Diagnostic::error("Unsupported attribute", detail).into()
}
