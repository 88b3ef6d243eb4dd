//! Putting files on a machine.

use super::session::RemoteSession;
use russh_sftp::client::{SftpSession, error::Error};
use russh_sftp::protocol::{FileAttributes, OpenFlags, StatusCode};
use std::path::Path;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Folders that are nested more deeply are refused: a link may lead back.
const MAX_DEPTH: usize = 64;

/// Permissions of files, whatever those of their sources are: so it is in Terraform.
pub const PLAIN: u32 = 0o644;

/// A way to put files on a machine: SFTP, or the shell where the machine has no SFTP.
pub enum Upload<'s> {
    Sftp(SftpSession),
    Shell(&'s RemoteSession),
}

impl<'s> Upload<'s> {
    pub async fn begin(session: &'s RemoteSession) -> Result<Upload<'s>, String> {
        let mut channel = session.channel().await?;
        channel.request_subsystem(true, "sftp").await.map_err(|error| format!("cannot ask for SFTP: {error}"))?;
        match channel.wait().await {
            Some(russh::ChannelMsg::Success) => {}
            _ => return Ok(Upload::Shell(session)),
        }
        match SftpSession::new(channel.into_stream()).await {
            Ok(sftp) => {
                // Slow disks answer late.
                sftp.set_timeout(60);
                Ok(Upload::Sftp(sftp))
            }
            Err(_) => Ok(Upload::Shell(session)),
        }
    }

    /// Writes a file anew.
    pub async fn write(&self, path: &str, content: &[u8], mode: u32) -> Result<(), String> {
        match self {
            // The machine gives it the permissions of new files.
            Upload::Shell(session) => session.feed(&format!("cat > {}", quoted(path)), content).await,
            Upload::Sftp(sftp) => {
                let failed = |error: Error| format!("cannot write {path}: {error}");
                let flags = OpenFlags::CREATE | OpenFlags::TRUNCATE | OpenFlags::WRITE;
                let attributes = FileAttributes { permissions: Some(mode), ..FileAttributes::empty() };
                let mut file = sftp.open_with_flags_and_attributes(path, flags, attributes).await.map_err(failed)?;
                file.write_all(content).await.map_err(|error| format!("cannot write {path}: {error}"))?;
                file.close().await.map_err(|error| format!("cannot write {path}: {error}"))
            }
        }
    }

    /// Copies a local file.
    async fn write_file(&self, from: &Path, to: &str) -> Result<(), String> {
        let failed = |error: std::io::Error| format!("cannot read {}: {error}", from.display());
        let Upload::Sftp(sftp) = self else {
            return self.write(to, &tokio::fs::read(from).await.map_err(failed)?, PLAIN).await;
        };
        let mut source = tokio::fs::File::open(from).await.map_err(failed)?;
        let refused = |error: Error| format!("cannot write {to}: {error}");
        let flags = OpenFlags::CREATE | OpenFlags::TRUNCATE | OpenFlags::WRITE;
        let attributes = FileAttributes { permissions: Some(PLAIN), ..FileAttributes::empty() };
        let mut file = sftp.open_with_flags_and_attributes(to, flags, attributes).await.map_err(refused)?;
        let mut chunk = vec![0u8; 256 * 1024];
        loop {
            let read = source.read(&mut chunk).await.map_err(failed)?;
            let Some(part) = chunk.get(..read).filter(|part| !part.is_empty()) else { break };
            file.write_all(part).await.map_err(|error| format!("cannot write {to}: {error}"))?;
        }
        file.close().await.map_err(|error| format!("cannot write {to}: {error}"))
    }

    /// Copies a file or a folder. Where the destination is a folder, a folder goes into it; with a slash at the end of
    /// its name, its content does.
    pub async fn copy(&self, source: &str, destination: &str) -> Result<(), String> {
        let from = Path::new(source);
        let kind = tokio::fs::metadata(from).await.map_err(|error| format!("cannot read {source}: {error}"))?;
        if !kind.is_dir() {
            return self.write_file(from, destination).await;
        }
        let mut target = destination.trim_end_matches('/').to_owned();
        if target.is_empty() {
            target.push('/');
        }
        if !source.ends_with('/')
            && self.is_dir(&target).await?
            && let Some(name) = from.file_name()
        {
            target = format!("{}/{}", target.trim_end_matches('/'), name.to_string_lossy());
        }
        Box::pin(self.copy_dir(from, &target, 0)).await
    }

    async fn copy_dir(&self, from: &Path, to: &str, depth: usize) -> Result<(), String> {
        if depth > MAX_DEPTH {
            return Err(format!("{} is nested more than {MAX_DEPTH} levels deep", from.display()));
        }
        self.create_dir(to).await?;
        let failed = |error: std::io::Error| format!("cannot read {}: {error}", from.display());
        let mut entries = Vec::new();
        let mut listing = tokio::fs::read_dir(from).await.map_err(failed)?;
        while let Some(entry) = listing.next_entry().await.map_err(failed)? {
            entries.push(entry.path());
        }
        entries.sort();
        for entry in entries {
            let name = entry.file_name().unwrap_or_default().to_string_lossy();
            let target = format!("{}/{name}", to.trim_end_matches('/'));
            // Links count as what they point to.
            match tokio::fs::metadata(&entry).await.map_err(failed)?.is_dir() {
                true => Box::pin(self.copy_dir(&entry, &target, depth + 1)).await?,
                false => self.write_file(&entry, &target).await?,
            }
        }
        Ok(())
    }

    async fn is_dir(&self, path: &str) -> Result<bool, String> {
        match self {
            Upload::Shell(session) => Ok(session.execute(&format!("test -d {}", quoted(path)), &|_| {}).await.is_ok()),
            Upload::Sftp(sftp) => match sftp.metadata(path).await {
                Ok(found) => Ok(found.is_dir()),
                Err(Error::Status(status)) if status.status_code == StatusCode::NoSuchFile => Ok(false),
                Err(error) => Err(format!("cannot look at {path}: {error}")),
            },
        }
    }

    async fn create_dir(&self, path: &str) -> Result<(), String> {
        if self.is_dir(path).await? {
            return Ok(());
        }
        match self {
            Upload::Shell(session) => session.execute(&format!("mkdir {}", quoted(path)), &|_| {}).await,
            Upload::Sftp(sftp) => {
                sftp.create_dir(path).await.map_err(|error| format!("cannot make the folder {path}: {error}"))
            }
        }
    }

    /// Removes a file that nobody needs any more.
    pub async fn remove(&self, path: &str) -> Result<(), String> {
        match self {
            Upload::Shell(session) => session.execute(&format!("rm -f {}", quoted(path)), &|_| {}).await,
            Upload::Sftp(sftp) => {
                sftp.remove_file(path).await.map_err(|error| format!("cannot remove {path}: {error}"))
            }
        }
    }
}

/// A word for a shell of Unix.
pub fn quoted(word: &str) -> String {
    shell_words::quote(word).into_owned()
}
