//! `time_rotating`: a time that is taken anew when it is too old.

use super::moment::{Span, Triggers, add, format, is_time, now, parse, show_moment};
use formwork_kit::{
    Call, Failure, Group, Outcome, Presence, Resource, async_trait, at_least, computed, matching, object, optional,
};

pub(crate) struct Rotating;

const ROTATIONS: &[&str] =
    &["rotation_days", "rotation_hours", "rotation_minutes", "rotation_months", "rotation_years"];

object! {
    pub(crate) struct State {
        day: Option<i64> = computed(),
        hour: Option<i64> = computed(),
        /// The time at the beginning.
        id: Option<String> = computed(),
        minute: Option<i64> = computed(),
        month: Option<i64> = computed(),
        /// The time from which is counted; that of the creation if it is not given.
        rfc3339: Option<String> = optional().computed().replaces().check(matching("a time in the form of RFC 3339", is_time)),
        rotation_days: Option<i64> = optional().check(at_least(1)),
        rotation_hours: Option<i64> = optional().check(at_least(1)),
        rotation_minutes: Option<i64> = optional().check(at_least(1)),
        rotation_months: Option<i64> = optional().check(at_least(1)),
        /// When the time is taken anew.
        rotation_rfc3339: Option<String> =
            optional().computed().follows(ROTATIONS).check(matching("a time in the form of RFC 3339", is_time)),
        rotation_years: Option<i64> = optional().check(at_least(1)),
        second: Option<i64> = computed(),
        /// Values whose change takes a new time.
        triggers: Triggers = optional().replaces(),
        /// Seconds since 1970.
        unix: Option<i64> = computed(),
        year: Option<i64> = computed(),
    }
}

impl State {
    fn has_span(&self) -> bool {
        let spans =
            [self.rotation_years, self.rotation_months, self.rotation_days, self.rotation_hours, self.rotation_minutes];
        spans.iter().any(Option::is_some)
    }

    fn compute(&mut self) -> Outcome<()> {
        let base = self.rfc3339.clone().unwrap_or_else(|| format(now()));
        let moment = parse(&base, "rfc3339")?;
        if self.has_span() {
            let span = Span {
                years: self.rotation_years.unwrap_or_default(),
                months: self.rotation_months.unwrap_or_default(),
                days: self.rotation_days.unwrap_or_default(),
                hours: self.rotation_hours.unwrap_or_default(),
                minutes: self.rotation_minutes.unwrap_or_default(),
                seconds: 0,
            };
            self.rotation_rfc3339 = Some(format(add(moment, span)?));
        }
        self.id = Some(base.clone());
        self.rfc3339 = Some(base);
        show_moment!(self, moment);
        Ok(())
    }
}

#[async_trait]
impl Resource for Rotating {
    type State = State;
    type Client = ();

    const KIND: &'static str = "time_rotating";
    const PURE: bool = true;

    fn groups(&self) -> Vec<Group> {
        vec![Group::AtLeastOne(&[
            "rotation_days",
            "rotation_hours",
            "rotation_minutes",
            "rotation_months",
            "rotation_rfc3339",
            "rotation_years",
        ])]
    }

    async fn create(&self, _: &Call<()>, state: &mut State) -> Outcome<()> {
        state.compute()
    }

    /// A time that is too old is as good as none.
    async fn read(&self, _: &Call<()>, state: &mut State) -> Outcome<Presence> {
        let Some(rotation) = &state.rotation_rfc3339 else { return Ok(Presence::Present) };
        let is_over = now() > parse(rotation, "rotation_rfc3339")?;
        Ok(if is_over { Presence::Gone } else { Presence::Present })
    }

    async fn update(&self, _: &Call<()>, _: &State, state: &mut State) -> Outcome<()> {
        state.compute()
    }

    /// `BASE,ROTATION` or `BASE,YEARS,MONTHS,DAYS,HOURS,MINUTES`.
    async fn import(&self, _: &Call<()>, id: &str) -> Outcome<State> {
        let wrong = || Failure::new("The id must be BASE,YEARS,MONTHS,DAYS,HOURS,MINUTES or BASE,ROTATION.");
        let (base, rest) = id.split_once(',').ok_or_else(wrong)?;
        let mut state = State { rfc3339: Some(base.to_owned()), ..State::default() };
        if is_time(rest) {
            state.rotation_rfc3339 = Some(rest.to_owned());
        } else {
            let numbers: Result<Vec<i64>, _> = rest.split(',').map(|part| part.trim().parse()).collect();
            let Ok(numbers) = numbers else { return Err(wrong()) };
            let [years, months, days, hours, minutes] = numbers.as_slice() else { return Err(wrong()) };
            let given = |number: &i64| Some(*number).filter(|number| *number != 0);
            state.rotation_years = given(years);
            state.rotation_months = given(months);
            state.rotation_days = given(days);
            state.rotation_hours = given(hours);
            state.rotation_minutes = given(minutes);
        }
        state.compute()?;
        Ok(state)
    }
}
