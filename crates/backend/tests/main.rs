//! Behaviour of the stores and file formats through the public surface.

mod state_file;
mod terraform;
