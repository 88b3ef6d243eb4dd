//! `random_shuffle`.

use super::keepers::{Keepers, keepers};
use crate::entropy::Entropy;
use formwork_kit::{Call, Outcome, Resource, async_trait, between, computed, object, optional, required};

pub(crate) struct Shuffle;

object! {
    pub(crate) struct State {
        id: Option<String> = computed(),
        /// The texts to choose from.
        input: Vec<Option<String>> = required().replaces(),
        /// Values whose change draws anew.
        keepers: Keepers = keepers(),
        /// The texts in their new order.
        result: Option<Vec<Option<String>>> = computed(),
        /// How many texts; all of them if it is not given. If it is more, texts come again.
        result_count: Option<i64> = optional().replaces().check(between(0, 1 << 20)),
        /// The same seed gives the same order.
        seed: Option<String> = optional().replaces(),
    }
}

#[async_trait]
impl Resource for Shuffle {
    type State = State;
    type Client = ();

    const KIND: &'static str = "random_shuffle";
    const PURE: bool = true;

    async fn create(&self, _: &Call<()>, state: &mut State) -> Outcome<()> {
        let mut entropy = Entropy::new(state.seed.as_deref());
        let wanted = state.result_count.map_or(state.input.len(), |count| usize::try_from(count).unwrap_or_default());
        let mut result = Vec::new();
        while result.len() < wanted && !state.input.is_empty() {
            let mut round = state.input.clone();
            entropy.shuffle(&mut round)?;
            result.extend(round.into_iter().take(wanted - result.len()));
        }
        state.id = Some("-".into());
        state.result = Some(result);
        Ok(())
    }
}
