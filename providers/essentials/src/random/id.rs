//! `random_id`: bytes in several forms that suit names.

use super::keepers::{Keepers, keepers};
use crate::encoding::hex;
use crate::entropy::Entropy;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use dashu_int::UBig;
use formwork_kit::{Call, Failure, Outcome, Resource, async_trait, between, computed, object, optional, required};

pub(crate) struct Id;

object! {
    pub(crate) struct State {
        /// The prefix, and the bytes in base64.
        b64_std: Option<String> = computed(),
        /// The prefix, and the bytes in the base64 of URLs.
        b64_url: Option<String> = computed(),
        /// How many bytes.
        byte_length: i64 = required().replaces().check(between(1, 1 << 20)),
        /// The prefix, and the bytes as one decimal number.
        dec: Option<String> = computed(),
        /// The prefix, and the bytes in hexadecimal digits.
        hex: Option<String> = computed(),
        /// The bytes in the base64 of URLs.
        id: Option<String> = computed(),
        /// Values whose change draws new bytes.
        keepers: Keepers = keepers(),
        /// Put before all forms but `id`.
        prefix: Option<String> = optional().replaces(),
    }
}

impl State {
    fn show(&mut self, bytes: &[u8]) {
        let prefix = self.prefix.clone().unwrap_or_default();
        let url = URL_SAFE_NO_PAD.encode(bytes);
        let prefixed = |text: &str| Some(format!("{prefix}{text}"));
        self.b64_std = prefixed(&STANDARD.encode(bytes));
        self.b64_url = prefixed(&url);
        self.hex = prefixed(&hex(bytes));
        self.dec = prefixed(&UBig::from_be_bytes(bytes).to_string());
        self.id = Some(url);
    }
}

#[async_trait]
impl Resource for Id {
    type State = State;
    type Client = ();

    const KIND: &'static str = "random_id";
    const PURE: bool = true;

    async fn create(&self, _: &Call<()>, state: &mut State) -> Outcome<()> {
        let bytes = Entropy::System.bytes(usize::try_from(state.byte_length).unwrap_or_default())?;
        state.show(&bytes);
        Ok(())
    }

    /// `ID` or `PREFIX,ID`.
    async fn import(&self, _: &Call<()>, id: &str) -> Outcome<State> {
        let (prefix, text) = match id.rsplit_once(',') {
            Some((prefix, text)) => (Some(prefix.to_owned()), text),
            None => (None, id),
        };
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|error| {
            Failure::new(format!(
                "The id must be the bytes in the base64 of URLs, perhaps after a prefix and a comma: {error}."
            ))
        })?;
        let mut state = State { prefix, byte_length: bytes.len() as i64, ..State::default() };
        state.show(&bytes);
        Ok(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_their_forms() {
        let mut state = State { prefix: Some("p-".into()), ..State::default() };
        state.show(&[0xfb, 0xff, 0x01]);
        assert_eq!(state.b64_std.as_deref(), Some("p-+/8B"));
        assert_eq!(state.b64_url.as_deref(), Some("p--_8B"));
        assert_eq!(state.hex.as_deref(), Some("p-fbff01"));
        assert_eq!(state.dec.as_deref(), Some("p-16514817"));
        assert_eq!(state.id.as_deref(), Some("-_8B"));
    }
}
