//! Actions: what is invoked, and why.

use crate::{AddressError, InstanceKey, ModuleInstance, ProviderConfigAddress, ResourceInstance, TargetAddress};
use formwork_value::{Str, Value};
use std::fmt;

/// An action of a module, before count and for_each.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ActionName {
    pub kind: Str,
    pub name: Str,
}

/// One instance of an action.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ActionInstance {
    pub module: ModuleInstance,
    pub action: ActionName,
    /// In what `-invoke` names, no key stands for all instances.
    pub key: InstanceKey,
}

/// When an action is triggered by the change of an object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ActionEvent {
    BeforeCreate,
    AfterCreate,
    BeforeUpdate,
    AfterUpdate,
}

/// Why an action is invoked.
#[derive(Clone, PartialEq, Debug)]
pub enum InvocationCause {
    /// The change of an object.
    Trigger {
        resource: ResourceInstance,
        event: ActionEvent,
        /// Which `action_trigger` block of the resource.
        block: usize,
        /// Which action of the block.
        index: usize,
    },
    /// `-invoke`.
    Request,
}

/// A planned invocation.
#[derive(Clone, PartialEq, Debug)]
pub struct Invocation {
    pub action: ActionInstance,
    pub provider: ProviderConfigAddress,
    pub cause: InvocationCause,
    /// With marks. Ephemeral parts are null; what is unknown is known when the action is invoked.
    pub config: Value,
}

impl ActionEvent {
    /// Every event.
    pub const ALL: [ActionEvent; 4] =
        [ActionEvent::BeforeCreate, ActionEvent::AfterCreate, ActionEvent::BeforeUpdate, ActionEvent::AfterUpdate];

    /// The word in configurations: `before_create`.
    pub fn keyword(self) -> &'static str {
        match self {
            ActionEvent::BeforeCreate => "before_create",
            ActionEvent::AfterCreate => "after_create",
            ActionEvent::BeforeUpdate => "before_update",
            ActionEvent::AfterUpdate => "after_update",
        }
    }

    /// The name in JSON: `BeforeCreate`.
    pub fn name(self) -> &'static str {
        match self {
            ActionEvent::BeforeCreate => "BeforeCreate",
            ActionEvent::AfterCreate => "AfterCreate",
            ActionEvent::BeforeUpdate => "BeforeUpdate",
            ActionEvent::AfterUpdate => "AfterUpdate",
        }
    }

    /// True if the action comes before the change.
    pub fn is_before(self) -> bool {
        matches!(self, ActionEvent::BeforeCreate | ActionEvent::BeforeUpdate)
    }
}

impl Invocation {
    /// The object whose change is the cause.
    pub fn resource(&self) -> Option<&ResourceInstance> {
        match &self.cause {
            InvocationCause::Trigger { resource, .. } => Some(resource),
            InvocationCause::Request => None,
        }
    }

    /// True if it comes before the change that is the cause.
    pub fn is_before(&self) -> bool {
        matches!(&self.cause, InvocationCause::Trigger { event, .. } if event.is_before())
    }
}

impl ActionName {
    /// The local name of the provider that is meant if none is named: the first word of the type.
    pub fn implied_provider(&self) -> &str {
        self.kind.split('_').next().unwrap_or(&self.kind)
    }
}

impl ActionInstance {
    /// Reads `action.TYPE.NAME`, with modules in front and a key behind.
    pub fn parse(text: &str) -> Result<ActionInstance, AddressError> {
        let invalid = || AddressError("an action is named as action.TYPE.NAME".into());
        let at = start_of_action(text).ok_or_else(invalid)?;
        let (module, action) = text.split_at_checked(at).ok_or_else(invalid)?;
        let module = match module.strip_suffix('.') {
            None => ModuleInstance::root(),
            Some(module) => match TargetAddress::parse(module)? {
                TargetAddress::Module(module) => module,
                _ => return Err(invalid()),
            },
        };
        let rest = action.strip_prefix("action.").ok_or_else(invalid)?;
        let named = ResourceInstance::parse(rest)?;
        if !named.module.is_root() || named.resource.mode != crate::ResourceMode::Managed {
            return Err(invalid());
        }
        let action = ActionName { kind: named.resource.kind, name: named.resource.name };
        Ok(ActionInstance { module, action, key: named.key })
    }
}

/// Where `action.` stands outside of keys, and is not the name of a module.
fn start_of_action(text: &str) -> Option<usize> {
    let (mut is_key, mut is_escaped) = (false, false);
    for (at, character) in text.char_indices() {
        match character {
            '"' if !is_escaped => is_key = !is_key,
            'a' if !is_key
                && text.get(at..).is_some_and(|rest| rest.starts_with("action."))
                && (at == 0
                    || text.get(..at).is_some_and(|before| before.ends_with('.') && !before.ends_with("module."))) =>
            {
                return Some(at);
            }
            _ => {}
        }
        is_escaped = character == '\\' && !is_escaped;
    }
    None
}

impl fmt::Display for ActionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "action.{}.{}", self.kind, self.name)
    }
}

impl fmt::Display for ActionInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.module.is_root() {
            write!(f, "{}.", self.module)?;
        }
        write!(f, "{}{}", self.action, self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_read_back() {
        for text in [
            "action.a_b.c",
            "action.a_b.c[0]",
            "module.m.action.a_b.c",
            "module.m[\"x.action.y\"].module.n[1].action.a_b.c[\"k \\\" action.\"]",
            "module.action.action.a_b.c",
        ] {
            assert_eq!(ActionInstance::parse(text).unwrap().to_string(), text);
        }
        for text in
            ["", "a.b", "action.a", "action.data.a.b", "module.m", "action.a.b.c", "action.module.a.b.c", "action."]
        {
            assert!(ActionInstance::parse(text).is_err(), "{text}");
        }
    }
}
