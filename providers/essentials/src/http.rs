//! `hashicorp/http`: answers of web servers.

mod data_source;

use formwork_kit::Provider;

pub(crate) fn provider() -> Provider<()> {
    Provider::new("http", ()).data_source(data_source::HttpSource)
}
