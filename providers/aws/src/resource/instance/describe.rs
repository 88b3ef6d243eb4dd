//! Reading an instance.

use super::{digest, find, launch, state, volume};
use crate::kit::call::Call;
use crate::kit::failure::{Answer, Failure};
use crate::kit::object::{Attributes, Object};
use crate::kit::tags;
use aws_sdk_ec2::operation::describe_instance_attribute::DescribeInstanceAttributeOutput as Answered;
use aws_sdk_ec2::types::{Instance as Found, InstanceAttributeName as Name};
use formwork_value::Value;

pub async fn describe(call: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
    let id = object.id().to_owned();
    let instance = find(call, &id).await?;
    let (termination, stop, behavior, data, credits) = tokio::try_join!(
        attribute(call, &id, Name::DisableApiTermination),
        attribute(call, &id, Name::DisableApiStop),
        attribute(call, &id, Name::InstanceInitiatedShutdownBehavior),
        attribute(call, &id, Name::UserData),
        credits(call, &instance, &id),
    )?;
    place(call, &instance, object);
    network(&instance, object);
    options(&instance, object);
    let switch = |answer: Answered, pick: fn(Answered) -> Option<aws_sdk_ec2::types::AttributeBooleanValue>| {
        pick(answer).and_then(|switch| switch.value).unwrap_or_default()
    };
    object.set("disable_api_termination", switch(termination, |answer| answer.disable_api_termination));
    object.set("disable_api_stop", switch(stop, |answer| answer.disable_api_stop));
    let behavior = behavior.instance_initiated_shutdown_behavior.and_then(|behavior| behavior.value);
    object.set("instance_initiated_shutdown_behavior", behavior.unwrap_or_else(|| "stop".into()));
    user_data(data.user_data.and_then(|data| data.value), object);
    let kind = object.element_type("credit_specification");
    let credits = credits.map(|credits| Object::empty(&kind).with("cpu_credits", credits));
    object.set("credit_specification", credits.into_iter().collect::<Vec<_>>());
    if object.flag("get_password_data") == Some(true) {
        if !object.has("password_data") {
            object.set("password_data", launch::password(call, &id).await?);
        }
    } else {
        object.set("password_data", "");
    }
    volume::describe(call, &instance, object).await?;
    tags::record(call, object, instance.tags());
    Ok(())
}

async fn attribute(call: &Call<'_>, id: &str, name: Name) -> Result<Answered, Failure> {
    let request = call.ec2.describe_instance_attribute().instance_id(id).attribute(name);
    request.send().await.of("DescribeInstanceAttribute")
}

/// Only burstable types have credits.
async fn credits(call: &Call<'_>, instance: &Found, id: &str) -> Result<Option<String>, Failure> {
    let kind = instance.instance_type().map(|kind| kind.as_str()).unwrap_or_default();
    if !["t2.", "t3.", "t3a.", "t4g."].iter().any(|prefix| kind.starts_with(prefix)) {
        return Ok(None);
    }
    let request = call.ec2.describe_instance_credit_specifications().instance_ids(id);
    let answer = request.send().await.of("DescribeInstanceCreditSpecifications")?;
    Ok(answer.instance_credit_specifications.unwrap_or_default().into_iter().find_map(|found| found.cpu_credits))
}

fn place(call: &Call<'_>, instance: &Found, object: &mut Object) {
    let owner = instance.network_interfaces().iter().find_map(|interface| interface.owner_id());
    let part = format!("instance/{}", object.id());
    object.set("arn", call.arn(call.account_id.as_deref().or(owner), &part));
    let profile = instance.iam_instance_profile().and_then(|profile| profile.arn());
    let placement = instance.placement();
    object.set_all([
        ("ami", instance.image_id().unwrap_or_default()),
        ("availability_zone", placement.and_then(|p| p.availability_zone()).unwrap_or_default()),
        ("host_id", placement.and_then(|p| p.host_id()).unwrap_or_default()),
        ("iam_instance_profile", profile.and_then(|arn| arn.rsplit('/').next()).unwrap_or_default()),
        ("instance_lifecycle", instance.instance_lifecycle().map_or("", |lifecycle| lifecycle.as_str())),
        ("instance_state", state(instance)),
        ("spot_instance_request_id", instance.spot_instance_request_id().unwrap_or_default()),
        ("instance_type", instance.instance_type().map(|kind| kind.as_str()).unwrap_or_default()),
        ("key_name", instance.key_name().unwrap_or_default()),
        ("outpost_arn", instance.outpost_arn().unwrap_or_default()),
        ("placement_group", placement.and_then(|p| p.group_name()).unwrap_or_default()),
        ("tenancy", placement.and_then(|p| p.tenancy()).map_or("default", |tenancy| tenancy.as_str())),
    ]);
    object.set("placement_partition_number", placement.and_then(|p| p.partition_number()).unwrap_or_default());
    let cpu = instance.cpu_options();
    object.set("cpu_core_count", cpu.and_then(|cpu| cpu.core_count()));
    object.set("cpu_threads_per_core", cpu.and_then(|cpu| cpu.threads_per_core()));
}

fn network(instance: &Found, object: &mut Object) {
    let index = |interface: &&aws_sdk_ec2::types::InstanceNetworkInterface| {
        interface.attachment().and_then(|attachment| attachment.device_index()) == Some(0)
    };
    let primary = instance.network_interfaces().iter().find(index).or(instance.network_interfaces().first());
    // With several interfaces, EC2 tells the groups of the first one only there.
    let groups = Some(instance.security_groups()).filter(|groups| !groups.is_empty());
    let groups = groups.or(primary.map(|interface| interface.groups())).unwrap_or_default();
    object.set("vpc_security_group_ids", groups.iter().filter_map(|group| group.group_id()).collect::<Vec<_>>());
    if !object.has("security_groups") || object.is_unknown("security_groups") {
        object.set("security_groups", Vec::<String>::new());
    }
    let addresses = primary.map(|interface| interface.private_ip_addresses()).unwrap_or_default();
    let secondary = addresses.iter().filter(|address| address.primary() == Some(false));
    let secondary: Vec<&str> = secondary.filter_map(|address| address.private_ip_address()).collect();
    object.set("secondary_private_ips", secondary);
    let ipv6 = primary.map(|interface| interface.ipv6_addresses()).unwrap_or_default();
    let ipv6: Vec<&str> = ipv6.iter().filter_map(|address| address.ipv6_address()).collect();
    object.set("ipv6_address_count", i32::try_from(ipv6.len()).unwrap_or_default());
    object.set("ipv6_addresses", ipv6);
    object.set("associate_public_ip_address", primary.is_some_and(|interface| interface.association().is_some()));
    object.set_all([
        ("primary_network_interface_id", primary.and_then(|i| i.network_interface_id()).unwrap_or_default()),
        ("private_dns", instance.private_dns_name().unwrap_or_default()),
        ("private_ip", instance.private_ip_address().unwrap_or_default()),
        ("public_dns", instance.public_dns_name().unwrap_or_default()),
        ("public_ip", instance.public_ip_address().unwrap_or_default()),
        ("subnet_id", instance.subnet_id().unwrap_or_default()),
    ]);
    object.set("source_dest_check", instance.source_dest_check().unwrap_or(true));
    attached_interfaces(instance, object);
}

/// Only interfaces that were configured are the instance's own.
fn attached_interfaces(instance: &Found, object: &mut Object) {
    let kind = object.element_type("network_interface");
    let configured: Vec<&str> =
        object.items("network_interface").iter().filter_map(|block| block.text("network_interface_id")).collect();
    let own = instance
        .network_interfaces()
        .iter()
        .filter(|interface| interface.network_interface_id().is_some_and(|id| configured.contains(&id)));
    let blocks: Vec<Object> = own
        .map(|interface| {
            let attachment = interface.attachment();
            Object::empty(&kind)
                .with("network_interface_id", interface.network_interface_id())
                .with("device_index", attachment.and_then(|a| a.device_index()))
                .with("delete_on_termination", attachment.and_then(|a| a.delete_on_termination()).unwrap_or_default())
                .with("network_card_index", attachment.and_then(|a| a.network_card_index()).unwrap_or_default())
        })
        .collect();
    object.set("network_interface", blocks);
}

fn options(instance: &Found, object: &mut Object) {
    object.set("ebs_optimized", instance.ebs_optimized().unwrap_or_default());
    let hibernates = instance.hibernation_options().and_then(|options| options.configured());
    object.set("hibernation", hibernates.unwrap_or_default());
    let monitoring = instance.monitoring().and_then(|monitoring| monitoring.state()).map(|state| state.as_str());
    object.set("monitoring", matches!(monitoring, Some("enabled" | "pending")));
    let enclave = instance.enclave_options().map(|options| options.enabled().unwrap_or_default());
    let kind = object.element_type("enclave_options");
    let enclave = enclave.map(|enabled| Object::empty(&kind).with("enabled", enabled));
    object.set("enclave_options", enclave.into_iter().collect::<Vec<_>>());
    let kind = object.element_type("metadata_options");
    let metadata = instance.metadata_options().map(|options| {
        Object::empty(&kind)
            .with("http_endpoint", options.http_endpoint().map(|o| o.as_str()))
            .with("http_protocol_ipv6", options.http_protocol_ipv6().map_or("disabled", |o| o.as_str()))
            .with("http_put_response_hop_limit", options.http_put_response_hop_limit())
            .with("http_tokens", options.http_tokens().map(|o| o.as_str()))
            .with("instance_metadata_tags", options.instance_metadata_tags().map_or("disabled", |o| o.as_str()))
    });
    object.set("metadata_options", metadata.into_iter().collect::<Vec<_>>());
    // EC2 does not tell about instance store devices.
    if object.is_unknown("ephemeral_block_device") {
        object.set("ephemeral_block_device", Vec::<Value>::new());
    }
}

/// In the attribute in which it was given; a digest unless that is the encoded text.
fn user_data(found: Option<String>, object: &mut Object) {
    let found = found.filter(|data| !data.is_empty());
    if object.text("user_data_base64").is_some() {
        object.set("user_data_base64", found);
        object.set("user_data", None::<String>);
    } else {
        object.set("user_data", found.map(|data| digest(&data)));
        object.set("user_data_base64", None::<String>);
    }
}
