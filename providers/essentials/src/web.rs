//! Reaching servers: addresses, proxies, TLS, requests.

mod address;
mod connect;
mod exchange;
mod tls;

#[cfg(test)]
mod served;

pub(crate) use address::Address;
pub(crate) use connect::{ProxyServer, connect_tcp};
pub(crate) use exchange::{Answer, Question, ask};
pub(crate) use tls::{Trust, handshake, tls_config};
