//! Reading a state before it is known to be needed.

use crate::{durable, state_file};
use formwork_model::StateSnapshot;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// A state file that is decoded while other work goes on. What is read when the state is opened counts: this only saves
/// decoding the same bytes then.
#[derive(Clone, Debug, Default)]
pub struct StateAhead {
    decoding: Arc<Mutex<Option<JoinHandle<Option<Decoded>>>>>,
}

#[derive(Debug)]
struct Decoded {
    bytes: Vec<u8>,
    snapshot: StateSnapshot,
}

impl StateAhead {
    /// Begins with a file, which may be missing or anything.
    pub fn begin(path: PathBuf) -> StateAhead {
        let decode = move || {
            let bytes = durable::read(&path).ok().flatten()?;
            let snapshot = state_file::decode(&bytes).ok()?;
            Some(Decoded { bytes, snapshot })
        };
        StateAhead { decoding: Arc::new(Mutex::new(Some(std::thread::spawn(decode)))) }
    }

    /// The state that these bytes are, if they are what was decoded. It can be taken once.
    pub(super) fn take(&self, bytes: &[u8]) -> Option<StateSnapshot> {
        let decoding = self.decoding.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        let decoded = decoding.join().ok().flatten()?;
        (decoded.bytes == bytes).then_some(decoded.snapshot)
    }
}
