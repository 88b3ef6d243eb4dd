//! The provider against a real HTTP service that behaves like AWS (moto), through the engine's traits.

mod cloud;
mod data;
mod engine;
mod instance;
mod network;
mod security;
