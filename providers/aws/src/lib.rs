//! Provider `aws`: networks and instances of EC2, with the type and attribute names and meanings of hashicorp/aws.
//!
//! [`Aws`] implements the engine's provider traits. A resource type is one file in `resource/`: its attributes with
//! the flags from which the plan follows ([`kit`]), and the calls that create, read, update and delete it. `registry`
//! lists the types.
//!
//! Invariant: nothing of AWS is changed outside of `apply_resource`.
//! Invariant: no message holds a key, a token, a password or user data.

mod configuration;
mod data;
mod kit;
mod provider;
mod registry;
mod resource;
mod session;

pub use provider::Aws;
