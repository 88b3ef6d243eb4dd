//! Changing an instance in place.

use super::{encoded_user_data, launch, state, volume, wait_for_state};
use crate::kit::call::{Call, Progress};
use crate::kit::failure::{Answer, Failure};
use crate::kit::object::{Attributes, Object};
use aws_sdk_ec2::operation::modify_instance_attribute::builders::ModifyInstanceAttributeFluentBuilder as Modify;
use aws_sdk_ec2::types::{
    AttributeBooleanValue, AttributeValue, Filter, HttpTokensState, IamInstanceProfileAssociation,
    IamInstanceProfileAssociationState, IamInstanceProfileSpecification, InstanceAttributeName,
    InstanceCreditSpecificationRequest, InstanceMetadataEndpointState, InstanceMetadataOptionsState,
    InstanceMetadataProtocolState, InstanceMetadataTagsState,
};
use std::collections::BTreeSet;

pub async fn change(call: &Call<'_>, prior: &Object, object: &mut Object) -> Result<(), Failure> {
    let changes = |name: &str| prior.value(name) != object.value(name);
    if changes("iam_instance_profile") {
        profile(call, prior, object).await.map_err(|failure| failure.at("iam_instance_profile"))?;
    }
    if changes("vpc_security_group_ids") && object.some_texts("vpc_security_group_ids").is_some() {
        groups(call, prior, object).await.map_err(|failure| failure.at("vpc_security_group_ids"))?;
    }
    if changes("secondary_private_ips") {
        secondary_addresses(call, prior, object).await.map_err(|failure| failure.at("secondary_private_ips"))?;
    }
    attributes(call, prior, object).await?;
    if changes("instance_type") || changes("user_data") || changes("user_data_base64") {
        restart(call, prior, object).await?;
    }
    if changes("monitoring") {
        if object.flag("monitoring") == Some(true) {
            call.ec2.monitor_instances().instance_ids(prior.id()).send().await.of("MonitorInstances").map(drop)?;
        } else {
            call.ec2.unmonitor_instances().instance_ids(prior.id()).send().await.of("UnmonitorInstances").map(drop)?;
        }
    }
    if changes("credit_specification")
        && let Some(kind) = object.one("credit_specification").and_then(|block| block.text("cpu_credits"))
    {
        let credits = InstanceCreditSpecificationRequest::builder().instance_id(prior.id()).cpu_credits(kind).build();
        let request = call.ec2.modify_instance_credit_specification().instance_credit_specifications(credits);
        request.send().await.of("ModifyInstanceCreditSpecification")?;
    }
    if changes("metadata_options") {
        metadata_options(call, object).await.map_err(|failure| failure.at("metadata_options"))?;
    }
    if changes("get_password_data") && object.flag("get_password_data") == Some(true) {
        object.set("password_data", launch::password(call, prior.id()).await?);
    }
    volume::change(call, prior, object).await
}

/// With several interfaces, groups are the interfaces' and not the instance's.
async fn groups(call: &Call<'_>, prior: &Object, object: &Object) -> Result<(), Failure> {
    let groups = object.some_texts("vpc_security_group_ids");
    if super::find(call, prior.id()).await?.network_interfaces().len() > 1 {
        let request = call.ec2.modify_network_interface_attribute();
        let request = request.set_network_interface_id(prior.string("primary_network_interface_id"));
        return request.set_groups(groups).send().await.of("ModifyNetworkInterfaceAttribute").map(drop);
    }
    let request = call.ec2.modify_instance_attribute().instance_id(prior.id()).set_groups(groups);
    request.send().await.of("ModifyInstanceAttribute").map(drop)
}

/// EC2 takes one attribute in a request.
async fn attributes(call: &Call<'_>, prior: &Object, object: &Object) -> Result<(), Failure> {
    type Set = fn(Modify, AttributeBooleanValue) -> Modify;
    let switches: [(&str, Set); 3] = [
        ("disable_api_stop", Modify::disable_api_stop),
        ("disable_api_termination", Modify::disable_api_termination),
        ("source_dest_check", Modify::source_dest_check),
    ];
    let request = || call.ec2.modify_instance_attribute().instance_id(prior.id());
    let mut requests = Vec::new();
    for (name, set) in switches {
        if let Some(wanted) = object.flag(name).filter(|wanted| prior.flag(name) != Some(*wanted)) {
            requests.push((name, set(request(), AttributeBooleanValue::builder().value(wanted).build())));
        }
    }
    let behavior = "instance_initiated_shutdown_behavior";
    if let Some(wanted) = object.text(behavior).filter(|wanted| prior.text(behavior) != Some(*wanted)) {
        let name = InstanceAttributeName::InstanceInitiatedShutdownBehavior;
        requests.push((behavior, request().attribute(name).value(wanted)));
    }
    for (name, request) in requests {
        request.send().await.of("ModifyInstanceAttribute").map_err(|failure| failure.at(name))?;
    }
    Ok(())
}

/// What EC2 changes only while an instance is stopped.
async fn restart(call: &Call<'_>, prior: &Object, object: &Object) -> Result<(), Failure> {
    let id = prior.id();
    let was_running = state(&super::find(call, id).await?) != "stopped";
    if was_running {
        call.ec2.stop_instances().instance_ids(id).send().await.of("StopInstances")?;
        wait_for_state(call, id, "stopped").await?;
    }
    let request = || call.ec2.modify_instance_attribute().instance_id(id);
    if prior.text("instance_type") != object.text("instance_type") {
        let kind = AttributeValue::builder().set_value(object.string("instance_type")).build();
        let changed = request().instance_type(kind).send().await.of("ModifyInstanceAttribute");
        changed.map_err(|failure| failure.at("instance_type"))?;
    }
    if ["user_data", "user_data_base64"].iter().any(|name| prior.value(name) != object.value(name)) {
        let data = encoded_user_data(object).unwrap_or_default();
        let changed = request().attribute(InstanceAttributeName::UserData).value(data);
        let changed = changed.send().await.of("ModifyInstanceAttribute");
        changed.map_err(|failure| failure.at("user_data"))?;
    }
    if was_running {
        // Capacity may be short for a moment after a change of the type.
        let attempt = || async { call.ec2.start_instances().instance_ids(id).send().await.of("StartInstances") };
        call.retry(&["InsufficientInstanceCapacity"], attempt).await?;
        wait_for_state(call, id, "running").await?;
    }
    Ok(())
}

async fn profile(call: &Call<'_>, prior: &Object, object: &Object) -> Result<(), Failure> {
    let id = prior.id();
    let filter = Filter::builder().name("instance-id").values(id).build();
    let request = call.ec2.describe_iam_instance_profile_associations().filters(filter);
    let answer = request.send().await.of("DescribeIamInstanceProfileAssociations")?;
    let is_live = |association: &&IamInstanceProfileAssociation| {
        let state = association.state();
        state == Some(&IamInstanceProfileAssociationState::Associated)
            || state == Some(&IamInstanceProfileAssociationState::Associating)
    };
    let existing = answer.iam_instance_profile_associations().iter().find(is_live);
    let existing = existing.and_then(|association| association.association_id());
    let wanted = object.string("iam_instance_profile");
    let wanted = wanted.map(|name| IamInstanceProfileSpecification::builder().name(name).build());
    // A profile that was made a moment ago is not seen at once.
    let soon = call.within(std::time::Duration::from_secs(60));
    let codes = ["InvalidParameterValue"];
    match (existing, wanted) {
        (Some(association), Some(wanted)) => {
            let request = call.ec2.replace_iam_instance_profile_association().association_id(association);
            let request = request.iam_instance_profile(wanted);
            let attempt = || async { request.clone().send().await.of("ReplaceIamInstanceProfileAssociation") };
            soon.retry(&codes, attempt).await.map(drop)
        }
        (None, Some(wanted)) => {
            let request = call.ec2.associate_iam_instance_profile().instance_id(id).iam_instance_profile(wanted);
            let attempt = || async { request.clone().send().await.of("AssociateIamInstanceProfile") };
            soon.retry(&codes, attempt).await.map(drop)
        }
        (Some(association), None) => {
            let request = call.ec2.disassociate_iam_instance_profile().association_id(association);
            request.send().await.of("DisassociateIamInstanceProfile").map(drop)
        }
        (None, None) => Ok(()),
    }
}

async fn secondary_addresses(call: &Call<'_>, prior: &Object, object: &Object) -> Result<(), Failure> {
    let addresses = |object: &Object| object.texts("secondary_private_ips").into_iter().collect::<BTreeSet<_>>();
    let (old, new) = (addresses(prior), addresses(object));
    let interface = prior.string("primary_network_interface_id");
    let (gone, added): (Vec<String>, Vec<String>) =
        (old.difference(&new).cloned().collect(), new.difference(&old).cloned().collect());
    if !gone.is_empty() {
        let request = call.ec2.unassign_private_ip_addresses().set_network_interface_id(interface.clone());
        let request = request.set_private_ip_addresses(Some(gone));
        request.send().await.of("UnassignPrivateIpAddresses")?;
    }
    if !added.is_empty() {
        let request = call.ec2.assign_private_ip_addresses().set_network_interface_id(interface);
        let request = request.set_private_ip_addresses(Some(added));
        request.send().await.of("AssignPrivateIpAddresses")?;
    }
    Ok(())
}

async fn metadata_options(call: &Call<'_>, object: &Object) -> Result<(), Failure> {
    let Some(block) = object.one("metadata_options") else { return Ok(()) };
    let id = object.id();
    let request = call
        .ec2
        .modify_instance_metadata_options()
        .instance_id(id)
        .set_http_endpoint(block.text("http_endpoint").map(InstanceMetadataEndpointState::from))
        .set_http_protocol_ipv6(block.text("http_protocol_ipv6").map(InstanceMetadataProtocolState::from))
        .set_http_put_response_hop_limit(block.int("http_put_response_hop_limit"))
        .set_http_tokens(block.text("http_tokens").map(HttpTokensState::from))
        .set_instance_metadata_tags(block.text("instance_metadata_tags").map(InstanceMetadataTagsState::from));
    request.send().await.of("ModifyInstanceMetadataOptions")?;
    call.until("the metadata options to be applied", || async {
        let instance = super::find(call, id).await?;
        let state = instance.metadata_options().and_then(|options| options.state());
        Ok(match state {
            Some(InstanceMetadataOptionsState::Pending) => Progress::Pending("pending".into()),
            _ => Progress::Done(()),
        })
    })
    .await
}
