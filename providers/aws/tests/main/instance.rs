//! The life of instances.

use crate::engine::{Change, Engine, id, text};
use formwork_value::{Path, Value};

const AMI: &str = "ami-12c6146b";
const OTHER_AMI: &str = "ami-03cf127a";

struct Network {
    vpc: Value,
    subnet: Value,
    groups: [Value; 2],
}

async fn network(engine: &Engine) -> Network {
    let vpc = engine.create("aws_vpc", r#"{"cidr_block": "10.0.0.0/16"}"#).await;
    let in_vpc = |more: &str| format!(r#"{{"vpc_id": "{}", {more}}}"#, id(&vpc));
    let subnet = engine.create("aws_subnet", &in_vpc(r#""cidr_block": "10.0.1.0/24""#)).await;
    let first = engine.create("aws_security_group", &in_vpc(r#""name": "a""#)).await;
    let second = engine.create("aws_security_group", &in_vpc(r#""name": "b""#)).await;
    Network { vpc, subnet, groups: [first, second] }
}

impl Network {
    fn instance(&self, group: usize, more: &str) -> String {
        let (subnet, group) = (id(&self.subnet), id(&self.groups[group]));
        format!(
            r#"{{"ami": "{AMI}", "subnet_id": "{subnet}", "vpc_security_group_ids": ["{group}"],
            "instance_type": "t3.micro"{more}}}"#
        )
    }

    async fn delete(self, engine: &Engine) {
        for group in &self.groups {
            engine.delete("aws_security_group", group).await;
        }
        engine.delete("aws_subnet", &self.subnet).await;
        engine.delete("aws_vpc", &self.vpc).await;
    }
}

fn at<'a>(value: &'a Value, block: &str, attribute: &str) -> &'a Value {
    let blocks = value.get(block).and_then(Value::as_sequence).expect("a block type");
    blocks.first().and_then(|block| block.get(attribute)).unwrap_or_else(|| panic!("no {block}.{attribute}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn instance() {
    let engine = Engine::new().await;
    let network = network(&engine).await;
    let kind = "aws_instance";
    let instance = engine.create(kind, &network.instance(0, r#", "tags": {"Name": "a"}"#)).await;
    assert_eq!((text(&instance, "instance_state"), text(&instance, "tenancy")), ("running", "default"));
    assert!(text(&instance, "private_ip").starts_with("10.0.1."));
    assert_ne!(at(&instance, "root_block_device", "volume_id").as_str(), Some(""));
    assert_eq!(at(&instance, "metadata_options", "http_endpoint").as_str(), Some("enabled"));
    assert_eq!(at(&instance, "credit_specification", "cpu_credits").as_str(), Some("standard"));
    let apart = ["user_data_replace_on_change"];
    engine.assert_imports(kind, id(&instance), &instance, &apart).await;

    let instance = engine.update(kind, &instance, &network.instance(0, r#", "tags": {"Name": "b"}"#)).await;
    let instance = engine.update(kind, &instance, &network.instance(1, "")).await;
    let larger = |more: &str| network.instance(1, more).replace("t3.micro", "t3.small");
    let instance = engine.update(kind, &instance, &larger("")).await;
    assert_eq!(text(&instance, "instance_type"), "t3.small");
    let more = larger(
        r#", "source_dest_check": false, "disable_api_stop": false,
        "metadata_options": [{"http_tokens": "required", "http_put_response_hop_limit": 2}]"#,
    );
    let instance = engine.update(kind, &instance, &more).await;
    assert_eq!(at(&instance, "metadata_options", "http_tokens").as_str(), Some("required"));

    for (config, expected) in [
        (more.replace(AMI, OTHER_AMI), Path::root().attribute("ami")),
        (more.replacen('{', r#"{"private_ip": "10.0.1.77", "#, 1), Path::root().attribute("private_ip")),
    ] {
        let plan = engine.plan(kind, &instance, &engine.config(kind, &config)).await;
        assert_eq!(plan.requires_replace, vec![expected]);
    }
    engine.delete(kind, &instance).await;
    network.delete(&engine).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn user_data_is_stored_as_digest() {
    let engine = Engine::new().await;
    let network = network(&engine).await;
    let kind = "aws_instance";
    let instance = engine.create(kind, &network.instance(0, r#", "user_data": "hello\n""#)).await;
    assert_eq!(text(&instance, "user_data"), "f572d396fae9206628714fb2ce00f72e94f2258f");
    assert!(!format!("{instance:?}").contains("hello"));
    engine.assert_imports(kind, id(&instance), &instance, &[]).await;
    let instance = engine.update(kind, &instance, &network.instance(0, r#", "user_data": "bye\n""#)).await;
    let replaced = network.instance(0, r#", "user_data": "again\n", "user_data_replace_on_change": true"#);
    assert_eq!(engine.change(kind, &instance, &replaced).await, Change::Replace);
    let encoded = network.instance(0, r#", "user_data_base64": "Ynll""#);
    let instance = engine.update(kind, &instance, &encoded).await;
    assert_eq!(text(&instance, "user_data_base64"), "Ynll");
    engine.delete(kind, &instance).await;
    let both = network.instance(0, r#", "user_data": "a", "user_data_base64": "Ynll""#);
    assert!(engine.validate(kind, &both).await.has_errors());
    network.delete(&engine).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn volumes() {
    let engine = Engine::new().await;
    let network = network(&engine).await;
    let kind = "aws_instance";
    let config = |size: u32, more: &str| {
        let root = format!(r#""root_block_device": [{{"volume_size": {size}, "volume_type": "gp3"{more}}}]"#);
        let data = r#""ebs_block_device": [{"device_name": "/dev/sdf", "volume_size": 5, "tags": {"a": "b"}}]"#;
        network.instance(0, &format!(", {root}, {data}"))
    };
    let instance = engine.create(kind, &config(10, "")).await;
    assert_eq!(at(&instance, "root_block_device", "volume_size"), &Value::from(10));
    assert_eq!(at(&instance, "ebs_block_device", "volume_size"), &Value::from(5));
    engine.assert_imports(kind, id(&instance), &instance, &[]).await;
    let instance = engine.update(kind, &instance, &config(20, r#", "tags": {"of": "root"}"#)).await;
    assert_eq!(at(&instance, "root_block_device", "volume_size"), &Value::from(20));
    // A volume beside the root cannot be changed in place, nor taken away.
    for other in
        [config(20, "").replace("\"volume_size\": 5", "\"volume_size\": 6"), config(20, "").replace("sdf", "sdg")]
    {
        assert_eq!(engine.change(kind, &instance, &other).await, Change::Replace);
    }
    engine.delete(kind, &instance).await;

    let tagged = |value: &str| network.instance(0, &format!(r#", "volume_tags": {{"disk": "{value}"}}"#));
    let instance = engine.create(kind, &tagged("a")).await;
    let instance = engine.update(kind, &instance, &tagged("b")).await;
    engine.delete(kind, &instance).await;
    network.delete(&engine).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn public_address_and_protection() {
    let engine = Engine::new().await;
    let network = network(&engine).await;
    let kind = "aws_instance";
    let public = network.instance(0, r#", "associate_public_ip_address": true, "monitoring": true"#);
    let instance = engine.create(kind, &public).await;
    assert_ne!(text(&instance, "public_ip"), "");
    let protected = public.replacen('{', r#"{"disable_api_termination": true, "#, 1);
    let instance = engine.update(kind, &instance, &protected).await;
    let refused = engine.try_delete(kind, &instance).await.expect_err("a protected instance stays");
    assert!(refused.contains("TerminateInstances") && refused.contains("OperationNotPermitted"), "{refused}");
    let instance =
        engine.update(kind, &instance, &protected.replace("termination\": true", "termination\": false")).await;
    engine.delete(kind, &instance).await;
    network.delete(&engine).await;
}
