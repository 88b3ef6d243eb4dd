//! Moments: reading, writing, adding.

use formwork_kit::{Failure, Outcome};
use std::collections::BTreeMap;
use time::format_description::well_known::Rfc3339;
use time::{Date, Duration, Month, OffsetDateTime};

pub(super) type Triggers = Option<BTreeMap<String, Option<String>>>;

/// The present, in whole seconds of UTC.
pub(super) fn now() -> OffsetDateTime {
    let now = OffsetDateTime::now_utc();
    now.replace_nanosecond(0).unwrap_or(now)
}

pub(super) fn parse(text: &str, attribute: &str) -> Outcome<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|_| Failure::new(format!("{text:?} is no time such as \"2020-02-12T06:36:13Z\".")).at(attribute))
}

/// True for a time as [`parse`] reads it.
pub(super) fn is_time(text: &str) -> bool {
    parse(text, "").is_ok()
}

pub(super) fn format(moment: OffsetDateTime) -> String {
    moment.format(&Rfc3339).unwrap_or_default()
}

/// What is added to a time.
#[derive(Clone, Copy, Default)]
pub(super) struct Span {
    pub years: i64,
    pub months: i64,
    pub days: i64,
    pub hours: i64,
    pub minutes: i64,
    pub seconds: i64,
}

/// Adds days, then clock time, then months and years. A day that a month does not have is one of the next month.
pub(super) fn add(moment: OffsetDateTime, span: Span) -> Outcome<OffsetDateTime> {
    let sum = || {
        let clock = Duration::hours(0)
            .checked_add(Duration::seconds(span.hours.checked_mul(3600)?))?
            .checked_add(Duration::seconds(span.minutes.checked_mul(60)?))?
            .checked_add(Duration::seconds(span.seconds))?;
        let moment = moment.checked_add(Duration::seconds(span.days.checked_mul(86_400)?))?.checked_add(clock)?;
        let months = i64::from(moment.year())
            .checked_add(span.years)?
            .checked_mul(12)?
            .checked_add(i64::from(u8::from(moment.month())) - 1)?
            .checked_add(span.months)?;
        let year = i32::try_from(months.div_euclid(12)).ok()?;
        let month = Month::try_from(u8::try_from(months.rem_euclid(12)).ok()? + 1).ok()?;
        let first = Date::from_calendar_date(year, month, 1).ok()?;
        let date = first.checked_add(Duration::days(i64::from(moment.day()) - 1))?;
        Some(moment.replace_date(date))
    };
    sum().ok_or_else(|| Failure::new("The time is out of range: years have four digits."))
}

/// Sets the attributes of a state that are the parts of a time.
macro_rules! show_moment {
    ($state:expr, $moment:expr) => {{
        let (state, moment) = (&mut *$state, $moment);
        state.year = Some(moment.year().into());
        state.month = Some(u8::from(moment.month()).into());
        state.day = Some(moment.day().into());
        state.hour = Some(moment.hour().into());
        state.minute = Some(moment.minute().into());
        state.second = Some(moment.second().into());
        state.unix = Some(moment.unix_timestamp());
    }};
}
pub(super) use show_moment;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_added_as_calendars_have_them() {
        let cases = [
            (Span { days: 7, ..Span::default() }, "2020-02-07T10:00:00Z"),
            (Span { months: 1, ..Span::default() }, "2020-03-02T10:00:00Z"),
            (Span { years: 1, months: -1, ..Span::default() }, "2020-12-31T10:00:00Z"),
            (Span { hours: 15, minutes: -61, seconds: 1, ..Span::default() }, "2020-01-31T23:59:01Z"),
        ];
        let start = parse("2020-01-31T10:00:00Z", "").unwrap();
        for (span, expected) in cases {
            assert_eq!(format(add(start, span).unwrap()), expected);
        }
        assert!(add(start, Span { years: i64::MAX, ..Span::default() }).is_err());
    }
}
