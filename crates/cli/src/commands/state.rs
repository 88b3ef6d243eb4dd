//! The group `state`.

pub mod identities;
pub mod list;
pub mod mv;
pub mod pull;
pub mod push;
pub mod replace_provider;
pub mod rm;
pub mod show;

use crate::arguments::{Arguments, Flag};
use crate::backend::LocalFlags;
use crate::data_dir::DEFAULT_WORKSPACE;
use crate::session::Session;
use formwork_backend::{Backup, LocalOptions};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_model::TargetAddress;
use std::time::{SystemTime, UNIX_EPOCH};

/// Of commands that read a state.
const STATE_FLAG: &[Flag] = &[Flag::value("state", "FILE", "Use this state file. For the local backend only.")];

/// Of commands that edit a state by hand.
const EDIT_FLAGS: &[Flag] = &[
    Flag::value("state", "FILE", "Use this state file. For the local backend only."),
    Flag::value("backup", "FILE", "Where the state from before goes; by default a file named after the time."),
    Flag::switch("ignore-remote-version", ""),
];

fn parse_target(text: &str) -> Result<TargetAddress, Diagnostics> {
    TargetAddress::parse(text)
        .map_err(|error| Diagnostic::error("Invalid address", format!("{text:?} is no address: {error}.")).into())
}

/// Edits by hand always keep a backup of their own, named after the time; it lies where the state of the workspace is if
/// nothing is configured. Source: fact sheet `state-v4.md` 7, and Terraform 1.11.4 for `-backup=-` and workspaces.
fn edit_flags(session: &Session, arguments: &Arguments) -> LocalFlags {
    let flags = LocalFlags::of(arguments);
    let backup = match (&flags.backup, &flags.state) {
        (Backup::Beside | Backup::None, state) => {
            let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
            let workspace = session.data_dir().workspace(&session.environment);
            let usual = || match &*workspace {
                DEFAULT_WORKSPACE => LocalOptions::default().path,
                name => LocalOptions::default().workspace_dir.join(name).join("terraform.tfstate"),
            };
            let state = state.clone().unwrap_or_else(usual);
            let file = state.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let at = |seconds: u64| state.with_file_name(format!("{file}.{seconds}.backup"));
            // Two edits within a second keep two backups.
            let free = (seconds..).map(at).find(|path| !path.exists());
            Backup::At(free.unwrap_or_else(|| at(seconds)))
        }
        (given, _) => given.clone(),
    };
    LocalFlags { backup, ..flags }
}

fn no_state() -> Diagnostics {
    let detail = "This workspace has no state yet. A state is written by the first \"formwork apply\".";
    Diagnostic::error("No state", detail).into()
}
