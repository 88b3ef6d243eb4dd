//! What an ephemeral resource has to provide.

use crate::{Call, Group, Object, Outcome};
use async_trait::async_trait;
use formwork_diag::Diagnostics;
use formwork_value::Value;
use std::time::SystemTime;

/// What opening or renewing leaves behind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Opened {
    /// Given to `renew` and `close`.
    pub private: Vec<u8>,
    pub renew_at: Option<SystemTime>,
}

/// Values that exist for one run and are stored nowhere.
#[async_trait]
pub trait Ephemeral: Send + Sync + 'static {
    type State: Object;
    type Client: Send + Sync + 'static;

    const KIND: &'static str;

    fn groups(&self) -> Vec<Group> {
        Vec::new()
    }

    fn validate(&self, config: &Value, diagnostics: &mut Diagnostics) {
        let _ = (config, diagnostics);
    }

    /// Completes the structure, which has the configured attributes.
    async fn open(&self, call: &Call<Self::Client>, state: &mut Self::State) -> Outcome<Opened>;

    async fn renew(&self, call: &Call<Self::Client>, private: &[u8]) -> Outcome<Opened> {
        let _ = call;
        Ok(Opened { private: private.to_vec(), renew_at: None })
    }

    async fn close(&self, call: &Call<Self::Client>, private: &[u8]) -> Outcome<()> {
        let _ = (call, private);
        Ok(())
    }
}
