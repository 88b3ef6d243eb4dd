//! Data sources.

use crate::engine::{Engine, id, text};
use formwork_value::Value;

fn names(value: &Value, name: &str) -> Vec<String> {
    let items = value.get(name).and_then(Value::as_sequence).expect("a list");
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn places() {
    let engine = Engine::new().await;
    let zones = engine.data("aws_availability_zones", r#"{"state": "available"}"#).await.unwrap();
    assert_eq!(names(&zones, "names"), ["eu-central-1a", "eu-central-1b", "eu-central-1c"]);
    assert_eq!(names(&zones, "zone_ids").len(), 3);
    let fewer = engine.data("aws_availability_zones", r#"{"exclude_names": ["eu-central-1b"]}"#).await.unwrap();
    assert_eq!(names(&fewer, "names"), ["eu-central-1a", "eu-central-1c"]);
    let one = r#"{"filter": [{"name": "zone-name", "values": ["eu-central-1c"]}]}"#;
    assert_eq!(names(&engine.data("aws_availability_zones", one).await.unwrap(), "names"), ["eu-central-1c"]);

    let region = engine.data("aws_region", "{}").await.unwrap();
    assert_eq!((text(&region, "name"), text(&region, "description")), ("eu-central-1", "Europe (Frankfurt)"));
    let other = engine.data("aws_region", r#"{"endpoint": "ec2.us-east-1.amazonaws.com"}"#).await.unwrap();
    assert_eq!(text(&other, "name"), "us-east-1");
    assert!(engine.data("aws_region", r#"{"name": "eu-nowhere-7"}"#).await.is_err());

    let identity = engine.data("aws_caller_identity", "{}").await.unwrap();
    assert_eq!(text(&identity, "account_id"), "123456789012");
}

#[tokio::test(flavor = "multi_thread")]
async fn vpc() {
    let engine = Engine::new().await;
    let tagged = r#"{"cidr_block": "10.77.0.0/16", "tags": {"Name": "data-vpc"}}"#;
    let vpc = engine.create("aws_vpc", tagged).await;
    for found in [
        format!(r#"{{"id": "{}"}}"#, id(&vpc)),
        r#"{"tags": {"Name": "data-vpc"}}"#.into(),
        r#"{"cidr_block": "10.77.0.0/16"}"#.into(),
        r#"{"filter": [{"name": "tag:Name", "values": ["data-vpc"]}]}"#.into(),
    ] {
        let data = engine.data("aws_vpc", &found).await.unwrap();
        assert_eq!(id(&data), id(&vpc), "{found}");
        assert_eq!(text(&data, "main_route_table_id"), text(&vpc, "main_route_table_id"));
        let blocks = data.get("cidr_block_associations").and_then(Value::as_sequence).unwrap();
        assert_eq!(text(&blocks[0], "cidr_block"), "10.77.0.0/16");
    }
    assert_eq!(engine.data("aws_vpc", r#"{"default": true}"#).await.unwrap().get("default"), Some(&Value::from(true)));
    assert!(engine.data("aws_vpc", "{}").await.unwrap_err().contains("Several"));
    assert!(engine.data("aws_vpc", r#"{"tags": {"Name": "nothing"}}"#).await.unwrap_err().contains("No VPC"));
    engine.delete("aws_vpc", &vpc).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ami() {
    let engine = Engine::new().await;
    let ubuntu = r#""owners": ["099720109477"], "name_regex": "^ubuntu/images/hvm-ssd/""#;
    let several = engine.data("aws_ami", &format!("{{{ubuntu}}}")).await.unwrap_err();
    assert!(several.contains("most_recent"), "{several}");
    let image = engine.data("aws_ami", &format!(r#"{{{ubuntu}, "most_recent": true}}"#)).await.unwrap();
    assert!(text(&image, "name").starts_with("ubuntu/images/hvm-ssd/"));
    assert_eq!(id(&image), text(&image, "image_id"));
    let by_id = format!(r#"{{"filter": [{{"name": "image-id", "values": ["{}"]}}]}}"#, id(&image));
    assert_eq!(id(&engine.data("aws_ami", &by_id).await.unwrap()), id(&image));
    assert!(engine.data("aws_ami", r#"{"name_regex": "^nothing$"}"#).await.unwrap_err().contains("No image"));
}
