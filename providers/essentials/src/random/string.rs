//! `random_string`.

use super::characters::{plan_numeric, recipe, upgrade, validate};
use super::keepers::{Keepers, keepers};
use formwork_diag::Diagnostics;
use formwork_kit::{Call, Outcome, Plan, Resource, async_trait, at_least, computed, object, optional, required};
use formwork_value::Value;

pub(crate) struct RandomString;

object! {
    pub(crate) struct State {
        id: Option<String> = computed(),
        /// Values whose change draws a new text.
        keepers: Keepers = keepers(),
        /// How many characters, at least as many as the demanded ones together.
        length: i64 = required().replaces().check(at_least(1)),
        /// Whether lowercase letters are used.
        lower: bool = optional().default_value(true).replaces(),
        /// How many lowercase letters at least.
        min_lower: i64 = optional().default_value(0).replaces(),
        /// How many digits at least.
        min_numeric: i64 = optional().default_value(0).replaces(),
        /// How many special characters at least.
        min_special: i64 = optional().default_value(0).replaces(),
        /// How many uppercase letters at least.
        min_upper: i64 = optional().default_value(0).replaces(),
        /// Whether digits are used.
        number: bool = optional().default_value(true).replaces().deprecated("Use numeric instead."),
        /// Whether digits are used.
        numeric: bool = optional().default_value(true).replaces(),
        /// Special characters to use instead of the usual ones.
        override_special: Option<String> = optional().replaces(),
        /// The text.
        result: Option<String> = computed(),
        /// Whether special characters are used.
        special: bool = optional().default_value(true).replaces(),
        /// Whether uppercase letters are used.
        upper: bool = optional().default_value(true).replaces(),
    }
}

impl State {
    /// What is known of a text that was not drawn here.
    fn of(text: &str) -> State {
        State {
            length: text.chars().count() as i64,
            lower: true,
            upper: true,
            number: true,
            numeric: true,
            special: true,
            ..State::default()
        }
    }
}

#[async_trait]
impl Resource for RandomString {
    type State = State;
    type Client = ();

    const KIND: &'static str = "random_string";
    const VERSION: u64 = 2;
    const PURE: bool = true;

    fn validate(&self, config: &Value, diagnostics: &mut Diagnostics) {
        validate(config, diagnostics);
    }

    fn plan(&self, plan: &mut Plan<'_>) {
        plan_numeric(plan);
    }

    async fn create(&self, _: &Call<()>, state: &mut State) -> Outcome<()> {
        let text = recipe!(state).draw()?;
        state.id = Some(text.clone());
        state.result = Some(text);
        Ok(())
    }

    async fn import(&self, _: &Call<()>, id: &str) -> Outcome<State> {
        Ok(State { id: Some(id.to_owned()), result: Some(id.to_owned()), ..State::of(id) })
    }

    fn upgrade(&self, _: u64, state: Value) -> Outcome<Value> {
        Ok(upgrade(&state))
    }
}
