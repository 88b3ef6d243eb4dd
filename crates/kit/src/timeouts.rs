//! How long operations may take.

use crate::{Body, Member, Rules, checks, optional};
use formwork_model::{Nesting, parse_duration};
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
