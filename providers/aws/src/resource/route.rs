//! `aws_route`, and what inline routes of route tables share with it.

use crate::kit::call::{Call, Progress};
use crate::kit::checks;
use crate::kit::failure::{Answer, Failure};
use crate::kit::field::text;
use crate::kit::object::{Attributes, Object};
use crate::kit::planner::Plan;
use crate::kit::resource::Resource;
use crate::kit::spec::{Rule, Spec, Timeouts, minutes};
use crate::resource::route_table;
use async_trait::async_trait;
use aws_sdk_ec2::types::Route as Found;

pub struct Route;

/// Attributes that name where a route leads; the ones of EC2 with the same meaning are [`targets`].
pub const TARGETS: &[&str] = &[
    "carrier_gateway_id",
    "core_network_arn",
    "egress_only_gateway_id",
    "gateway_id",
    "local_gateway_id",
    "nat_gateway_id",
    "network_interface_id",
    "transit_gateway_id",
    "vpc_endpoint_id",
    "vpc_peering_connection_id",
];

const DESTINATIONS: &[&str] = &["destination_cidr_block", "destination_ipv6_cidr_block", "destination_prefix_list_id"];

/// Where packets are for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Destination {
    V4(String),
    V6(String),
    PrefixList(String),
}

/// The attribute that names a target, and what it names.
pub type Target = (&'static str, String);

impl Destination {
    /// From the first of three attributes that is set.
    pub fn of(attributes: &impl Attributes, [v4, v6, list]: [&str; 3]) -> Option<Destination> {
        let v6 = || attributes.string(v6).map(Destination::V6);
        let list = || attributes.string(list).map(Destination::PrefixList);
        attributes.string(v4).map(Destination::V4).or_else(v6).or_else(list)
    }

    /// Of a route as EC2 tells it.
    pub fn found(route: &Found) -> Option<Destination> {
        let owned = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        let v6 = || owned(route.destination_ipv6_cidr_block()).map(Destination::V6);
        let list = || owned(route.destination_prefix_list_id()).map(Destination::PrefixList);
        owned(route.destination_cidr_block()).map(Destination::V4).or_else(v6).or_else(list)
    }

    pub fn text(&self) -> &str {
        let (Destination::V4(text) | Destination::V6(text) | Destination::PrefixList(text)) = self;
        text
    }

    fn v4(&self) -> Option<String> {
        if let Destination::V4(text) = self { Some(text.clone()) } else { None }
    }

    fn v6(&self) -> Option<String> {
        if let Destination::V6(text) = self { Some(text.clone()) } else { None }
    }

    fn prefix_list(&self) -> Option<String> {
        if let Destination::PrefixList(text) = self { Some(text.clone()) } else { None }
    }
}

/// The target attribute that is set.
pub fn target(attributes: &impl Attributes) -> Option<Target> {
    TARGETS.iter().find_map(|name| Some((*name, attributes.string(name)?)))
}

/// The target of a route as EC2 tells it, in the attribute where hashicorp/aws has it.
pub fn found_target(route: &Found) -> Option<Target> {
    let gateway = route.gateway_id();
    let is_endpoint = gateway.is_some_and(|id| id.starts_with("vpce-"));
    let candidates = [
        ("carrier_gateway_id", route.carrier_gateway_id()),
        ("core_network_arn", route.core_network_arn()),
        ("egress_only_gateway_id", route.egress_only_internet_gateway_id()),
        (if is_endpoint { "vpc_endpoint_id" } else { "gateway_id" }, gateway),
        ("local_gateway_id", route.local_gateway_id()),
        ("nat_gateway_id", route.nat_gateway_id()),
        ("network_interface_id", route.network_interface_id()),
        ("transit_gateway_id", route.transit_gateway_id()),
        ("vpc_peering_connection_id", route.vpc_peering_connection_id()),
    ];
    candidates.into_iter().find_map(|(name, id)| Some((name, id.filter(|id| !id.is_empty())?.to_owned())))
}

/// The requests to create and to replace a route have the same parameters but no common type.
macro_rules! filled {
    ($request:expr, $table:expr, $destination:expr, $target:expr) => {{
        let named = |name: &str| $target.as_ref().filter(|(own, _)| *own == name).map(|(_, id)| id.clone());
        $request
            .route_table_id($table)
            .set_destination_cidr_block($destination.v4())
            .set_destination_ipv6_cidr_block($destination.v6())
            .set_destination_prefix_list_id($destination.prefix_list())
            .set_carrier_gateway_id(named("carrier_gateway_id"))
            .set_core_network_arn(named("core_network_arn"))
            .set_egress_only_internet_gateway_id(named("egress_only_gateway_id"))
            .set_gateway_id(named("gateway_id").filter(|id| id != "local"))
            .set_local_gateway_id(named("local_gateway_id"))
            .set_nat_gateway_id(named("nat_gateway_id"))
            .set_network_interface_id(named("network_interface_id"))
            .set_transit_gateway_id(named("transit_gateway_id"))
            .set_vpc_endpoint_id(named("vpc_endpoint_id"))
            .set_vpc_peering_connection_id(named("vpc_peering_connection_id"))
    }};
}

/// Codes for targets and tables that EC2 does not know everywhere yet.
const NOT_YET: &[&str] = &[
    "InvalidGatewayID.NotFound",
    "InvalidInternetGatewayID.NotFound",
    "InvalidNatGatewayID.NotFound",
    "InvalidNetworkInterfaceID.NotFound",
    "InvalidRouteTableID.NotFound",
    "InvalidTransitGatewayID.NotFound",
    "InvalidVpcEndpointId.NotFound",
];

pub async fn create(
    call: &Call<'_>,
    table: &str,
    destination: &Destination,
    target: &Option<Target>,
) -> Result<(), Failure> {
    let request = filled!(call.ec2.create_route(), table, destination, target);
    let soon = call.within(std::time::Duration::from_secs(30));
    soon.retry(NOT_YET, || async { request.clone().send().await.of("CreateRoute") }).await?;
    Ok(())
}

pub async fn replace(
    call: &Call<'_>,
    table: &str,
    destination: &Destination,
    target: &Option<Target>,
) -> Result<(), Failure> {
    let is_local = target.as_ref().is_some_and(|(_, id)| id == "local");
    let request = filled!(call.ec2.replace_route(), table, destination, target);
    let request = request.set_local_target(is_local.then_some(true));
    let soon = call.within(std::time::Duration::from_secs(30));
    soon.retry(NOT_YET, || async { request.clone().send().await.of("ReplaceRoute") }).await?;
    Ok(())
}

pub async fn delete(call: &Call<'_>, table: &str, destination: &Destination) -> Result<(), Failure> {
    let request = call.ec2.delete_route().route_table_id(table).set_destination_cidr_block(destination.v4());
    let request = request.set_destination_ipv6_cidr_block(destination.v6());
    let deleted = request.set_destination_prefix_list_id(destination.prefix_list()).send().await.of("DeleteRoute");
    match deleted {
        Err(failure) if !failure.gone => Err(failure),
        _ => Ok(()),
    }
}

#[async_trait]
impl Resource for Route {
    fn spec(&self) -> Spec {
        let destination = || text().optional().forces_new();
        let computed = || text().computed().follows(TARGETS);
        let spec = TARGETS.iter().fold(Spec::new("aws_route", "route").legacy(), |spec, name| {
            spec.attribute(
                name,
                if *name == "network_interface_id" { computed().optional() } else { text().optional() },
            )
        });
        spec.attribute("destination_cidr_block", destination().check(checks::cidr4))
            .attribute("destination_ipv6_cidr_block", destination().check(checks::cidr6))
            .attribute("destination_prefix_list_id", destination())
            .attribute("instance_id", computed())
            .attribute("instance_owner_id", computed())
            .attribute("origin", text().computed())
            .attribute("route_table_id", text().required().forces_new())
            .attribute("state", computed())
            .timeouts(Timeouts { create: minutes(5), update: minutes(2), delete: minutes(5), read: None })
            .rule(Rule::ExactlyOne(DESTINATIONS))
            .rule(Rule::ExactlyOne(TARGETS))
    }

    fn plan(&self, plan: &mut Plan<'_>) {
        let id = match (plan.planned.text("route_table_id"), destination(&plan.planned)) {
            (Some(table), Some(destination)) => Some(route_id(table, &destination)),
            _ => None,
        };
        if let (true, Some(id)) = (plan.is_create(), id) {
            plan.planned.set("id", id);
        }
    }

    async fn create(&self, call: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
        // The id is planned, but there is nothing before the request succeeds.
        object.set("id", None::<String>);
        let (table, destination) = place(object)?;
        create(call, &table, &destination, &target(object)).await?;
        object.set("id", route_id(&table, &destination));
        Ok(())
    }

    async fn read(&self, call: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
        let (table, destination) = place(object)?;
        let route = find(call, &table, &destination).await?;
        let found = found_target(&route);
        for name in TARGETS {
            let id = found.as_ref().filter(|(own, _)| own == name).map(|(_, id)| id.as_str());
            object.set(name, id.unwrap_or_default());
        }
        for (name, text) in DESTINATIONS.iter().zip([destination.v4(), destination.v6(), destination.prefix_list()]) {
            object.set(name, text.unwrap_or_default());
        }
        object.set("id", route_id(&table, &destination));
        object.set_all([
            ("instance_id", route.instance_id().unwrap_or_default()),
            ("instance_owner_id", route.instance_owner_id().unwrap_or_default()),
            ("origin", route.origin().map(|origin| origin.as_str()).unwrap_or_default()),
            ("state", route.state().map(|state| state.as_str()).unwrap_or_default()),
        ]);
        Ok(())
    }

    async fn update(&self, call: &Call<'_>, prior: &Object, object: &mut Object) -> Result<(), Failure> {
        let (table, destination) = place(object)?;
        match target(object) {
            new if new.is_some() && new != target(prior) => replace(call, &table, &destination, &new).await,
            _ => Ok(()),
        }
    }

    async fn delete(&self, call: &Call<'_>, object: &Object) -> Result<(), Failure> {
        let (table, destination) = place(object)?;
        delete(call, &table, &destination).await?;
        call.until("the route to be gone", || async {
            match find(call, &table, &destination).await {
                Err(failure) if failure.gone => Ok(Progress::Done(())),
                Err(failure) => Err(failure),
                Ok(_) => Ok(Progress::Pending("still there".into())),
            }
        })
        .await
    }

    async fn import(&self, _: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
        let id = object.id().to_owned();
        let expected = "A route is imported by ROUTETABLEID_DESTINATION, e.g. rtb-0123_10.42.0.0/16.";
        let (table, destination) = id.split_once('_').ok_or_else(|| Failure::new(expected))?;
        let name = match destination {
            list if list.starts_with("pl-") => "destination_prefix_list_id",
            v6 if v6.contains(':') => "destination_ipv6_cidr_block",
            _ => "destination_cidr_block",
        };
        object.set("route_table_id", table);
        object.set(name, destination);
        Ok(())
    }
}

fn destination(object: &Object) -> Option<Destination> {
    let [v4, v6, list] = DESTINATIONS else { return None };
    Destination::of(object, [v4, v6, list])
}

fn place(object: &Object) -> Result<(String, Destination), Failure> {
    let table = object.string("route_table_id").ok_or_else(|| Failure::new("The route has no route table."))?;
    let destination = destination(object).ok_or_else(|| Failure::new("The route has no destination."))?;
    Ok((table, destination))
}

async fn find(call: &Call<'_>, table: &str, destination: &Destination) -> Result<Found, Failure> {
    let routes = route_table::find(call, table).await?.routes.unwrap_or_default();
    let route = routes.into_iter().find(|route| Destination::found(route).as_ref() == Some(destination));
    route.ok_or_else(|| Failure::gone("Route", &format!("to {} in {table}", destination.text())))
}

/// EC2 has no ids for routes; this is the one that hashicorp/aws gives them.
fn route_id(table: &str, destination: &Destination) -> String {
    format!("r-{table}{}", crc32(destination.text()))
}

/// CRC-32 (IEEE 802.3).
fn crc32(text: &str) -> u32 {
    !text.bytes().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & 0u32.wrapping_sub(crc & 1)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_of_hashicorp_aws() {
        assert_eq!(crc32("123456789"), 0xCBF4_3926);
        assert_eq!(route_id("rtb-1", &Destination::V4("0.0.0.0/0".into())), "r-rtb-11080289494");
    }
}
