//! `aws_route_table`, with inline routes.

use crate::kit::call::{Call, Progress};
use crate::kit::checks;
use crate::kit::failure::{Answer, Failure, missing};
use crate::kit::field::{Field, text, text_set};
use crate::kit::object::{Attributes, Object};
use crate::kit::planner::Plan;
use crate::kit::resource::Resource;
use crate::kit::spec::{Spec, Timeouts, minutes};
use crate::kit::tags;
use crate::resource::route::{self, Destination, TARGETS, Target};
use async_trait::async_trait;
use aws_sdk_ec2::types::{ResourceType, Route as FoundRoute, RouteOrigin, RouteTable as Found};
use formwork_value::{Type, Value};
use std::collections::{BTreeMap, BTreeSet};

pub struct RouteTable;

const DESTINATIONS: [&str; 3] = ["cidr_block", "ipv6_cidr_block", "destination_prefix_list_id"];

/// Routes by destination.
type Routes = BTreeMap<Destination, Option<Target>>;

#[async_trait]
impl Resource for RouteTable {
    fn spec(&self) -> Spec {
        let route = Field::of(Type::set(route_type())).optional().computed();
        Spec::new("aws_route_table", "route table")
            .legacy()
            .computed_texts(&["arn", "owner_id"])
            .attribute("propagating_vgws", text_set().optional().computed())
            .attribute("route", route.normal(normal_routes).check(check_routes))
            .attribute("vpc_id", text().required().forces_new())
            .tagged()
            .timeouts(Timeouts { create: minutes(5), update: minutes(2), delete: minutes(5), read: None })
    }

    fn plan(&self, plan: &mut Plan<'_>) {
        for name in ["route", "propagating_vgws"] {
            if plan.is_create() && !plan.configures(name) {
                plan.planned.set(name, Vec::<Value>::new());
            }
        }
    }

    async fn create(&self, call: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
        let tags = tags::specification(object, ResourceType::RouteTable);
        let request = call.ec2.create_route_table().set_vpc_id(object.string("vpc_id")).set_tag_specifications(tags);
        let soon = call.within(std::time::Duration::from_secs(30));
        let created = soon
            .retry(&["InvalidVpcID.NotFound"], || async { request.clone().send().await.of("CreateRouteTable") })
            .await?;
        let id = created.route_table.and_then(|table| table.route_table_id);
        let id = id.ok_or_else(|| missing("CreateRouteTable", "route table id"))?;
        object.set("id", &id);
        call.until("the route table", || async {
            match find(call, &id).await {
                Ok(_) => Ok(Progress::Done(())),
                Err(failure) if failure.gone => Ok(Progress::Pending("not found".into())),
                Err(failure) => Err(failure),
            }
        })
        .await?;
        let none = Object::empty(object.ty());
        propagate(call, &id, &none, object).await?;
        change_routes(call, &id, &Routes::new(), &routes(object)).await
    }

    async fn read(&self, call: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
        let id = object.id().to_owned();
        let table = find(call, &id).await?;
        object.set("arn", call.arn(table.owner_id(), &format!("route-table/{id}")));
        object.set_all([("owner_id", table.owner_id()), ("vpc_id", table.vpc_id())]);
        let gateways = table.propagating_vgws().iter().filter_map(|gateway| gateway.gateway_id());
        object.set("propagating_vgws", gateways.collect::<Vec<_>>());
        let own = routes(object);
        let shown = table.routes().iter().filter(|route| is_shown(route, &own));
        let shown: Vec<Value> = shown.filter_map(to_value).collect();
        object.set("route", Value::set(route_type(), shown));
        tags::record(call, object, table.tags());
        Ok(())
    }

    async fn update(&self, call: &Call<'_>, prior: &Object, object: &mut Object) -> Result<(), Failure> {
        propagate(call, prior.id(), prior, object).await?;
        change_routes(call, prior.id(), &routes(prior), &routes(object)).await
    }

    async fn delete(&self, call: &Call<'_>, object: &Object) -> Result<(), Failure> {
        let id = object.id();
        let table = find(call, id).await?;
        let associations = table.associations().iter().filter(|association| association.main() != Some(true));
        for association in associations.filter_map(|association| association.route_table_association_id()) {
            let request = call.ec2.disassociate_route_table().association_id(association);
            match request.send().await.of("DisassociateRouteTable") {
                Err(failure) if !failure.gone => return Err(failure),
                _ => {}
            }
        }
        call.retry(&["DependencyViolation"], || async {
            call.ec2.delete_route_table().route_table_id(id).send().await.of("DeleteRouteTable")
        })
        .await?;
        call.until("the route table to be gone", || async {
            match find(call, id).await {
                Err(failure) if failure.gone => Ok(Progress::Done(())),
                Err(failure) => Err(failure),
                Ok(_) => Ok(Progress::Pending("still there".into())),
            }
        })
        .await
    }
}

/// The table of an id.
pub async fn find(call: &Call<'_>, id: &str) -> Result<Found, Failure> {
    let answer = call.ec2.describe_route_tables().route_table_ids(id).send().await.of("DescribeRouteTables")?;
    answer.route_tables.unwrap_or_default().into_iter().next().ok_or_else(|| Failure::gone("Route table", id))
}

fn route_type() -> Type {
    Type::object(DESTINATIONS.iter().chain(TARGETS).map(|name| (*name, Type::String)))
}

/// Attributes that are not set are empty texts, as hashicorp/aws has them.
fn normal_routes(value: &Value) -> Value {
    let routes = value.children().map(|route| {
        if !route.is_known() {
            return route.clone();
        }
        let mut object = Object::from_value(&route_type(), route);
        object.fill(DESTINATIONS.iter().chain(TARGETS).map(|name| (*name, "")));
        object.to_value()
    });
    Value::set(route_type(), routes.collect())
}

fn check_routes(value: &Value) -> Result<(), String> {
    for route in value.children() {
        if !route.is_wholly_known() {
            continue;
        }
        let given = DESTINATIONS.iter().filter(|name| route.text(name).is_some()).count();
        let targets = TARGETS.iter().filter(|name| route.text(name).is_some()).count();
        if given != 1 || targets != 1 {
            return Err(format!(
                "A route has exactly one destination ({}) and exactly one target ({}).",
                DESTINATIONS.join(", "),
                TARGETS.join(", ")
            ));
        }
        let block = |name: &str| route.value(name).filter(|value| value.as_str().is_some_and(|text| !text.is_empty()));
        block("cidr_block").map_or(Ok(()), checks::cidr4)?;
        block("ipv6_cidr_block").map_or(Ok(()), checks::cidr6)?;
    }
    Ok(())
}

fn routes(object: &Object) -> Routes {
    let routes = object.items("route").iter();
    routes.filter_map(|route| Some((Destination::of(route, DESTINATIONS)?, route::target(route)))).collect()
}

/// Routes that EC2 makes by itself are not the table's own, unless they are configured.
fn is_shown(route: &FoundRoute, own: &Routes) -> bool {
    let gateway = route.gateway_id().unwrap_or_default();
    let is_own = Destination::found(route).is_some_and(|destination| own.contains_key(&destination));
    let is_endpoint = gateway.starts_with("vpce-") && route.destination_prefix_list_id().is_some();
    let is_propagated = route.origin() == Some(&RouteOrigin::EnableVgwRoutePropagation);
    !is_propagated && !is_endpoint && (gateway != "local" || is_own)
}

fn to_value(route: &FoundRoute) -> Option<Value> {
    let mut object = Object::empty(&route_type());
    for name in DESTINATIONS.iter().chain(TARGETS) {
        object.set(name, "");
    }
    let destination = Destination::found(route)?;
    let [v4, v6, list] = DESTINATIONS;
    let name = match &destination {
        Destination::V4(_) => v4,
        Destination::V6(_) => v6,
        Destination::PrefixList(_) => list,
    };
    object.set(name, destination.text());
    if let Some((name, id)) = route::found_target(route) {
        object.set(name, id);
    }
    Some(object.to_value())
}

async fn change_routes(call: &Call<'_>, id: &str, old: &Routes, new: &Routes) -> Result<(), Failure> {
    let blame = |failure: Failure| failure.at("route");
    let is_local = |target: &Option<Target>| target.as_ref().is_some_and(|(_, id)| id == "local");
    for (destination, target) in old.iter().filter(|(destination, _)| !new.contains_key(destination)) {
        if !is_local(target) {
            route::delete(call, id, destination).await.map_err(blame)?;
        }
    }
    for (destination, target) in new {
        match old.get(destination) {
            Some(before) if before == target => {}
            None if !is_local(target) => route::create(call, id, destination, target).await.map_err(blame)?,
            _ => route::replace(call, id, destination, target).await.map_err(blame)?,
        }
    }
    Ok(())
}

async fn propagate(call: &Call<'_>, id: &str, old: &Object, new: &Object) -> Result<(), Failure> {
    let gateways = |object: &Object| object.texts("propagating_vgws").into_iter().collect::<BTreeSet<_>>();
    let (old, new) = (gateways(old), gateways(new));
    for gateway in old.difference(&new) {
        let request = call.ec2.disable_vgw_route_propagation().route_table_id(id).gateway_id(gateway);
        request.send().await.of("DisableVgwRoutePropagation")?;
    }
    for gateway in new.difference(&old) {
        let request = call.ec2.enable_vgw_route_propagation().route_table_id(id).gateway_id(gateway);
        call.retry(&["Gateway.NotAttached"], || async { request.clone().send().await.of("EnableVgwRoutePropagation") })
            .await?;
    }
    Ok(())
}
