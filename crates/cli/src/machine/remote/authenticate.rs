//! Logging in: with a key, a password, or the keys of an agent.

use super::connection::{Connection, Endpoint};
use super::host_check::HostCheck;
use russh::client::{Handle, KeyboardInteractiveAuthResponse};
use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::{Algorithm, Certificate, HashAlg, PrivateKey, PrivateKeyWithHashAlg, decode_secret_key};
use std::sync::Arc;

/// Rounds of questions that a machine may ask.
const MAX_QUESTIONS: usize = 8;

/// What somebody who logs in can show.
pub struct Credentials {
    user: String,
    password: Option<String>,
    key: Option<Arc<PrivateKey>>,
    certificate: Option<Certificate>,
    agent: bool,
    agent_identity: Option<String>,
}

impl Credentials {
    /// Reads keys; the error says what is wrong with them.
    pub fn of(endpoint: &Endpoint, connection: &Connection) -> Result<Credentials, String> {
        let key = endpoint.private_key.as_deref().map(|text| {
            match decode_secret_key(text, None) {
            Ok(key) => Ok(Arc::new(key)),
            Err(russh::keys::Error::KeyIsEncrypted) => Err(
                "The private key is protected by a passphrase, which a connection cannot give. Use the key without it, \
                 or an agent."
                    .to_owned(),
            ),
            Err(error) => Err(format!("The private key cannot be read: {error}. Give its content, not its path.")),
        }
        });
        let certificate = endpoint.certificate.as_deref().map(|text| {
            let read = Certificate::from_openssh(text.trim());
            read.map_err(|error| format!("The certificate cannot be read: {error}. Give its content, not its path."))
        });
        Ok(Credentials {
            user: endpoint.user.clone(),
            password: endpoint.password.clone(),
            key: key.transpose()?,
            certificate: certificate.transpose()?,
            agent: connection.agent,
            agent_identity: connection.agent_identity.clone(),
        })
    }

    /// Tries everything in turn; the error says what was tried.
    pub async fn log_in(&self, session: &mut Handle<HostCheck>) -> Result<(), String> {
        let mut tried = Vec::new();
        if self.with_key(session, &mut tried).await?
            || self.with_password(session, &mut tried).await?
            || self.with_agent(session, &mut tried).await?
        {
            return Ok(());
        }
        let tried = if tried.is_empty() { "nothing to show".to_owned() } else { tried.join(", ") };
        Err(format!("the machine does not let {:?} in (tried: {tried})", self.user))
    }

    async fn with_key(&self, session: &mut Handle<HostCheck>, tried: &mut Vec<String>) -> Result<bool, String> {
        let Some(key) = &self.key else { return Ok(false) };
        if let Some(certificate) = &self.certificate {
            tried.push("certificate".into());
            let answer = session.authenticate_openssh_cert(&*self.user, key.clone(), certificate.clone()).await;
            if answer.map_err(lost)?.success() {
                return Ok(true);
            }
        }
        tried.push("private key".into());
        let hash = rsa_hash(session, &key.algorithm()).await?;
        let key = PrivateKeyWithHashAlg::new(key.clone(), hash);
        let answer = session.authenticate_publickey(&*self.user, key).await;
        Ok(answer.map_err(lost)?.success())
    }

    async fn with_password(&self, session: &mut Handle<HostCheck>, tried: &mut Vec<String>) -> Result<bool, String> {
        let Some(password) = &self.password else { return Ok(false) };
        tried.push("password".into());
        if session.authenticate_password(&*self.user, password).await.map_err(lost)?.success() {
            return Ok(true);
        }
        let mut answer = session.authenticate_keyboard_interactive_start(&*self.user, None).await.map_err(lost)?;
        for _ in 0..MAX_QUESTIONS {
            match answer {
                KeyboardInteractiveAuthResponse::Success => return Ok(true),
                KeyboardInteractiveAuthResponse::Failure { .. } => return Ok(false),
                KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } => {
                    let answers = vec![password.clone(); prompts.len()];
                    answer = session.authenticate_keyboard_interactive_respond(answers).await.map_err(lost)?;
                }
            }
        }
        Ok(false)
    }

    async fn with_agent(&self, session: &mut Handle<HostCheck>, tried: &mut Vec<String>) -> Result<bool, String> {
        // Without an agent there is nothing to try.
        let Some(mut agent) = self.agent_client().await else { return Ok(false) };
        let mut identities = agent.request_identities().await.map_err(|error| format!("the agent fails: {error}"))?;
        if let Some(wanted) = &self.agent_identity {
            let file = std::fs::read_to_string(wanted).or_else(|_| std::fs::read_to_string(format!("{wanted}.pub")));
            let file = file.unwrap_or_default();
            identities.sort_by_key(|identity| !is_named(identity, wanted, &file));
        }
        for identity in identities {
            let name = identity.comment().to_owned();
            tried.push(format!("agent's key {name:?}"));
            let answer = match identity {
                AgentIdentity::PublicKey { key, .. } => {
                    let hash = rsa_hash(session, &key.algorithm()).await?;
                    session.authenticate_publickey_with(&*self.user, key, hash, &mut agent).await
                }
                AgentIdentity::Certificate { certificate, .. } => {
                    let hash = rsa_hash(session, &certificate.algorithm()).await?;
                    session.authenticate_certificate_with(&*self.user, certificate, hash, &mut agent).await
                }
            };
            if answer.map_err(|error| format!("the agent cannot sign with {name:?}: {error}"))?.success() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn agent_client(&self) -> Option<AgentClient<tokio::net::UnixStream>> {
        if self.agent { AgentClient::connect_env().await.ok() } else { None }
    }
}

fn lost(error: russh::Error) -> String {
    format!("the connection was lost while logging in: {error}")
}

/// The best hash for an RSA key that the machine knows; other keys have only one.
async fn rsa_hash(session: &Handle<HostCheck>, algorithm: &Algorithm) -> Result<Option<HashAlg>, String> {
    match algorithm {
        Algorithm::Rsa { .. } => Ok(session.best_supported_rsa_hash().await.map_err(lost)?.flatten()),
        _ => Ok(None),
    }
}

fn is_named(identity: &AgentIdentity, name: &str, public_key: &str) -> bool {
    let in_file = || match identity {
        AgentIdentity::PublicKey { key, .. } => {
            key.to_openssh().is_ok_and(|text| text.split(' ').nth(1).is_some_and(|data| public_key.contains(data)))
        }
        AgentIdentity::Certificate { .. } => false,
    };
    identity.comment() == name || in_file()
}
