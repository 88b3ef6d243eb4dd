//! The `remote-exec` provisioner.

use super::connection::Connection;
use super::copy::at_home;
use super::session::RemoteSession;
use super::upload::{Upload, quoted};
use crate::machine::line_buffer::LineSink;
use formwork_model::ProvisionerRequest;
use formwork_value::Value;

/// How a script without a first line of its own is run.
const INTERPRETER: &[u8] = b"#!/bin/sh\n";

/// Runs scripts on the machine, one after the other, up to the first that fails.
pub async fn run_scripts(request: &ProvisionerRequest, home: Option<&str>, output: LineSink<'_>) -> Result<(), String> {
    let connection = Connection::of(&request.connection.unmark_deep().0)?;
    let scripts = scripts_of(&request.config.unmark_deep().0, home).await?;
    announce(&connection, output);
    let session = RemoteSession::open(&connection).await?;
    output("Connected!");
    let mut result = Ok(());
    for script in &scripts {
        result = run_script(&session, &connection, script, output).await;
        if result.is_err() {
            break;
        }
    }
    session.close().await;
    result
}

/// The texts of all scripts: inline commands are one script.
async fn scripts_of(config: &Value, home: Option<&str>) -> Result<Vec<Vec<u8>>, String> {
    let list = |name: &str| -> Result<Option<Vec<String>>, String> {
        let Some(values) = config.get(name).and_then(Value::as_sequence) else { return Ok(None) };
        let texts = values.iter().map(|value| value.as_str().map(str::to_owned));
        texts
            .map(|text| text.ok_or_else(|| format!("A null in {name} is no script.")))
            .collect::<Result<_, _>>()
            .map(Some)
    };
    if let Some(lines) = list("inline")? {
        let mut text = lines.join("\n");
        text.push('\n');
        return Ok(vec![text.into_bytes()]);
    }
    let paths = match config.get("script").and_then(Value::as_str) {
        Some(path) => vec![path.to_owned()],
        None => list("scripts")?.unwrap_or_default(),
    };
    let mut scripts = Vec::new();
    for path in paths {
        let path = at_home(&path, home);
        let text = tokio::fs::read(&path).await;
        scripts.push(text.map_err(|error| format!("The script {path} cannot be read: {error}."))?);
    }
    Ok(scripts)
}

/// Says with what the machine will be reached.
fn announce(connection: &Connection, output: LineSink<'_>) {
    let target = &connection.target;
    let agent = connection.agent && std::env::var_os("SSH_AUTH_SOCK").is_some();
    output("Connecting to remote host via SSH...");
    output(&format!("  Host: {}", target.host));
    output(&format!("  User: {}", target.user));
    output(&format!("  Password: {}", target.password.is_some()));
    output(&format!("  Private key: {}", target.private_key.is_some()));
    output(&format!("  Certificate: {}", target.certificate.is_some()));
    output(&format!("  SSH Agent: {agent}"));
    output(&format!("  Checking Host Key: {}", target.host_key.is_some()));
    output(&format!("  Target Platform: {}", if connection.windows { "windows" } else { "unix" }));
    if let Some(bastion) = &connection.bastion {
        output("Using configured bastion host...");
        output(&format!("  Host: {}", bastion.host));
        output(&format!("  User: {}", bastion.user));
        output(&format!("  Password: {}", bastion.password.is_some()));
        output(&format!("  Private key: {}", bastion.private_key.is_some()));
        output(&format!("  Certificate: {}", bastion.certificate.is_some()));
        output(&format!("  SSH Agent: {agent}"));
        output(&format!("  Checking Host Key: {}", bastion.host_key.is_some()));
    }
    if let Some(proxy) = &connection.proxy {
        output("Using configured proxy host...");
        output(&format!("  ProxyHost: {}", proxy.host));
        output(&format!("  ProxyPort: {}", proxy.port));
    }
}

async fn run_script(
    session: &RemoteSession,
    connection: &Connection,
    text: &[u8],
    output: LineSink<'_>,
) -> Result<(), String> {
    let path = connection.script_path.replace("%RAND%", &random_number().to_string());
    let mut script = Vec::new();
    if !connection.windows && !text.starts_with(b"#!") {
        script.extend_from_slice(INTERPRETER);
    }
    script.extend_from_slice(text);
    let upload = Upload::begin(session).await?;
    upload.write(&path, &script, 0o700).await.map_err(|error| format!("Failed to upload script: {error}"))?;
    let command = if connection.windows { path.clone() } else { quoted(&path) };
    if !connection.windows {
        let made = session.execute(&format!("chmod 0700 {command}"), &|_| {}).await;
        made.map_err(|error| format!("Failed to make the script executable: {error}"))?;
    }
    let result = session.execute(&command, output).await;
    // The script may hold secrets. If it cannot be removed (it may have done so itself), that is no failure.
    let _ = upload.remove(&path).await;
    result
}

fn random_number() -> u32 {
    // Without randomness the name is merely the same each time.
    getrandom::u32().unwrap_or_default() >> 1
}
