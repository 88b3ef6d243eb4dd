//! `hashicorp/tls`: keys and certificates.

mod certificate_data;
mod certificate_parse;
mod certificates;
mod der;
mod ephemeral;
mod key;
mod key_form;
mod key_openssh;
mod key_parse;
mod locally_signed;
mod pem;
mod private_key;
mod provider;
mod public_key;
mod remote;
mod request;
mod self_signed;
mod subject;
mod usages;

pub(crate) use provider::provider;

#[cfg(test)]
pub(crate) mod sample;

#[cfg(test)]
mod hostile;
