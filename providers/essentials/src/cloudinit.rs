//! `hashicorp/cloudinit`: user data of several parts.

mod config;
mod mime;

use formwork_kit::Provider;

pub(crate) fn provider() -> Provider<()> {
    Provider::new("cloudinit", ()).resource(config::Config).data_source(config::Config)
}
