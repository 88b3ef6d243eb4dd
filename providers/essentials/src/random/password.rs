//! `random_password`: a text that is never shown.

use super::characters::{plan_numeric, recipe, upgrade, validate};
use super::keepers::{Keepers, keepers};
use crate::entropy::Entropy;
use formwork_diag::Diagnostics;
use formwork_kit::{
    Call, Failure, Outcome, Plan, Resource, async_trait, at_least, computed, object, optional, required,
};
use formwork_value::Value;

pub(crate) struct Password;

object! {
    pub(crate) struct State {
        /// Checksum of the password as bcrypt makes it; of a longer password, of its first 72 bytes.
        bcrypt_hash: Option<String> = computed().sensitive(),
        id: Option<String> = computed(),
        /// Values whose change draws a new text.
        keepers: Keepers = keepers(),
        /// How many characters, at least as many as the demanded ones together.
        length: i64 = required().replaces().check(at_least(1)),
        /// Whether lowercase letters are used.
        lower: bool = optional().default_value(true).replaces(),
        /// How many lowercase letters at least.
        min_lower: i64 = optional().default_value(0).replaces(),
        /// How many digits at least.
        min_numeric: i64 = optional().default_value(0).replaces(),
        /// How many special characters at least.
        min_special: i64 = optional().default_value(0).replaces(),
        /// How many uppercase letters at least.
        min_upper: i64 = optional().default_value(0).replaces(),
        /// Whether digits are used.
        number: bool = optional().default_value(true).replaces().deprecated("Use numeric instead."),
        /// Whether digits are used.
        numeric: bool = optional().default_value(true).replaces(),
        /// Special characters to use instead of the usual ones.
        override_special: Option<String> = optional().replaces(),
        /// The text.
        result: Option<String> = computed().sensitive(),
        /// Whether special characters are used.
        special: bool = optional().default_value(true).replaces(),
        /// Whether uppercase letters are used.
        upper: bool = optional().default_value(true).replaces(),
    }
}

impl State {
    /// What is known of a text that was not drawn here.
    fn of(text: &str) -> State {
        State {
            length: text.chars().count() as i64,
            lower: true,
            upper: true,
            number: true,
            numeric: true,
            special: true,
            ..State::default()
        }
    }
}

#[async_trait]
impl Resource for Password {
    type State = State;
    type Client = ();

    const KIND: &'static str = "random_password";
    const VERSION: u64 = 3;
    const PURE: bool = true;

    fn validate(&self, config: &Value, diagnostics: &mut Diagnostics) {
        validate(config, diagnostics);
    }

    fn plan(&self, plan: &mut Plan<'_>) {
        plan_numeric(plan);
    }

    async fn create(&self, _: &Call<()>, state: &mut State) -> Outcome<()> {
        let text = recipe!(state).draw()?;
        state.id = Some("none".into());
        state.bcrypt_hash = Some(bcrypt_hash_apart(text.clone()).await?);
        state.result = Some(text);
        Ok(())
    }

    async fn import(&self, _: &Call<()>, id: &str) -> Outcome<State> {
        let bcrypt_hash = Some(bcrypt_hash(id)?);
        Ok(State { id: Some("none".into()), bcrypt_hash, result: Some(id.to_owned()), ..State::of(id) })
    }

    fn upgrade(&self, _: u64, state: Value) -> Outcome<Value> {
        let state = upgrade(&state);
        let mut attributes = state.as_mapping().cloned().unwrap_or_default();
        let password = attributes.get("result").and_then(Value::as_str).unwrap_or_default().to_owned();
        let stored = attributes.get("bcrypt_hash").and_then(Value::as_str).unwrap_or_default();
        // Version 2 may have stored the checksum of another text.
        if !bcrypt::verify(cut(&password), stored).unwrap_or(false) {
            attributes.insert("bcrypt_hash".into(), bcrypt_hash(&password)?.into());
        }
        Ok(Value::object_map(attributes))
    }
}

/// The work that bcrypt does: two to this power.
const COST: u32 = 10;

/// The part of a password that bcrypt looks at.
fn cut(password: &str) -> &[u8] {
    let bytes = password.as_bytes();
    bytes.get(..72).unwrap_or(bytes)
}

fn bcrypt_hash(password: &str) -> Outcome<String> {
    let mut salt = [0; 16];
    Entropy::System.fill(&mut salt)?;
    let hash = bcrypt::hash_with_salt(cut(password), COST, salt)
        .map_err(|error| Failure::new(format!("The checksum cannot be made: {error}.")))?;
    Ok(hash.format_for_version(bcrypt::Version::TwoA))
}

/// The same on a thread where it keeps nobody waiting: it takes long, by design.
pub(super) async fn bcrypt_hash_apart(password: String) -> Outcome<String> {
    let made = tokio::task::spawn_blocking(move || bcrypt_hash(&password)).await;
    made.map_err(|error| Failure::new(format!("The checksum was not made: {error}.")))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use formwork_value::json::decode_plain;

    #[test]
    fn older_states_get_what_they_lack() {
        let old = r#"{"id":"none","length":3,"result":"abc","number":false,"min_lower":null,"keepers":null}"#;
        let new = Password.upgrade(0, decode_plain(old).unwrap()).unwrap();
        let flag = |name: &str| new.get(name).and_then(Value::as_bool);
        assert_eq!((flag("numeric"), flag("number"), flag("upper")), (Some(false), Some(false), Some(true)));
        assert_eq!(new.get("min_lower"), Some(&Value::from(0)));
        let hash = new.get("bcrypt_hash").and_then(Value::as_str).unwrap().to_owned();
        assert!(hash.starts_with("$2a$10$") && bcrypt::verify("abc", &hash).unwrap());
        // A checksum that is right stays, and one of another text does not.
        let kept = Password.upgrade(2, new.clone()).unwrap();
        assert_eq!(kept.get("bcrypt_hash").and_then(Value::as_str), Some(hash.as_str()));
        let mut wrong = new.as_mapping().unwrap().clone();
        wrong.insert("result".into(), "abd".into());
        let healed = Password.upgrade(2, Value::object_map(wrong)).unwrap();
        assert!(bcrypt::verify("abd", healed.get("bcrypt_hash").and_then(Value::as_str).unwrap()).unwrap());
    }

    #[test]
    fn only_the_first_72_bytes_count() {
        let hash = bcrypt_hash(&"x".repeat(100)).unwrap();
        assert!(bcrypt::verify("x".repeat(72), &hash).unwrap());
    }
}
