//! `random_pet`: names that people can remember.

use super::keepers::{Keepers, keepers};
use super::pet_words::{ADJECTIVES, ADVERBS, ANIMALS};
use crate::entropy::Entropy;
use formwork_kit::{Call, Outcome, Resource, async_trait, between, computed, object, optional};

pub(crate) struct Pet;

object! {
    pub(crate) struct State {
        /// The name.
        id: Option<String> = computed(),
        /// Values whose change draws a new name.
        keepers: Keepers = keepers(),
        /// How many words.
        length: i64 = optional().default_value(2).replaces().check(between(1, 1000)),
        /// Put before the name, with a separator.
        prefix: Option<String> = optional().replaces(),
        /// Between the words.
        separator: String = optional().default_value("-").replaces(),
    }
}

#[async_trait]
impl Resource for Pet {
    type State = State;
    type Client = ();

    const KIND: &'static str = "random_pet";
    const PURE: bool = true;

    async fn create(&self, _: &Call<()>, state: &mut State) -> Outcome<()> {
        let mut entropy = Entropy::System;
        let mut words: Vec<&str> = state.prefix.as_deref().filter(|prefix| !prefix.is_empty()).into_iter().collect();
        for left in (1..=state.length).rev() {
            let list = match left {
                1 => ANIMALS,
                2 => ADJECTIVES,
                _ => ADVERBS,
            };
            words.extend(entropy.choose(list)?);
        }
        state.id = Some(words.join(&state.separator));
        Ok(())
    }
}
