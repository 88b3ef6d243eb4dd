//! Launching an instance.

use super::{encoded_user_data, volume, wait_for_state};
use crate::kit::call::{Call, Progress};
use crate::kit::failure::{Answer, Failure, missing};
use crate::kit::object::{Attributes, Object};
use crate::kit::tags;
use aws_sdk_ec2::operation::run_instances::builders::RunInstancesFluentBuilder as Run;
use aws_sdk_ec2::types::{
    AttributeBooleanValue, CpuOptionsRequest, CreditSpecificationRequest, EnclaveOptionsRequest,
    HibernationOptionsRequest, HttpTokensState, IamInstanceProfileSpecification, InstanceIpv6Address,
    InstanceMetadataEndpointState, InstanceMetadataOptionsRequest, InstanceMetadataProtocolState,
    InstanceMetadataTagsState, InstanceNetworkInterfaceSpecification, InstanceType, Placement,
    PrivateIpAddressSpecification, ResourceType, RunInstancesMonitoringEnabled, ShutdownBehavior, TagSpecification,
    Tenancy,
};
use formwork_value::Value;
use std::time::Duration;

/// Codes for parts that EC2 does not know everywhere yet.
const NOT_YET: &[&str] = &[
    "InvalidGroup.NotFound",
    "InvalidKeyPair.NotFound",
    "InvalidNetworkInterfaceID.NotFound",
    "InvalidSecurityGroupID.NotFound",
    "InvalidSubnetID.NotFound",
];

pub async fn launch(call: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
    let request = request(call, object).await?;
    // Instance profiles take a while until EC2 sees them, and have no code of their own.
    let passes = |failure: &Failure| {
        failure.has_code(NOT_YET)
            || (failure.has_code(&["InvalidParameterValue"])
                && failure.detail.to_lowercase().contains("iam instance profile"))
    };
    let soon = call.within(Duration::from_secs(30));
    let started = soon.retry_if(passes, || async { request.clone().send().await.of("RunInstances") }).await?;
    let id = started.instances.unwrap_or_default().into_iter().find_map(|instance| instance.instance_id);
    let id = id.ok_or_else(|| missing("RunInstances", "instance id"))?;
    object.set("id", &id);
    let instance = wait_for_state(call, &id, "running").await?;
    volume::tag_all(call, &instance, object).await?;
    if object.flag("source_dest_check") == Some(false) && object.items("network_interface").is_empty() {
        let off = AttributeBooleanValue::builder().value(false).build();
        let request = call.ec2.modify_instance_attribute().instance_id(&id).source_dest_check(off);
        request.send().await.of("ModifyInstanceAttribute").map_err(|failure| failure.at("source_dest_check"))?;
    }
    if object.flag("get_password_data") == Some(true) {
        object.set("password_data", password(call, &id).await?);
    }
    Ok(())
}

/// The password of a Windows instance, encrypted with its key pair.
pub async fn password(call: &Call<'_>, id: &str) -> Result<String, Failure> {
    call.until("the password of the instance", || async {
        let answer = call.ec2.get_password_data().instance_id(id).send().await.of("GetPasswordData")?;
        Ok(match answer.password_data().map(str::trim).filter(|password| !password.is_empty()) {
            Some(password) => Progress::Done(password.to_owned()),
            None => Progress::Pending("no password".into()),
        })
    })
    .await
}

async fn request(call: &Call<'_>, object: &Object) -> Result<Run, Failure> {
    let request = call
        .ec2
        .run_instances()
        .min_count(1)
        .max_count(1)
        .set_image_id(object.string("ami"))
        .set_instance_type(object.text("instance_type").map(InstanceType::from))
        .set_key_name(object.string("key_name"))
        .set_ebs_optimized(object.flag("ebs_optimized"))
        .set_disable_api_termination(object.flag("disable_api_termination"))
        .set_disable_api_stop(object.flag("disable_api_stop"))
        .set_user_data(encoded_user_data(object))
        .set_placement(placement(object))
        .set_block_device_mappings(volume::mappings(call, object).await?)
        .set_tag_specifications(tag_specifications(call, object));
    let profile = |name: String| IamInstanceProfileSpecification::builder().name(name).build();
    let monitoring = |on: bool| RunInstancesMonitoringEnabled::builder().enabled(on).build();
    let hibernation = |on: bool| HibernationOptionsRequest::builder().configured(on).build();
    let enclave = object.one("enclave_options").and_then(|block| block.flag("enabled"));
    let credits = object.one("credit_specification").and_then(|block| block.string("cpu_credits"));
    let request = request
        .set_iam_instance_profile(object.string("iam_instance_profile").map(profile))
        .set_monitoring(object.flag("monitoring").map(monitoring))
        .set_hibernation_options(object.flag("hibernation").filter(|on| *on).map(hibernation))
        .set_enclave_options(enclave.map(|on| EnclaveOptionsRequest::builder().enabled(on).build()))
        .set_credit_specification(credits.map(|kind| CreditSpecificationRequest::builder().cpu_credits(kind).build()))
        .set_metadata_options(object.one("metadata_options").map(metadata_options))
        .set_instance_initiated_shutdown_behavior(
            object.text("instance_initiated_shutdown_behavior").map(ShutdownBehavior::from),
        )
        .set_cpu_options(cpu_options(object));
    Ok(with_network(request, object))
}

fn tag_specifications(call: &Call<'_>, object: &Object) -> Option<Vec<TagSpecification>> {
    let mut specifications = tags::specification(object, ResourceType::Instance).unwrap_or_default();
    let mut volumes = call.default_tags.clone();
    volumes.extend(object.text_map("volume_tags"));
    let volumes = tags::to_sdk(&volumes);
    if !volumes.is_empty() {
        let builder = TagSpecification::builder().resource_type(ResourceType::Volume);
        specifications.push(builder.set_tags(Some(volumes)).build());
    }
    (!specifications.is_empty()).then_some(specifications)
}

fn placement(object: &Object) -> Option<Placement> {
    let names = ["availability_zone", "host_id", "placement_group", "tenancy"];
    let is_open = names.iter().all(|name| object.text(name).is_none());
    let partition = object.int("placement_partition_number");
    if is_open && partition.is_none() {
        return None;
    }
    let placement = Placement::builder()
        .set_availability_zone(object.string("availability_zone"))
        .set_host_id(object.string("host_id"))
        .set_group_name(object.string("placement_group"))
        .set_tenancy(object.text("tenancy").map(Tenancy::from))
        .set_partition_number(partition);
    Some(placement.build())
}

fn cpu_options(object: &Object) -> Option<CpuOptionsRequest> {
    let (cores, threads) = (object.int("cpu_core_count"), object.int("cpu_threads_per_core"));
    (cores.is_some() || threads.is_some())
        .then(|| CpuOptionsRequest::builder().set_core_count(cores).set_threads_per_core(threads).build())
}

fn metadata_options(block: &Value) -> InstanceMetadataOptionsRequest {
    InstanceMetadataOptionsRequest::builder()
        .set_http_endpoint(block.text("http_endpoint").map(InstanceMetadataEndpointState::from))
        .set_http_protocol_ipv6(block.text("http_protocol_ipv6").map(InstanceMetadataProtocolState::from))
        .set_http_put_response_hop_limit(block.int("http_put_response_hop_limit"))
        .set_http_tokens(block.text("http_tokens").map(HttpTokensState::from))
        .set_instance_metadata_tags(block.text("instance_metadata_tags").map(InstanceMetadataTagsState::from))
        .build()
}

/// Interfaces that exist; or one that is described, where a public address is asked for or refused; or just the subnet.
fn with_network(request: Run, object: &Object) -> Run {
    let interfaces = object.items("network_interface");
    if !interfaces.is_empty() {
        let attached = interfaces.iter().map(|block| {
            InstanceNetworkInterfaceSpecification::builder()
                .set_device_index(block.int("device_index"))
                .set_network_interface_id(block.string("network_interface_id"))
                .set_delete_on_termination(block.flag("delete_on_termination"))
                .set_network_card_index(block.int("network_card_index"))
                .build()
        });
        return request.set_network_interfaces(Some(attached.collect()));
    }
    let subnet = object.string("subnet_id");
    let groups = object.some_texts("vpc_security_group_ids");
    let address = object.string("private_ip");
    let secondary = object.some_texts("secondary_private_ips");
    let ipv6 = object.some_texts("ipv6_addresses").map(|addresses| {
        addresses.into_iter().map(|address| InstanceIpv6Address::builder().ipv6_address(address).build()).collect()
    });
    let count = object.int("ipv6_address_count");
    let public = object.flag("associate_public_ip_address");
    if public.is_none() && secondary.is_none() {
        return request
            .set_subnet_id(subnet)
            .set_security_group_ids(groups)
            .set_security_groups(object.some_texts("security_groups"))
            .set_private_ip_address(address)
            .set_ipv6_addresses(ipv6)
            .set_ipv6_address_count(count);
    }
    let secondary = secondary.map(|addresses| {
        let address = |address| PrivateIpAddressSpecification::builder().private_ip_address(address).build();
        addresses.into_iter().map(address).collect()
    });
    let interface = InstanceNetworkInterfaceSpecification::builder()
        .device_index(0)
        .set_associate_public_ip_address(public)
        .set_subnet_id(subnet)
        .set_groups(groups)
        .set_private_ip_address(address)
        .set_private_ip_addresses(secondary)
        .set_ipv6_addresses(ipv6)
        .set_ipv6_address_count(count);
    request.network_interfaces(interface.build())
}
