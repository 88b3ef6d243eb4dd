//! Random values that are stored nowhere.

use super::bytes::encoded;
use super::characters::{recipe, validate};
use super::password::bcrypt_hash_apart;
use crate::entropy::Entropy;
use formwork_diag::Diagnostics;
use formwork_kit::{Call, Ephemeral, Opened, Outcome, async_trait, at_least, computed, object, optional, required};
use formwork_value::Value;

/// `random_password`.
pub(crate) struct Password;

/// `random_bytes`.
pub(crate) struct Bytes;

object! {
    pub(crate) struct State {
        /// Checksum of the password as bcrypt makes it.
        bcrypt_hash: Option<String> = computed().sensitive(),
        /// How many characters, at least as many as the demanded ones together.
        length: i64 = required().check(at_least(1)),
        /// Whether lowercase letters are used.
        lower: bool = optional().default_value(true),
        /// How many lowercase letters at least.
        min_lower: i64 = optional().default_value(0),
        /// How many digits at least.
        min_numeric: i64 = optional().default_value(0),
        /// How many special characters at least.
        min_special: i64 = optional().default_value(0),
        /// How many uppercase letters at least.
        min_upper: i64 = optional().default_value(0),
        /// Whether digits are used.
        numeric: bool = optional().default_value(true),
        /// Special characters to use instead of the usual ones.
        override_special: Option<String> = optional(),
        /// The password.
        result: Option<String> = computed().sensitive(),
        /// Whether special characters are used.
        special: bool = optional().default_value(true),
        /// Whether uppercase letters are used.
        upper: bool = optional().default_value(true),
    }
}

object! {
    pub(crate) struct BytesState {
        base64: Option<String> = computed().sensitive(),
        hex: Option<String> = computed().sensitive(),
        /// How many bytes.
        length: i64 = required().check(at_least(1)),
    }
}

#[async_trait]
impl Ephemeral for Password {
    type State = State;
    type Client = ();

    const KIND: &'static str = "random_password";

    fn validate(&self, config: &Value, diagnostics: &mut Diagnostics) {
        validate(config, diagnostics);
    }

    async fn open(&self, _: &Call<()>, state: &mut State) -> Outcome<Opened> {
        let text = recipe!(state).draw()?;
        state.bcrypt_hash = Some(bcrypt_hash_apart(text.clone()).await?);
        state.result = Some(text);
        Ok(Opened::default())
    }
}

#[async_trait]
impl Ephemeral for Bytes {
    type State = BytesState;
    type Client = ();

    const KIND: &'static str = "random_bytes";

    async fn open(&self, _: &Call<()>, state: &mut BytesState) -> Outcome<Opened> {
        let bytes = Entropy::System.bytes(usize::try_from(state.length).unwrap_or_default())?;
        let (base64, hex) = encoded(&bytes);
        (state.base64, state.hex) = (Some(base64), Some(hex));
        Ok(Opened::default())
    }
}
