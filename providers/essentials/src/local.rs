//! `hashicorp/local`: files and programs of this machine.

mod command;
mod content;
mod directory;
mod file;
mod file_data;

use formwork_kit::{Function, Provider};

pub(crate) fn provider() -> Provider<()> {
    Provider::new("local", ())
        .resource(file::File)
        .resource(file::SensitiveFile)
        .data_source(file_data::File)
        .data_source(file_data::SensitiveFile)
        .data_source(command::Command)
        .ephemeral(command::Command)
        .function(
            Function::new("direxists", &["path"], directory::exists).summary("Tells whether there is a directory."),
        )
}
