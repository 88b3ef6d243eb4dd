//! The provider's functions.

use super::moment::{format, parse};
use formwork_kit::{Failure, Outcome, computed, object, parse_duration};
use time::OffsetDateTime;

object! {
    pub(crate) struct Lengths {
        hours: f64 = computed(),
        microseconds: i64 = computed(),
        milliseconds: i64 = computed(),
        minutes: f64 = computed(),
        nanoseconds: i64 = computed(),
        seconds: f64 = computed(),
    }
}

object! {
    pub(crate) struct Timestamp {
        day: i64 = computed(),
        hour: i64 = computed(),
        iso_week: i64 = computed(),
        iso_year: i64 = computed(),
        minute: i64 = computed(),
        month: i64 = computed(),
        month_name: String = computed(),
        second: i64 = computed(),
        unix: i64 = computed(),
        weekday: i64 = computed(),
        weekday_name: String = computed(),
        year: i64 = computed(),
        year_day: i64 = computed(),
    }
}

object! {
    pub(crate) struct UnixTimestamp {
        day: i64 = computed(),
        hour: i64 = computed(),
        iso_week: i64 = computed(),
        iso_year: i64 = computed(),
        minute: i64 = computed(),
        month: i64 = computed(),
        month_name: String = computed(),
        rfc3339: String = computed(),
        second: i64 = computed(),
        weekday: i64 = computed(),
        weekday_name: String = computed(),
        year: i64 = computed(),
        year_day: i64 = computed(),
    }
}

pub(super) fn duration((text,): (String,)) -> Outcome<Lengths> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.as_str()),
    };
    let wrong = || Failure::new(format!("{text:?} is no duration such as \"1h15m\".")).at("duration");
    let length = parse_duration(digits).ok_or_else(wrong)?;
    let nanoseconds = i64::try_from(length.as_nanos()).map_err(|_| wrong())? * sign;
    Ok(Lengths {
        hours: nanoseconds as f64 / 3.6e12,
        microseconds: nanoseconds / 1_000,
        milliseconds: nanoseconds / 1_000_000,
        minutes: nanoseconds as f64 / 6e10,
        nanoseconds,
        seconds: nanoseconds as f64 / 1e9,
    })
}

pub(super) fn rfc3339((text,): (String,)) -> Outcome<Timestamp> {
    let moment = parse(&text, "timestamp")?;
    let parts = parts(moment);
    Ok(Timestamp {
        day: parts.day,
        hour: parts.hour,
        iso_week: parts.iso_week,
        iso_year: parts.iso_year,
        minute: parts.minute,
        month: parts.month,
        month_name: parts.month_name,
        second: parts.second,
        unix: moment.unix_timestamp(),
        weekday: parts.weekday,
        weekday_name: parts.weekday_name,
        year: parts.year,
        year_day: parts.year_day,
    })
}

pub(super) fn unix((seconds,): (i64,)) -> Outcome<UnixTimestamp> {
    let moment = OffsetDateTime::from_unix_timestamp(seconds)
        .map_err(|_| Failure::new("The time is out of range: years have four digits.").at("unix_timestamp"))?;
    Ok(parts(moment))
}

fn parts(moment: OffsetDateTime) -> UnixTimestamp {
    let (iso_year, iso_week, _) = moment.to_iso_week_date();
    UnixTimestamp {
        day: moment.day().into(),
        hour: moment.hour().into(),
        iso_week: iso_week.into(),
        iso_year: iso_year.into(),
        minute: moment.minute().into(),
        month: u8::from(moment.month()).into(),
        month_name: moment.month().to_string(),
        rfc3339: format(moment),
        second: moment.second().into(),
        weekday: moment.weekday().number_days_from_sunday().into(),
        weekday_name: moment.weekday().to_string(),
        year: moment.year().into(),
        year_day: moment.ordinal().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_taken_apart() {
        let lengths = duration(("1h30m0.5s".into(),)).unwrap();
        assert_eq!((lengths.milliseconds, lengths.minutes), (5_400_500, 5400.5 / 60.0));
        assert_eq!(duration(("-2s".into(),)).unwrap().seconds, -2.0);
        assert!(duration(("x".into(),)).is_err());
        let stamp = rfc3339(("2023-07-25T23:43:16Z".into(),)).unwrap();
        assert_eq!((stamp.unix, stamp.weekday, stamp.iso_week, stamp.year_day), (1_690_328_596, 2, 30, 206));
        assert_eq!((stamp.month_name.as_str(), stamp.weekday_name.as_str()), ("July", "Tuesday"));
        assert_eq!(unix((0,)).unwrap().rfc3339, "1970-01-01T00:00:00Z");
    }
}
