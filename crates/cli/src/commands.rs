//! The commands, one file each.

mod apply;
mod bundle;
mod console;
mod drift;
mod fmt;
mod force_unlock;
mod get;
mod graph;
mod import;
mod init;
mod login;
mod metadata;
mod modules;
mod output;
mod plan;
mod providers;
mod query;
mod settle;
mod show;
mod state;
mod taint;
mod test;
mod validate;
mod vendor;
mod version;
mod workspace;

use crate::arguments::{Arguments, Flag};
use crate::exit::Exit;
use crate::session::Session;
use formwork_diag::Diagnostics;

/// A command: how it is called and what it does.
pub struct Command {
    /// One word, or two for the commands of a group.
    pub name: &'static str,
    /// Positional arguments, for help texts.
    pub arguments: &'static str,
    /// One line; empty for commands that the overview leaves out.
    pub summary: &'static str,
    /// Paragraphs.
    pub description: &'static str,
    pub flags: &'static [&'static [Flag]],
    /// Least and greatest number of positional arguments.
    pub positional: (usize, usize),
    pub run: fn(&Session, &Arguments) -> Result<Exit, Diagnostics>,
}

/// Commands whose `-json` means a stream of messages, problems included.
pub fn streams(command: &Command) -> bool {
    matches!(command.name, "apply" | "destroy" | "init" | "plan" | "query" | "refresh" | "test")
}

static COMMANDS: &[&Command] = &[
    &apply::APPLY,
    &apply::DESTROY,
    &apply::REFRESH,
    &bundle::COMMAND,
    &console::COMMAND,
    &drift::COMMAND,
    &fmt::COMMAND,
    &force_unlock::COMMAND,
    &get::COMMAND,
    &graph::COMMAND,
    &import::COMMAND,
    &init::COMMAND,
    &login::LOGIN,
    &login::LOGOUT,
    &metadata::FUNCTIONS,
    &modules::COMMAND,
    &output::COMMAND,
    &plan::COMMAND,
    &providers::COMMAND,
    &providers::lock::COMMAND,
    &providers::mirror::COMMAND,
    &providers::schema::COMMAND,
    &query::COMMAND,
    &settle::COMMAND,
    &show::COMMAND,
    &state::identities::COMMAND,
    &state::list::COMMAND,
    &state::mv::COMMAND,
    &state::pull::COMMAND,
    &state::push::COMMAND,
    &state::replace_provider::COMMAND,
    &state::rm::COMMAND,
    &state::show::COMMAND,
    &taint::TAINT,
    &taint::UNTAINT,
    &test::COMMAND,
    &validate::COMMAND,
    &vendor::COMMAND,
    &version::COMMAND,
    &workspace::delete::COMMAND,
    &workspace::list::COMMAND,
    &workspace::new::COMMAND,
    &workspace::select::COMMAND,
    &workspace::show::COMMAND,
];

/// No limit on positional arguments.
const MANY: usize = usize::MAX;

/// All commands.
pub fn all() -> impl Iterator<Item = &'static Command> {
    COMMANDS.iter().copied()
}

/// Of every command.
const GENERAL: &[Flag] = &[Flag::switch("no-color", "Print without colours.")];
