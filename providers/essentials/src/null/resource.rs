//! `null_resource`.

use crate::entropy::Entropy;
use formwork_kit::{Call, Outcome, Resource, async_trait, computed, object, optional};
use std::collections::BTreeMap;

pub(crate) struct NullResource;

object! {
    pub(crate) struct State {
        /// Identifies the object; random.
        id: Option<String> = computed(),
        /// Values whose change makes a new object.
        triggers: Option<BTreeMap<String, Option<String>>> = optional().replaces(),
    }
}

#[async_trait]
impl Resource for NullResource {
    type State = State;
    type Client = ();

    const KIND: &'static str = "null_resource";
    const PURE: bool = true;

    async fn create(&self, _: &Call<()>, state: &mut State) -> Outcome<()> {
        state.id = Some(random_id()?);
        Ok(())
    }

    async fn import(&self, _: &Call<()>, id: &str) -> Outcome<State> {
        Ok(State { id: Some(id.to_owned()), triggers: None })
    }
}

/// A whole number of at most 63 bits.
pub(super) fn random_id() -> Outcome<String> {
    Ok((Entropy::System.number()? >> 1).to_string())
}
