//! Texts of random characters, for `random_string` and `random_password`.

use crate::entropy::Entropy;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_kit::{Failure, Outcome, Plan};
use formwork_value::{Number, Path, Type, Value};

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const NUMERIC: &str = "0123456789";
const SPECIAL: &str = "!@#$%&*()-_=+[]{}<>:?";

/// Longest text that is drawn.
const LONGEST: i64 = 1 << 20;

/// One kind of characters: whether it is allowed, and how many there must be.
pub(super) struct Class {
    pub allowed: bool,
    pub least: i64,
}

/// What the text is made of.
pub(super) struct Recipe<'a> {
    pub length: i64,
    pub lower: Class,
    pub upper: Class,
    pub numeric: Class,
    pub special: Class,
    pub override_special: Option<&'a str>,
}

/// The recipe of a state's arguments.
macro_rules! recipe {
    ($state:expr) => {{
        let (state, class) = (&*$state, |allowed, least| $crate::random::characters::Class { allowed, least });
        $crate::random::characters::Recipe {
            length: state.length,
            lower: class(state.lower, state.min_lower),
            upper: class(state.upper, state.min_upper),
            numeric: class(state.numeric, state.min_numeric),
            special: class(state.special, state.min_special),
            override_special: state.override_special.as_deref(),
        }
    }};
}
pub(super) use recipe;

impl Recipe<'_> {
    pub fn draw(&self) -> Outcome<String> {
        if self.length > LONGEST {
            return Err(Failure::new(format!("The length must be at most {LONGEST}.")).at("length"));
        }
        let special = self.override_special.unwrap_or(SPECIAL);
        let classes = [(&self.lower, LOWER), (&self.upper, UPPER), (&self.numeric, NUMERIC), (&self.special, special)];
        let mut entropy = Entropy::System;
        let mut text: Vec<char> = Vec::new();
        let mut allowed: Vec<char> = Vec::new();
        for (class, characters) in classes {
            let characters: Vec<char> = characters.chars().collect();
            for _ in 0..class.least {
                text.extend(entropy.choose(&characters)?);
            }
            if class.allowed {
                allowed.extend(characters);
            }
        }
        if allowed.is_empty() && (text.len() as i64) < self.length {
            return Err(Failure::new(
                "No character is allowed: let at least one of lower, upper, numeric and special be true.",
            ));
        }
        while (text.len() as i64) < self.length {
            text.extend(entropy.choose(&allowed)?);
        }
        entropy.shuffle(&mut text)?;
        Ok(text.into_iter().collect())
    }
}

/// `number` is the old name of `numeric`: each follows the other, and both are true if neither is given.
pub(super) fn plan_numeric(plan: &mut Plan<'_>) {
    let (given, other) = match (plan.configures("numeric"), plan.configures("number")) {
        (true, false) => ("numeric", "number"),
        (false, true) => ("number", "numeric"),
        _ => return,
    };
    if let Some(value) = plan.get(given).cloned() {
        plan.set(other, value);
        if plan.changes(other) {
            plan.replace(other);
        } else {
            plan.keep(other);
        }
    }
}

/// The numbers that must fit, and the two names of one thing.
pub(super) fn validate(config: &Value, diagnostics: &mut Diagnostics) {
    let number = |name: &str| config.get(name).and_then(Value::as_number).and_then(Number::to_i64);
    let least = ["min_lower", "min_upper", "min_numeric", "min_special"].into_iter().filter_map(number);
    let sum = least.fold(0, i64::saturating_add);
    if let Some(length) = number("length")
        && length < sum
    {
        let detail = format!("The length is {length}, but the parts that are demanded have {sum} characters together.");
        diagnostics
            .push(Diagnostic::error("Invalid value for length", detail).attribute(Path::root().attribute("length")));
    }
    let flag = |name: &str| config.get(name).and_then(Value::as_bool);
    if let (Some(number), Some(numeric)) = (flag("number"), flag("numeric"))
        && number != numeric
    {
        let detail = "number is the old name of numeric. Remove number.";
        let problem = Diagnostic::error("number and numeric contradict each other", detail);
        diagnostics.push(problem.attribute(Path::root().attribute("number")));
    }
}

/// Stored attributes of older versions, with what they lacked.
pub(super) fn upgrade(state: &Value) -> Value {
    let mut attributes = state.as_mapping().cloned().unwrap_or_default();
    let given = |attributes: &std::collections::BTreeMap<_, Value>, name: &str| {
        attributes.get(name).filter(|value| !value.is_null()).cloned()
    };
    let numeric = given(&attributes, "numeric").or_else(|| given(&attributes, "number")).unwrap_or(Value::from(true));
    for name in ["numeric", "number"] {
        attributes.insert(name.into(), numeric.clone());
    }
    for (name, value) in [
        ("lower", Value::from(true)),
        ("upper", Value::from(true)),
        ("special", Value::from(true)),
        ("min_lower", Value::from(0)),
        ("min_upper", Value::from(0)),
        ("min_numeric", Value::from(0)),
        ("min_special", Value::from(0)),
    ] {
        if given(&attributes, name).is_none() {
            attributes.insert(name.into(), value);
        }
    }
    // Before `keepers` was there as null.
    attributes.entry("keepers".into()).or_insert_with(|| Value::null(Type::Dynamic));
    Value::object_map(attributes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_what_is_demanded_and_nothing_else() {
        let class = |allowed, least| Class { allowed, least };
        for _ in 0..50 {
            let recipe = Recipe {
                length: 12,
                lower: class(true, 2),
                upper: class(false, 1),
                numeric: class(false, 0),
                special: class(true, 3),
                override_special: Some("_"),
            };
            let text = recipe.draw().unwrap();
            let count = |is: fn(char) -> bool| text.chars().filter(|c| is(*c)).count();
            assert_eq!(text.len(), 12);
            assert!(count(|c| c.is_ascii_lowercase()) >= 2 && count(|c| c == '_') >= 3, "{text}");
            assert_eq!(count(|c| c.is_ascii_uppercase()), 1, "{text}");
            assert_eq!(count(|c| c.is_ascii_digit()), 0, "{text}");
        }
        let none = || class(false, 0);
        let recipe = Recipe {
            length: 3,
            lower: none(),
            upper: none(),
            numeric: none(),
            special: none(),
            override_special: None,
        };
        assert!(recipe.draw().unwrap_err().detail.contains("No character"));
    }
}
