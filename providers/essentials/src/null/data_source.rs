//! `null_data_source`, which is deprecated: `locals` do the same.

use super::resource::random_id;
use formwork_kit::{Call, DataSource, Outcome, async_trait, computed, object, optional};
use std::collections::BTreeMap;

pub(crate) struct NullDataSource;

object! {
    pub(crate) struct State {
        /// The given text, or `default`.
        has_computed_default: String = optional().default_value("default"),
        id: Option<String> = computed().deprecated("It is the same for all objects. Use no id."),
        /// Values that `outputs` repeats.
        inputs: Option<BTreeMap<String, Option<String>>> = optional(),
        /// The values of `inputs`.
        outputs: Option<BTreeMap<String, Option<String>>> = computed(),
        /// A number of its own in each read.
        random: Option<String> = computed(),
    }
}

#[async_trait]
impl DataSource for NullDataSource {
    type State = State;
    type Client = ();

    const KIND: &'static str = "null_data_source";
    const DEPRECATED: Option<&'static str> = Some("Use locals instead.");

    async fn read(&self, _: &Call<()>, state: &mut State) -> Outcome<()> {
        state.id = Some("static".into());
        state.outputs = state.inputs.clone();
        state.random = Some(random_id()?);
        Ok(())
    }
}
