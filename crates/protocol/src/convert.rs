//! Between the messages of the wire and the types of `model`.

mod diagnostic;
mod path;
mod schema_read;
mod schema_write;
mod value;

pub(crate) use diagnostic::{diagnostics_from, diagnostics_to};
pub(crate) use path::{path_from, path_to};
pub(crate) use schema_read::{block_schema, function, identity};
pub(crate) use schema_write::{function_to, identity_to, lowered_schema, schema_to};
pub(crate) use value::{decode_value, encode_value};

use crate::wire::tfplugin6 as wire;
use formwork_model::{ClientCapabilities, Deferred};

pub(crate) fn capabilities_to(capabilities: ClientCapabilities) -> Option<wire::ClientCapabilities> {
    Some(wire::ClientCapabilities {
        deferral_allowed: capabilities.deferral_allowed,
        write_only_attributes_allowed: capabilities.write_only_attributes_allowed,
        ..wire::ClientCapabilities::default()
    })
}

pub(crate) fn capabilities_from(capabilities: Option<wire::ClientCapabilities>) -> ClientCapabilities {
    let capabilities = capabilities.unwrap_or_default();
    ClientCapabilities {
        deferral_allowed: capabilities.deferral_allowed,
        write_only_attributes_allowed: capabilities.write_only_attributes_allowed,
    }
}

pub(crate) fn deferred_from(deferred: Option<wire::Deferred>) -> Option<Deferred> {
    use wire::deferred::Reason;
    deferred.map(|deferred| match deferred.reason() {
        Reason::Unknown => Deferred::Unknown,
        Reason::ResourceConfigUnknown => Deferred::ResourceConfigUnknown,
        Reason::ProviderConfigUnknown => Deferred::ProviderConfigUnknown,
        Reason::AbsentPrereq => Deferred::AbsentPrerequisite,
    })
}

pub(crate) fn deferred_to(deferred: Option<Deferred>) -> Option<wire::Deferred> {
    use wire::deferred::Reason;
    let reason = match deferred? {
        Deferred::Unknown => Reason::Unknown,
        Deferred::ResourceConfigUnknown => Reason::ResourceConfigUnknown,
        Deferred::ProviderConfigUnknown => Reason::ProviderConfigUnknown,
        Deferred::AbsentPrerequisite => Reason::AbsentPrereq,
    };
    Some(wire::Deferred { reason: reason.into() })
}
