//! The table of resource types and data sources.

use crate::kit::resource::{DataSource, Resource};
use crate::{data, resource::*};

pub fn resources() -> Vec<Box<dyn Resource>> {
    vec![
        Box::new(instance::Instance),
        Box::new(internet_gateway::InternetGateway),
        Box::new(key_pair::KeyPair),
        Box::new(route::Route),
        Box::new(route_table::RouteTable),
        Box::new(route_table_association::RouteTableAssociation),
        Box::new(security_group::SecurityGroup),
        Box::new(security_group_rule::SecurityGroupRule { egress: false }),
        Box::new(security_group_rule::SecurityGroupRule { egress: true }),
        Box::new(subnet::Subnet),
        Box::new(vpc::Vpc),
    ]
}

pub fn data_sources() -> Vec<Box<dyn DataSource>> {
    vec![
        Box::new(data::ami::Ami),
        Box::new(data::availability_zones::AvailabilityZones),
        Box::new(data::caller_identity::CallerIdentity),
        Box::new(data::region::Region),
        Box::new(data::vpc::Vpc),
    ]
}
