//! `hashicorp/null`: objects that are nothing.

mod data_source;
mod resource;

use formwork_kit::Provider;

pub(crate) fn provider() -> Provider<()> {
    Provider::new("null", ()).resource(resource::NullResource).data_source(data_source::NullDataSource)
}
