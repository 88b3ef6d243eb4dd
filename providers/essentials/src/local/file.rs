//! `local_file` and `local_sensitive_file`: a file that is there, with a content.

use super::content::{is_mode, read, write};
use crate::checksums::{sha1, show_checksums};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use formwork_kit::{
    Call, Failure, Group, Outcome, Presence, Resource, async_trait, computed, matching, object, optional, required,
};
use formwork_value::Value;

/// `local_file`.
pub(crate) struct File;

/// `local_sensitive_file`: the same, but its content is not shown.
pub(crate) struct SensitiveFile;

fn permission() -> impl Fn(&Value) -> Result<(), String> + Send + Sync + 'static {
    matching("permissions as three or four octal digits", is_mode)
}

object! {
    pub(crate) struct State {
        /// What the file holds, as text.
        content: Option<String> = optional().replaces(),
        /// What the file holds, in base64.
        content_base64: Option<String> = optional().replaces(),
        content_base64sha256: Option<String> = computed(),
        content_base64sha512: Option<String> = computed(),
        content_md5: Option<String> = computed(),
        content_sha1: Option<String> = computed(),
        content_sha256: Option<String> = computed(),
        content_sha512: Option<String> = computed(),
        /// Permissions of directories that have to be made, before the umask.
        directory_permission: String = optional().default_value("0777").replaces().check(permission()),
        /// Permissions of the file, before the umask.
        file_permission: String = optional().default_value("0777").replaces().check(permission()),
        /// Path of the file.
        filename: String = required().replaces(),
        /// Checksum of the content.
        id: Option<String> = computed(),
        /// What the file holds, as text that is not shown.
        sensitive_content: Option<String> =
            optional().sensitive().replaces().deprecated("Use the resource type local_sensitive_file instead."),
        /// A file of which to make a copy.
        source: Option<String> = optional().replaces(),
    }
}

object! {
    pub(crate) struct SensitiveState {
        /// What the file holds, as text.
        content: Option<String> = optional().sensitive().replaces(),
        /// What the file holds, in base64.
        content_base64: Option<String> = optional().sensitive().replaces(),
        content_base64sha256: Option<String> = computed(),
        content_base64sha512: Option<String> = computed(),
        content_md5: Option<String> = computed(),
        content_sha1: Option<String> = computed(),
        content_sha256: Option<String> = computed(),
        content_sha512: Option<String> = computed(),
        /// Permissions of directories that have to be made, before the umask.
        directory_permission: String = optional().default_value("0700").replaces().check(permission()),
        /// Permissions of the file, before the umask.
        file_permission: String = optional().default_value("0700").replaces().check(permission()),
        /// Path of the file.
        filename: String = required().replaces(),
        /// Checksum of the content.
        id: Option<String> = computed(),
        /// A file of which to make a copy.
        source: Option<String> = optional().replaces(),
    }
}

/// What the file shall hold, of the arguments of which one is given.
fn wanted(text: Option<&String>, encoded: Option<&String>, source: Option<&String>) -> Outcome<Vec<u8>> {
    match (text, encoded, source) {
        (Some(text), _, _) => Ok(text.clone().into_bytes()),
        (None, Some(encoded), _) => STANDARD
            .decode(encoded)
            .map_err(|error| Failure::new(format!("This is not base64: {error}.")).at("content_base64")),
        (None, None, Some(path)) => read(path, "source"),
        (None, None, None) => Ok(Vec::new()),
    }
}

impl State {
    fn text(&self) -> Option<&String> {
        self.content.as_ref().or(self.sensitive_content.as_ref())
    }
}

impl SensitiveState {
    fn text(&self) -> Option<&String> {
        self.content.as_ref()
    }
}

/// A file that is not what was written is as good as none: it is written again.
fn presence(filename: &str, id: Option<&str>) -> Outcome<Presence> {
    match std::fs::read(filename) {
        Ok(content) if Some(sha1(&content).as_str()) == id => Ok(Presence::Present),
        Ok(_) => Ok(Presence::Gone),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Presence::Gone),
        Err(error) => Err(Failure::new(format!("{filename}: {error}.")).at("filename")),
    }
}

fn remove(filename: &str) -> Outcome<()> {
    match std::fs::remove_file(filename) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::new(format!("{filename}: {error}.")).at("filename"))
        }
        _ => Ok(()),
    }
}

macro_rules! file_type {
    ($name:ident, $state:ident, $kind:literal, $contents:expr) => {
        #[async_trait]
        impl Resource for $name {
            type State = $state;
            type Client = ();

            const KIND: &'static str = $kind;

            fn groups(&self) -> Vec<Group> {
                vec![Group::ExactlyOne($contents)]
            }

            async fn create(&self, _: &Call<()>, state: &mut $state) -> Outcome<()> {
                let content = wanted(state.text(), state.content_base64.as_ref(), state.source.as_ref())?;
                write(&state.filename, &content, &state.file_permission, &state.directory_permission)?;
                show_checksums!(state, &content);
                Ok(())
            }

            async fn read(&self, _: &Call<()>, state: &mut $state) -> Outcome<Presence> {
                presence(&state.filename, state.id.as_deref())
            }

            async fn delete(&self, _: &Call<()>, state: &$state) -> Outcome<()> {
                remove(&state.filename)
            }
        }
    };
}

file_type!(File, State, "local_file", &["content", "sensitive_content", "content_base64", "source"]);
file_type!(SensitiveFile, SensitiveState, "local_sensitive_file", &["content", "content_base64", "source"]);
