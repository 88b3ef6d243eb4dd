//! `random_uuid`, `random_uuid4` and `random_uuid7`.

use super::keepers::{Keepers, keepers};
use crate::entropy::Entropy;
use formwork_kit::{Call, Failure, Outcome, Resource, async_trait, computed, object};
use std::time::{SystemTime, UNIX_EPOCH};

/// `random_uuid`: all bits random.
pub(crate) struct Uuid;

/// `random_uuid4`: the same.
pub(crate) struct Uuid4;

/// `random_uuid7`: beginning with the time.
pub(crate) struct Uuid7;

object! {
    pub(crate) struct State {
        id: Option<String> = computed(),
        /// Values whose change draws a new one.
        keepers: Keepers = keepers(),
        /// The UUID.
        result: Option<String> = computed(),
    }
}

fn drawn() -> Outcome<u128> {
    let mut bytes = [0; 16];
    Entropy::System.fill(&mut bytes)?;
    Ok(u128::from_be_bytes(bytes))
}

/// Text of the bits, with version and variant put in.
fn text(bits: u128, version: u128) -> String {
    let bits = (bits & !(0xf << 76) & !(0x3 << 62)) | (version << 76) | (0x2 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        bits >> 96,
        (bits >> 80) & 0xffff,
        (bits >> 64) & 0xffff,
        (bits >> 48) & 0xffff,
        bits & 0xffff_ffff_ffff
    )
}

fn version4() -> Outcome<String> {
    Ok(text(drawn()?, 4))
}

fn version7() -> Outcome<String> {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis());
    Ok(text((time << 80) | (drawn()? >> 48), 7))
}

fn imported(id: &str, version: Option<char>) -> Outcome<State> {
    let lengths: Vec<usize> = id.split('-').map(str::len).collect();
    let is_hex = id.chars().all(|c| c == '-' || c.is_ascii_hexdigit());
    if lengths != [8, 4, 4, 4, 12] || !is_hex {
        return Err(Failure::new(format!("The id must be a UUID, not {id:?}.")));
    }
    if let Some(version) = version.filter(|version| id.chars().nth(14) != Some(*version)) {
        return Err(Failure::new(format!("The id must be a UUID of version {version}, not {id:?}.")));
    }
    let id = id.to_ascii_lowercase();
    Ok(State { id: Some(id.clone()), keepers: None, result: Some(id) })
}

macro_rules! uuid_type {
    ($name:ident, $kind:literal, $draw:expr, $version:expr) => {
        #[async_trait]
        impl Resource for $name {
            type State = State;
            type Client = ();

            const KIND: &'static str = $kind;
            const PURE: bool = true;

            async fn create(&self, _: &Call<()>, state: &mut State) -> Outcome<()> {
                let uuid = $draw()?;
                state.id = Some(uuid.clone());
                state.result = Some(uuid);
                Ok(())
            }

            async fn import(&self, _: &Call<()>, id: &str) -> Outcome<State> {
                imported(id, $version)
            }
        }
    };
}

uuid_type!(Uuid, "random_uuid", version4, None);
uuid_type!(Uuid4, "random_uuid4", version4, Some('4'));
uuid_type!(Uuid7, "random_uuid7", version7, Some('7'));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_are_well_formed_and_can_be_imported() {
        for (uuid, version) in [(version4().unwrap(), '4'), (version7().unwrap(), '7')] {
            assert_eq!(uuid.chars().nth(14), Some(version), "{uuid}");
            assert!("89ab".contains(uuid.chars().nth(19).unwrap()), "{uuid}");
            assert_eq!(imported(&uuid, Some(version)).unwrap().result, Some(uuid));
        }
        assert!(version7().unwrap()[..8] >= *"0190");
        assert!(imported("x", None).is_err());
        assert!(imported(&version4().unwrap(), Some('7')).is_err());
    }
}
