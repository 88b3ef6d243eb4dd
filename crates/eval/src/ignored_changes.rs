//! `ignore_changes`.

use formwork_config::{IgnoreChanges, Lifecycle};
use formwork_object::Ignore;

/// Which changes of its configuration an object does not follow.
pub fn ignored_changes(lifecycle: &Lifecycle) -> Ignore {
    match &lifecycle.ignore_changes {
        IgnoreChanges::None => Ignore::Nothing,
        IgnoreChanges::All => Ignore::Everything,
        IgnoreChanges::Paths(paths) => Ignore::Paths(paths.iter().map(|p| p.path.clone()).collect()),
    }
}
