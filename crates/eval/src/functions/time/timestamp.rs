//! Timestamps of RFC 3339.

use std::fmt;

const SECONDS_PER_DAY: i64 = 86_400;

/// A date and time with the offset from UTC that it was written in.
#[derive(Clone, Copy)]
pub(super) struct Timestamp {
    /// Seconds since 1970 of the clock at the place, as if that were UTC.
    pub local: i64,
    pub nanosecond: u32,
    /// Seconds by which the clock at the place is ahead of UTC.
    pub offset: i64,
}

/// A calendar date.
pub(super) struct Date {
    pub year: i64,
    pub month: u32,
    pub day: u32,
}

impl Timestamp {
    /// Reads `YYYY-MM-DDThh:mm:ss[.fraction](Z|±hh:mm)`. The error says what is wrong.
    pub fn parse(text: &str) -> Result<Timestamp, String> {
        Timestamp::read(Reader { rest: text, lenient: false })
    }

    /// As [`Timestamp::parse`], with what the reference puts up with where it only compares: hours of one digit, a comma
    /// before the fraction, offsets of up to 24 hours and 60 minutes.
    pub fn parse_leniently(text: &str) -> Result<Timestamp, String> {
        Timestamp::read(Reader { rest: text, lenient: true })
    }

    fn read(mut reader: Reader) -> Result<Timestamp, String> {
        let year = i64::from(reader.digits("year", 4, 0, 9999)?);
        reader.sign("year", '-')?;
        let month = reader.digits("month", 2, 1, 12)?;
        reader.sign("month", '-')?;
        let day = reader.digits("day", 2, 1, days_in_month(year, month))?;
        reader.sign("day", 'T')?;
        let hour = reader.hour()?;
        reader.sign("hour", ':')?;
        let minute = reader.digits("minute", 2, 0, 59)?;
        reader.sign("minute", ':')?;
        let second = reader.digits("second", 2, 0, 59)?;
        let nanosecond = reader.fraction()?;
        let offset = reader.offset()?;
        let clock = i64::from(hour * 3600 + minute * 60 + second);
        Ok(Timestamp { local: days_from_date(year, month, day) * SECONDS_PER_DAY + clock, nanosecond, offset })
    }

    /// A point in time, for comparison.
    pub fn instant(&self) -> (i64, u32) {
        (self.local - self.offset, self.nanosecond)
    }

    /// Later by nanoseconds.
    pub fn add(&self, nanoseconds: i64) -> Timestamp {
        const BILLION: i64 = 1_000_000_000;
        let total = i64::from(self.nanosecond) + nanoseconds.rem_euclid(BILLION);
        let local = self.local + nanoseconds.div_euclid(BILLION) + total / BILLION;
        Timestamp { local, nanosecond: u32::try_from(total % BILLION).unwrap_or(0), ..*self }
    }

    pub fn date(&self) -> Date {
        date_from_days(self.local.div_euclid(SECONDS_PER_DAY))
    }

    /// 0 is Sunday.
    pub fn weekday(&self) -> usize {
        usize::try_from((self.local.div_euclid(SECONDS_PER_DAY) + 4).rem_euclid(7)).unwrap_or(0)
    }

    /// Hour, minute, second.
    pub fn clock(&self) -> (i64, i64, i64) {
        let clock = self.local.rem_euclid(SECONDS_PER_DAY);
        (clock / 3600, clock / 60 % 60, clock % 60)
    }
}

/// RFC 3339 without a fraction.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Date { year, month, day } = self.date();
        let (hour, minute, second) = self.clock();
        let sign = if year < 0 { "-" } else { "" };
        write!(f, "{sign}{:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}", year.abs())?;
        if self.offset == 0 {
            return f.write_str("Z");
        }
        let sign = if self.offset < 0 { '-' } else { '+' };
        let minutes = self.offset.abs() / 60;
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

struct Reader<'a> {
    rest: &'a str,
    lenient: bool,
}

impl Reader<'_> {
    fn digits(&mut self, name: &str, length: usize, min: u32, max: u32) -> Result<u32, String> {
        let digits = self.rest.get(..length).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
        let Some(digits) = digits else {
            return Err(format!("the {name} must have {length} digits"));
        };
        self.rest = self.rest.get(length..).unwrap_or_default();
        match digits.parse() {
            Ok(number) if (min..=max).contains(&number) => Ok(number),
            _ => Err(format!("the {name} must be {min} to {max}, not {digits}")),
        }
    }

    fn hour(&mut self) -> Result<u32, String> {
        let short = self.lenient && self.rest.as_bytes().get(1) == Some(&b':');
        self.digits("hour", if short { 1 } else { 2 }, 0, 23)
    }

    fn sign(&mut self, after: &str, sign: char) -> Result<(), String> {
        self.rest = self.rest.strip_prefix(sign).ok_or_else(|| format!("after the {after} there must be {sign:?}"))?;
        Ok(())
    }

    /// Nanoseconds.
    fn fraction(&mut self) -> Result<u32, String> {
        let comma = || self.rest.strip_prefix(',').filter(|_| self.lenient);
        let Some(rest) = self.rest.strip_prefix('.').or_else(comma) else { return Ok(0) };
        let length = rest.bytes().take_while(u8::is_ascii_digit).count();
        if length == 0 {
            return Err("after the point there must be digits".into());
        }
        let (digits, rest) = rest.split_at(length);
        self.rest = rest;
        let padded = format!("{digits:0<9}");
        Ok(padded.get(..9).and_then(|digits| digits.parse().ok()).unwrap_or(0))
    }

    fn offset(&mut self) -> Result<i64, String> {
        let seconds = match self.rest.chars().next() {
            Some('Z') => {
                self.rest = self.rest.get(1..).unwrap_or_default();
                0
            }
            Some(sign @ ('+' | '-')) => {
                self.rest = self.rest.get(1..).unwrap_or_default();
                let excess = u32::from(self.lenient);
                let hours = self.digits("hour of the offset", 2, 0, 23 + excess)?;
                self.sign("hour of the offset", ':')?;
                let minutes = self.digits("minute of the offset", 2, 0, 59 + excess)?;
                let seconds = i64::from(hours * 3600 + minutes * 60);
                if sign == '-' { -seconds } else { seconds }
            }
            _ => return Err("at the end there must be Z or an offset such as +02:00".into()),
        };
        if self.rest.is_empty() { Ok(seconds) } else { Err(format!("there is {:?} at the end", self.rest)) }
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub(in super::super) fn days_in_month(year: i64, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days in the years before a year, from year 0 on.
fn days_before_year(year: i64) -> i64 {
    let previous = year - 1;
    previous * 365 + previous.div_euclid(4) - previous.div_euclid(100) + previous.div_euclid(400)
}

/// Days from year 1 to 1970.
const DAYS_TO_1970: i64 = 719_162;

fn days_from_date(year: i64, month: u32, day: u32) -> i64 {
    let of_months: u32 = (1..month).map(|month| days_in_month(year, month)).sum();
    days_before_year(year) - DAYS_TO_1970 + i64::from(of_months + day - 1)
}

fn date_from_days(days: i64) -> Date {
    let since_year_one = days + DAYS_TO_1970;
    // 146097 days are 400 years.
    let mut year = (since_year_one * 400).div_euclid(146_097) + 1;
    while days_before_year(year) > since_year_one {
        year -= 1;
    }
    while days_before_year(year + 1) <= since_year_one {
        year += 1;
    }
    let mut left = u32::try_from(since_year_one - days_before_year(year)).unwrap_or(0);
    let mut month = 1;
    while left >= days_in_month(year, month) && month < 12 {
        left -= days_in_month(year, month);
        month += 1;
    }
    Date { year, month, day: left + 1 }
}
