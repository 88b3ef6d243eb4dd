//! Plugins that somebody else started (`TF_REATTACH_PROVIDERS`).

use super::connection::Connection;
use super::launch::{LaunchOptions, open};
use super::running::{Owner, RunningProvider};
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::ProviderAddress;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

/// Where a plugin listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransportAddress {
    Unix(PathBuf),
    /// `HOST:PORT`.
    Tcp(String),
}

/// A running plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attach {
    /// 5 or 6.
    pub protocol: u32,
    pub address: TransportAddress,
    /// The process to be ended with the run; `None` if it must go on.
    pub end_process: Option<u32>,
}

/// Parses the value of `TF_REATTACH_PROVIDERS`: an object by provider address.
pub fn parse_reattach(text: &str) -> Result<BTreeMap<ProviderAddress, Attach>, Diagnostics> {
    let json: Json = serde_json::from_str(text).map_err(|error| invalid(format!("It is not valid JSON: {error}.")))?;
    let Json::Object(entries) = json else {
        return Err(invalid("It must be a JSON object whose keys are provider addresses.".into()).into());
    };
    let mut providers = BTreeMap::new();
    for (key, entry) in entries {
        let address = ProviderAddress::parse(&key)
            .map_err(|error| invalid(format!("{key:?} is not the source address of a provider: {error}.")))?;
        let attach = parse_entry(&entry).map_err(|reason| invalid(format!("In the entry for {key}: {reason}.")))?;
        providers.insert(address, attach);
    }
    Ok(providers)
}

fn parse_entry(entry: &Json) -> Result<Attach, String> {
    let entry = entry.as_object().ok_or("it must be an object")?;
    if let Some(protocol) = field(entry, "Protocol").and_then(Json::as_str)
        && protocol != "grpc"
    {
        return Err(format!("Protocol is {protocol:?}, only \"grpc\" is supported"));
    }
    let protocol = match field(entry, "ProtocolVersion").and_then(Json::as_u64).unwrap_or(0) {
        0 | 5 => 5,
        6 => 6,
        other => return Err(format!("ProtocolVersion is {other}, 5 and 6 are supported")),
    };
    let address = field(entry, "Addr").and_then(Json::as_object).ok_or("Addr is missing")?;
    let text = field(address, "String").and_then(Json::as_str).ok_or("Addr.String is missing")?;
    let address = match field(address, "Network").and_then(Json::as_str) {
        Some("unix") => TransportAddress::Unix(PathBuf::from(text)),
        Some("tcp") => TransportAddress::Tcp(text.to_owned()),
        _ => return Err("Addr.Network must be \"unix\" or \"tcp\"".into()),
    };
    let test = field(entry, "Test").and_then(Json::as_bool).unwrap_or(false);
    let pid = field(entry, "Pid").and_then(Json::as_u64).and_then(|pid| u32::try_from(pid).ok());
    Ok(Attach { protocol, address, end_process: pid.filter(|_| !test) })
}

/// Keys are found in any letter case, as the reference does.
fn field<'a>(object: &'a Map<String, Json>, name: &str) -> Option<&'a Json> {
    object.get(name).or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

fn invalid(reason: String) -> Diagnostic {
    let detail = format!("The environment variable TF_REATTACH_PROVIDERS cannot be used. {reason}");
    Diagnostic::error("Invalid TF_REATTACH_PROVIDERS", detail).blame(Blame::Environment)
}

/// Connects to a running plugin, without TLS. Of the options only the provider's name, the limits and the log count.
pub async fn attach(options: &LaunchOptions, target: &Attach) -> Result<RunningProvider, Diagnostics> {
    let connection = match timeout(options.limits.start, connect(&target.address)).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(reason)) => return Err(not_reached(options, &reason).into()),
        Err(_) => return Err(not_reached(options, "It did not accept a connection in time.").into()),
    };
    let owner = Owner::Foreign { end_process: target.end_process };
    let running = RunningProvider::new(options, target.protocol, connection, owner);
    running.read_stdio(options.log.clone());
    Ok(running)
}

async fn connect(address: &TransportAddress) -> Result<Connection, String> {
    let failed = |error: std::io::Error| format!("Connecting failed: {error}.");
    match address {
        TransportAddress::Unix(path) => open(UnixStream::connect(path).await.map_err(failed)?).await,
        TransportAddress::Tcp(address) => {
            let stream = TcpStream::connect(address).await.map_err(failed)?;
            let _ = stream.set_nodelay(true);
            open(stream).await
        }
    }
}

fn not_reached(options: &LaunchOptions, reason: &str) -> Diagnostic {
    let detail = format!(
        "The plugin of provider {} that TF_REATTACH_PROVIDERS names was not reached. {reason} Start it again, or unset \
         the variable.",
        options.provider
    );
    Diagnostic::error("Provider did not start", detail).blame(Blame::Environment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_entries() {
        let text = r#"{
            "null": {"Protocol":"grpc","Pid":7,"Test":true,"Addr":{"Network":"unix","String":"/tmp/s"}},
            "example.com/a/b": {"protocol":"grpc","protocolversion":6,"pid":8,"addr":{"network":"tcp","string":"127.0.0.1:1"}}
        }"#;
        let providers = parse_reattach(text).unwrap();
        let null = &providers[&ProviderAddress::implied("null")];
        assert_eq!((null.protocol, null.end_process), (5, None));
        assert_eq!(null.address, TransportAddress::Unix("/tmp/s".into()));
        let other = &providers[&ProviderAddress::parse("example.com/a/b").unwrap()];
        assert_eq!((other.protocol, other.end_process), (6, Some(8)));
        assert_eq!(other.address, TransportAddress::Tcp("127.0.0.1:1".into()));
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, reason) in [
            ("", "valid JSON"),
            ("[]", "JSON object"),
            (r#"{"a/b/c/d":{}}"#, "a/b/c/d"),
            (r#"{"null":1}"#, "object"),
            (r#"{"null":{"Protocol":"netrpc"}}"#, "netrpc"),
            (r#"{"null":{"ProtocolVersion":4}}"#, "ProtocolVersion is 4"),
            (r#"{"null":{}}"#, "Addr is missing"),
            (r#"{"null":{"Addr":{"Network":"x","String":""}}}"#, "Addr.Network"),
        ] {
            let diagnostics = parse_reattach(text).unwrap_err();
            let detail = &diagnostics.iter().next().unwrap().detail;
            assert!(detail.contains(reason), "{text}: {detail}");
        }
    }
}
