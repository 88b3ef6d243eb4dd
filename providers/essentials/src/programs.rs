//! Programs that run to their end.

use formwork_kit::{Failure, Outcome};
use std::process::{Output, Stdio};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// Runs a program with an input, and waits for its end. It dies with the wait.
pub(crate) async fn run(program: &str, arguments: &[String], directory: Option<&str>, input: &[u8]) -> Outcome<Output> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    if let Some(directory) = directory.filter(|directory| !directory.is_empty()) {
        command.current_dir(directory);
    }
    let failed = |error: std::io::Error| Failure::new(format!("{program:?} cannot be run: {error}."));
    let mut child = command.spawn().map_err(failed)?;
    let stdin = child.stdin.take();
    // A program need not read its input, so a broken pipe is no failure.
    let write = async {
        if let Some(mut stdin) = stdin {
            let _ = stdin.write_all(input).await;
        }
    };
    let ((), output) = tokio::join!(write, child.wait_with_output());
    output.map_err(failed)
}

/// The text that a program has written, as part of a message.
pub(crate) fn said(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    match text.trim() {
        "" => "It wrote no message.".to_owned(),
        text => format!("It wrote: {text}"),
    }
}
