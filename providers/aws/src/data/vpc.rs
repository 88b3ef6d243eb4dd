//! Data source `aws_vpc`.

use crate::data::filter;
use crate::kit::call::Call;
use crate::kit::failure::{Answer, Failure};
use crate::kit::field::{Field, flag, text, text_map};
use crate::kit::object::{Attributes, Object};
use crate::kit::resource::DataSource;
use crate::kit::spec::{Spec, Timeouts, minutes};
use crate::kit::tags;
use crate::resource::vpc::{associated, attribute, main_route_table};
use async_trait::async_trait;
use aws_sdk_ec2::types::{Vpc as Found, VpcAttributeName as Name};
use formwork_value::Type;

pub struct Vpc;

#[async_trait]
impl DataSource for Vpc {
    fn spec(&self) -> Spec {
        let blocks =
            Type::object([("association_id", Type::String), ("cidr_block", Type::String), ("state", Type::String)]);
        let either = || text().optional().computed();
        Spec::bare("aws_vpc", "VPC")
            .computed_texts(&["arn", "instance_tenancy", "ipv6_association_id", "ipv6_cidr_block"])
            .computed_texts(&["main_route_table_id", "owner_id"])
            .attribute("cidr_block", either())
            .attribute("cidr_block_associations", Field::of(Type::list(blocks)).computed())
            .attribute("default", flag().optional().computed())
            .attribute("dhcp_options_id", either())
            .attribute("enable_dns_hostnames", flag().computed())
            .attribute("enable_dns_support", flag().computed())
            .attribute("enable_network_address_usage_metrics", flag().computed())
            .attribute("id", either())
            .attribute("state", either())
            .attribute("tags", text_map().optional().computed())
            .block("filter", filter::block())
            .timeouts(Timeouts { read: minutes(20), ..Timeouts::default() })
    }

    async fn read(&self, call: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
        let vpc = find(call, object).await?;
        let id = vpc.vpc_id().unwrap_or_default().to_owned();
        let (hostnames, support, metrics, table) = tokio::try_join!(
            attribute(call, &id, Name::EnableDnsHostnames),
            attribute(call, &id, Name::EnableDnsSupport),
            attribute(call, &id, Name::EnableNetworkAddressUsageMetrics),
            main_route_table(call, &id),
        )?;
        object.set("arn", call.arn(vpc.owner_id(), &format!("vpc/{id}")));
        object.set("id", id);
        let ipv6 = associated(&vpc);
        object.set_all([
            ("cidr_block", vpc.cidr_block()),
            ("dhcp_options_id", vpc.dhcp_options_id()),
            ("instance_tenancy", vpc.instance_tenancy().map(|tenancy| tenancy.as_str())),
            ("ipv6_association_id", ipv6.and_then(|block| block.association_id()).or(Some(""))),
            ("ipv6_cidr_block", ipv6.and_then(|block| block.ipv6_cidr_block()).or(Some(""))),
            ("main_route_table_id", table.as_deref()),
            ("owner_id", vpc.owner_id()),
            ("state", vpc.state().map(|state| state.as_str())),
        ]);
        object.set_all([
            ("default", vpc.is_default()),
            ("enable_dns_hostnames", hostnames),
            ("enable_dns_support", support),
            ("enable_network_address_usage_metrics", metrics),
        ]);
        let kind = object.element_type("cidr_block_associations");
        let blocks = vpc.cidr_block_association_set().iter().map(|block| {
            Object::empty(&kind)
                .with("association_id", block.association_id())
                .with("cidr_block", block.cidr_block())
                .with("state", block.cidr_block_state().and_then(|state| state.state()).map(|state| state.as_str()))
        });
        object.set("cidr_block_associations", blocks.collect::<Vec<_>>());
        object.set("tags", tags::observed(call, vpc.tags()));
        Ok(())
    }
}

/// The one VPC that everything given is true of.
async fn find(call: &Call<'_>, object: &Object) -> Result<Found, Failure> {
    let mut filters = filter::filters(object);
    let names = [("cidr_block", "cidr"), ("dhcp_options_id", "dhcp-options-id"), ("state", "state")];
    for (attribute, name) in names {
        filters.extend(object.string(attribute).map(|value| filter::filter(name, vec![value])));
    }
    filters.extend(object.flag("default").map(|wanted| filter::filter("is-default", vec![wanted.to_string()])));
    let request = call.ec2.describe_vpcs().set_vpc_ids(object.string("id").map(|id| vec![id]));
    let request = request.set_filters(Some(filters).filter(|filters| !filters.is_empty()));
    let mut found = request.send().await.of("DescribeVpcs")?.vpcs.unwrap_or_default();
    match (found.pop(), found.is_empty()) {
        (Some(vpc), true) => Ok(vpc),
        (None, _) => Err(Failure::new("No VPC matches. Check the filters and the region.")),
        (Some(_), false) => Err(Failure::new("Several VPCs match. Add filters until only one does.")),
    }
}
