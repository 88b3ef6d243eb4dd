//! `hashicorp/external`: data from a program that reads and writes JSON.

mod data_source;

use formwork_kit::Provider;

pub(crate) fn provider() -> Provider<()> {
    Provider::new("external", ()).data_source(data_source::External)
}
