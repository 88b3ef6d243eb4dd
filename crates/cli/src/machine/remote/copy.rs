//! The `file` provisioner.

use super::connection::Connection;
use super::session::RemoteSession;
use super::upload::{PLAIN, Upload};
use formwork_model::ProvisionerRequest;
use formwork_value::Value;

/// Puts a text, a file or a folder on the machine.
pub async fn copy_files(request: &ProvisionerRequest, home: Option<&str>) -> Result<(), String> {
    let config = request.config.unmark_deep().0;
    let text = |name: &str| config.get(name).and_then(Value::as_str).map(str::to_owned);
    let destination = text("destination").filter(|path| !path.is_empty());
    let destination = destination.ok_or("The destination is empty: it must be a path on the machine.")?;
    let connection = Connection::of(&request.connection.unmark_deep().0)?;
    let source = text("source").map(|path| at_home(&path, home));
    if let Some(source) = &source {
        // Known before anything is sent.
        tokio::fs::metadata(source).await.map_err(|error| format!("The source {source} cannot be read: {error}."))?;
    }
    let session = RemoteSession::open(&connection).await?;
    let copied = async {
        let upload = Upload::begin(&session).await?;
        match (&source, text("content")) {
            (Some(source), _) => upload.copy(source, &destination).await,
            (None, Some(content)) => upload.write(&destination, content.as_bytes(), PLAIN).await,
            (None, None) => Err("there is neither source nor content".to_owned()),
        }
    };
    let copied = copied.await.map_err(|error| format!("Upload failed: {error}."));
    session.close().await;
    copied
}

/// A leading `~` stands for the home directory.
pub fn at_home(path: &str, home: Option<&str>) -> String {
    match (path.strip_prefix('~'), home) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => format!("{home}{rest}"),
        _ => path.to_owned(),
    }
}
