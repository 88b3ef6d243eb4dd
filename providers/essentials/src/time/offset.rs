//! `time_offset`: a time after or before another.

use super::moment::{Span, Triggers, add, format, is_time, now, parse, show_moment};
use formwork_kit::{Call, Failure, Group, Outcome, Resource, async_trait, computed, matching, object, optional};

pub(crate) struct Offset;

const OFFSETS: &[&str] =
    &["offset_days", "offset_hours", "offset_minutes", "offset_months", "offset_seconds", "offset_years"];

object! {
    pub(crate) struct State {
        /// The time from which is counted; that of the creation if it is not given.
        base_rfc3339: Option<String> = optional().computed().replaces().check(matching("a time in the form of RFC 3339", is_time)),
        day: Option<i64> = computed().follows(OFFSETS),
        hour: Option<i64> = computed().follows(OFFSETS),
        /// The time at the beginning.
        id: Option<String> = computed(),
        minute: Option<i64> = computed().follows(OFFSETS),
        month: Option<i64> = computed().follows(OFFSETS),
        offset_days: Option<i64> = optional(),
        offset_hours: Option<i64> = optional(),
        offset_minutes: Option<i64> = optional(),
        offset_months: Option<i64> = optional(),
        offset_seconds: Option<i64> = optional(),
        offset_years: Option<i64> = optional(),
        /// The resulting time.
        rfc3339: Option<String> = computed().follows(OFFSETS),
        second: Option<i64> = computed().follows(OFFSETS),
        /// Values whose change takes a new time.
        triggers: Triggers = optional().replaces(),
        /// Seconds since 1970.
        unix: Option<i64> = computed().follows(OFFSETS),
        year: Option<i64> = computed().follows(OFFSETS),
    }
}

impl State {
    fn compute(&mut self) -> Outcome<()> {
        let base = self.base_rfc3339.clone().unwrap_or_else(|| format(now()));
        let span = Span {
            years: self.offset_years.unwrap_or_default(),
            months: self.offset_months.unwrap_or_default(),
            days: self.offset_days.unwrap_or_default(),
            hours: self.offset_hours.unwrap_or_default(),
            minutes: self.offset_minutes.unwrap_or_default(),
            seconds: self.offset_seconds.unwrap_or_default(),
        };
        let moment = add(parse(&base, "base_rfc3339")?, span)?;
        self.rfc3339 = Some(format(moment));
        self.id = Some(base.clone());
        self.base_rfc3339 = Some(base);
        show_moment!(self, moment);
        Ok(())
    }
}

#[async_trait]
impl Resource for Offset {
    type State = State;
    type Client = ();

    const KIND: &'static str = "time_offset";
    const PURE: bool = true;

    fn groups(&self) -> Vec<Group> {
        vec![Group::AtLeastOne(OFFSETS)]
    }

    async fn create(&self, _: &Call<()>, state: &mut State) -> Outcome<()> {
        state.compute()
    }

    async fn update(&self, _: &Call<()>, _: &State, state: &mut State) -> Outcome<()> {
        state.compute()
    }

    /// `BASE,YEARS,MONTHS,DAYS,HOURS,MINUTES,SECONDS`.
    async fn import(&self, _: &Call<()>, id: &str) -> Outcome<State> {
        let wrong = || Failure::new("The id must be BASE,YEARS,MONTHS,DAYS,HOURS,MINUTES,SECONDS.");
        let (base, rest) = id.split_once(',').ok_or_else(wrong)?;
        let numbers: Result<Vec<i64>, _> = rest.split(',').map(|part| part.trim().parse()).collect();
        let Ok(numbers) = numbers else { return Err(wrong()) };
        let [years, months, days, hours, minutes, seconds] = numbers.as_slice() else { return Err(wrong()) };
        // An offset of zero is one that is not configured.
        let given = |number: &i64| Some(*number).filter(|number| *number != 0);
        let mut state = State {
            base_rfc3339: Some(base.to_owned()),
            offset_years: given(years),
            offset_months: given(months),
            offset_days: given(days),
            offset_hours: given(hours),
            offset_minutes: given(minutes),
            offset_seconds: given(seconds),
            ..State::default()
        };
        state.compute()?;
        Ok(state)
    }
}
