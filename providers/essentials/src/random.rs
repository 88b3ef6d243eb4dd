//! `hashicorp/random`: values that are drawn once and kept in the state.

mod bytes;
mod characters;
mod ephemeral;
mod id;
mod integer;
mod keepers;
mod password;
mod pet;
mod pet_words;
mod shuffle;
mod string;
mod uuid;

use formwork_kit::Provider;

pub(crate) fn provider() -> Provider<()> {
    Provider::new("random", ())
        .resource(bytes::Bytes)
        .resource(id::Id)
        .resource(integer::Integer)
        .resource(password::Password)
        .resource(pet::Pet)
        .resource(shuffle::Shuffle)
        .resource(string::RandomString)
        .resource(uuid::Uuid)
        .resource(uuid::Uuid4)
        .resource(uuid::Uuid7)
        .ephemeral(ephemeral::Bytes)
        .ephemeral(ephemeral::Password)
}
