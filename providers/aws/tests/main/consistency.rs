//! Throttling, eventual consistency, dependencies that go away late, and failures half-way.

use crate::engine::{Engine, id, text};
use crate::faults::{Fault, Proxy, REQUEST};

const VPC: &str = r#"{"cidr_block": "10.0.0.0/16"}"#;

fn fault(operation: &'static str, code: &'static str, times: usize) -> Fault {
    Fault { operation, code, times }
}

#[tokio::test(flavor = "multi_thread")]
async fn passing_failures_are_retried() {
    let proxy = Proxy::start().await;
    let engine = Engine::at(&proxy.url, "").await;
    proxy.fail(&[
        fault("CreateVpc", "RequestLimitExceeded", 1),
        fault("DescribeVpcs", "InvalidVpcID.NotFound", 2),
        fault("CreateSubnet", "InvalidVpcID.NotFound", 1),
        fault("DescribeSubnets", "InvalidSubnetID.NotFound", 1),
        fault("CreateRouteTable", "InvalidVpcID.NotFound", 1),
        fault("AttachInternetGateway", "InvalidInternetGatewayID.NotFound", 1),
        fault("CreateRoute", "InvalidGatewayID.NotFound", 1),
        fault("AuthorizeSecurityGroupIngress", "InvalidGroup.NotFound", 1),
        fault("RunInstances", "InvalidSubnetID.NotFound", 1),
        fault("DescribeInstances", "InvalidInstanceID.NotFound", 2),
        fault("DeleteVpc", "DependencyViolation", 1),
        fault("DeleteSubnet", "DependencyViolation", 1),
        fault("DeleteSecurityGroup", "DependencyViolation", 1),
        fault("DetachInternetGateway", "DependencyViolation", 1),
    ]);
    let vpc = engine.create("aws_vpc", VPC).await;
    let in_vpc = |more: &str| format!(r#"{{"vpc_id": "{}"{more}}}"#, id(&vpc));
    let subnet = engine.create("aws_subnet", &in_vpc(r#", "cidr_block": "10.0.1.0/24""#)).await;
    let gateway = engine.create("aws_internet_gateway", &in_vpc("")).await;
    let route = format!(r#", "route": [{{"cidr_block": "0.0.0.0/0", "gateway_id": "{}"}}]"#, id(&gateway));
    let table = engine.create("aws_route_table", &in_vpc(&route)).await;
    let rule = r#", "name": "g", "ingress": [{"from_port": 1, "to_port": 2, "protocol": "tcp", "self": true}]"#;
    let group = engine.create("aws_security_group", &in_vpc(rule)).await;
    let instance = format!(r#"{{"ami": "ami-12c6146b", "instance_type": "m5.large", "subnet_id": "{}"}}"#, id(&subnet));
    let instance = engine.create("aws_instance", &instance).await;
    engine.delete("aws_instance", &instance).await;
    engine.delete("aws_security_group", &group).await;
    engine.delete("aws_route_table", &table).await;
    engine.delete("aws_internet_gateway", &gateway).await;
    engine.delete("aws_subnet", &subnet).await;
    engine.delete("aws_vpc", &vpc).await;
    assert!(proxy.is_spent());
    // A create that was refused for its dependencies is not repeated once it has worked.
    assert_eq!(proxy.count("CreateSubnet"), 2);
    assert_eq!(proxy.count("RunInstances"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_made_object_is_not_lost() {
    let proxy = Proxy::start().await;
    let engine = Engine::at(&proxy.url, "").await;
    proxy.fail(&[fault("ModifyVpcAttribute", "UnauthorizedOperation", 1)]);
    let config = r#"{"cidr_block": "10.0.0.0/16", "enable_dns_hostnames": true, "tags": {"a": "b"}}"#;
    let (state, failure) = engine.try_create("aws_vpc", config).await;
    assert!(id(&state).starts_with("vpc-"), "{state:?}");
    assert!(state.is_wholly_known());
    for part in ["ModifyVpcAttribute", "UnauthorizedOperation", "not today", REQUEST] {
        assert!(failure.contains(part), "{part} is missing in: {failure}");
    }
    engine.delete("aws_vpc", &state).await;

    proxy.fail(&[fault("CreateVpc", "VpcLimitExceeded", 1)]);
    let (state, failure) = engine.try_create("aws_vpc", config).await;
    assert!(state.is_null() && failure.contains("VpcLimitExceeded"), "{failure}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_fails_half_way_tells_what_was_reached() {
    let proxy = Proxy::start().await;
    let engine = Engine::at(&proxy.url, "").await;
    let vpc = engine.create("aws_vpc", VPC).await;
    proxy.fail(&[fault("ModifyVpcAttribute", "UnauthorizedOperation", 1)]);
    let config = r#"{"cidr_block": "10.0.0.0/16", "enable_dns_hostnames": true, "tags": {"a": "b"}}"#;
    let (state, failure) = engine.try_update("aws_vpc", &vpc, config).await;
    assert!(failure.contains("ModifyVpcAttribute"), "{failure}");
    assert_eq!(text(state.get("tags").expect("tags"), "a"), "b");
    assert_eq!(state.get("enable_dns_hostnames"), vpc.get("enable_dns_hostnames"));
    engine.delete("aws_vpc", &state).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_deleted_in_time_stays() {
    let proxy = Proxy::start().await;
    let engine = Engine::at(&proxy.url, "").await;
    let vpc = engine.create("aws_vpc", VPC).await;
    let config =
        format!(r#"{{"vpc_id": "{}", "cidr_block": "10.0.1.0/24", "timeouts": {{"delete": "1s"}}}}"#, id(&vpc));
    let subnet = engine.create("aws_subnet", &config).await;
    proxy.fail(&[fault("DeleteSubnet", "DependencyViolation", 1000)]);
    let failure = engine.try_delete("aws_subnet", &subnet).await.expect_err("it has dependencies");
    assert!(failure.contains("DependencyViolation"), "{failure}");
    assert!(proxy.count("DeleteSubnet") > 1, "it was tried again");
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_deleted_behind_our_back_are_gone() {
    let engine = Engine::new().await;
    let vpc = engine.create("aws_vpc", VPC).await;
    engine.delete("aws_vpc", &vpc).await;
    assert!(engine.read("aws_vpc", &vpc).await.is_null());
    // Deleting what is gone is no failure.
    engine.delete("aws_vpc", &vpc).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_ends_a_wait() {
    let proxy = Proxy::start().await;
    let engine = Engine::at(&proxy.url, "").await;
    let vpc = engine.create("aws_vpc", VPC).await;
    proxy.fail(&[fault("DeleteVpc", "DependencyViolation", 1000)]);
    let interrupt = async {
        proxy.until("DeleteVpc", 2).await;
        engine.stop().await;
    };
    let (deleted, ()) = tokio::join!(engine.try_delete("aws_vpc", &vpc), interrupt);
    assert!(deleted.expect_err("it has dependencies").contains("Interrupted"));
}
