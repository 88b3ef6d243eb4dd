//! The journal of a run: what may happen, before it happens; what has happened, before anything builds on it.
//!
//! Beside a local state it is `STATE.journal`; for a remote one it lies in the data directory. The file begins with a
//! line that names the format. Frames follow: `length u32 | crc32c u32 | sequence u64 | payload` (little endian, checksum
//! over sequence and payload). A frame holds the entries of one group: all that were waiting when the writer came by. It
//! is synced before the next one is begun. So after a crash at most the last frame is torn, and none of its entries was
//! acknowledged: it is cut off. A bad frame before a good one has another cause; then nothing is touched.
//!
//! Space is taken in advance, so that a full disk shows before the first effect. The file is locked while its run lives.
//!
//! Beside it, `STATE.in-doubt` keeps the effects of earlier runs of which nobody knows whether they happened.
//!
//! Invariant: after the first failure nothing is appended any more, so nothing new begins.

mod entry;
mod frame;
mod in_doubt;
mod recover;
mod remote;
mod writer;

pub(crate) use in_doubt::{decode as decode_in_doubt, encode as encode_in_doubt};
pub use in_doubt::{load_in_doubt, store_in_doubt};
pub use recover::{JournalFileError, Recovered, recover, replay};
pub(crate) use recover::{depose, recover_pieces};
pub use remote::RemoteLog;
#[cfg(feature = "remote")]
pub(crate) use remote::{lost, remove as remove_remote};
pub use writer::{DEFAULT_RESERVE, JournalFile};

use crate::durable::beside;
use std::path::{Path, PathBuf};

/// Where a run keeps its journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalPaths {
    pub journal: PathBuf,
    pub in_doubt: PathBuf,
}

impl JournalPaths {
    /// Beside a file: `FILE.journal` and `FILE.in-doubt`.
    pub fn beside(file: &Path) -> JournalPaths {
        JournalPaths { journal: beside(file, "", ".journal"), in_doubt: beside(file, "", ".in-doubt") }
    }

    /// In the data directory, for a state elsewhere. `place` tells the state from all others: kind of backend, bucket,
    /// key.
    pub fn in_data_directory(directory: &Path, place: &str) -> JournalPaths {
        use sha2::{Digest, Sha256};
        let hash: String = Sha256::digest(place).iter().take(16).map(|b| format!("{b:02x}")).collect();
        JournalPaths::beside(&directory.join("journal").join(hash))
    }
}
