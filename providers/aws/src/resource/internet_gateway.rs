//! `aws_internet_gateway`.

use crate::kit::call::{Call, Progress};
use crate::kit::failure::{Answer, Failure, missing};
use crate::kit::field::text;
use crate::kit::object::{Attributes, Object};
use crate::kit::resource::Resource;
use crate::kit::spec::{Spec, Timeouts, minutes};
use crate::kit::tags;
use async_trait::async_trait;
use aws_sdk_ec2::types::{InternetGateway as Found, ResourceType};

pub struct InternetGateway;

#[async_trait]
impl Resource for InternetGateway {
    fn spec(&self) -> Spec {
        Spec::new("aws_internet_gateway", "internet gateway")
            .computed_texts(&["arn", "owner_id"])
            .attribute("vpc_id", text().optional().computed())
            .tagged()
            .timeouts(Timeouts { create: minutes(20), update: minutes(20), delete: minutes(20), read: None })
    }

    async fn create(&self, call: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
        let tags = tags::specification(object, ResourceType::InternetGateway);
        let request = call.ec2.create_internet_gateway().set_tag_specifications(tags);
        let created = request.send().await.of("CreateInternetGateway")?;
        let id = created.internet_gateway.and_then(|gateway| gateway.internet_gateway_id);
        let id = id.ok_or_else(|| missing("CreateInternetGateway", "gateway id"))?;
        object.set("id", &id);
        attach(call, &id, object.text("vpc_id")).await
    }

    async fn read(&self, call: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
        let id = object.id().to_owned();
        let gateway = find(call, &id).await?;
        object.set("arn", call.arn(gateway.owner_id(), &format!("internet-gateway/{id}")));
        object.set("owner_id", gateway.owner_id());
        let attachment = gateway.attachments().first();
        object.set("vpc_id", attachment.and_then(|attachment| attachment.vpc_id()).unwrap_or_default());
        tags::record(call, object, gateway.tags());
        Ok(())
    }

    async fn update(&self, call: &Call<'_>, prior: &Object, object: &mut Object) -> Result<(), Failure> {
        if prior.text("vpc_id") == object.text("vpc_id") {
            return Ok(());
        }
        detach(call, prior.id(), prior.text("vpc_id")).await?;
        attach(call, prior.id(), object.text("vpc_id")).await
    }

    async fn delete(&self, call: &Call<'_>, object: &Object) -> Result<(), Failure> {
        let id = object.id();
        detach(call, id, object.text("vpc_id")).await?;
        call.retry(&["DependencyViolation"], || async {
            call.ec2.delete_internet_gateway().internet_gateway_id(id).send().await.of("DeleteInternetGateway")
        })
        .await?;
        Ok(())
    }
}

async fn find(call: &Call<'_>, id: &str) -> Result<Found, Failure> {
    let request = call.ec2.describe_internet_gateways().internet_gateway_ids(id);
    let answer = request.send().await.of("DescribeInternetGateways")?;
    let mut gateways = answer.internet_gateways.unwrap_or_default().into_iter();
    gateways.next().ok_or_else(|| Failure::gone("Internet gateway", id))
}

async fn attach(call: &Call<'_>, id: &str, vpc: Option<&str>) -> Result<(), Failure> {
    let Some(vpc) = vpc else { return Ok(()) };
    let request = call.ec2.attach_internet_gateway().internet_gateway_id(id).vpc_id(vpc);
    call.retry(&["InvalidInternetGatewayID.NotFound"], || async {
        request.clone().send().await.of("AttachInternetGateway")
    })
    .await?;
    call.until("the internet gateway to be attached", || async {
        let gateway = find(call, id).await?;
        let attached = gateway.attachments().iter().find(|attachment| attachment.vpc_id() == Some(vpc));
        match attached.and_then(|attachment| attachment.state()).map(|state| state.as_str().to_owned()) {
            Some(state) if state == "available" || state == "attached" => Ok(Progress::Done(())),
            state => Ok(Progress::Pending(state.unwrap_or_else(|| "not attached".into()))),
        }
    })
    .await
}

/// Addresses of the VPC that are still in use are what EC2 waits for.
async fn detach(call: &Call<'_>, id: &str, vpc: Option<&str>) -> Result<(), Failure> {
    let Some(vpc) = vpc else { return Ok(()) };
    let request = call.ec2.detach_internet_gateway().internet_gateway_id(id).vpc_id(vpc);
    let detached = call
        .retry(&["DependencyViolation"], || async { request.clone().send().await.of("DetachInternetGateway") })
        .await;
    match detached {
        Err(failure) if !failure.gone && !failure.has_code(&["Gateway.NotAttached"]) => return Err(failure),
        Err(_) => return Ok(()),
        Ok(_) => {}
    }
    call.until("the internet gateway to be detached", || async {
        match find(call, id).await {
            Err(failure) if failure.gone => Ok(Progress::Done(())),
            Err(failure) => Err(failure),
            Ok(gateway) if gateway.attachments().is_empty() => Ok(Progress::Done(())),
            Ok(_) => Ok(Progress::Pending("attached".into())),
        }
    })
    .await
}
