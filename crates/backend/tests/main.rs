//! Behaviour of the stores and file formats through the public surface.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[cfg(feature = "s3")]
mod azurerm;
#[cfg(feature = "s3")]
mod cloud;
#[cfg(feature = "remote")]
mod consul;
mod contract;
mod crash;
#[cfg(feature = "remote")]
mod database;
#[cfg(feature = "remote")]
mod gcs;
#[cfg(feature = "remote")]
mod http;
mod journal;
mod local;
#[cfg(feature = "remote")]
mod pg;
#[cfg(feature = "s3")]
mod proxy;
#[cfg(feature = "s3")]
mod s3;
mod sample;
mod scratch;
mod session;
mod state_file;
mod terraform;
#[cfg(feature = "remote")]
mod web_server;
