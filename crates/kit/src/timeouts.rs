//! How long operations may take.

use crate::{Body, Member, Rules, checks, optional};
use formwork_model::Nesting;
use formwork_value::Value;
use std::time::Duration;

/// The usual times of a type's operations. Those that have one can be set by users, in a block `timeouts`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timeouts {
    pub create: Option<Duration>,
    pub read: Option<Duration>,
    pub update: Option<Duration>,
    pub delete: Option<Duration>,
}

impl Timeouts {
    fn named(&self) -> [(&'static str, Option<Duration>); 4] {
        [("create", self.create), ("read", self.read), ("update", self.update), ("delete", self.delete)]
    }

    /// The block, if any operation has a time.
    pub(crate) fn member(&self) -> Option<Member> {
        let named = self.named();
        let texts = named
            .iter()
            .filter(|(_, time)| time.is_some())
            .map(|(name, _)| Member::of::<Option<String>>(name, "", optional().check(checks::duration)));
        let body = Body(texts.collect());
        if body.0.is_empty() {
            return None;
        }
        let mut member =
            Member::of::<Option<String>>("timeouts", "", Rules { block: Some((0, 0)), ..Rules::default() });
        member.ty = body.ty();
        member.inner = Some((Nesting::Single, body));
        Some(member)
    }

    /// The time of an operation on an object.
    pub(crate) fn of(&self, operation: &str, object: &Value) -> Option<Duration> {
        let given = object.get("timeouts").and_then(|timeouts| timeouts.get(operation)).and_then(Value::as_str);
        let usual = self.named().into_iter().find(|(name, _)| *name == operation).and_then(|(_, time)| time);
        given.and_then(parse_duration).or(usual)
    }

    /// The block's value where a structure has none.
    pub(crate) fn null(&self) -> Option<Value> {
        self.member().map(|member| Value::null(member.ty))
    }
}

/// Reads a duration as Go writes it: numbers with units, `1h15m30.5s`. Negative ones and ones without unit are none.
pub fn parse_duration(text: &str) -> Option<Duration> {
    const UNITS: [(&str, f64); 7] =
        [("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    let mut seconds = 0.0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at_checked(digits)?;
        let end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(end)?;
        let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
        seconds += number.parse::<f64>().ok()? * factor;
        rest = tail;
    }
    Duration::try_from_secs_f64(seconds).ok()
}
