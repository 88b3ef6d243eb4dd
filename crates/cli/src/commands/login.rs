//! `login` and `logout`.

use super::{Command, GENERAL};
use crate::arguments::Arguments;
use crate::exit::Exit;
use crate::prompt::{ask, confirm};
use crate::providers::cli_config;
use crate::session::Session;
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use serde_json::{Map, Value, json};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

pub static LOGIN: Command = Command {
    name: "login",
    arguments: "[HOST]",
    summary: "Store an API token for a host.",
    description: "Asks for an API token that you got from the host (by default app.terraform.io), and keeps it in \
                  ~/.terraform.d/credentials.tfrc.json, readable by you only.",
    flags: &[GENERAL],
    positional: (0, 1),
    run: login,
};

pub static LOGOUT: Command = Command {
    name: "logout",
    arguments: "[HOST]",
    summary: "Remove the stored API token of a host.",
    description: "Removes the token of the host (by default app.terraform.io) from \
                  ~/.terraform.d/credentials.tfrc.json. The token itself stays valid until the host revokes it.",
    flags: &[GENERAL],
    positional: (0, 1),
    run: logout,
};

const DEFAULT_HOST: &str = "app.terraform.io";

fn environment(summary: &str, detail: String) -> Diagnostics {
    Diagnostic::error(summary, detail).blame(Blame::Environment).into()
}

fn host(arguments: &Arguments) -> Result<String, Diagnostics> {
    let host = arguments.at(0).unwrap_or(DEFAULT_HOST).to_lowercase();
    let (name, port) = host.split_once(':').map_or((host.as_str(), None), |(name, port)| (name, Some(port)));
    let is_label = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-') && !label.starts_with('-')
    };
    if name.split('.').all(is_label) && port.is_none_or(|port| port.parse::<u16>().is_ok()) {
        return Ok(host);
    }
    Err(Diagnostic::error("Invalid hostname", format!("{host:?} is no host name.")).into())
}

fn login(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let host = host(arguments)?;
    let path = writable(session)?;
    let question = format!("A token for {host} will be kept as plain text in {}.", path.display());
    if !confirm(session, &format!("{question}\n\nDo you want to proceed?")) {
        return Err(Diagnostic::error("Login cancelled", "Nothing was stored.").into());
    }
    let token = ask(session, &format!("Paste an API token of {host} here."), "Token:").unwrap_or_default();
    let token = token.trim();
    if token.is_empty() {
        return Err(Diagnostic::error("No token", "No token was given, so nothing was stored.").into());
    }
    let mut all = read(&path)?;
    credentials(&mut all).insert(host.clone(), json!({ "token": token }));
    write(&path, &all)?;
    session.say(&format!("Success! The token for {host} is stored."));
    Ok(Exit::Success)
}

fn logout(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let host = host(arguments)?;
    let path = writable(session)?;
    let mut all = read(&path)?;
    if credentials(&mut all).remove(&host).is_none() {
        session.say(&format!("No credentials for {host} are stored."));
        return Ok(Exit::Success);
    }
    write(&path, &all)?;
    session.say(&format!("Success! The token for {host} is no longer stored here. The host still accepts it."));
    Ok(Exit::Success)
}

/// The file with the tokens, unless a program keeps them.
fn writable(session: &Session) -> Result<PathBuf, Diagnostics> {
    if let Some(helper) = cli_config(session)?.credentials_helper {
        let detail = format!("The CLI configuration leaves credentials to the helper {:?}. Use that.", helper.name);
        return Err(environment("Credentials are kept elsewhere", detail));
    }
    let home = session.environment.get("HOME").ok_or_else(|| {
        environment("No home directory", "Tokens are kept in the home directory, but HOME is not set.".to_owned())
    })?;
    Ok(Path::new(home).join(".terraform.d").join("credentials.tfrc.json"))
}

fn read(path: &Path) -> Result<Map<String, Value>, Diagnostics> {
    let unreadable = |problem: String| environment("Unreadable credentials", format!("{}: {problem}.", path.display()));
    match std::fs::read_to_string(path) {
        Ok(text) => serde_json::from_str(&text).map_err(|error| unreadable(error.to_string())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Map::new()),
        Err(error) => Err(unreadable(error.to_string())),
    }
}

/// The entries by host; anything else in their place gives way.
fn credentials(all: &mut Map<String, Value>) -> &mut Map<String, Value> {
    let entry = all.entry("credentials").or_insert_with(|| json!({}));
    if !entry.is_object() {
        *entry = json!({});
    }
    entry.as_object_mut().expect("it was just made an object")
}

/// Written beside and renamed, so that no moment shows half of it.
fn write(path: &Path, all: &Map<String, Value>) -> Result<(), Diagnostics> {
    let text = serde_json::to_string_pretty(all).unwrap_or_default();
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    let result = std::fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).and_then(|()| {
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        file.write_all(format!("{text}\n").as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    });
    result.map_err(|error| {
        environment("Cannot store credentials", format!("{} cannot be written: {error}.", path.display()))
    })
}
