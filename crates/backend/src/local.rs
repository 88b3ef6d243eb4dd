//! State in local files.
//!
//! *Lock.* The state file itself is locked as an open file, which a Terraform respects; it is created empty for that if
//! need be, and removed at the end if it is still empty. Our own processes also exclude each other by a side file, which
//! holds when somebody replaces the state file. `.NAME.lock.info` tells others who holds the lock.
//!
//! *Write.* The file is never replaced, because others may hold it open to lock it, and never emptied. The new content
//! goes to `NAME.next` first, with checksums of the old and the new content, and is synced. Then the state file is
//! overwritten in place: its first byte by one that begins no JSON (synced), the rest (synced), the first byte by the
//! right one (synced). Then `NAME.next` is removed. Each crash leaves one of these:
//!
//! | state file | `NAME.next` | meaning |
//! |---|---|---|
//! | old | absent or torn | not begun |
//! | old, or beginning with the invalid byte | whole | begun: finished at the next read |
//! | new | whole | finished |
//! | something else | whole | another program wrote since: refused, nothing is touched |
//!
//! So Formwork always sees the old or the new state; others see one of these or refuse the file, and never an empty one.
//!
//! *Links.* A state path that is a link is followed, so that all names of a file share one lock and one `NAME.next`. Links
//! at the side files are refused.

mod ahead;
mod backup;
mod file;
mod hold;
mod options;
mod store;
mod swap;
mod workspace;

pub use ahead::StateAhead;
pub use options::{Backup, LocalOptions};
pub use store::LocalStore;
pub(crate) use workspace::check_name;
pub use workspace::{LocalWorkspaces, is_workspace_name};
