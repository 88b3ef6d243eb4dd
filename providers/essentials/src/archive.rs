//! `hashicorp/archive`: archives of files.

mod entries;
mod file;
mod pack;

use formwork_kit::Provider;

pub(crate) fn provider() -> Provider<()> {
    Provider::new("archive", ()).resource(file::File).data_source(file::File)
}
