//! What plans know, without any request.

use crate::engine::{Engine, fine};
use formwork_value::{Str, Type, Value};
use std::collections::BTreeMap;

/// The value with another attribute.
fn with(value: &Value, name: &str, attribute: Value) -> Value {
    let mut attributes: BTreeMap<Str, Value> = value.as_mapping().unwrap().clone();
    attributes.insert(name.into(), attribute);
    Value::object_map(attributes)
}

fn unknown() -> Value {
    Value::unknown(Type::String)
}

/// Attributes of a plan for a new object that are wholly known and not null, except for those of the configuration.
async fn derived(engine: &Engine, kind: &str, config: &Value) -> Vec<String> {
    let planned = engine.plan(kind, &engine.null(kind), config).await.planned;
    let is_derived = |(name, value): &(&Str, &Value)| {
        value.is_wholly_known() && !value.is_null() && config.get(name).is_none_or(Value::is_null)
    };
    planned.as_mapping().unwrap().iter().filter(is_derived).map(|(name, _)| name.to_string()).collect()
}

#[tokio::test]
async fn plans_know_what_can_be_known() {
    let engine = Engine::with(r#""default_tags": [{"tags": {"team": "net"}}],"#).await;
    let cases: [(&str, &str, &[&str]); 8] = [
        (
            "aws_vpc",
            r#"{"cidr_block": "10.0.0.0/16"}"#,
            &["assign_generated_ipv6_cidr_block", "enable_dns_support", "instance_tenancy", "tags_all"],
        ),
        ("aws_internet_gateway", r#"{"tags": {"a": "b"}}"#, &["tags_all"]),
        ("aws_route_table", r#"{"vpc_id": "vpc-1"}"#, &["propagating_vgws", "route", "tags_all"]),
        (
            "aws_route",
            r#"{"route_table_id": "rtb-1", "destination_cidr_block": "0.0.0.0/0", "gateway_id": "igw-1"}"#,
            &["id"],
        ),
        ("aws_route_table_association", r#"{"route_table_id": "rtb-1", "subnet_id": "subnet-1"}"#, &[]),
        (
            "aws_security_group",
            r#"{"name": "a"}"#,
            &["description", "egress", "ingress", "name_prefix", "revoke_rules_on_delete", "tags_all"],
        ),
        (
            "aws_vpc_security_group_egress_rule",
            r#"{"security_group_id": "sg-1", "ip_protocol": "-1", "cidr_ipv4": "0.0.0.0/0"}"#,
            &["tags_all"],
        ),
        ("aws_key_pair", r#"{"key_name": "a", "public_key": "ssh-rsa x"}"#, &["id", "key_name_prefix", "tags_all"]),
    ];
    for (kind, config, expected) in cases {
        let config = engine.config(kind, config);
        assert_eq!(derived(&engine, kind, &config).await, expected, "{kind}");
    }
}

#[tokio::test]
async fn unknown_values_stay_unknown_and_nothing_else_does() {
    let engine = Engine::with(r#""default_tags": [{"tags": {"team": "net"}}],"#).await;
    let kind = "aws_vpc";
    let config = engine.config(kind, r#"{"cidr_block": "10.0.0.0/16"}"#);
    let tags = |value: Value| Value::map(Type::String, BTreeMap::from([("Name".into(), value)]));
    let plan = engine.plan(kind, &engine.null(kind), &with(&config, "tags", tags(unknown()))).await;
    let all = plan.planned.get("tags_all").unwrap();
    assert_eq!(all.get("team"), Some(&Value::from("net")));
    assert_eq!(all.get("Name"), Some(&unknown()));
    let wholly = with(&config, "tags", Value::unknown(Type::map(Type::String)));
    let plan = engine.plan(kind, &engine.null(kind), &wholly).await;
    assert!(!plan.planned.get("tags_all").unwrap().is_known());

    let kind = "aws_route";
    let route = r#"{"destination_cidr_block": "0.0.0.0/0", "gateway_id": "igw-1"}"#;
    let route = with(&engine.config(kind, route), "route_table_id", unknown());
    let plan = engine.plan(kind, &engine.null(kind), &route).await;
    assert!(!plan.planned.get("id").unwrap().is_known());
}

#[tokio::test]
async fn unknown_values_pass_validation() {
    let engine = Engine::unconfigured();
    for (kind, unknowns) in [
        ("aws_vpc", vec!["cidr_block"]),
        ("aws_subnet", vec!["vpc_id", "cidr_block"]),
        ("aws_route", vec!["route_table_id", "destination_cidr_block", "gateway_id"]),
        ("aws_vpc_security_group_ingress_rule", vec!["security_group_id", "ip_protocol", "cidr_ipv4"]),
        ("aws_key_pair", vec!["key_name", "public_key"]),
        ("aws_instance", vec!["ami", "instance_type", "user_data", "subnet_id"]),
    ] {
        let config = engine.config(kind, "{}");
        let config = unknowns.iter().fold(config, |config, name| with(&config, name, unknown()));
        fine(kind, &engine.validate_value(kind, &config).await);
        engine.plan(kind, &engine.null(kind), &config).await;
    }
}

#[tokio::test]
async fn problems_are_told_at_their_attribute() {
    let engine = Engine::unconfigured();
    let cases = [
        ("aws_vpc", r#"{"cidr_block": "10.0.0.0/8"}"#, ".cidr_block", "16 to 28"),
        ("aws_vpc", r#"{"cidr_block": "10.0.0.1/16"}"#, ".cidr_block", "first address"),
        ("aws_vpc", r#"{"cidr_block": "10.0.0.0/16", "instance_tenancy": "mine"}"#, ".instance_tenancy", "dedicated"),
        ("aws_vpc", r#"{"cidr_block": "10.0.0.0/16", "tags": {"aws:a": "b"}}"#, ".tags", "aws:"),
        (
            "aws_subnet",
            r#"{"vpc_id": "vpc-1", "cidr_block": "10.0.0.0/24", "timeouts": {"create": "soon"}}"#,
            ".timeouts.create",
            "duration",
        ),
        (
            "aws_subnet",
            r#"{"vpc_id": "v", "cidr_block": "10.0.0.0/24", "availability_zone": "a", "availability_zone_id": "b"}"#,
            ".availability_zone_id",
            "only one",
        ),
        (
            "aws_route",
            r#"{"route_table_id": "r", "destination_cidr_block": "::/0", "gateway_id": "g"}"#,
            ".destination_cidr_block",
            "IPv4",
        ),
        ("aws_security_group", r#"{"name": "sg-mine"}"#, ".name", "sg-"),
        ("aws_security_group", r#"{"name": "a", "name_prefix": "b"}"#, ".name_prefix", "only one"),
        (
            "aws_vpc_security_group_ingress_rule",
            r#"{"security_group_id": "s", "ip_protocol": "-1", "from_port": 1, "cidr_ipv4": "0.0.0.0/0"}"#,
            ".from_port",
            "no ports",
        ),
        (
            "aws_instance",
            r#"{"ami": "a", "instance_type": "t", "metadata_options": [{"http_tokens": "maybe"}]}"#,
            ".metadata_options[0].http_tokens",
            "required",
        ),
        (
            "aws_instance",
            r#"{"ami": "a", "instance_type": "t", "root_block_device": [{"volume_type": "gp9"}]}"#,
            ".root_block_device[0].volume_type",
            "gp3",
        ),
        ("aws_instance", r#"{"ami": "a", "instance_type": "t", "private_ip": "10.0.0"}"#, ".private_ip", "IPv4"),
    ];
    for (kind, config, attribute, expected) in cases {
        let found = engine.validate(kind, config).await;
        let told = found.iter().any(|d| {
            d.attribute.as_ref().is_some_and(|path| path.to_string() == attribute) && d.detail.contains(expected)
        });
        assert!(told, "{kind} {config}: {found:?}");
    }
}

#[tokio::test]
async fn states_of_hashicorp_aws_are_taken_over() {
    let engine = Engine::unconfigured();
    let stored = r#"{"id": "rtb-1", "arn": "a", "owner_id": "1", "propagating_vgws": [], "route": [
        {"carrier_gateway_id": "", "cidr_block": "0.0.0.0/0", "destination_prefix_list_id": "",
         "egress_only_gateway_id": "", "gateway_id": "igw-1", "instance_id": "", "ipv6_cidr_block": "",
         "local_gateway_id": "", "nat_gateway_id": "", "network_interface_id": "", "transit_gateway_id": "",
         "vpc_endpoint_id": "", "vpc_peering_connection_id": ""}], "tags": null, "tags_all": {}, "vpc_id": "vpc-1"}"#;
    let state = engine.upgrade("aws_route_table", stored).await.unwrap();
    assert_eq!(state.ty(), engine.ty("aws_route_table"));
    assert_eq!(state.get("route").and_then(Value::as_sequence).unwrap().len(), 1);
    // Blocks that the writer did not know are absent, not null.
    let stored = r#"{"id": "i-1", "ami": "ami-1", "instance_type": "t3.micro"}"#;
    let state = engine.upgrade("aws_instance", stored).await.unwrap();
    assert_eq!(state.get("metadata_options").and_then(Value::as_sequence), Some(&[][..]));
    assert!(engine.upgrade("aws_instance", "[1").await.is_err());
    assert!(engine.upgrade("aws_instance", r#"{"id": {}}"#).await.is_err());
}
