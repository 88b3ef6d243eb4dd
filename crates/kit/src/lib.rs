//! Writing providers: a type's attributes are declared once, with their rules, and everything else follows from that.
//!
//! [`object!`](crate::object) declares the attributes of a type as a Rust structure. [`Resource`], [`DataSource`] and
//! [`Ephemeral`] say what happens to the real thing; schema, validation, planning, upgrades of stored objects and the
//! conversion between values and structures are the kit's. A [`Provider`] gathers types and functions; it runs inside
//! of the engine's process, or as a plugin by `formwork_protocol::serve`.
//!
//! Invariant: nothing of a resource type is called with effects outside of apply, but its `read`.
//! Invariant: what a plan says stays so: at apply only attributes that were unknown take new values, unless the type's
//! own code changes others.

mod action;
mod attribute;
mod body;
mod call;
mod checks;
mod doing;
mod ephemeral;
mod failure;
mod function;
mod identity;
mod lifecycle;
mod list;
mod object;
mod plan;
mod planner;
mod provider;
mod resource;
mod rules;
mod timeouts;
mod validation;

pub use action::Action;
pub use async_trait::async_trait;
pub use attribute::{Attribute, Set};
pub use body::{Body, Member, attribute_name};
pub use call::Call;
pub use checks::{at_least, between, duration, length_between, matching, one_of};
pub use ephemeral::{Ephemeral, Opened};
pub use failure::{Failure, Outcome};
pub use formwork_model::{Deferred, parse_duration};
pub use function::{Arguments, Function};
pub use identity::Identity;
pub use list::{Found, List};
pub use object::Object;
pub use plan::Plan;
pub use provider::{Connect, Provider};
pub use resource::{DataSource, Moved, Presence, Resource};
pub use rules::{Check, Group, Rules, blocks, computed, optional, required};
pub use timeouts::Timeouts;

#[doc(hidden)]
pub use formwork_model as model;
#[doc(hidden)]
pub use formwork_value as value;
