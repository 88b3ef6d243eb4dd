//! Addresses.

use super::basic::Item;
use super::{Code, Damaged, Reader, Writer, choice, record};
use formwork_model::{
    AbsResource, ActionInstance, ActionName, ConfigResource, DeposedKey, InstanceKey, ModuleInstance, ModulePath,
    ModuleStep, ProviderAddress, ProviderConfigAddress, Resource, ResourceInstance, ResourceMode, TargetAddress,
};
use formwork_value::Str;

choice! {
    ResourceMode { Data = 0, Ephemeral = 1, Managed = 2 }
}

record! {
    ModuleStep { name, key }
    Resource { mode, kind, name }
    ConfigResource { module, resource }
    AbsResource { module, resource }
    ResourceInstance { module, resource, key }
    ProviderAddress { host, namespace, name }
    ProviderConfigAddress { module, provider, alias, key }
    ActionName { kind, name }
    ActionInstance { module, action, key }
}

impl Item for ModuleStep {}
impl Item for ConfigResource {}
impl Item for ResourceInstance {}
impl Item for TargetAddress {}
impl Item for ActionInstance {}

impl Code for ModulePath {
    fn write(&self, out: &mut Writer) {
        self.0.write(out);
    }

    fn read(input: &mut Reader<'_>) -> Result<ModulePath, Damaged> {
        Code::read(input).map(ModulePath)
    }
}

impl Code for ModuleInstance {
    fn write(&self, out: &mut Writer) {
        self.0.write(out);
    }

    fn read(input: &mut Reader<'_>) -> Result<ModuleInstance, Damaged> {
        Code::read(input).map(ModuleInstance)
    }
}

impl Code for DeposedKey {
    fn write(&self, out: &mut Writer) {
        self.0.write(out);
    }

    fn read(input: &mut Reader<'_>) -> Result<DeposedKey, Damaged> {
        Code::read(input).map(DeposedKey)
    }
}

impl Code for InstanceKey {
    fn write(&self, out: &mut Writer) {
        match self {
            InstanceKey::None => out.byte(0),
            InstanceKey::Int(index) => {
                out.byte(1);
                out.number(*index);
            }
            InstanceKey::String(text) => {
                out.byte(2);
                text.write(out);
            }
        }
    }

    fn read(input: &mut Reader<'_>) -> Result<InstanceKey, Damaged> {
        match input.byte()? {
            0 => Ok(InstanceKey::None),
            1 => input.number().map(InstanceKey::Int),
            2 => Str::read(input).map(InstanceKey::String),
            _ => Err(Damaged("unknown instance key")),
        }
    }
}

impl Code for TargetAddress {
    fn write(&self, out: &mut Writer) {
        match self {
            TargetAddress::Module(module) => {
                out.byte(0);
                module.write(out);
            }
            TargetAddress::Resource(resource) => {
                out.byte(1);
                resource.write(out);
            }
            TargetAddress::Instance(instance) => {
                out.byte(2);
                instance.write(out);
            }
        }
    }

    fn read(input: &mut Reader<'_>) -> Result<TargetAddress, Damaged> {
        match input.byte()? {
            0 => Code::read(input).map(TargetAddress::Module),
            1 => Code::read(input).map(TargetAddress::Resource),
            2 => Code::read(input).map(TargetAddress::Instance),
            _ => Err(Damaged("unknown target")),
        }
    }
}
