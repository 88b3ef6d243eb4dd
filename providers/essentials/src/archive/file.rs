//! `archive_file`, as data source and as resource.

use super::entries::{Entries, Entry, of_directory, of_file};
use super::pack::{tar_gz, zip};
use crate::checksums::Checksums;
use formwork_kit::{
    Call, DataSource, Failure, Group, Outcome, Presence, Resource, Set, async_trait, blocks, computed, matching,
    object, one_of, optional, required,
};
use std::path::Path;

pub(crate) struct File;

object! {
    pub(crate) struct Source {
        content: String = required(),
        /// The name in the archive.
        filename: String = required(),
    }
}

object! {
    pub(crate) struct State {
        /// Whether links to directories are left out.
        exclude_symlink_directories: Option<bool> = optional().replaces(),
        /// Patterns of paths below `source_dir` that are left out.
        excludes: Option<Set<String>> = optional().replaces(),
        id: Option<String> = computed(),
        output_base64sha256: Option<String> = computed(),
        output_base64sha512: Option<String> = computed(),
        /// Permissions of all files in the archive, in octal digits.
        output_file_mode: Option<String> = optional().replaces().check(matching("permissions in octal digits", is_mode)),
        output_md5: Option<String> = computed(),
        /// Path of the archive.
        output_path: String = required().replaces(),
        output_sha: Option<String> = computed(),
        output_sha256: Option<String> = computed(),
        output_sha512: Option<String> = computed(),
        output_size: Option<i64> = computed(),
        /// What the only file in the archive holds.
        source_content: Option<String> = optional().replaces(),
        /// The name of that file.
        source_content_filename: Option<String> = optional().replaces(),
        /// A directory to put into the archive.
        source_dir: Option<String> = optional().replaces(),
        /// A file to put into the archive.
        source_file: Option<String> = optional().replaces(),
        /// Form of the archive: `zip` or `tar.gz`.
        r#type: String = required().replaces().check(one_of(&["zip", "tar.gz"])),
        source: Set<Source> = blocks().replaces(),
    }
}

fn is_mode(text: &str) -> bool {
    u32::from_str_radix(text, 8).is_ok_and(|mode| mode <= 0o7777)
}

fn groups() -> Vec<Group> {
    vec![
        Group::ExactlyOne(&["source", "source_content_filename", "source_file", "source_dir"]),
        Group::Needs("source_content", "source_content_filename"),
        Group::Needs("source_content_filename", "source_content"),
    ]
}

impl State {
    fn entries(&self) -> Outcome<Entries> {
        let text = |content: &str| Entry { content: content.as_bytes().to_vec(), mode: 0o644 };
        if let Some(path) = &self.source_dir {
            let excludes = self.excludes.clone().unwrap_or_default();
            return of_directory(path, &excludes.0, self.exclude_symlink_directories.unwrap_or_default());
        }
        if let Some(path) = &self.source_file {
            return of_file(path).map_err(|failure| failure.at("source_file"));
        }
        if let Some(name) = &self.source_content_filename {
            return Ok(Entries::from([(name.clone(), text(self.source_content.as_deref().unwrap_or_default()))]));
        }
        Ok(self.source.0.iter().map(|source| (source.filename.clone(), text(&source.content))).collect())
    }

    fn write_archive(&mut self) -> Outcome<()> {
        let entries = self.entries()?;
        let mode = self.output_file_mode.as_deref().and_then(|mode| u32::from_str_radix(mode, 8).ok());
        let archive = if self.r#type == "zip" { zip(&entries, mode)? } else { tar_gz(&entries, mode)? };
        let failed = |error| Failure::new(format!("{}: {error}.", self.output_path)).at("output_path");
        let target = Path::new(&self.output_path);
        if let Some(parent) = target.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        std::fs::write(target, &archive).map_err(failed)?;
        let sums = Checksums::of(&archive);
        self.id = Some(sums.sha1.clone());
        self.output_md5 = Some(sums.md5);
        self.output_sha = Some(sums.sha1);
        self.output_sha256 = Some(sums.sha256);
        self.output_sha512 = Some(sums.sha512);
        self.output_base64sha256 = Some(sums.base64sha256);
        self.output_base64sha512 = Some(sums.base64sha512);
        self.output_size = i64::try_from(archive.len()).ok();
        Ok(())
    }
}

#[async_trait]
impl DataSource for File {
    type State = State;
    type Client = ();

    const KIND: &'static str = "archive_file";

    fn groups(&self) -> Vec<Group> {
        groups()
    }

    async fn read(&self, _: &Call<()>, state: &mut State) -> Outcome<()> {
        state.write_archive()
    }
}

#[async_trait]
impl Resource for File {
    type State = State;
    type Client = ();

    const KIND: &'static str = "archive_file";

    fn groups(&self) -> Vec<Group> {
        groups()
    }

    async fn create(&self, _: &Call<()>, state: &mut State) -> Outcome<()> {
        state.write_archive()
    }

    async fn read(&self, _: &Call<()>, state: &mut State) -> Outcome<Presence> {
        let is_there = Path::new(&state.output_path).exists();
        Ok(if is_there { Presence::Present } else { Presence::Gone })
    }

    async fn delete(&self, _: &Call<()>, state: &State) -> Outcome<()> {
        match std::fs::remove_file(&state.output_path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Failure::new(format!("{}: {error}.", state.output_path)).at("output_path"))
            }
            _ => Ok(()),
        }
    }
}
