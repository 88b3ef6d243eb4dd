//! The provider against a real HTTP service that behaves like AWS (moto), through the engine's traits.

mod cloud;
mod consistency;
mod data;
mod engine;
mod faults;
mod instance;
mod network;
mod provider;
mod security;
mod terraform;
