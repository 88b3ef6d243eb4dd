//! `time_static`: a time that stays.

use super::moment::{Triggers, format, is_time, now, parse, show_moment};
use formwork_kit::{Call, Outcome, Resource, async_trait, computed, matching, object, optional};

pub(crate) struct Static;

object! {
    pub(crate) struct State {
        day: Option<i64> = computed(),
        hour: Option<i64> = computed(),
        /// The time at the beginning.
        id: Option<String> = computed(),
        minute: Option<i64> = computed(),
        month: Option<i64> = computed(),
        /// The time; that of the creation if it is not given.
        rfc3339: Option<String> = optional().computed().replaces().check(matching("a time in the form of RFC 3339", is_time)),
        second: Option<i64> = computed(),
        /// Values whose change takes a new time.
        triggers: Triggers = optional().replaces(),
        /// Seconds since 1970.
        unix: Option<i64> = computed(),
        year: Option<i64> = computed(),
    }
}

impl State {
    fn at(text: Option<String>) -> Outcome<State> {
        let text = text.unwrap_or_else(|| format(now()));
        let moment = parse(&text, "rfc3339")?;
        let mut state = State { id: Some(text.clone()), rfc3339: Some(text), ..State::default() };
        show_moment!(&mut state, moment);
        Ok(state)
    }
}

#[async_trait]
impl Resource for Static {
    type State = State;
    type Client = ();

    const KIND: &'static str = "time_static";
    const PURE: bool = true;

    async fn create(&self, _: &Call<()>, state: &mut State) -> Outcome<()> {
        *state = State { triggers: state.triggers.take(), ..State::at(state.rfc3339.take())? };
        Ok(())
    }

    async fn import(&self, _: &Call<()>, id: &str) -> Outcome<State> {
        State::at(Some(id.to_owned()))
    }
}
