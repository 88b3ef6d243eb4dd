//! Provisioners that work on another machine, over SSH.

mod authenticate;
mod connection;
mod copy;
mod host_check;
mod script;
mod session;
mod upload;

pub use copy::copy_files;
pub use script::run_scripts;
