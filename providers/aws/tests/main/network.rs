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
    engine.assert_imports(kind, id(&vpc), &vpc, &[]).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn internet_gateway() {
    let engine = Engine::new().await;
    let kind = "aws_internet_gateway";
    let first = engine.create("aws_vpc", r#"{"cidr_block": "10.0.0.0/16"}"#).await;
    let second = engine.create("aws_vpc", r#"{"cidr_block": "10.1.0.0/16"}"#).await;
    let config = |vpc: &str| format!(r#"{{"vpc_id": "{vpc}", "tags": {{"Name": "g"}}}}"#);
    let gateway = engine.create(kind, &config(id(&first))).await;
    engine.assert_imports(kind, id(&gateway), &gateway, &[]).await;
    let gateway = engine.update(kind, &gateway, &config(id(&second))).await;
    assert_eq!(text(&gateway, "vpc_id"), id(&second));
    engine.delete(kind, &gateway).await;
    let detached = engine.create(kind, "{}").await;
    assert_eq!(text(&detached, "vpc_id"), "");
    let attached = engine.update(kind, &detached, &config(id(&first))).await;
    engine.delete(kind, &attached).await;
    engine.delete("aws_vpc", &first).await;
    engine.delete("aws_vpc", &second).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn route_table_with_inline_routes() {
    let engine = Engine::new().await;
    let kind = "aws_route_table";
    let vpc = engine.create("aws_vpc", r#"{"cidr_block": "10.0.0.0/16"}"#).await;
    let gateway = engine.create("aws_internet_gateway", &format!(r#"{{"vpc_id": "{}"}}"#, id(&vpc))).await;
    let (vpc_id, gateway_id) = (id(&vpc), id(&gateway));
    let config = |blocks: &[&str]| {
        let routes: Vec<String> =
            blocks.iter().map(|b| format!(r#"{{"cidr_block": "{b}", "gateway_id": "{gateway_id}"}}"#)).collect();
        format!(r#"{{"vpc_id": "{vpc_id}", "route": [{}]}}"#, routes.join(","))
    };
    let table = engine.create(kind, &config(&["0.0.0.0/0", "192.168.0.0/16"])).await;
    let routes = table.get("route").and_then(|routes| routes.as_sequence()).expect("routes");
    assert_eq!(routes.len(), 2);
    assert_eq!(text(&routes[0], "nat_gateway_id"), "");
    engine.assert_imports(kind, id(&table), &table, &[]).await;
    let table = engine.update(kind, &table, &config(&["0.0.0.0/0", "172.16.0.0/12"])).await;
    assert_eq!(engine.change(kind, &table, &format!(r#"{{"vpc_id": "{vpc_id}"}}"#)).await, Change::None);
    let table = engine.update(kind, &table, &config(&[])).await;
    let wrong = format!(r#"{{"vpc_id": "{vpc_id}", "route": [{{"cidr_block": "0.0.0.0/0"}}]}}"#);
    assert!(engine.validate(kind, &wrong).await.has_errors());
    engine.delete(kind, &table).await;
    engine.delete("aws_internet_gateway", &gateway).await;
    engine.delete("aws_vpc", &vpc).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn routes_and_associations() {
    let engine = Engine::new().await;
    let vpc = engine.create("aws_vpc", r#"{"cidr_block": "10.0.0.0/16"}"#).await;
    let in_vpc = |more: &str| format!(r#"{{"vpc_id": "{}"{more}}}"#, id(&vpc));
    let gateway = engine.create("aws_internet_gateway", &in_vpc("")).await;
    let table = engine.create("aws_route_table", &in_vpc("")).await;
    let other = engine.create("aws_route_table", &in_vpc("")).await;
    let subnet = engine.create("aws_subnet", &in_vpc(r#", "cidr_block": "10.0.1.0/24""#)).await;

    let kind = "aws_route";
    let to = |target: &str| {
        format!(r#"{{"route_table_id": "{}", "destination_cidr_block": "0.0.0.0/0", {target}}}"#, id(&table))
    };
    let default = engine.create(kind, &to(&format!(r#""gateway_id": "{}""#, id(&gateway)))).await;
    assert_eq!(id(&default), format!("r-{}1080289494", id(&table)));
    assert_eq!((text(&default, "origin"), text(&default, "state")), ("CreateRoute", "active"));
    engine.assert_imports(kind, &format!("{}_0.0.0.0/0", id(&table)), &default, &[]).await;
    // The route is none of the table's own, as long as the table configures none.
    let table = engine.read("aws_route_table", &table).await;
    assert_eq!(engine.change("aws_route_table", &table, &in_vpc("")).await, Change::None);
    let moved = format!(
        r#"{{"route_table_id": "{}", "destination_cidr_block": "10.9.0.0/16", "gateway_id": "{}"}}"#,
        id(&table),
        id(&gateway)
    );
    assert_eq!(engine.change(kind, &default, &moved).await, Change::Replace);

    let kind = "aws_route_table_association";
    let with = |table: &str| format!(r#"{{"subnet_id": "{}", "route_table_id": "{table}"}}"#, id(&subnet));
    let association = engine.create(kind, &with(id(&table))).await;
    engine.assert_imports(kind, &format!("{}/{}", id(&subnet), id(&table)), &association, &[]).await;
    let association = engine.update(kind, &association, &with(id(&other))).await;
    assert!(engine.validate(kind, r#"{"route_table_id": "rtb-1"}"#).await.has_errors());
    engine.delete(kind, &association).await;
    engine.delete("aws_route", &default).await;
    engine.delete("aws_route_table", &table).await;
    engine.delete("aws_route_table", &other).await;
    engine.delete("aws_subnet", &subnet).await;
    engine.delete("aws_internet_gateway", &gateway).await;
    engine.delete("aws_vpc", &vpc).await;
}
