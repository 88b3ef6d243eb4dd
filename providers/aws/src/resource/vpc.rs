//! `aws_vpc`.

use crate::kit::call::{Call, Progress};
use crate::kit::checks;
use crate::kit::failure::{Answer, Failure, missing};
use crate::kit::field::{flag, number, text};
use crate::kit::object::{Attributes, Object};
use crate::kit::planner::Plan;
use crate::kit::resource::Resource;
use crate::kit::spec::{Rule, Spec};
use crate::kit::tags;
use async_trait::async_trait;
use aws_sdk_ec2::operation::modify_vpc_attribute::builders::ModifyVpcAttributeFluentBuilder as Modify;
use aws_sdk_ec2::types::{
    AttributeBooleanValue, Filter, ResourceType, Tenancy, Vpc as Found, VpcAttributeName as Name,
    VpcCidrBlockStateCode, VpcIpv6CidrBlockAssociation as Ipv6, VpcTenancy,
};

pub struct Vpc;

/// IPv6 attributes that follow from the request for a block.
const IPV6: &[&str] = &[
    "assign_generated_ipv6_cidr_block",
    "ipv6_cidr_block",
    "ipv6_cidr_block_network_border_group",
    "ipv6_ipam_pool_id",
    "ipv6_netmask_length",
];

/// The same without the border group, which follows from them.
const IPV6_SOURCES: &[&str] = &["assign_generated_ipv6_cidr_block", "ipv6_ipam_pool_id", "ipv6_netmask_length"];

#[async_trait]
impl Resource for Vpc {
    fn spec(&self) -> Spec {
        let block = || text().optional().computed().forces_new();
        Spec::new("aws_vpc", "VPC")
            .version(1)
            .legacy()
            .computed_texts(&["arn", "default_network_acl_id", "default_route_table_id", "default_security_group_id"])
            .computed_texts(&["dhcp_options_id", "main_route_table_id", "owner_id"])
            .attribute("assign_generated_ipv6_cidr_block", flag().default(false))
            .attribute("cidr_block", block().check(checks::network_cidr4))
            .attribute("enable_dns_hostnames", flag().optional().computed())
            .attribute("enable_dns_support", flag().default(true))
            .attribute("enable_network_address_usage_metrics", flag().optional().computed())
            .attribute("instance_tenancy", text().default("default").forces_new().check(tenancy))
            .attribute("ipv4_ipam_pool_id", text().optional().forces_new())
            .attribute("ipv4_netmask_length", number().optional().forces_new())
            .attribute("ipv6_association_id", text().computed().follows(IPV6))
            .attribute("ipv6_cidr_block", text().optional().computed().check(checks::cidr6).follows(IPV6_SOURCES))
            .attribute("ipv6_cidr_block_network_border_group", text().optional().computed().follows(IPV6_SOURCES))
            .attribute("ipv6_ipam_pool_id", text().optional())
            .attribute("ipv6_netmask_length", number().optional())
            .tagged()
            .rule(Rule::ExactlyOne(&["cidr_block", "ipv4_ipam_pool_id"]))
            .rule(Rule::AtMostOne(&["cidr_block", "ipv4_netmask_length"]))
            .rule(Rule::AtMostOne(&["ipv6_cidr_block", "ipv6_netmask_length"]))
            .rule(Rule::Needs("ipv4_netmask_length", "ipv4_ipam_pool_id"))
            .rule(Rule::Needs("ipv6_cidr_block", "ipv6_ipam_pool_id"))
            .rule(Rule::Needs("ipv6_netmask_length", "ipv6_ipam_pool_id"))
    }

    fn plan(&self, plan: &mut Plan<'_>) {
        // From dedicated to default is the one way that EC2 allows.
        if plan.changes("instance_tenancy") && plan.planned.text("instance_tenancy") == Some("default") {
            plan.keep("instance_tenancy");
        }
    }

    async fn create(&self, call: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
        let created = call
            .ec2
            .create_vpc()
            .set_cidr_block(object.string("cidr_block"))
            .set_instance_tenancy(object.text("instance_tenancy").map(Tenancy::from))
            .set_ipv4_ipam_pool_id(object.string("ipv4_ipam_pool_id"))
            .set_ipv4_netmask_length(object.int("ipv4_netmask_length"))
            .set_amazon_provided_ipv6_cidr_block(
                object.flag("assign_generated_ipv6_cidr_block").filter(|wanted| *wanted),
            )
            .set_ipv6_cidr_block_network_border_group(object.string("ipv6_cidr_block_network_border_group"))
            .set_ipv6_ipam_pool_id(object.string("ipv6_ipam_pool_id"))
            .set_ipv6_netmask_length(object.int("ipv6_netmask_length").filter(|length| *length > 0))
            .set_ipv6_cidr_block(object.string("ipv6_cidr_block"))
            .set_tag_specifications(tags::specification(object, ResourceType::Vpc))
            .send()
            .await
            .of("CreateVpc")?;
        let id = created.vpc.and_then(|vpc| vpc.vpc_id).ok_or_else(|| missing("CreateVpc", "VPC id"))?;
        object.set("id", &id);
        wait_for_state(call, &id).await?;
        if wants_ipv6(object) {
            wait_for_ipv6(call, &id, true).await?;
        }
        // What a new VPC has already.
        let fresh = object.clone().with("enable_dns_hostnames", false).with("enable_dns_support", true);
        set_attributes(call, &fresh.with("enable_network_address_usage_metrics", false), object).await
    }

    async fn read(&self, call: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
        let id = object.id().to_owned();
        let vpc = find(call, &id).await?;
        let (hostnames, support, metrics, group, acl, table) = tokio::try_join!(
            attribute(call, &id, Name::EnableDnsHostnames),
            attribute(call, &id, Name::EnableDnsSupport),
            attribute(call, &id, Name::EnableNetworkAddressUsageMetrics),
            default_group(call, &id),
            default_acl(call, &id),
            main_route_table(call, &id),
        )?;
        object.set("arn", call.arn(vpc.owner_id(), &format!("vpc/{id}")));
        object.set_all([
            ("cidr_block", vpc.cidr_block()),
            ("dhcp_options_id", vpc.dhcp_options_id()),
            ("instance_tenancy", vpc.instance_tenancy().map(|tenancy| tenancy.as_str())),
            ("owner_id", vpc.owner_id()),
        ]);
        object.set_all([
            ("default_network_acl_id", acl),
            ("default_security_group_id", group),
            ("default_route_table_id", table.clone()),
            ("main_route_table_id", table),
        ]);
        object.set_all([
            ("enable_dns_hostnames", hostnames),
            ("enable_dns_support", support),
            ("enable_network_address_usage_metrics", metrics),
        ]);
        let ipv6 = associated(&vpc);
        object.set("assign_generated_ipv6_cidr_block", ipv6.is_some_and(|block| block.ipv6_pool() == Some("Amazon")));
        let part = |get: fn(&Ipv6) -> Option<&str>| ipv6.and_then(get).unwrap_or_default().to_owned();
        object.set("ipv6_association_id", part(Ipv6::association_id));
        object.set("ipv6_cidr_block", part(Ipv6::ipv6_cidr_block));
        object.set("ipv6_cidr_block_network_border_group", part(Ipv6::network_border_group));
        // EC2 does not tell from which pool the block is.
        if !object.has("ipv6_ipam_pool_id") {
            object.set("ipv6_ipam_pool_id", "");
        }
        if !object.has("ipv6_netmask_length") {
            object.set("ipv6_netmask_length", 0);
        }
        tags::record(call, object, vpc.tags());
        Ok(())
    }

    async fn update(&self, call: &Call<'_>, prior: &Object, object: &mut Object) -> Result<(), Failure> {
        let id = prior.id();
        set_attributes(call, prior, object).await?;
        if prior.text("instance_tenancy") != object.text("instance_tenancy") {
            let request = call.ec2.modify_vpc_tenancy().vpc_id(id).instance_tenancy(VpcTenancy::Default);
            request.send().await.of("ModifyVpcTenancy")?;
        }
        let changes =
            |name: &&str| object.has(name) && !object.is_unknown(name) && prior.value(name) != object.value(name);
        if !IPV6.iter().any(changes) && wants_ipv6(prior) == wants_ipv6(object) {
            return Ok(());
        }
        if let Some(association) = prior.text("ipv6_association_id") {
            let request = call.ec2.disassociate_vpc_cidr_block().association_id(association);
            request.send().await.of("DisassociateVpcCidrBlock")?;
            wait_for_ipv6(call, id, false).await?;
        }
        if wants_ipv6(object) {
            let request = call
                .ec2
                .associate_vpc_cidr_block()
                .vpc_id(id)
                .set_amazon_provided_ipv6_cidr_block(object.flag("assign_generated_ipv6_cidr_block").filter(|on| *on))
                .set_ipv6_cidr_block_network_border_group(object.string("ipv6_cidr_block_network_border_group"))
                .set_ipv6_ipam_pool_id(object.string("ipv6_ipam_pool_id"))
                .set_ipv6_netmask_length(object.int("ipv6_netmask_length").filter(|length| *length > 0))
                .set_ipv6_cidr_block(object.string("ipv6_cidr_block"));
            request.send().await.of("AssociateVpcCidrBlock")?;
            wait_for_ipv6(call, id, true).await?;
        }
        Ok(())
    }

    async fn delete(&self, call: &Call<'_>, object: &Object) -> Result<(), Failure> {
        let id = object.id();
        let call = call.within(std::time::Duration::from_secs(300));
        call.retry(&["DependencyViolation"], || async {
            call.ec2.delete_vpc().vpc_id(id).send().await.of("DeleteVpc")
        })
        .await?;
        call.until("the VPC to be gone", || async {
            match find(&call, id).await {
                Err(failure) if failure.gone => Ok(Progress::Done(())),
                Err(failure) => Err(failure),
                Ok(_) => Ok(Progress::Pending("still there".into())),
            }
        })
        .await
    }
}

fn wants_ipv6(object: &Object) -> bool {
    object.flag("assign_generated_ipv6_cidr_block") == Some(true) || object.text("ipv6_ipam_pool_id").is_some()
}

fn tenancy(value: &formwork_value::Value) -> Result<(), String> {
    match value.as_str() {
        Some("default" | "dedicated") => Ok(()),
        _ => Err("The tenancy is \"default\" or \"dedicated\".".into()),
    }
}

/// The VPC of an id.
pub async fn find(call: &Call<'_>, id: &str) -> Result<Found, Failure> {
    let answer = call.ec2.describe_vpcs().vpc_ids(id).send().await.of("DescribeVpcs")?;
    answer.vpcs.unwrap_or_default().into_iter().next().ok_or_else(|| Failure::gone("VPC", id))
}

/// The IPv6 block that a VPC has.
pub fn associated(vpc: &Found) -> Option<&Ipv6> {
    let has = |block: &&Ipv6| {
        let state = block.ipv6_cidr_block_state().and_then(|state| state.state());
        state == Some(&VpcCidrBlockStateCode::Associated)
    };
    vpc.ipv6_cidr_block_association_set().iter().find(has)
}

async fn wait_for_state(call: &Call<'_>, id: &str) -> Result<(), Failure> {
    call.until("the VPC to be available", || async {
        match find(call, id).await {
            Ok(vpc) => match vpc.state().map(|state| state.as_str()) {
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
    call.until("the IPv6 block of the VPC", || async {
        let vpc = find(call, id).await?;
        let is_done = associated(&vpc).is_some() == wanted;
        Ok(if is_done { Progress::Done(()) } else { Progress::Pending("in progress".into()) })
    })
    .await
}

/// EC2 takes one attribute in a request.
async fn set_attributes(call: &Call<'_>, old: &Object, new: &Object) -> Result<(), Failure> {
    type Set = fn(Modify, AttributeBooleanValue) -> Modify;
    let attributes: [(&str, Set); 3] = [
        ("enable_dns_support", Modify::enable_dns_support),
        ("enable_dns_hostnames", Modify::enable_dns_hostnames),
        ("enable_network_address_usage_metrics", Modify::enable_network_address_usage_metrics),
    ];
    for (name, set) in attributes {
        let Some(wanted) = new.flag(name).filter(|wanted| old.flag(name) != Some(*wanted)) else { continue };
        let value = AttributeBooleanValue::builder().value(wanted).build();
        let request = set(call.ec2.modify_vpc_attribute().vpc_id(new.id()), value);
        request.send().await.of("ModifyVpcAttribute").map_err(|failure| failure.at(name))?;
    }
    Ok(())
}

/// One of the switches of a VPC.
pub async fn attribute(call: &Call<'_>, id: &str, name: Name) -> Result<Option<bool>, Failure> {
    let request = call.ec2.describe_vpc_attribute().vpc_id(id).attribute(name);
    let answer = request.send().await.of("DescribeVpcAttribute")?;
    let switches =
        [answer.enable_dns_hostnames, answer.enable_dns_support, answer.enable_network_address_usage_metrics];
    Ok(switches.into_iter().flatten().find_map(|switch| switch.value))
}

fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

async fn default_group(call: &Call<'_>, id: &str) -> Result<Option<String>, Failure> {
    let request = call.ec2.describe_security_groups().filters(filter("vpc-id", id));
    let answer = request.filters(filter("group-name", "default")).send().await.of("DescribeSecurityGroups")?;
    Ok(answer.security_groups.unwrap_or_default().into_iter().find_map(|group| group.group_id))
}

async fn default_acl(call: &Call<'_>, id: &str) -> Result<Option<String>, Failure> {
    let request = call.ec2.describe_network_acls().filters(filter("vpc-id", id)).filters(filter("default", "true"));
    let answer = request.send().await.of("DescribeNetworkAcls")?;
    Ok(answer.network_acls.unwrap_or_default().into_iter().find_map(|acl| acl.network_acl_id))
}

/// The route table of subnets that have no other.
pub async fn main_route_table(call: &Call<'_>, id: &str) -> Result<Option<String>, Failure> {
    let request = call.ec2.describe_route_tables().filters(filter("vpc-id", id));
    let answer = request.filters(filter("association.main", "true")).send().await.of("DescribeRouteTables")?;
    Ok(answer.route_tables.unwrap_or_default().into_iter().find_map(|table| table.route_table_id))
}
