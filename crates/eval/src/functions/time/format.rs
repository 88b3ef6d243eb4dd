//! Patterns of dates.

use super::timestamp::{Date, Timestamp};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// The timestamp by a pattern. The error is for users.
pub(super) fn write(pattern: &str, timestamp: &Timestamp) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("''") {
            out.push('\'');
            rest = after;
            continue;
        }
        if c == '\'' {
            rest = quoted(rest, &mut out)?;
            continue;
        }
        let length = if c.is_ascii_alphabetic() {
            rest.bytes().take_while(|b| char::from(*b) == c).count()
        } else {
            c.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        if c.is_ascii_alphabetic() {
            out.push_str(&field(token, timestamp)?);
        } else {
            out.push_str(token);
        }
        rest = after;
    }
    Ok(out)
}

/// Text in single quotes, in which two quotes stand for one. Returns what follows.
fn quoted<'p>(pattern: &'p str, out: &mut String) -> Result<&'p str, String> {
    let mut rest = pattern.get(1..).unwrap_or_default();
    loop {
        let Some((text, after)) = rest.split_once('\'') else {
            return Err("a quoted part of the pattern has no closing quote".into());
        };
        out.push_str(text);
        match after.strip_prefix('\'') {
            Some(more) => {
                out.push('\'');
                rest = more;
            }
            None => return Ok(after),
        }
    }
}

fn field(token: &str, timestamp: &Timestamp) -> Result<String, String> {
    let Date { year, month, day } = timestamp.date();
    let (hour, minute, second) = timestamp.clock();
    let month_name = usize::try_from(month - 1).ok().and_then(|index| MONTHS.get(index)).copied().unwrap_or_default();
    let weekday = WEEKDAYS.get(timestamp.weekday()).copied().unwrap_or_default();
    let twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
    let short = |name: &str| name.chars().take(3).collect::<String>();
    Ok(match token {
        "YYYY" => format!("{year:04}"),
        "YY" => format!("{:02}", year % 100),
        "MMMM" => month_name.to_owned(),
        "MMM" => short(month_name),
        "MM" => format!("{month:02}"),
        "M" => month.to_string(),
        "DD" => format!("{day:02}"),
        "D" => day.to_string(),
        "EEEE" => weekday.to_owned(),
        "EEE" => short(weekday),
        "hh" => format!("{hour:02}"),
        "h" => hour.to_string(),
        "HH" => format!("{twelve:02}"),
        "H" => twelve.to_string(),
        "AA" => if hour < 12 { "AM" } else { "PM" }.to_owned(),
        "aa" => if hour < 12 { "am" } else { "pm" }.to_owned(),
        "mm" => format!("{minute:02}"),
        "m" => minute.to_string(),
        "ss" => format!("{second:02}"),
        "s" => second.to_string(),
        "Z" if timestamp.offset == 0 => "Z".to_owned(),
        "ZZZ" if timestamp.offset == 0 => "UTC".to_owned(),
        "Z" | "ZZZZZ" => offset(timestamp.offset, ":"),
        "ZZZ" | "ZZZZ" => offset(timestamp.offset, ""),
        _ => return Err(unknown(token)),
    })
}

fn offset(seconds: i64, separator: &str) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    format!("{sign}{:02}{separator}{:02}", minutes / 60, minutes % 60)
}

fn unknown(token: &str) -> String {
    let known = match token.chars().next() {
        Some('Y') => "YYYY or YY",
        Some('M') => "MMMM, MMM, MM or M",
        Some('D') => "DD or D",
        Some('E') => "EEEE or EEE",
        Some('h') => "hh or h",
        Some('H') => "HH or H",
        Some('A') => "AA",
        Some('a') => "aa",
        Some('m') => "mm or m",
        Some('s') => "ss or s",
        Some('Z') => "ZZZZZ, ZZZZ, ZZZ or Z",
        _ => {
            return format!(
                "{token:?} has no meaning in the pattern; letters that stand for themselves go in single quotes"
            );
        }
    };
    format!("{token:?} has no meaning in the pattern; there is {known}")
}
