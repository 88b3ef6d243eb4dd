//! From parsed bodies to typed blocks.

pub(crate) mod action;
pub(crate) mod address;
pub(crate) mod call;
pub(crate) mod check;
pub(crate) mod import;
pub(crate) mod lifecycle;
pub(crate) mod locals;
pub(crate) mod moved;
pub(crate) mod output;
pub(crate) mod provider;
pub(crate) mod provisioner;
pub(crate) mod requirement;
pub(crate) mod resource;
pub(crate) mod settings;
pub(crate) mod source;
pub(crate) mod triggers;
pub(crate) mod variable;
