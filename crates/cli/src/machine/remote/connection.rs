//! What a `connection` block says.

use formwork_model::parse_duration;
use formwork_value::Value;
use std::time::Duration;

/// Where scripts are put when the connection does not say; `%RAND%` stands for a number.
const SCRIPT_PATH: &str = "/tmp/terraform_%RAND%.sh";
const SCRIPT_PATH_WINDOWS: &str = "C:/windows/temp/terraform_%RAND%.cmd";

/// How long a machine may take until it can be reached.
const TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// How to reach a machine over SSH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    pub target: Endpoint,
    /// The machine through which the connection goes.
    pub bastion: Option<Endpoint>,
    /// An HTTP proxy in front of the first machine.
    pub proxy: Option<Proxy>,
    /// Keys of the agent may be used.
    pub agent: bool,
    /// The key of the agent to try first: its comment, or a file with the public key.
    pub agent_identity: Option<String>,
    pub timeout: Duration,
    pub script_path: String,
    /// The machine has a shell of Windows.
    pub windows: bool,
}

/// A machine, and how to log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub host: String,
    pub port: u16,
    pub user: String,
    pub password: Option<String>,
    pub private_key: Option<String>,
    pub certificate: Option<String>,
    /// The key that the machine, or the authority that signed its key, must have.
    pub host_key: Option<String>,
}

/// An HTTP proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    pub host: String,
    pub port: u16,
    pub credentials: Option<(String, String)>,
}

impl Connection {
    /// Reads the arguments, as `connection_schema` of the configuration has them.
    pub fn of(config: &Value) -> Result<Connection, String> {
        if config.is_null() {
            return Err("There is no connection: write a connection block in the resource or the provisioner.".into());
        }
        let text = |name: &str| text_of(config, name);
        match text("type").as_deref() {
            None | Some("ssh") => {}
            Some("winrm") => {
                return Err("Connections of type \"winrm\" are not made. Use SSH, which Windows has as well.".into());
            }
            Some(other) => return Err(format!("The connection type {other:?} is unknown. Use \"ssh\".")),
        }
        let host = text("host").ok_or("The connection needs a host, which is empty here.")?;
        let target = Endpoint {
            host,
            port: port_of(config, "port")?.unwrap_or(22),
            user: text("user").unwrap_or_else(|| "root".into()),
            password: text("password"),
            private_key: text("private_key"),
            certificate: text("certificate"),
            host_key: text("host_key"),
        };
        let windows = match text("target_platform").as_deref() {
            None | Some("unix") => false,
            Some("windows") => true,
            Some(other) => {
                return Err(format!("The target_platform {other:?} is unknown. Use \"unix\" or \"windows\"."));
            }
        };
        let script_path = if windows { SCRIPT_PATH_WINDOWS } else { SCRIPT_PATH };
        Ok(Connection {
            bastion: bastion_of(config, &target)?,
            proxy: proxy_of(config)?,
            target,
            agent: config.get("agent").and_then(Value::as_bool).unwrap_or(true),
            agent_identity: text("agent_identity"),
            timeout: text("timeout").and_then(|text| parse_duration(&text)).unwrap_or(TIMEOUT),
            script_path: text("script_path").unwrap_or_else(|| script_path.into()),
            windows,
        })
    }
}

/// What is not said of the bastion is as for the machine behind it.
fn bastion_of(config: &Value, target: &Endpoint) -> Result<Option<Endpoint>, String> {
    let Some(host) = text_of(config, "bastion_host") else { return Ok(None) };
    let text = |name: &str| text_of(config, name);
    Ok(Some(Endpoint {
        host,
        port: port_of(config, "bastion_port")?.unwrap_or(target.port),
        user: text("bastion_user").unwrap_or_else(|| target.user.clone()),
        password: text("bastion_password").or_else(|| target.password.clone()),
        private_key: text("bastion_private_key").or_else(|| target.private_key.clone()),
        certificate: text("bastion_certificate").or_else(|| target.certificate.clone()),
        host_key: text("bastion_host_key"),
    }))
}

fn proxy_of(config: &Value) -> Result<Option<Proxy>, String> {
    let Some(host) = text_of(config, "proxy_host") else { return Ok(None) };
    match text_of(config, "proxy_scheme").as_deref() {
        None | Some("http") => {}
        Some(other) => return Err(format!("The proxy_scheme {other:?} is not understood. Use \"http\".")),
    }
    let password = text_of(config, "proxy_user_password").unwrap_or_default();
    Ok(Some(Proxy {
        host,
        port: port_of(config, "proxy_port")?.unwrap_or(80),
        credentials: text_of(config, "proxy_user_name").map(|name| (name, password)),
    }))
}

fn text_of(config: &Value, name: &str) -> Option<String> {
    config.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A port; 0 counts as not given.
fn port_of(config: &Value, name: &str) -> Result<Option<u16>, String> {
    let Some(number) = config.get(name).and_then(Value::as_number) else { return Ok(None) };
    match u16::try_from(number.to_i64().unwrap_or(-1)) {
        Ok(port) => Ok(Some(port).filter(|port| *port != 0)),
        Err(_) => Err(format!("The argument {name} must be a whole number from 1 to 65535.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(arguments: &[(&str, Value)]) -> Result<Connection, String> {
        Connection::of(&Value::object(arguments.iter().map(|(name, value)| (*name, value.clone()))))
    }

    #[test]
    fn what_is_not_said_has_a_default() {
        let read = connection(&[("host", Value::from("h"))]).unwrap();
        assert_eq!((read.target.port, &*read.target.user, read.agent), (22, "root", true));
        assert_eq!((read.timeout, read.bastion, read.proxy), (TIMEOUT, None, None));
        let read = connection(&[
            ("host", Value::from("h")),
            ("user", Value::from("u")),
            ("port", Value::from(2222)),
            ("password", Value::from("p")),
            ("timeout", Value::from("1m")),
            ("bastion_host", Value::from("b")),
            ("bastion_user", Value::from("v")),
        ])
        .unwrap();
        let bastion = read.bastion.unwrap();
        assert_eq!((bastion.port, &*bastion.user, bastion.password.as_deref()), (2222, "v", Some("p")));
        assert_eq!(read.timeout, Duration::from_secs(60));
    }

    #[test]
    fn what_cannot_work_is_refused() {
        let cases: &[(&[(&str, Value)], &str)] = &[
            (&[("host", Value::from(""))], "needs a host"),
            (&[("host", Value::from("h")), ("type", Value::from("foo"))], "\"foo\" is unknown"),
            (&[("host", Value::from("h")), ("type", Value::from("winrm"))], "winrm"),
            (&[("host", Value::from("h")), ("port", Value::from(70000))], "whole number"),
            (&[("host", Value::from("h")), ("target_platform", Value::from("beos"))], "target_platform"),
        ];
        for (arguments, part) in cases {
            let error = connection(arguments).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
        assert!(Connection::of(&Value::null(formwork_value::Type::Dynamic)).is_err());
    }
}
