//! `random_bytes`.

use super::keepers::{Keepers, keepers};
use crate::encoding::hex;
use crate::entropy::Entropy;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use formwork_kit::{Call, Failure, Outcome, Resource, async_trait, between, computed, object, required};

pub(crate) struct Bytes;

object! {
    pub(crate) struct State {
        /// The bytes in base64.
        base64: Option<String> = computed().sensitive(),
        /// The bytes in hexadecimal digits.
        hex: Option<String> = computed().sensitive(),
        /// Values whose change draws new bytes.
        keepers: Keepers = keepers(),
        /// How many bytes.
        length: i64 = required().replaces().check(between(1, 1 << 24)),
    }
}

pub(super) fn encoded(bytes: &[u8]) -> (String, String) {
    (STANDARD.encode(bytes), hex(bytes))
}

#[async_trait]
impl Resource for Bytes {
    type State = State;
    type Client = ();

    const KIND: &'static str = "random_bytes";
    const PURE: bool = true;

    async fn create(&self, _: &Call<()>, state: &mut State) -> Outcome<()> {
        let bytes = Entropy::System.bytes(usize::try_from(state.length).unwrap_or_default())?;
        let (base64, hex) = encoded(&bytes);
        (state.base64, state.hex) = (Some(base64), Some(hex));
        Ok(())
    }

    async fn import(&self, _: &Call<()>, id: &str) -> Outcome<State> {
        let bytes = STANDARD
            .decode(id)
            .map_err(|error| Failure::new(format!("The id must be the bytes in base64, but it is not: {error}.")))?;
        let (base64, hex) = encoded(&bytes);
        Ok(State { base64: Some(base64), hex: Some(hex), keepers: None, length: bytes.len() as i64 })
    }
}
