//! Providers made with the kit, as the engine sees them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics has failed")]

mod suite {
    mod newer;
    mod planning;
    mod running;
    mod thing;
}
