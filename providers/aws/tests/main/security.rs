//! The life of security groups, their rules, and key pairs.

use crate::engine::{Change, Engine, id, text};
use formwork_value::Value;

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG5kZ0dzZ2Zkc2dmZHNnZmRzZ2Zkc2dmZHNnZmRzZ2Zk me@home";

fn rules<'a>(group: &'a Value, direction: &str) -> &'a [Value] {
    group.get(direction).and_then(Value::as_sequence).expect("a set of rules")
}

#[tokio::test(flavor = "multi_thread")]
async fn security_group() {
    let engine = Engine::new().await;
    let kind = "aws_security_group";
    let vpc = engine.create("aws_vpc", r#"{"cidr_block": "10.0.0.0/16"}"#).await;
    let config = |more: &str| format!(r#"{{"vpc_id": "{}", "name": "web"{more}}}"#, id(&vpc));
    let bare = engine.create(kind, &config("")).await;
    assert_eq!((rules(&bare, "ingress").len(), rules(&bare, "egress").len()), (0, 0));
    assert_eq!(text(&bare, "description"), "Managed by Terraform");

    let open = r#", "egress": [{"from_port": 0, "to_port": 0, "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"]}]"#;
    let web = r#", "ingress": [
        {"from_port": 80, "to_port": 80, "protocol": "TCP", "cidr_blocks": ["10.1.0.0/16", "10.0.0.0/16"]},
        {"from_port": 80, "to_port": 80, "protocol": "tcp", "self": true},
        {"from_port": 443, "to_port": 443, "protocol": "6", "description": "https", "cidr_blocks": ["0.0.0.0/0"],
         "ipv6_cidr_blocks": ["::/0"]}]"#;
    let group = engine.update(kind, &bare, &config(&format!("{web}{open}"))).await;
    assert_eq!((rules(&group, "ingress").len(), rules(&group, "egress").len()), (3, 1));
    let narrower = web.replace("\"10.1.0.0/16\", ", "").replace("https", "secure");
    let group = engine.update(kind, &group, &config(&format!("{narrower}{open}"))).await;
    assert_eq!(engine.change(kind, &group, &config("")).await, Change::None);
    let closed = engine.update(kind, &group, &config(r#", "egress": [], "ingress": []"#)).await;
    assert_eq!((rules(&closed, "ingress").len(), rules(&closed, "egress").len()), (0, 0));
    assert_eq!(engine.change(kind, &closed, &config("").replace("web", "www")).await, Change::Replace);
    engine.assert_imports(kind, id(&closed), &closed, &[]).await;

    let prefixed =
        format!(r#"{{"vpc_id": "{}", "name_prefix": "db-", "revoke_rules_on_delete": true{open}}}"#, id(&vpc));
    let prefixed = engine.create(kind, &prefixed).await;
    assert!(text(&prefixed, "name").starts_with("db-20"), "{prefixed:?}");
    engine.delete(kind, &prefixed).await;
    engine.delete(kind, &closed).await;
    engine.delete("aws_vpc", &vpc).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_rules_are_refused() {
    let engine = Engine::new().await;
    for rule in [
        r#"{"from_port": 80, "to_port": 80, "protocol": "tcp"}"#,
        r#"{"from_port": 80, "to_port": 80, "protocol": "-1", "self": true}"#,
        r#"{"from_port": 81, "to_port": 80, "protocol": "tcp", "self": true}"#,
        r#"{"from_port": 80, "to_port": 80, "protocol": "tcp", "cidr_blocks": ["10.0.0.1/8"]}"#,
        r#"{"from_port": 80, "to_port": 80, "protocol": "tcp", "ipv6_cidr_blocks": ["10.0.0.0/8"]}"#,
        r#"{"from_port": 80, "to_port": 70000, "protocol": "tcp", "self": true}"#,
        r#"{"to_port": 80, "protocol": "tcp", "self": true}"#,
    ] {
        let found = engine.validate("aws_security_group", &format!(r#"{{"ingress": [{rule}]}}"#)).await;
        assert!(found.iter().any(|d| d.attribute.as_ref().is_some_and(|p| p.to_string() == ".ingress")), "{rule}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn single_rules() {
    let engine = Engine::with(r#""default_tags": [{"tags": {"team": "net"}}],"#).await;
    let vpc = engine.create("aws_vpc", r#"{"cidr_block": "10.0.0.0/16"}"#).await;
    let group = engine.create("aws_security_group", &format!(r#"{{"vpc_id": "{}", "name": "rules"}}"#, id(&vpc))).await;
    let config = |more: &str| format!(r#"{{"security_group_id": "{}", {more}}}"#, id(&group));

    let kind = "aws_vpc_security_group_ingress_rule";
    let ssh = r#""ip_protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_ipv4": "10.0.0.0/16""#;
    let rule = engine.create(kind, &config(&format!(r#"{ssh}, "description": "ssh", "tags": {{"a": "b"}}"#))).await;
    let all = rule.get("tags_all").and_then(Value::as_mapping).expect("tags");
    assert_eq!(all.keys().map(|key| &**key).collect::<Vec<_>>(), ["a", "team"]);
    engine.assert_imports(kind, id(&rule), &rule, &[]).await;
    let rule = engine.update(kind, &rule, &config(&ssh.replace("10.0.0.0/16", "10.1.0.0/16"))).await;
    let other_kind = config(&ssh.replace(r#""cidr_ipv4": "10.0.0.0/16""#, r#""cidr_ipv6": "::/0""#));
    assert_eq!(engine.change(kind, &rule, &other_kind).await, Change::Replace);
    engine.delete(kind, &rule).await;

    let kind = "aws_vpc_security_group_egress_rule";
    let rule = engine.create(kind, &config(r#""ip_protocol": "-1", "cidr_ipv4": "0.0.0.0/0""#)).await;
    let numbered = r#""ip_protocol": "all", "cidr_ipv4": "0.0.0.0/0""#;
    assert_eq!(engine.change(kind, &rule, &config(numbered)).await, Change::None);
    engine.delete(kind, &rule).await;
    let referring = format!(r#""ip_protocol": "-1", "referenced_security_group_id": "{}""#, id(&group));
    let rule = engine.create(kind, &config(&referring)).await;
    engine.delete(kind, &rule).await;
    for wrong in [r#""ip_protocol": "-1""#, r#""ip_protocol": "tcp", "cidr_ipv4": "0.0.0.0/0""#] {
        assert!(engine.validate(kind, &config(wrong)).await.has_errors(), "{wrong}");
    }
    engine.delete("aws_security_group", &group).await;
    engine.delete("aws_vpc", &vpc).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn key_pair() {
    let engine = Engine::new().await;
    let kind = "aws_key_pair";
    let config = |more: &str| format!(r#"{{"public_key": "{KEY}"{more}}}"#);
    let pair = engine.create(kind, &config(r#", "key_name": "me", "tags": {"a": "b"}"#)).await;
    assert_eq!((id(&pair), text(&pair, "key_type")), ("me", "ed25519"));
    let pair = engine.update(kind, &pair, &config(r#", "key_name": "me", "tags": {"a": "c"}"#)).await;
    let spaced = config(r#", "key_name": "me", "tags": {"a": "c"}"#).replace("me@home", "me@home\\n");
    assert_eq!(engine.change(kind, &pair, &spaced).await, Change::None);
    engine.assert_imports(kind, "me", &pair, &["public_key"]).await;
    assert_eq!(engine.change(kind, &pair, &config(r#", "key_name": "you""#)).await, Change::Replace);
    engine.delete(kind, &pair).await;
    let named = engine.create(kind, &config(r#", "key_name_prefix": "p-""#)).await;
    assert!(id(&named).starts_with("p-20"));
    engine.delete(kind, &named).await;
}
