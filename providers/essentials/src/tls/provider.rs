//! The provider and its configuration.

use super::{certificate_data, ephemeral, locally_signed, private_key, public_key, request, self_signed};
use formwork_kit::{Connect, Failure, Outcome, Provider, async_trait, blocks, length_between, object, optional};

object! {
    pub(crate) struct ProxyBlock {
        /// Whether the proxy is the one that the environment names.
        from_env: Option<bool> = optional(),
        password: Option<String> = optional().sensitive(),
        /// Where the proxy is: `http://proxy.example.com:3128`.
        url: Option<String> = optional(),
        username: Option<String> = optional(),
    }
}

object! {
    pub(crate) struct Config {
        /// Through what servers are reached.
        proxy: Vec<ProxyBlock> = blocks().check(length_between(0, 1)),
    }
}

/// How servers are reached whose certificates are looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Proxy {
    /// As the environment says.
    #[default]
    Environment,
    Named {
        url: String,
        credentials: Option<(String, String)>,
    },
}

pub(crate) struct Connection;

#[async_trait]
impl Connect for Connection {
    type Config = Config;
    type Client = Proxy;

    async fn connect(&self, config: Config) -> Outcome<Proxy> {
        let Some(block) = config.proxy.into_iter().next() else { return Ok(Proxy::Environment) };
        if config_is_double(&block) {
            return Err(Failure::new("Give either the url of the proxy or from_env.").at("proxy"));
        }
        let Some(url) = block.url else { return Ok(Proxy::Environment) };
        let credentials = block.username.map(|name| (name, block.password.unwrap_or_default()));
        Ok(Proxy::Named { url, credentials })
    }
}

fn config_is_double(block: &ProxyBlock) -> bool {
    block.url.is_some() && block.from_env == Some(true)
}

pub(crate) fn provider() -> Provider<Proxy> {
    Provider::connecting("tls", Connection)
        .resource(private_key::PrivateKeyResource)
        .resource(request::CertRequest)
        .resource(self_signed::SelfSigned)
        .resource(locally_signed::LocallySigned)
        .data_source(public_key::PublicKeySource)
        .data_source(certificate_data::CertificateSource)
        .ephemeral(public_key::PublicKeySource)
        .ephemeral(ephemeral::PrivateKey)
}
