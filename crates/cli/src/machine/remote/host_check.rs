//! Whether a machine is the one that was meant.

use russh::client::Handler;
use russh::keys::{HashAlg, PublicKey, PublicKeyOrCertificate};
use std::sync::{Arc, Mutex, PoisonError};

/// Compares a machine's key with the one that the configuration names; without one every key is taken.
pub struct HostCheck {
    host: String,
    expected: Option<PublicKey>,
    refusal: Refusal,
}

/// Why a key was refused, for whoever only sees that the connection has failed.
#[derive(Clone, Default)]
pub struct Refusal(Arc<Mutex<Option<String>>>);

impl Refusal {
    pub fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn set(&self, why: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
    }
}

impl HostCheck {
    /// `key` has the form of a line in a file of public keys.
    pub fn new(host: &str, key: Option<&str>) -> Result<(HostCheck, Refusal), String> {
        let expected = match key.map(|key| PublicKey::from_openssh(key.trim())) {
            None => None,
            Some(Ok(key)) => Some(key),
            Some(Err(error)) => {
                return Err(format!(
                    "The host key of {host} cannot be read: {error}. It has the form \"ssh-ed25519 AAAA...\"."
                ));
            }
        };
        let refusal = Refusal::default();
        Ok((HostCheck { host: host.to_owned(), expected, refusal: refusal.clone() }, refusal))
    }

    /// The error says why the machine is not trusted.
    fn judge(&self, shown: &PublicKeyOrCertificate) -> Result<(), String> {
        let Some(expected) = &self.expected else { return Ok(()) };
        match shown {
            PublicKeyOrCertificate::PublicKey { key, .. } if key.key_data() == expected.key_data() => Ok(()),
            PublicKeyOrCertificate::PublicKey { key, .. } => Err(format!(
                "{} has the key {}, but the configuration expects {}",
                self.host,
                key.fingerprint(HashAlg::Sha256),
                expected.fingerprint(HashAlg::Sha256)
            )),
            PublicKeyOrCertificate::Certificate(certificate) => {
                let trusted = expected.fingerprint(HashAlg::Sha256);
                let valid = certificate.validate([&trusted]);
                valid.map_err(|error| format!("the certificate of {} is not valid: {error}", self.host))?;
                let names = certificate.valid_principals();
                if certificate.cert_type().is_host() && (names.is_empty() || names.contains(&self.host)) {
                    return Ok(());
                }
                Err(format!("the certificate that {} shows was made for another machine", self.host))
            }
        }
    }
}

impl Handler for HostCheck {
    type Error = russh::Error;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        match self.judge(shown) {
            Ok(()) => Ok(true),
            Err(why) => {
                self.refusal.set(why);
                Ok(false)
            }
        }
    }
}
