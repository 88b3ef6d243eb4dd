//! The life of networks.

use crate::engine::{Change, Engine, id, text};

#[tokio::test(flavor = "multi_thread")]
async fn vpc() {
    let engine = Engine::new().await;
    let kind = "aws_vpc";
    let vpc = engine.create(kind, r#"{"cidr_block": "10.0.0.0/16", "tags": {"Name": "a"}}"#).await;
    assert!(id(&vpc).starts_with("vpc-"));
    assert_eq!(text(&vpc, "arn"), format!("arn:aws:ec2:eu-central-1:123456789012:vpc/{}", id(&vpc)));
    for name in ["main_route_table_id", "default_security_group_id", "default_network_acl_id", "owner_id"] {
        assert_ne!(text(&vpc, name), "", "{name}");
    }
    let more = r#"{"cidr_block": "10.0.0.0/16", "tags": {"Name": "b", "x": "y"}, "enable_dns_hostnames": true,
        "enable_dns_support": true}"#;
    let vpc = engine.update(kind, &vpc, more).await;
    engine.assert_imports(kind, &id(&vpc).to_owned(), &vpc, &[]).await;
    let vpc = engine.update(kind, &vpc, r#"{"cidr_block": "10.0.0.0/16", "enable_dns_support": false}"#).await;
    let with_ipv6 = r#"{"cidr_block": "10.0.0.0/16", "assign_generated_ipv6_cidr_block": true}"#;
    let vpc = engine.update(kind, &vpc, with_ipv6).await;
    assert!(text(&vpc, "ipv6_cidr_block").ends_with("/56"));
    assert_eq!(engine.change(kind, &vpc, r#"{"cidr_block": "10.1.0.0/16"}"#).await, Change::Replace);
    engine.delete(kind, &vpc).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn subnet() {
    let engine = Engine::new().await;
    let kind = "aws_subnet";
    let vpc = engine.create("aws_vpc", r#"{"cidr_block": "10.0.0.0/16"}"#).await;
    let vpc_id = id(&vpc);
    let config = |more: &str| format!(r#"{{"vpc_id": "{vpc_id}", "cidr_block": "10.0.1.0/24"{more}}}"#);
    let zone = r#", "availability_zone": "eu-central-1b""#;
    let subnet = engine.create(kind, &config(zone)).await;
    assert_eq!(text(&subnet, "availability_zone"), "eu-central-1b");
    let more = format!(r#"{zone}, "map_public_ip_on_launch": true, "tags": {{"Name": "s"}}"#);
    let subnet = engine.update(kind, &subnet, &config(&more)).await;
    engine.assert_imports(kind, id(&subnet), &subnet, &[]).await;
    let subnet = engine.update(kind, &subnet, &config(zone)).await;
    assert_eq!(
        engine.change(kind, &subnet, &config(r#", "availability_zone": "eu-central-1a""#)).await,
        Change::Replace
    );
    assert_eq!(engine.change(kind, &subnet, &config("")).await, Change::None);
    engine.delete(kind, &subnet).await;
    let other = engine.create(kind, &config("")).await;
    engine.delete(kind, &other).await;
    engine.delete("aws_vpc", &vpc).await;
}
