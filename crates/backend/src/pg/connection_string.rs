//! Where the database is: a URL or `KEY=VALUE` pairs, completed by the environment variables of PostgreSQL.
//!
//! As in the ecosystem, a connection is encrypted unless `sslmode` says otherwise.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use tokio_postgres::config::{Config, SslMode, TargetSessionAttrs};

/// How the server must show who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verify {
    Nothing,
    Authority,
    AuthorityAndName,
}

/// Certificates: paths of files, or PEM.
#[derive(Clone)]
pub(super) struct TlsChoice {
    pub verify: Verify,
    pub root: Option<String>,
    pub certificate: Option<String>,
    pub key: Option<String>,
    /// What is given are not paths but the PEM itself.
    pub inline: bool,
    pub with_name: bool,
}

/// A database, and how to talk to it.
#[derive(Clone)]
pub(super) struct Target {
    pub config: Config,
    pub tls: TlsChoice,
    /// Tells this database from all others, without secrets.
    pub place: String,
}

/// Environment variables and what they stand for.
const VARIABLES: &[(&str, &str)] = &[
    ("PGHOST", "host"),
    ("PGHOSTADDR", "hostaddr"),
    ("PGPORT", "port"),
    ("PGDATABASE", "dbname"),
    ("PGUSER", "user"),
    ("PGPASSWORD", "password"),
    ("PGPASSFILE", "passfile"),
    ("PGOPTIONS", "options"),
    ("PGAPPNAME", "application_name"),
    ("PGSSLMODE", "sslmode"),
    ("PGSSLCERT", "sslcert"),
    ("PGSSLKEY", "sslkey"),
    ("PGSSLROOTCERT", "sslrootcert"),
    ("PGSSLSNI", "sslsni"),
    ("PGCONNECT_TIMEOUT", "connect_timeout"),
    ("PGCLIENTENCODING", "client_encoding"),
    ("PGDATESTYLE", "datestyle"),
    ("PGTZ", "timezone"),
    ("PGGEQO", "geqo"),
    ("PGTARGETSESSIONATTRS", "target_session_attrs"),
];

/// Variables that no client of the ecosystem obeys: to ignore them would be to connect to another place.
const REFUSED: &[&str] = &["PGSERVICE", "PGSERVICEFILE", "PGREALM", "PGREQUIREPEER", "PGSYSCONFDIR", "PGLOCALEDIR"];

/// Reads a connection string; `variable` gives environment variables. Errors do not quote it: what cannot be read may be a
/// part of the password.
pub(super) fn target(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Target, String> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    if let Some(name) = REFUSED.iter().find(|name| set(name).is_some()) {
        return Err(format!("cannot follow the environment variable {name}; unset it"));
    }
    let mut values: BTreeMap<String, String> =
        VARIABLES.iter().filter_map(|(name, key)| Some(((*key).to_owned(), set(name)?))).collect();
    let given = if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        of_url(text)?
    } else {
        of_pairs(text)?
    };
    values.extend(given);
    let user = values.remove("user").or_else(|| set("USER")).or_else(|| set("LOGNAME"));
    let user = user.ok_or("names no user; set user or PGUSER")?;
    build(values, user, &set)
}

fn build(
    mut values: BTreeMap<String, String>,
    user: String,
    set: &dyn Fn(&str) -> Option<String>,
) -> Result<Target, String> {
    let mut take = |name: &str| values.remove(name).filter(|value| !value.is_empty());
    let host = take("host").unwrap_or_else(|| "localhost".to_owned());
    let address = take("hostaddr");
    let port = take("port").unwrap_or_else(|| "5432".to_owned());
    let database = take("dbname").unwrap_or_else(|| user.clone());
    let mut config = Config::new();
    for host in host.split(',') {
        config.host(host);
    }
    for address in address.iter().flat_map(|list| list.split(',')) {
        config.hostaddr(address.parse().map_err(|_| format!("has a hostaddr that is no address: {address:?}"))?);
    }
    for port in port.split(',') {
        config.port(port.parse().map_err(|_| "has a port that is no port")?);
    }
    config.user(&user).dbname(&database);
    let pass_file = take("passfile").map(PathBuf::from);
    let password = take("password").or_else(|| {
        let file = pass_file.or_else(|| Some(PathBuf::from(set("HOME")?).join(".pgpass")))?;
        password_in(&std::fs::read_to_string(file).ok()?, &host, &port, &database, &user)
    });
    if let Some(password) = password {
        config.password(password);
    }
    let fallback = take("fallback_application_name").unwrap_or_else(|| "formwork".to_owned());
    config.application_name(take("application_name").unwrap_or(fallback));
    let timeout = take("connect_timeout").map_or(Ok(0), |text| text.parse::<u64>());
    let timeout = timeout.map_err(|_| "has a connect_timeout that is no number of seconds".to_owned())?;
    config.connect_timeout(Duration::from_secs(if timeout == 0 { 30 } else { timeout }));
    // A lock must be known as lost before somebody else can take it for long.
    config.keepalives(true).keepalives_idle(Duration::from_secs(20)).keepalives_interval(Duration::from_secs(5));
    config.keepalives_retries(4).tcp_user_timeout(Duration::from_secs(40));
    if take("client_encoding").is_some_and(|name| !name.to_lowercase().replace('-', "").starts_with("utf8")) {
        return Err("asks for a client_encoding other than UTF8".to_owned());
    }
    match take("target_session_attrs").as_deref() {
        None | Some("any") => {}
        Some("read-write" | "primary") => {
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        Some(other) => return Err(format!("asks for target_session_attrs {other:?}, but states are written")),
    }
    let tls = tls(&mut take, &mut config, &host)?;
    let options = take("options");
    let mut options: Vec<String> = options.into_iter().collect();
    for known in ["binary_parameters", "disable_prepared_binary_result", "krbspn", "krbsrvname"] {
        take(known);
    }
    // What remains are settings of the session.
    let escaped = |value: &str| value.replace('\\', "\\\\").replace(' ', "\\ ");
    options.extend(values.iter().map(|(name, value)| format!("-c {name}={}", escaped(value))));
    if !options.is_empty() {
        config.options(options.join(" "));
    }
    Ok(Target { config, tls, place: format!("{host}:{port}/{database}") })
}

fn tls(take: &mut dyn FnMut(&str) -> Option<String>, config: &mut Config, host: &str) -> Result<TlsChoice, String> {
    let root = take("sslrootcert");
    let mode = take("sslmode");
    let (mode, verify) = match mode.as_deref().unwrap_or("require") {
        "disable" => (SslMode::Disable, Verify::Nothing),
        "allow" | "prefer" => (SslMode::Prefer, Verify::Nothing),
        // With a root certificate it is checked, as PostgreSQL's own client does.
        "require" if root.is_some() => (SslMode::Require, Verify::Authority),
        "require" => (SslMode::Require, Verify::Nothing),
        "verify-ca" => (SslMode::Require, Verify::Authority),
        "verify-full" => (SslMode::Require, Verify::AuthorityAndName),
        other => {
            return Err(format!(
                "has an unknown sslmode {other:?}; there are disable, allow, prefer, require, verify-ca, verify-full"
            ));
        }
    };
    // Sockets in the file system are not encrypted.
    config.ssl_mode(if host.starts_with('/') { SslMode::Disable } else { mode });
    let inline = take("sslinline").as_deref() == Some("true");
    let with_name = take("sslsni").as_deref() != Some("0");
    Ok(TlsChoice { verify, root, certificate: take("sslcert"), key: take("sslkey"), inline, with_name })
}

fn of_url(text: &str) -> Result<BTreeMap<String, String>, String> {
    let (_, rest) = text.split_once("://").unwrap_or_default();
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
    let (login, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
    let mut values = BTreeMap::new();
    let mut put = |name: &str, value: &str| -> Result<(), String> {
        let value = unescaped(value).ok_or_else(|| format!("has a {name} that is not well escaped"))?;
        if !value.is_empty() {
            values.insert(name.to_owned(), value);
        }
        Ok(())
    };
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    put("user", user)?;
    put("password", password)?;
    put("dbname", database)?;
    let (mut names, mut ports) = (Vec::new(), Vec::new());
    for host in hosts.split(',') {
        // Addresses of version 6 stand in brackets.
        let end = host.rfind(']').unwrap_or(0);
        let colon = host.rfind(':').filter(|colon| *colon >= end);
        let (name, port) =
            colon.map_or((host, ""), |at| (host.get(..at).unwrap_or(host), host.get(at + 1..).unwrap_or("")));
        names.push(name.trim_matches(['[', ']']));
        ports.push(if port.is_empty() { "5432" } else { port });
    }
    put("host", &names.join(","))?;
    if hosts.contains(':') {
        put("port", &ports.join(","))?;
    }
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').ok_or("has a parameter without a value")?;
        put(name, value)?;
    }
    Ok(values)
}

fn unescaped(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let (high, low) = (digit(bytes.next())?, digit(bytes.next())?);
        out.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(out).ok()
}

/// Pairs; values may stand in single quotes, and a backslash takes what follows as it is.
fn of_pairs(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut values = BTreeMap::new();
    let mut rest = text.chars().peekable();
    loop {
        while rest.next_if(|c| c.is_whitespace()).is_some() {}
        if rest.peek().is_none() {
            return Ok(values);
        }
        let mut name = String::new();
        while let Some(c) = rest.next_if(|c| *c != '=' && !c.is_whitespace()) {
            name.push(c);
        }
        while rest.next_if(|c| c.is_whitespace()).is_some() {}
        if rest.next() != Some('=') {
            return Err("has a word with no \"=\" after it; values with spaces stand in single quotes".to_owned());
        }
        while rest.next_if(|c| c.is_whitespace()).is_some() {}
        let is_quoted = rest.next_if_eq(&'\'').is_some();
        let mut value = String::new();
        loop {
            match rest.next() {
                Some('\'') if is_quoted => break,
                Some(c) if !is_quoted && c.is_whitespace() => break,
                Some('\\') => value.push(rest.next().ok_or("ends with a backslash")?),
                Some(c) => value.push(c),
                None if is_quoted => return Err("has a value with no closing quote".to_owned()),
                None => break,
            }
        }
        values.insert(name, value);
    }
}

/// Looks in a password file: `HOST:PORT:DATABASE:USER:PASSWORD`, where `*` stands for anything.
fn password_in(text: &str, host: &str, port: &str, database: &str, user: &str) -> Option<String> {
    let wanted = [host, port, database, user];
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let mut fields = vec![String::new()];
        let mut rest = line.chars();
        while let Some(c) = rest.next() {
            match c {
                ':' if fields.len() < 5 => fields.push(String::new()),
                '\\' => fields.last_mut()?.extend(rest.next()),
                c => fields.last_mut()?.push(c),
            }
        }
        let fits = wanted.iter().zip(&fields).all(|(wanted, field)| field == "*" || field == wanted);
        (fits && fields.len() == 5).then(|| fields.pop()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio_postgres::config::Host;

    fn read(text: &str, variables: &[(&str, &str)]) -> Result<Target, String> {
        let variables: BTreeMap<String, String> =
            variables.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        target(text, &|name| variables.get(name).cloned())
    }

    #[test]
    fn both_forms_and_the_environment() {
        let environment = [("PGUSER", "e"), ("PGPASSWORD", "secret"), ("PGSSLMODE", "disable"), ("PGPORT", "6000")];
        let cases = [
            ("", "localhost:6000/e", "e", "secret"),
            ("dbname=d user = 'o''x'", "", "", ""),
            ("dbname='my db' user=o password='it\\'s \\\\'", "localhost:6000/my db", "o", "it's \\"),
            ("postgres://u:p%40w@h:7000/d%2Fb?sslmode=require", "h:7000/d/b", "u", "p@w"),
            ("postgresql://h/d", "h:6000/d", "e", "secret"),
            ("postgres://[::1]:5/d", "::1:5/d", "e", "secret"),
            ("postgres://a,b:2/d", "a,b:5432,2/d", "e", "secret"),
            ("host=/run/pg dbname=d sslmode=require", "/run/pg:6000/d", "e", "secret"),
        ];
        for (text, place, user, password) in cases {
            let Ok(found) = read(text, &environment) else {
                assert!(place.is_empty(), "{text}");
                continue;
            };
            assert_eq!((found.place.as_str(), found.config.get_user()), (place, Some(user)), "{text}");
            assert_eq!(found.config.get_password(), Some(password.as_bytes()), "{text}");
        }
        let socket = read("host=/run/pg sslmode=require", &environment).unwrap().config;
        assert!(matches!(socket.get_hosts(), [Host::Unix(_)]) && socket.get_ssl_mode() == SslMode::Disable);
    }

    #[test]
    fn encryption_is_the_default() {
        let cases = [
            ("", SslMode::Require, Verify::Nothing),
            ("sslmode=disable", SslMode::Disable, Verify::Nothing),
            ("sslmode=prefer", SslMode::Prefer, Verify::Nothing),
            ("sslmode=require sslrootcert=/ca", SslMode::Require, Verify::Authority),
            ("sslmode=verify-ca", SslMode::Require, Verify::Authority),
            ("sslmode=verify-full", SslMode::Require, Verify::AuthorityAndName),
        ];
        for (text, mode, verify) in cases {
            let found = read(text, &[("USER", "u")]).unwrap();
            assert_eq!((found.config.get_ssl_mode(), found.tls.verify), (mode, verify), "{text}");
        }
    }

    #[test]
    fn what_is_not_known_is_a_setting_of_the_session() {
        let found = read("user=u options='-c a=b' search_path='x y'", &[("PGTZ", "UTC")]).unwrap();
        assert_eq!(found.config.get_options(), Some("-c a=b -c search_path=x\\ y -c timezone=UTC"));
    }

    #[test]
    fn mistakes_are_told() {
        type Case = (&'static str, &'static [(&'static str, &'static str)], &'static str);
        let cases: [Case; 8] = [
            ("", &[], "names no user"),
            ("password=my secret", &[("USER", "u")], "no \"=\""),
            ("host='x", &[("USER", "u")], "closing quote"),
            ("sslmode=maybe", &[("USER", "u")], "unknown sslmode \"maybe\""),
            ("postgres://u:secret/x@h", &[("USER", "u")], "no port"),
            ("postgres://h/%zz", &[("USER", "u")], "not well escaped"),
            ("client_encoding=latin1", &[("USER", "u")], "UTF8"),
            ("", &[("USER", "u"), ("PGSERVICE", "s")], "PGSERVICE"),
        ];
        for (text, variables, expected) in cases {
            let problem = read(text, variables).map(|_| ()).unwrap_err();
            assert!(problem.contains(expected) && !problem.contains("secret"), "{text}: {problem}");
        }
    }

    #[test]
    fn passwords_come_from_a_file() {
        let file = "# h:1:d:u:comment\nother:*:*:*:a\n*:1:d:u:p\\:w\\\\\n*:*:*:*:last\n";
        assert_eq!(password_in(file, "h", "1", "d", "u").as_deref(), Some("p:w\\"));
        assert_eq!(password_in(file, "h", "2", "d", "u").as_deref(), Some("last"));
        assert_eq!(password_in("h:1:d:u", "h", "1", "d", "u"), None);
    }
}
