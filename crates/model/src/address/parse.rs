//! Parsing of addresses as they stand in state files and on the command line.

use super::{
    AbsResource, InstanceKey, ModuleInstance, ModulePath, ModuleStep, ProviderAddress, ProviderConfigAddress, Resource,
    ResourceInstance, ResourceMode, TargetAddress,
};
use std::fmt;

/// Why a text is not an address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AddressError(pub String);

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for AddressError {}

/// A name with the instance key behind it.
struct Segment {
    name: String,
    key: InstanceKey,
}

impl ResourceInstance {
    /// Parses `module.a["k"].aws_vpc.main[0]`.
    pub fn parse(text: &str) -> Result<ResourceInstance, AddressError> {
        match target(text)? {
            TargetAddress::Instance(i) => Ok(i),
            TargetAddress::Resource(r) => Ok(r.instance(InstanceKey::None)),
            TargetAddress::Module(_) => Err(AddressError(format!("{text:?} is a module, not a resource instance"))),
        }
    }
}

impl AbsResource {
    /// Parses `module.a["k"].aws_vpc.main`.
    pub fn parse(text: &str) -> Result<AbsResource, AddressError> {
        match target(text)? {
            TargetAddress::Resource(r) => Ok(r),
            _ => Err(AddressError(format!("{text:?} is not the address of a whole resource"))),
        }
    }
}

impl ModuleInstance {
    /// Parses `module.a["k"].module.b`; empty text is the root.
    pub fn parse(text: &str) -> Result<ModuleInstance, AddressError> {
        if text.is_empty() {
            return Ok(ModuleInstance::root());
        }
        match target(text)? {
            TargetAddress::Module(m) => Ok(m),
            _ => Err(AddressError(format!("{text:?} is not a module address"))),
        }
    }
}

impl ProviderConfigAddress {
    /// Parses `provider["host/ns/name"].alias["key"]`, with modules in front; also the legacy `provider.name.alias`.
    pub fn parse(text: &str) -> Result<ProviderConfigAddress, AddressError> {
        let bad = || AddressError(format!("{text:?} is not the address of a provider configuration"));
        let segments = segments(text)?;
        let mut module = ModulePath::root();
        let mut rest = segments.as_slice();
        while let [call, name, tail @ ..] = rest {
            if call.name != "module" {
                break;
            }
            module = module.child(name.name.as_str());
            rest = tail;
        }
        let (provider, alias, key) = match rest {
            [head] | [head, _] if head.name == "provider" && !head.key.is_none() => {
                let InstanceKey::String(source) = &head.key else { return Err(bad()) };
                let alias = rest.get(1);
                let key = alias.map_or(InstanceKey::None, |s| s.key.clone());
                (provider(source)?, alias.map(|s| s.name.as_str().into()), key)
            }
            [head, name, alias @ ..] if head.name == "provider" && alias.len() <= 1 => {
                let legacy = ProviderAddress::new(ProviderAddress::DEFAULT_HOST, "-", name.name.as_str());
                (legacy, alias.first().map(|s| s.name.as_str().into()), InstanceKey::None)
            }
            _ => return Err(bad()),
        };
        Ok(ProviderConfigAddress { module, provider, alias, key })
    }
}

/// Parses a provider source address.
pub(super) fn provider(text: &str) -> Result<ProviderAddress, AddressError> {
    let parts: Vec<&str> = text.split('/').collect();
    if parts.iter().any(|p| p.is_empty() || p.contains(char::is_whitespace)) {
        return Err(AddressError(format!("{text:?} is not a provider source address; write [host/]namespace/name")));
    }
    match parts.as_slice() {
        ["terraform"] => Ok(ProviderAddress::builtin("terraform")),
        [name] => Ok(ProviderAddress::implied(&name.to_lowercase())),
        [namespace, name] => {
            Ok(ProviderAddress::new(ProviderAddress::DEFAULT_HOST, namespace.to_lowercase(), name.to_lowercase()))
        }
        [host, namespace, name] => {
            Ok(ProviderAddress::new(host.to_lowercase(), namespace.to_lowercase(), name.to_lowercase()))
        }
        _ => Err(AddressError(format!("{text:?} is not a provider source address; write [host/]namespace/name"))),
    }
}

/// Names with which references to other things than resources begin.
const RESERVED: [&str; 11] =
    ["arg", "count", "each", "lazy", "local", "module", "path", "self", "template", "terraform", "var"];

/// Parses a target address.
pub(super) fn target(text: &str) -> Result<TargetAddress, AddressError> {
    let segments = segments(text)?;
    let mut module = ModuleInstance::root();
    let mut rest = segments.as_slice();
    while let [call, tail @ ..] = rest {
        if call.name != "module" || !call.key.is_none() {
            break;
        }
        let [name, tail @ ..] = tail else {
            return Err(AddressError(format!("{text:?}: a module name must follow \"module.\"")));
        };
        module.0.push(ModuleStep { name: name.name.as_str().into(), key: name.key.clone() });
        rest = tail;
    }
    let (mode, skip) = match rest.first().map(|s| s.name.as_str()) {
        None => return Ok(TargetAddress::Module(module)),
        Some("data") => (ResourceMode::Data, 1),
        Some("ephemeral") => (ResourceMode::Ephemeral, 1),
        Some("resource") => (ResourceMode::Managed, 1),
        Some(name) if RESERVED.contains(&name) => {
            return Err(AddressError(format!(
                "{text:?} is not an address: {name:?} is not a resource type; if a type is called so, write \"resource.{name}\""
            )));
        }
        Some(_) => (ResourceMode::Managed, 0),
    };
    match rest.get(skip..) {
        Some([kind, name]) if kind.key.is_none() => {
            let resource = Resource::new(mode, kind.name.as_str(), name.name.as_str());
            let resource = AbsResource { module, resource };
            Ok(match &name.key {
                InstanceKey::None => TargetAddress::Resource(resource),
                key => TargetAddress::Instance(resource.instance(key.clone())),
            })
        }
        _ => Err(AddressError(format!("{text:?} is not an address; write [module.NAME.]TYPE.NAME[KEY]"))),
    }
}

/// Splits at dots outside of brackets.
fn segments(text: &str) -> Result<Vec<Segment>, AddressError> {
    let mut out = Vec::new();
    let mut rest = text;
    loop {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, tail) = rest.split_at(end);
        let valid = name.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
        if !valid {
            return Err(AddressError(format!("{text:?} is not an address: {name:?} is not a name")));
        }
        let (key, tail) = match tail.strip_prefix('[') {
            Some(inner) => instance_key(text, inner)?,
            None => (InstanceKey::None, tail),
        };
        out.push(Segment { name: name.to_string(), key });
        if tail.is_empty() {
            return Ok(out);
        }
        let Some(next) = tail.strip_prefix('.') else {
            return Err(AddressError(format!("{text:?} is not an address: unexpected {tail:?}")));
        };
        rest = next;
    }
}

/// Reads a key behind `[`, and what follows the `]`.
fn instance_key<'a>(text: &str, inner: &'a str) -> Result<(InstanceKey, &'a str), AddressError> {
    let bad = |why: &str| AddressError(format!("{text:?} is not an address: {why}"));
    let Some(quoted) = inner.strip_prefix('"') else {
        let end = inner.find(']').ok_or_else(|| bad("missing ]"))?;
        let (digits, tail) = inner.split_at(end);
        let number = digits.parse::<u64>().map_err(|_| bad("an index must be a whole number or a quoted string"))?;
        return Ok((InstanceKey::Int(number), tail.strip_prefix(']').unwrap_or(tail)));
    };
    let mut key = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                let tail = quoted.get(at + 1..).and_then(|t| t.strip_prefix(']')).ok_or_else(|| bad("missing ]"))?;
                return Ok((InstanceKey::String(key.as_str().into()), tail));
            }
            '\\' => key.push(escape(&mut chars).ok_or_else(|| bad("unknown escape sequence"))?),
            '$' | '%' if quoted.get(at + 1..).is_some_and(|t| t.starts_with(c) && t[1..].starts_with('{')) => {
                chars.next();
                key.push(c);
            }
            '$' | '%' if quoted.get(at + 1..).is_some_and(|tail| tail.starts_with('{')) => {
                return Err(bad(&format!("a key is no template; for the characters {c}{{ write {c}{c}{{")));
            }
            c => key.push(c),
        }
    }
    Err(bad("missing closing quote"))
}

fn escape(chars: &mut std::str::CharIndices<'_>) -> Option<char> {
    match chars.next()?.1 {
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        '"' => Some('"'),
        '\\' => Some('\\'),
        'u' => unicode(chars, 4),
        'U' => unicode(chars, 8),
        _ => None,
    }
}

fn unicode(chars: &mut std::str::CharIndices<'_>, digits: usize) -> Option<char> {
    let hex: String = chars.by_ref().take(digits).map(|(_, c)| c).collect();
    char::from_u32(u32::from_str_radix(&hex, 16).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_survive_a_round_trip() {
        for text in [
            "aws_vpc.main",
            "aws_vpc.main[0]",
            "module.a[\"k.x\"].module.b[2].data.aws_ami.z[\"q\\\"$${x}\"]",
            "module.a",
            "module.a[0].module.b",
        ] {
            assert_eq!(target(text).unwrap().to_string(), text);
        }
        for text in ["module.x.provider[\"h.io/n/aws\"].west", "provider[\"h.io/n/aws\"].by_region[\"eu.1\"]"] {
            assert_eq!(ProviderConfigAddress::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(target("resource.aws_vpc.main").unwrap().to_string(), "aws_vpc.main");
        assert_eq!(target("resource.var.main").unwrap().to_string(), "var.main");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "a",
            "a.b.c.d",
            "module",
            "module.",
            "a.b[",
            "a.b[x]",
            "a.b[\"x\"",
            "a.b[\"${x}\"]",
            "a.b[\"%{x}\"]",
            "a.b[1]c",
            "1.b",
            "a..b",
            "a.b.c",
            "var.x",
            "data.a",
        ] {
            assert!(target(text).is_err(), "{text}");
        }
    }
}
