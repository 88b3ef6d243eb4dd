//! `aws_route_table_association`.

use crate::kit::call::{Call, Progress};
use crate::kit::failure::{Answer, Failure, missing};
use crate::kit::field::text;
use crate::kit::object::{Attributes, Object};
use crate::kit::resource::Resource;
use crate::kit::spec::{Rule, Spec, Timeouts, minutes};
use crate::resource::route_table;
use async_trait::async_trait;
use aws_sdk_ec2::types::{Filter, RouteTableAssociation as Found, RouteTableAssociationStateCode as State};

pub struct RouteTableAssociation;

#[async_trait]
impl Resource for RouteTableAssociation {
    fn spec(&self) -> Spec {
        Spec::bare("aws_route_table_association", "route table association")
            .legacy()
            .attribute("id", text().computed().follows(&["route_table_id"]))
            .attribute("gateway_id", text().optional().forces_new())
            .attribute("route_table_id", text().required())
            .attribute("subnet_id", text().optional().forces_new())
            .timeouts(Timeouts { create: minutes(5), update: minutes(2), delete: minutes(5), read: None })
            .rule(Rule::ExactlyOne(&["gateway_id", "subnet_id"]))
    }

    async fn create(&self, call: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
        let request = call
            .ec2
            .associate_route_table()
            .set_route_table_id(object.string("route_table_id"))
            .set_subnet_id(object.string("subnet_id"))
            .set_gateway_id(object.string("gateway_id"));
        let soon = call.within(std::time::Duration::from_secs(30));
        let not_yet = ["InvalidRouteTableID.NotFound", "InvalidSubnetID.NotFound"];
        let created = soon.retry(&not_yet, || async { request.clone().send().await.of("AssociateRouteTable") }).await?;
        let id = created.association_id.ok_or_else(|| missing("AssociateRouteTable", "association id"))?;
        object.set("id", &id);
        wait(call, &id).await
    }

    async fn read(&self, call: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
        let association = find(call, object.id()).await?;
        object.set_all([
            ("gateway_id", association.gateway_id().unwrap_or_default()),
            ("route_table_id", association.route_table_id().unwrap_or_default()),
            ("subnet_id", association.subnet_id().unwrap_or_default()),
        ]);
        Ok(())
    }

    async fn update(&self, call: &Call<'_>, prior: &Object, object: &mut Object) -> Result<(), Failure> {
        let request = call
            .ec2
            .replace_route_table_association()
            .association_id(prior.id())
            .set_route_table_id(object.string("route_table_id"));
        if prior.text("route_table_id") == object.text("route_table_id") {
            return Ok(());
        }
        let replaced = request.send().await.of("ReplaceRouteTableAssociation")?;
        let id =
            replaced.new_association_id.ok_or_else(|| missing("ReplaceRouteTableAssociation", "new association id"))?;
        object.set("id", &id);
        wait(call, &id).await
    }

    async fn delete(&self, call: &Call<'_>, object: &Object) -> Result<(), Failure> {
        let id = object.id();
        let request = call.ec2.disassociate_route_table().association_id(id);
        request.send().await.of("DisassociateRouteTable")?;
        call.until("the association to be gone", || async {
            match find(call, id).await {
                Err(failure) if failure.gone => Ok(Progress::Done(())),
                Err(failure) => Err(failure),
                Ok(_) => Ok(Progress::Pending("still there".into())),
            }
        })
        .await
    }

    async fn import(&self, call: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
        let id = object.id().to_owned();
        let expected = "An association is imported by SUBNETID/ROUTETABLEID or GATEWAYID/ROUTETABLEID.";
        let (target, table) = id.split_once('/').ok_or_else(|| Failure::new(expected))?;
        let table = route_table::find(call, table).await?;
        let association = table
            .associations()
            .iter()
            .find(|found| found.subnet_id() == Some(target) || found.gateway_id() == Some(target))
            .and_then(|found| found.route_table_association_id());
        object.set("id", association.ok_or_else(|| Failure::gone("Association", &id))?);
        Ok(())
    }
}

async fn find(call: &Call<'_>, id: &str) -> Result<Found, Failure> {
    let filter = Filter::builder().name("association.route-table-association-id").values(id).build();
    let answer = call.ec2.describe_route_tables().filters(filter).send().await.of("DescribeRouteTables")?;
    let associations =
        answer.route_tables.unwrap_or_default().into_iter().flat_map(|t| t.associations.unwrap_or_default());
    let mut own = associations.filter(|found| found.route_table_association_id() == Some(id));
    let is_gone = |found: &Found| state(found) == Some(&State::Disassociated);
    own.next().filter(|found| !is_gone(found)).ok_or_else(|| Failure::gone("Association", id))
}

fn state(association: &Found) -> Option<&State> {
    association.association_state().and_then(|state| state.state())
}

async fn wait(call: &Call<'_>, id: &str) -> Result<(), Failure> {
    call.until("the association", || async {
        match find(call, id).await {
            Ok(found) => match state(&found) {
                None | Some(State::Associated) => Ok(Progress::Done(())),
                Some(State::Failed) => Err(Failure::new(format!("The association {id} failed."))),
                Some(other) => Ok(Progress::Pending(other.as_str().to_owned())),
            },
            Err(failure) if failure.gone => Ok(Progress::Pending("not found".into())),
            Err(failure) => Err(failure),
        }
    })
    .await
}
