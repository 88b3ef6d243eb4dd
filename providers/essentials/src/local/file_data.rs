//! The data sources `local_file` and `local_sensitive_file`.

use super::content::read;
use crate::checksums::show_checksums;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use formwork_kit::{Call, DataSource, Outcome, async_trait, computed, object, required};

/// `local_file`.
pub(crate) struct File;

/// `local_sensitive_file`: the same, but its content is not shown.
pub(crate) struct SensitiveFile;

object! {
    pub(crate) struct State {
        /// What the file holds, as text.
        content: Option<String> = computed(),
        /// What the file holds, in base64.
        content_base64: Option<String> = computed(),
        content_base64sha256: Option<String> = computed(),
        content_base64sha512: Option<String> = computed(),
        content_md5: Option<String> = computed(),
        content_sha1: Option<String> = computed(),
        content_sha256: Option<String> = computed(),
        content_sha512: Option<String> = computed(),
        /// Path of the file.
        filename: String = required(),
        /// Checksum of the content.
        id: Option<String> = computed(),
    }
}

object! {
    pub(crate) struct SensitiveState {
        /// What the file holds, as text.
        content: Option<String> = computed().sensitive(),
        /// What the file holds, in base64.
        content_base64: Option<String> = computed().sensitive(),
        content_base64sha256: Option<String> = computed(),
        content_base64sha512: Option<String> = computed(),
        content_md5: Option<String> = computed(),
        content_sha1: Option<String> = computed(),
        content_sha256: Option<String> = computed(),
        content_sha512: Option<String> = computed(),
        /// Path of the file.
        filename: String = required(),
        /// Checksum of the content.
        id: Option<String> = computed(),
    }
}

macro_rules! file_source {
    ($name:ident, $state:ident, $kind:literal) => {
        #[async_trait]
        impl DataSource for $name {
            type State = $state;
            type Client = ();

            const KIND: &'static str = $kind;

            async fn read(&self, _: &Call<()>, state: &mut $state) -> Outcome<()> {
                let content = read(&state.filename, "filename")?;
                state.content = Some(String::from_utf8_lossy(&content).into_owned());
                state.content_base64 = Some(STANDARD.encode(&content));
                show_checksums!(state, &content);
                Ok(())
            }
        }
    };
}

file_source!(File, State, "local_file");
file_source!(SensitiveFile, SensitiveState, "local_sensitive_file");
