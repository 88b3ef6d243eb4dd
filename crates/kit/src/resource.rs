//! What a resource type and a data source have to provide.

use crate::{Call, Failure, Group, Identity, Object, Outcome, Plan, Timeouts};
use async_trait::async_trait;
use formwork_diag::Diagnostics;
use formwork_value::Value;

/// Whether the thing behind a stored object is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    Present,
    Gone,
}

/// An object of another type, of this or another provider, that is to become one of this type.
#[derive(Clone, Copy, Debug)]
pub struct Moved<'a> {
    /// Full address, as `registry.terraform.io/hashicorp/null`.
    pub provider: &'a str,
    pub kind: &'a str,
    pub schema_version: u64,
    /// Its attributes, without types.
    pub state: &'a Value,
    /// What its provider has kept with it.
    pub private: &'a [u8],
    /// What identifies it, without types, if its type says that.
    pub identity: Option<&'a Value>,
}

/// A resource type. The structure comes in with what is planned or stored; what is unknown in a plan is `None` or empty,
/// and is to be set.
#[async_trait]
pub trait Resource: Send + Sync + 'static {
    type State: Object;
    /// What the provider's configuration is made into.
    type Client: Send + Sync + 'static;

    /// The name in configurations: `random_pet`.
    const KIND: &'static str;

    /// Version of the stored form.
    const VERSION: u64 = 0;

    /// What to use instead, if the type is deprecated.
    const DEPRECATED: Option<&'static str> = None;

    /// True if creating, changing and deleting has no effect outside of the state.
    const PURE: bool = false;

    /// What identifies an object of this type wherever it is managed from. It never changes.
    fn identity(&self) -> Identity {
        Identity::default()
    }

    fn timeouts(&self) -> Timeouts {
        Timeouts::default()
    }

    fn groups(&self) -> Vec<Group> {
        Vec::new()
    }

    /// Checks beyond single attributes. Anything in the configuration may be unknown.
    fn validate(&self, config: &Value, diagnostics: &mut Diagnostics) {
        let _ = (config, diagnostics);
    }

    /// Refines what the attributes' rules have planned.
    fn plan(&self, plan: &mut Plan<'_>) {
        let _ = plan;
    }

    async fn create(&self, call: &Call<Self::Client>, state: &mut Self::State) -> Outcome<()>;

    /// Brings the structure up to date with the real thing.
    async fn read(&self, call: &Call<Self::Client>, state: &mut Self::State) -> Outcome<Presence> {
        let _ = (call, state);
        Ok(Presence::Present)
    }

    /// Changes the real thing in place.
    async fn update(&self, call: &Call<Self::Client>, prior: &Self::State, state: &mut Self::State) -> Outcome<()> {
        let _ = (call, prior, state);
        Ok(())
    }

    async fn delete(&self, call: &Call<Self::Client>, state: &Self::State) -> Outcome<()> {
        let _ = (call, state);
        Ok(())
    }

    /// The structure for an id that a user gives; it is read afterwards.
    async fn import(&self, call: &Call<Self::Client>, id: &str) -> Outcome<Self::State> {
        let _ = (call, id);
        Err(Failure::new(format!("Objects of the type {} cannot be imported.", Self::KIND)))
    }

    /// The structure for an identity that a user gives, of which the attributes are set; it is read afterwards.
    async fn import_identity(&self, call: &Call<Self::Client>, known: Self::State) -> Outcome<Self::State> {
        let _ = call;
        Ok(known)
    }

    /// The stored identity in the current form, from an older version of [`Resource::identity`].
    fn upgrade_identity(&self, version: u64, identity: Value) -> Outcome<Value> {
        let _ = version;
        Ok(identity)
    }

    /// Sets back what need not be in a configuration that describes the object. What is computed, deprecated or equal to a
    /// default is left out anyway.
    fn describe(&self, state: &mut Self::State) {
        let _ = state;
    }

    /// The stored attributes in the current form. They come as an older version of the type stored them, without types.
    fn upgrade(&self, version: u64, state: Value) -> Outcome<Value> {
        let _ = version;
        Ok(state)
    }

    /// Takes over an object of another type, if that is possible.
    fn take_over(&self, source: Moved<'_>) -> Option<Outcome<Self::State>> {
        let _ = source;
        None
    }
}

/// A data source.
#[async_trait]
pub trait DataSource: Send + Sync + 'static {
    type State: Object;
    type Client: Send + Sync + 'static;

    const KIND: &'static str;

    /// What to use instead, if the type is deprecated.
    const DEPRECATED: Option<&'static str> = None;

    fn groups(&self) -> Vec<Group> {
        Vec::new()
    }

    fn validate(&self, config: &Value, diagnostics: &mut Diagnostics) {
        let _ = (config, diagnostics);
    }

    /// Completes the structure, which has the configured attributes.
    async fn read(&self, call: &Call<Self::Client>, state: &mut Self::State) -> Outcome<()>;
}
