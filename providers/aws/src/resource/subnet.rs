//! `aws_subnet`.

use crate::kit::call::{Call, Progress};
use crate::kit::checks;
use crate::kit::failure::{Answer, Failure, missing};
use crate::kit::field::{flag, number, text};
use crate::kit::object::{Attributes, Object};
use crate::kit::resource::Resource;
use crate::kit::spec::{Rule, Spec, Timeouts, minutes};
use crate::kit::tags;
use async_trait::async_trait;
use aws_sdk_ec2::operation::modify_subnet_attribute::builders::ModifySubnetAttributeFluentBuilder as Modify;
use aws_sdk_ec2::types::{
    AttributeBooleanValue, HostnameType, ResourceType, Subnet as Found, SubnetCidrBlockStateCode,
    SubnetIpv6CidrBlockAssociation as Ipv6,
};
use formwork_value::Value;

pub struct Subnet;

const ASSIGN_IPV6: &str = "assign_ipv6_address_on_creation";
const DNS64: &str = "enable_dns64";
const A_RECORD: &str = "enable_resource_name_dns_a_record_on_launch";
const AAAA_RECORD: &str = "enable_resource_name_dns_aaaa_record_on_launch";
const PUBLIC_IP: &str = "map_public_ip_on_launch";
const OWNED_IP: &str = "map_customer_owned_ip_on_launch";
const HOSTNAMES: &str = "private_dns_hostname_type_on_launch";

#[async_trait]
impl Resource for Subnet {
    fn spec(&self) -> Spec {
        let place = || text().optional().computed().forces_new();
        Spec::new("aws_subnet", "subnet")
            .version(1)
            .legacy()
            .computed_texts(&["arn", "owner_id"])
            .attribute(ASSIGN_IPV6, flag().default(false))
            .attribute("availability_zone", place())
            .attribute("availability_zone_id", place())
            .attribute("cidr_block", text().optional().forces_new().check(checks::network_cidr4))
            .attribute("customer_owned_ipv4_pool", text().optional())
            .attribute(DNS64, flag().default(false))
            .attribute("enable_lni_at_device_index", number().optional())
            .attribute(A_RECORD, flag().default(false))
            .attribute(AAAA_RECORD, flag().default(false))
            .attribute("ipv6_cidr_block", text().optional().check(checks::cidr6))
            .attribute("ipv6_cidr_block_association_id", text().computed().follows(&["ipv6_cidr_block"]))
            .attribute("ipv6_native", flag().default(false).forces_new())
            .attribute(OWNED_IP, flag().optional())
            .attribute(PUBLIC_IP, flag().default(false))
            .attribute("outpost_arn", text().optional().forces_new())
            .attribute(HOSTNAMES, text().optional().computed().check(hostname_type))
            .attribute("vpc_id", text().required().forces_new())
            .tagged()
            .timeouts(Timeouts { create: minutes(10), delete: minutes(20), ..Timeouts::default() })
            .rule(Rule::AtMostOne(&["availability_zone", "availability_zone_id"]))
            .rule(Rule::AtLeastOne(&["cidr_block", "ipv6_cidr_block"]))
            .rule(Rule::Needs(OWNED_IP, "customer_owned_ipv4_pool"))
    }

    async fn create(&self, call: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
        let request = call
            .ec2
            .create_subnet()
            .set_vpc_id(object.string("vpc_id"))
            .set_cidr_block(object.string("cidr_block"))
            .set_availability_zone(object.string("availability_zone"))
            .set_availability_zone_id(object.string("availability_zone_id"))
            .set_ipv6_cidr_block(object.string("ipv6_cidr_block"))
            .set_ipv6_native(object.flag("ipv6_native").filter(|native| *native))
            .set_outpost_arn(object.string("outpost_arn"))
            .set_tag_specifications(tags::specification(object, ResourceType::Subnet));
        // A VPC that was made a moment ago may not be known everywhere yet.
        let soon = call.within(std::time::Duration::from_secs(30));
        let created = soon
            .retry(&["InvalidVpcID.NotFound"], || async { request.clone().send().await.of("CreateSubnet") })
            .await?;
        let subnet = created.subnet.unwrap_or_else(|| Found::builder().build());
        let id = subnet.subnet_id().ok_or_else(|| missing("CreateSubnet", "subnet id"))?.to_owned();
        object.set("id", &id);
        wait_for_state(call, &id).await?;
        if object.text("ipv6_cidr_block").is_some() {
            wait_for_ipv6(call, &id, true).await?;
        }
        let native = object.flag("ipv6_native") == Some(true);
        let mut fresh = object.clone();
        fresh.set_all([(DNS64, false), (A_RECORD, false), (AAAA_RECORD, false), (PUBLIC_IP, false), (OWNED_IP, false)]);
        fresh.set(ASSIGN_IPV6, native);
        fresh.set(HOSTNAMES, if native { "resource-name" } else { "ip-name" });
        fresh.set("enable_lni_at_device_index", None::<i32>);
        fresh.set("customer_owned_ipv4_pool", None::<String>);
        set_attributes(call, &fresh, object).await
    }

    async fn read(&self, call: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
        let subnet = find(call, object.id()).await?;
        object.set_all([
            ("arn", subnet.subnet_arn().unwrap_or_default()),
            ("availability_zone", subnet.availability_zone().unwrap_or_default()),
            ("availability_zone_id", subnet.availability_zone_id().unwrap_or_default()),
            ("cidr_block", subnet.cidr_block().unwrap_or_default()),
            ("customer_owned_ipv4_pool", subnet.customer_owned_ipv4_pool().unwrap_or_default()),
            ("outpost_arn", subnet.outpost_arn().unwrap_or_default()),
            ("owner_id", subnet.owner_id().unwrap_or_default()),
            ("vpc_id", subnet.vpc_id().unwrap_or_default()),
        ]);
        object.set_all([
            (ASSIGN_IPV6, subnet.assign_ipv6_address_on_creation().unwrap_or_default()),
            (DNS64, subnet.enable_dns64().unwrap_or_default()),
            (PUBLIC_IP, subnet.map_public_ip_on_launch().unwrap_or_default()),
            ("ipv6_native", subnet.ipv6_native().unwrap_or_default()),
        ]);
        object.set(OWNED_IP, subnet.map_customer_owned_ip_on_launch().unwrap_or_default());
        object.set("enable_lni_at_device_index", subnet.enable_lni_at_device_index().unwrap_or_default());
        let names = subnet.private_dns_name_options_on_launch();
        object.set(A_RECORD, names.and_then(|n| n.enable_resource_name_dns_a_record()).unwrap_or_default());
        object.set(AAAA_RECORD, names.and_then(|n| n.enable_resource_name_dns_aaaa_record()).unwrap_or_default());
        object.set(HOSTNAMES, names.and_then(|n| n.hostname_type()).map_or("ip-name", |kind| kind.as_str()));
        let ipv6 = associated(&subnet);
        object.set("ipv6_cidr_block", ipv6.and_then(Ipv6::ipv6_cidr_block).unwrap_or_default());
        object.set("ipv6_cidr_block_association_id", ipv6.and_then(Ipv6::association_id).unwrap_or_default());
        tags::record(call, object, subnet.tags());
        Ok(())
    }

    async fn update(&self, call: &Call<'_>, prior: &Object, object: &mut Object) -> Result<(), Failure> {
        let changes_ipv6 = prior.text("ipv6_cidr_block") != object.text("ipv6_cidr_block");
        if changes_ipv6 && object.text("ipv6_cidr_block").is_some() {
            // New subnets' addresses can only be switched on once there is a block.
            replace_ipv6(call, prior, object).await?;
        }
        set_attributes(call, prior, object).await?;
        if changes_ipv6 && object.text("ipv6_cidr_block").is_none() {
            replace_ipv6(call, prior, object).await?;
        }
        Ok(())
    }

    async fn delete(&self, call: &Call<'_>, object: &Object) -> Result<(), Failure> {
        let id = object.id();
        call.retry(&["DependencyViolation"], || async {
            call.ec2.delete_subnet().subnet_id(id).send().await.of("DeleteSubnet")
        })
        .await?;
        call.until("the subnet to be gone", || async {
            match find(call, id).await {
                Err(failure) if failure.gone => Ok(Progress::Done(())),
                Err(failure) => Err(failure),
                Ok(_) => Ok(Progress::Pending("still there".into())),
            }
        })
        .await
    }
}

fn hostname_type(value: &Value) -> Result<(), String> {
    match value.as_str() {
        Some("ip-name" | "resource-name") => Ok(()),
        _ => Err("The hostname type is \"ip-name\" or \"resource-name\".".into()),
    }
}

async fn find(call: &Call<'_>, id: &str) -> Result<Found, Failure> {
    let answer = call.ec2.describe_subnets().subnet_ids(id).send().await.of("DescribeSubnets")?;
    answer.subnets.unwrap_or_default().into_iter().next().ok_or_else(|| Failure::gone("Subnet", id))
}

fn associated(subnet: &Found) -> Option<&Ipv6> {
    let has = |block: &&Ipv6| {
        let state = block.ipv6_cidr_block_state().and_then(|state| state.state());
        state == Some(&SubnetCidrBlockStateCode::Associated)
    };
    subnet.ipv6_cidr_block_association_set().iter().find(has)
}

async fn wait_for_state(call: &Call<'_>, id: &str) -> Result<(), Failure> {
    call.until("the subnet to be available", || async {
        match find(call, id).await {
            Ok(subnet) => match subnet.state().map(|state| state.as_str()) {
                Some("available") => Ok(Progress::Done(())),
                state => Ok(Progress::Pending(state.unwrap_or("no state").to_owned())),
            },
            Err(failure) if failure.gone => Ok(Progress::Pending("not found".into())),
            Err(failure) => Err(failure),
        }
    })
    .await
}

async fn wait_for_ipv6(call: &Call<'_>, id: &str, wanted: bool) -> Result<(), Failure> {
    call.until("the IPv6 block of the subnet", || async {
        let subnet = find(call, id).await?;
        let is_done = associated(&subnet).is_some() == wanted;
        Ok(if is_done { Progress::Done(()) } else { Progress::Pending("in progress".into()) })
    })
    .await
}

async fn replace_ipv6(call: &Call<'_>, prior: &Object, object: &Object) -> Result<(), Failure> {
    let id = prior.id();
    if let Some(association) = prior.text("ipv6_cidr_block_association_id") {
        let request = call.ec2.disassociate_subnet_cidr_block().association_id(association);
        request.send().await.of("DisassociateSubnetCidrBlock")?;
        wait_for_ipv6(call, id, false).await?;
    }
    if let Some(block) = object.text("ipv6_cidr_block") {
        let request = call.ec2.associate_subnet_cidr_block().subnet_id(id).ipv6_cidr_block(block);
        request.send().await.of("AssociateSubnetCidrBlock").map_err(|failure| failure.at("ipv6_cidr_block"))?;
        wait_for_ipv6(call, id, true).await?;
    }
    Ok(())
}

/// EC2 takes one attribute in a request.
async fn set_attributes(call: &Call<'_>, old: &Object, new: &Object) -> Result<(), Failure> {
    type Set = fn(Modify, AttributeBooleanValue) -> Modify;
    let switches: [(&str, Set); 5] = [
        (ASSIGN_IPV6, Modify::assign_ipv6_address_on_creation),
        (DNS64, Modify::enable_dns64),
        (A_RECORD, Modify::enable_resource_name_dns_a_record_on_launch),
        (AAAA_RECORD, Modify::enable_resource_name_dns_aaaa_record_on_launch),
        (PUBLIC_IP, Modify::map_public_ip_on_launch),
    ];
    let request = || call.ec2.modify_subnet_attribute().subnet_id(new.id());
    let mut requests = Vec::new();
    for (name, set) in switches {
        if let Some(wanted) = new.flag(name).filter(|wanted| old.flag(name) != Some(*wanted)) {
            requests.push((name, set(request(), switch(wanted))));
        }
    }
    if let Some(kind) = new.text(HOSTNAMES).filter(|kind| old.text(HOSTNAMES) != Some(*kind)) {
        requests.push((HOSTNAMES, request().private_dns_hostname_type_on_launch(HostnameType::from(kind))));
    }
    if let Some(index) =
        new.int("enable_lni_at_device_index").filter(|i| old.int("enable_lni_at_device_index") != Some(*i))
    {
        requests.push(("enable_lni_at_device_index", request().enable_lni_at_device_index(index)));
    }
    let owned =
        |object: &Object| (object.flag(OWNED_IP).unwrap_or_default(), object.string("customer_owned_ipv4_pool"));
    if owned(old) != owned(new) {
        let (wanted, pool) = owned(new);
        let change = request().map_customer_owned_ip_on_launch(switch(wanted)).set_customer_owned_ipv4_pool(pool);
        requests.push((OWNED_IP, change));
    }
    for (name, request) in requests {
        request.send().await.of("ModifySubnetAttribute").map_err(|failure| failure.at(name))?;
    }
    Ok(())
}

fn switch(on: bool) -> AttributeBooleanValue {
    AttributeBooleanValue::builder().value(on).build()
}
