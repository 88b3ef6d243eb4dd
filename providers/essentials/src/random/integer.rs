//! `random_integer`.

use super::keepers::{Keepers, keepers};
use crate::entropy::Entropy;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_kit::{Call, Failure, Outcome, Resource, async_trait, computed, object, optional, required};
use formwork_value::{Number, Path, Value};

pub(crate) struct Integer;

object! {
    pub(crate) struct State {
        /// The number as text.
        id: Option<String> = computed(),
        /// Values whose change draws a new number.
        keepers: Keepers = keepers(),
        /// The largest number.
        max: i64 = required().replaces(),
        /// The smallest number.
        min: i64 = required().replaces(),
        /// The number.
        result: Option<i64> = computed(),
        /// The same seed gives the same number.
        seed: Option<String> = optional().replaces(),
    }
}

#[async_trait]
impl Resource for Integer {
    type State = State;
    type Client = ();

    const KIND: &'static str = "random_integer";
    const PURE: bool = true;

    fn validate(&self, config: &Value, diagnostics: &mut Diagnostics) {
        let number = |name: &str| config.get(name).and_then(Value::as_number).and_then(Number::to_i64);
        if let (Some(min), Some(max)) = (number("min"), number("max"))
            && min > max
        {
            let detail = format!("min is {min}, which is more than max, {max}.");
            let problem = Diagnostic::error("Invalid value for min", detail);
            diagnostics.push(problem.attribute(Path::root().attribute("min")));
        }
    }

    async fn create(&self, _: &Call<()>, state: &mut State) -> Outcome<()> {
        if state.min > state.max {
            let detail = format!("min is {}, which is more than max, {}.", state.min, state.max);
            return Err(Failure::new(detail).at("min"));
        }
        let mut entropy = Entropy::new(state.seed.as_deref());
        // All numbers of 64 bits are one more than their count can say.
        let offset = match state.max.abs_diff(state.min).checked_add(1) {
            Some(count) => entropy.below(count)?,
            None => entropy.number()?,
        };
        let result = state.min.wrapping_add_unsigned(offset);
        state.id = Some(result.to_string());
        state.result = Some(result);
        Ok(())
    }

    /// `RESULT,MIN,MAX` or `RESULT,MIN,MAX,SEED`.
    async fn import(&self, _: &Call<()>, id: &str) -> Outcome<State> {
        let parts: Vec<&str> = id.split(',').collect();
        let number = |text: &str| text.trim().parse::<i64>();
        let (numbers, seed) = match parts.as_slice() {
            [result, min, max] => ((number(result), number(min), number(max)), None),
            [result, min, max, seed] => ((number(result), number(min), number(max)), Some((*seed).to_owned())),
            _ => return Err(Failure::new("The id must be RESULT,MIN,MAX or RESULT,MIN,MAX,SEED.")),
        };
        let (Ok(result), Ok(min), Ok(max)) = numbers else {
            return Err(Failure::new("The id must be RESULT,MIN,MAX or RESULT,MIN,MAX,SEED, with whole numbers."));
        };
        Ok(State { id: Some(result.to_string()), keepers: None, max, min, result: Some(result), seed })
    }
}
