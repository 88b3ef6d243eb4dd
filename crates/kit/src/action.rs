//! What an action has to provide.

use crate::{Call, Group, Object, Outcome};
use async_trait::async_trait;
use formwork_diag::Diagnostics;
use formwork_value::Value;

/// Something that can be done, and leaves nothing in the state.
#[async_trait]
pub trait Action: Send + Sync + 'static {
    type Config: Object;
    type Client: Send + Sync + 'static;

    /// The name in configurations: `notes_print`.
    const KIND: &'static str;

    /// What to use instead, if the action is deprecated.
    const DEPRECATED: Option<&'static str> = None;

    fn groups(&self) -> Vec<Group> {
        Vec::new()
    }

    /// Checks beyond single attributes. Anything in the configuration may be unknown.
    fn validate(&self, config: &Value, diagnostics: &mut Diagnostics) {
        let _ = (config, diagnostics);
    }

    /// Says early why the action cannot be invoked. Anything in the configuration may be unknown.
    async fn plan(&self, call: &Call<Self::Client>, config: &Value) -> Outcome<()> {
        let _ = (call, config);
        Ok(())
    }

    /// Does it. `call.progress(...)` tells users how far it is.
    async fn invoke(&self, call: &Call<Self::Client>, config: Self::Config) -> Outcome<()>;
}
