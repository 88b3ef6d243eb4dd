//! Checks of single values.

use formwork_model::parse_duration;
use formwork_value::Value;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

type Checked = Result<(), String>;

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// An address block in CIDR notation, split and in its canonical form.
struct Block {
    v4: bool,
    prefix: u32,
    canonical: bool,
}

fn parse_block(text: &str) -> Option<Block> {
    let (address, prefix) = text.split_once('/')?;
    if prefix.is_empty() || !prefix.bytes().all(|b| b.is_ascii_digit()) || (prefix.len() > 1 && prefix.starts_with('0'))
    {
        return None;
    }
    let prefix: u32 = prefix.parse().ok()?;
    match address.parse().ok()? {
        IpAddr::V4(address) if prefix <= 32 => {
            let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
            let canonical = Ipv4Addr::from(u32::from(address) & mask) == address;
            Some(Block { v4: true, prefix, canonical })
        }
        IpAddr::V6(address) if prefix <= 128 => {
            let mask = u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
            let canonical = Ipv6Addr::from(u128::from(address) & mask) == address;
            Some(Block { v4: false, prefix, canonical })
        }
        _ => None,
    }
}

fn cidr(value: &Value, v4: bool) -> Result<u32, String> {
    let (text, example) = (text(value), if v4 { "10.0.0.0/16" } else { "2001:db8::/56" });
    let version = if v4 { "IPv4" } else { "IPv6" };
    match parse_block(text) {
        Some(block) if block.v4 == v4 && block.canonical => Ok(block.prefix),
        Some(block) if block.v4 == v4 => {
            Err(format!("{text:?} has bits set behind its prefix length; write the network's first address."))
        }
        _ => Err(format!("{text:?} is not an {version} block in CIDR notation, like {example:?}.")),
    }
}

/// An IPv4 block in canonical form.
pub fn cidr4(value: &Value) -> Checked {
    cidr(value, true).map(drop)
}

/// An IPv6 block in canonical form.
pub fn cidr6(value: &Value) -> Checked {
    cidr(value, false).map(drop)
}

/// An IPv4 block of a size that a VPC or subnet can have.
pub fn network_cidr4(value: &Value) -> Checked {
    match cidr(value, true)? {
        16..=28 => Ok(()),
        prefix => Err(format!("The block has prefix length {prefix}; EC2 takes 16 to 28 here.")),
    }
}

pub fn cidrs4(value: &Value) -> Checked {
    value.children().filter(|item| item.as_str().is_some()).try_for_each(cidr4)
}

pub fn cidrs6(value: &Value) -> Checked {
    value.children().filter(|item| item.as_str().is_some()).try_for_each(cidr6)
}

pub fn address4(value: &Value) -> Checked {
    let text = text(value);
    text.parse::<Ipv4Addr>().map(drop).map_err(|_| format!("{text:?} is not an IPv4 address."))
}

pub fn port(value: &Value) -> Checked {
    match value.as_number().and_then(|n| n.to_i64()) {
        Some(-1..=65535) => Ok(()),
        _ => Err("A port is a whole number from 0 to 65535 (or -1 for all, and for ICMP types).".into()),
    }
}

pub fn not_empty(value: &Value) -> Checked {
    if text(value).is_empty() { Err("The value must not be empty.".into()) } else { Ok(()) }
}

/// Keys and values as EC2 takes them.
pub fn tags(value: &Value) -> Checked {
    for (key, value) in value.as_mapping().into_iter().flatten() {
        let long = value.as_str().is_some_and(|text| text.chars().count() > 256);
        if key.is_empty() || key.chars().count() > 128 {
            return Err(format!("The tag key {key:?} must have 1 to 128 characters."));
        }
        if key.starts_with("aws:") {
            return Err(format!("The tag key {key:?} begins with \"aws:\", which AWS keeps for itself."));
        }
        if long {
            return Err(format!("The value of tag {key:?} has more than 256 characters."));
        }
    }
    Ok(())
}

pub fn duration(value: &Value) -> Checked {
    let text = text(value);
    match parse_duration(text) {
        Some(_) => Ok(()),
        None => Err(format!("{text:?} is not a duration, like \"90s\", \"10m\" or \"1h30m\".")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks() {
        for (text, v4, v6) in [
            ("10.0.0.0/16", true, false),
            ("0.0.0.0/0", true, false),
            ("10.0.0.1/32", true, false),
            ("10.0.0.1/16", false, false),
            ("10.0.0.0/33", false, false),
            ("10.0.0.0", false, false),
            ("10.0.0/16", false, false),
            ("10.0.0.0/+8", false, false),
            ("10.0.0.0/08", false, false),
            ("::/0", false, true),
            ("2001:db8::/56", false, true),
            ("2001:db8::1/56", false, false),
            ("", false, false),
            ("x/y", false, false),
        ] {
            assert_eq!(cidr4(&Value::string(text)).is_ok(), v4, "{text}");
            assert_eq!(cidr6(&Value::string(text)).is_ok(), v6, "{text}");
        }
        assert!(network_cidr4(&Value::string("10.0.0.0/8")).is_err());
        assert!(network_cidr4(&Value::string("10.0.0.0/28")).is_ok());
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_the_checks(text in ".{0,24}") {
            let value = Value::string(&text);
            let _ = (cidr4(&value), cidr6(&value), address4(&value), duration(&value));
        }
    }
}
