//! Inline rules of security groups, taken apart into single permissions, which is what EC2 adds and removes.

use crate::kit::checks;
use crate::kit::object::{Attributes, Object};
use aws_sdk_ec2::types::{IpPermission, IpRange, Ipv6Range, PrefixListId, SecurityGroup, UserIdGroupPair};
use formwork_value::{Type, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Whom a permission is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Peer {
    V4(String),
    V6(String),
    PrefixList(String),
    /// Id of a group, with `account/` before it if it is another account's.
    Group(String),
}

/// One protocol, one range of ports, one peer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    protocol: String,
    from: i32,
    to: i32,
    peer: Peer,
}

/// Protocol and range of ports.
type Ports<'a> = (&'a str, i32, i32);

/// Permissions with their descriptions.
pub type Permissions = BTreeMap<Permission, String>;

/// The attribute type of one rule.
pub fn rule_type() -> Type {
    let texts = || Type::list(Type::String);
    Type::object([
        ("cidr_blocks", texts()),
        ("description", Type::String),
        ("from_port", Type::Number),
        ("ipv6_cidr_blocks", texts()),
        ("prefix_list_ids", texts()),
        ("protocol", Type::String),
        ("security_groups", Type::set(Type::String)),
        ("self", Type::Bool),
        ("to_port", Type::Number),
    ])
}

/// Protocol names as EC2 reports them.
pub fn protocol(text: &str) -> String {
    match text.to_lowercase().as_str() {
        "all" => "-1".into(),
        "6" => "tcp".into(),
        "17" => "udp".into(),
        "1" => "icmp".into(),
        "58" => "icmpv6".into(),
        other => other.into(),
    }
}

impl Permission {
    pub fn names_group(&self, id: &str) -> bool {
        self.peer == Peer::Group(id.to_owned())
    }
}

/// Rules with every attribute filled in, as hashicorp/aws stores them.
pub fn normal(value: &Value) -> Value {
    let rules = value.children().map(|rule| {
        if !rule.is_known() {
            return rule.clone();
        }
        let mut object = Object::from_value(&rule_type(), rule);
        let lists = ["cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "security_groups"];
        object.fill(lists.map(|name| (name, Vec::<Value>::new())));
        object.fill([("description", "")]);
        object.fill([("self", false)]);
        object.fill([("from_port", 0), ("to_port", 0)]);
        if let Some(name) = rule.text("protocol") {
            object.set("protocol", protocol(name));
        }
        object.to_value()
    });
    Value::set(rule_type(), rules.collect())
}

/// True if two sets of rules permit the same, however it is grouped and ordered.
pub fn same(a: &Value, b: &Value) -> bool {
    // Rules about the group itself have no id here; both sides lack it.
    configured(a.as_sequence().unwrap_or_default(), "") == configured(b.as_sequence().unwrap_or_default(), "")
}

pub fn check(value: &Value) -> Result<(), String> {
    for rule in value.children() {
        check_ports(rule)?;
        rule.value("cidr_blocks").map_or(Ok(()), checks::cidrs4)?;
        rule.value("ipv6_cidr_blocks").map_or(Ok(()), checks::cidrs6)?;
        let peers = ["cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "security_groups"];
        let is_open = peers.iter().any(|name| rule.is_unknown(name) || !rule.items(name).is_empty());
        if !is_open && !rule.is_unknown("self") && rule.flag("self") != Some(true) {
            return Err(format!("A rule needs at least one of {} or self = true.", peers.join(", ")));
        }
    }
    Ok(())
}

fn check_ports(rule: &Value) -> Result<(), String> {
    let ports = ["from_port", "to_port"];
    if rule.is_unknown("protocol") || ports.iter().any(|name| rule.is_unknown(name)) {
        return Ok(());
    }
    let Some(protocol) = rule.text("protocol").map(protocol) else {
        return Err("A rule needs a protocol (\"-1\" for all).".into());
    };
    for name in ports {
        match rule.value(name).filter(|value| !value.is_null()) {
            Some(port) => checks::port(port)?,
            None => return Err(format!("A rule needs {name}.")),
        }
    }
    let (from, to) = (rule.int("from_port"), rule.int("to_port"));
    match protocol.as_str() {
        "-1" if from != Some(0) || to != Some(0) => {
            Err("With protocol \"-1\" (all), from_port and to_port must both be 0.".into())
        }
        "tcp" | "udp" if from > to => Err("from_port must not be greater than to_port.".into()),
        _ => Ok(()),
    }
}

/// The permissions of rules; `own` is the id of their group.
pub fn configured(rules: &[Value], own: &str) -> Permissions {
    rules.iter().flat_map(|rule| permissions_of(rule, own)).collect()
}

fn permissions_of(rule: &Value, own: &str) -> Vec<(Permission, String)> {
    let protocol = protocol(rule.text("protocol").unwrap_or_default());
    let is_all = protocol == "-1";
    let port = |name: &str| if is_all { 0 } else { rule.int(name).unwrap_or_default() };
    let (from, to) = (port("from_port"), port("to_port"));
    type Kind = fn(String) -> Peer;
    let kinds: [(&str, Kind); 4] = [
        ("cidr_blocks", Peer::V4),
        ("ipv6_cidr_blocks", Peer::V6),
        ("prefix_list_ids", Peer::PrefixList),
        ("security_groups", Peer::Group),
    ];
    let mut peers: Vec<Peer> = kinds.iter().flat_map(|(name, kind)| rule.texts(name).into_iter().map(kind)).collect();
    if rule.flag("self") == Some(true) {
        peers.push(Peer::Group(own.to_owned()));
    }
    let description = rule.text("description").unwrap_or_default();
    let permission = |peer| Permission { protocol: protocol.clone(), from, to, peer };
    peers.into_iter().map(|peer| (permission(peer), description.to_owned())).collect()
}

/// The permissions that a group has.
pub fn found(group: &SecurityGroup, egress: bool) -> Permissions {
    let owner = group.owner_id();
    let all = if egress { group.ip_permissions_egress() } else { group.ip_permissions() };
    all.iter().flat_map(|permission| found_permissions(permission, owner)).collect()
}

fn found_permissions(permission: &IpPermission, owner: Option<&str>) -> Vec<(Permission, String)> {
    let protocol = protocol(permission.ip_protocol().unwrap_or_default());
    let is_all = protocol == "-1";
    let port = |port: Option<i32>| if is_all { 0 } else { port.unwrap_or_default() };
    let (from, to) = (port(permission.from_port()), port(permission.to_port()));
    let mut peers: Vec<(Peer, Option<&str>)> = Vec::new();
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    peers.extend(permission.ip_ranges().iter().map(|range| (Peer::V4(text(range.cidr_ip())), range.description())));
    peers.extend(permission.ipv6_ranges().iter().map(|range| (Peer::V6(text(range.cidr_ipv6())), range.description())));
    let lists = permission.prefix_list_ids().iter();
    peers.extend(lists.map(|list| (Peer::PrefixList(text(list.prefix_list_id())), list.description())));
    for pair in permission.user_id_group_pairs() {
        let id = text(pair.group_id().or(pair.group_name()));
        let group = match pair.user_id().filter(|user| !user.is_empty() && Some(*user) != owner) {
            Some(user) => format!("{user}/{id}"),
            None => id,
        };
        peers.push((Peer::Group(group), pair.description()));
    }
    let to_permission = |peer| Permission { protocol: protocol.clone(), from, to, peer };
    peers.into_iter().map(|(peer, description)| (to_permission(peer), text(description))).collect()
}

/// Permissions for a request, one for each protocol and range of ports.
pub fn to_sdk(permissions: &Permissions) -> Vec<IpPermission> {
    let mut grouped: BTreeMap<Ports<'_>, Vec<(&Peer, &str)>> = BTreeMap::new();
    for (permission, description) in permissions {
        let ports = (permission.protocol.as_str(), permission.from, permission.to);
        grouped.entry(ports).or_default().push((&permission.peer, description));
    }
    let to_permission = |((protocol, from, to), peers): (Ports<'_>, Vec<(&Peer, &str)>)| {
        let mut builder = IpPermission::builder().ip_protocol(protocol);
        if protocol != "-1" {
            builder = builder.from_port(from).to_port(to);
        }
        for (peer, description) in peers {
            let description = Some(description).filter(|text| !text.is_empty()).map(str::to_owned);
            builder = match peer {
                Peer::V4(block) => {
                    builder.ip_ranges(IpRange::builder().cidr_ip(block).set_description(description).build())
                }
                Peer::V6(block) => {
                    builder.ipv6_ranges(Ipv6Range::builder().cidr_ipv6(block).set_description(description).build())
                }
                Peer::PrefixList(id) => builder
                    .prefix_list_ids(PrefixListId::builder().prefix_list_id(id).set_description(description).build()),
                Peer::Group(id) => builder.user_id_group_pairs(pair(id, description)),
            };
        }
        builder.build()
    };
    grouped.into_iter().map(to_permission).collect()
}

fn pair(group: &str, description: Option<String>) -> UserIdGroupPair {
    let builder = UserIdGroupPair::builder().set_description(description);
    match group.split_once('/') {
        Some((user, id)) => builder.user_id(user).group_id(id).build(),
        None => builder.group_id(group).build(),
    }
}

/// Permissions as rules. Rules from before that are all there stay as they were; the rest is grouped anew.
pub fn to_value(permissions: &Permissions, before: &[Value], own: &str) -> Value {
    let mut kept: Vec<Value> = Vec::new();
    let mut covered: BTreeSet<Permission> = BTreeSet::new();
    for rule in before.iter().filter(|rule| rule.is_wholly_known()) {
        let parts = permissions_of(rule, own);
        if !parts.is_empty() && parts.iter().all(|(part, text)| permissions.get(part) == Some(text)) {
            covered.extend(parts.into_iter().map(|(part, _)| part));
            kept.push(rule.clone());
        }
    }
    let mut rest: BTreeMap<(&str, i32, i32, &str), Vec<&Peer>> = BTreeMap::new();
    for (permission, description) in permissions.iter().filter(|(permission, _)| !covered.contains(permission)) {
        let ports = (permission.protocol.as_str(), permission.from, permission.to, description.as_str());
        rest.entry(ports).or_default().push(&permission.peer);
    }
    kept.extend(rest.into_iter().map(|((protocol, from, to, description), peers)| {
        let texts = |pick: fn(&Peer) -> Option<&String>| peers.iter().filter_map(|peer| pick(peer)).collect::<Vec<_>>();
        let groups = texts(|peer| if let Peer::Group(id) = peer { Some(id) } else { None });
        let (is_self, others): (Vec<&String>, Vec<&String>) = groups.into_iter().partition(|id| *id == own);
        let mut rule = Object::empty(&rule_type());
        rule.set("cidr_blocks", texts(|peer| if let Peer::V4(block) = peer { Some(block) } else { None }));
        rule.set("ipv6_cidr_blocks", texts(|peer| if let Peer::V6(block) = peer { Some(block) } else { None }));
        rule.set("prefix_list_ids", texts(|peer| if let Peer::PrefixList(id) = peer { Some(id) } else { None }));
        rule.set("security_groups", others);
        rule.set("self", !is_self.is_empty());
        rule.set_all([("protocol", protocol), ("description", description)]);
        rule.set_all([("from_port", from), ("to_port", to)]);
        rule.to_value()
    }));
    Value::set(rule_type(), kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn permission() -> impl Strategy<Value = (Permission, String)> {
        let peer = prop_oneof![
            (0..4u8).prop_map(|n| Peer::V4(format!("10.{n}.0.0/16"))),
            (0..2u8).prop_map(|n| Peer::V6(format!("fd0{n}::/16"))),
            (0..2u8).prop_map(|n| Peer::PrefixList(format!("pl-{n}"))),
            (0..3u8).prop_map(|n| Peer::Group(format!("sg-{n}"))),
        ];
        let protocol = prop_oneof![Just("tcp"), Just("udp"), Just("-1")];
        (protocol, 0..3i32, peer, prop_oneof![Just(""), Just("a"), Just("b")]).prop_map(
            |(protocol, port, peer, text)| {
                let port = if protocol == "-1" { 0 } else { port };
                (Permission { protocol: protocol.into(), from: port, to: port, peer }, text.to_owned())
            },
        )
    }

    proptest! {
        /// However rules are grouped, they permit what is there, no more and no less.
        #[test]
        fn rules_permit_what_is_there(
            there in proptest::collection::btree_map(permission(), Just(()), 0..12),
            before in proptest::collection::btree_map(permission(), Just(()), 0..12),
        ) {
            let there: Permissions = there.into_keys().collect();
            let before: Permissions = before.into_keys().collect();
            let before = to_value(&before, &[], "sg-0");
            let rules = to_value(&there, before.as_sequence().unwrap(), "sg-0");
            prop_assert_eq!(&configured(rules.as_sequence().unwrap(), "sg-0"), &there);
            // Read once more, they stay as they are, and they are in the form that plans have.
            prop_assert_eq!(&to_value(&there, rules.as_sequence().unwrap(), "sg-0"), &rules);
            prop_assert_eq!(&normal(&rules), &rules);
            prop_assert!(same(&rules, &to_value(&there, &[], "sg-0")));
        }

        /// What is sent to EC2 and read back is the same.
        #[test]
        fn requests_hold_every_permission(there in proptest::collection::btree_map(permission(), Just(()), 0..12)) {
            let there: Permissions = there.into_keys().collect();
            let back = to_sdk(&there).iter().flat_map(|sent| found_permissions(sent, None)).collect::<Permissions>();
            prop_assert_eq!(back, there);
        }
    }
}
