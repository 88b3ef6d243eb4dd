//! The resource types.

pub mod instance;
pub mod internet_gateway;
pub mod key_pair;
pub mod route;
pub mod route_table;
pub mod route_table_association;
pub mod security_group;
pub mod security_group_rule;
pub mod subnet;
pub mod vpc;
