//! `aws_instance`.

mod change;
mod describe;
mod launch;
mod volume;

use crate::kit::call::{Call, Progress};
use crate::kit::checks;
use crate::kit::failure::{Answer, Failure};
use crate::kit::field::{flag, number, text, text_list, text_map, text_set};
use crate::kit::object::{Attributes, Object};
use crate::kit::planner::Plan;
use crate::kit::resource::Resource;
use crate::kit::spec::{BlockField, Body, Rule, Spec, Timeouts, minutes};
use async_trait::async_trait;
use aws_sdk_ec2::types::Instance as Found;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use formwork_value::{Type, Value};
use sha1::{Digest, Sha1};

pub struct Instance;

/// Changes for which the instance is stopped, and so gets another public address.
const RESTARTS: &[&str] = &["instance_type", "user_data", "user_data_base64"];

#[async_trait]
impl Resource for Instance {
    fn spec(&self) -> Spec {
        let fixed = || text().optional().computed().forces_new();
        let after_restart = || text().computed().follows(RESTARTS);
        let cores = || number().optional().computed().forces_new().follows(&["instance_type"]);
        let switch = || flag().optional().computed();
        let spec = Spec::new("aws_instance", "instance")
            .version(1)
            .legacy()
            .computed_texts(&["instance_lifecycle", "spot_instance_request_id"])
            .computed_texts(&["arn", "instance_state", "outpost_arn", "password_data", "primary_network_interface_id"])
            .attribute("ami", text().required().forces_new())
            .attribute("associate_public_ip_address", switch().forces_new())
            .attribute("availability_zone", fixed())
            .attribute("cpu_core_count", cores())
            .attribute("cpu_threads_per_core", cores())
            .attribute("disable_api_stop", switch())
            .attribute("disable_api_termination", switch())
            .attribute("ebs_optimized", switch().forces_new())
            .attribute("get_password_data", flag().default(false))
            .attribute("hibernation", flag().default(false).forces_new())
            .attribute("host_id", fixed())
            .attribute("iam_instance_profile", text().optional().computed())
            .attribute("instance_initiated_shutdown_behavior", text().optional().computed().check(shutdown_behavior))
            .attribute("instance_type", text().required())
            .attribute("ipv6_address_count", number().optional().computed().forces_new())
            .attribute("ipv6_addresses", text_list().optional().computed().forces_new())
            .attribute("key_name", fixed())
            .attribute("monitoring", switch())
            .attribute("placement_group", fixed())
            .attribute("placement_partition_number", number().optional().computed().forces_new())
            .attribute("private_dns", text().computed())
            .attribute("private_ip", fixed().check(checks::address4))
            .attribute("public_dns", after_restart())
            .attribute("public_ip", after_restart())
            .attribute("secondary_private_ips", text_set().optional().computed())
            .attribute("security_groups", text_set().optional().computed().forces_new())
            .attribute("source_dest_check", flag().default(true))
            .attribute("subnet_id", fixed())
            .attribute("tenancy", fixed().check(tenancy))
            .attribute("user_data", text().optional().computed().normal(user_data_digest).check(user_data_size))
            .attribute("user_data_base64", text().optional().computed().check(base64_text))
            .attribute("user_data_replace_on_change", flag().default(false))
            .attribute("volume_tags", text_map().optional().check(checks::tags))
            .attribute("vpc_security_group_ids", text_set().optional().computed())
            .tagged()
            .timeouts(Timeouts { create: minutes(10), update: minutes(10), delete: minutes(20), read: minutes(15) });
        rules(blocks(spec))
    }

    fn plan(&self, plan: &mut Plan<'_>) {
        // Of these, a new instance has none but those that are configured.
        for name in ["ephemeral_block_device", "network_interface"] {
            if plan.is_create() && plan.planned.is_unknown(name) && !plan.config.is_unknown(name) {
                plan.planned.set(name, Vec::<Value>::new());
            }
        }
        for (own, other) in [("user_data", "user_data_base64"), ("user_data_base64", "user_data")] {
            if plan.configures(own) {
                plan.planned.set(other, None::<String>);
            }
        }
        if plan.planned.flag("user_data_replace_on_change") == Some(true) {
            for name in ["user_data", "user_data_base64"] {
                if plan.changes(name) {
                    plan.replace(name);
                }
            }
        }
        volume::plan(plan);
    }

    async fn create(&self, call: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
        launch::launch(call, object).await
    }

    async fn read(&self, call: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
        describe::describe(call, object).await
    }

    async fn update(&self, call: &Call<'_>, prior: &Object, object: &mut Object) -> Result<(), Failure> {
        change::change(call, prior, object).await
    }

    async fn delete(&self, call: &Call<'_>, object: &Object) -> Result<(), Failure> {
        let id = object.id();
        call.ec2.terminate_instances().instance_ids(id).send().await.of("TerminateInstances")?;
        call.until("the instance to be terminated", || async {
            match find(call, id).await {
                Err(failure) if failure.gone => Ok(Progress::Done(())),
                Err(failure) => Err(failure),
                Ok(instance) => Ok(Progress::Pending(state(&instance).to_owned())),
            }
        })
        .await
    }
}

fn blocks(spec: Spec) -> Spec {
    let option = || text().optional().computed();
    let metadata = Body::default()
        .attribute("http_endpoint", option().check(enabled))
        .attribute("http_protocol_ipv6", option().check(enabled))
        .attribute("http_put_response_hop_limit", number().optional().computed())
        .attribute("http_tokens", option().check(http_tokens))
        .attribute("instance_metadata_tags", option().check(enabled));
    let credits = Body::default().attribute("cpu_credits", option().check(cpu_credits));
    let enclave = Body::default().attribute("enabled", flag().optional().computed().forces_new());
    let ephemeral = Body::default()
        .attribute("device_name", text().required())
        .attribute("no_device", flag().optional())
        .attribute("virtual_name", text().optional());
    let interface = Body::default()
        .attribute("delete_on_termination", flag().default(false))
        .attribute("device_index", number().required())
        .attribute("network_card_index", number().optional().computed())
        .attribute("network_interface_id", text().required());
    spec.block("credit_specification", BlockField::one(credits).computed())
        .block("ebs_block_device", BlockField::set(&["device_name"], volume::ebs()).computed().forces_new())
        .block("enclave_options", BlockField::one(enclave).computed().forces_new())
        .block("ephemeral_block_device", BlockField::set(&["device_name"], ephemeral).computed().forces_new())
        .block("metadata_options", BlockField::one(metadata).computed())
        .block("network_interface", BlockField::set(&["device_index"], interface).computed().forces_new())
        .block("root_block_device", BlockField::one(volume::root()).computed())
}

fn rules(spec: Spec) -> Spec {
    spec.rule(Rule::AtMostOne(&["user_data", "user_data_base64"]))
        .rule(Rule::AtMostOne(&["ipv6_address_count", "ipv6_addresses"]))
        .rule(Rule::AtMostOne(&["network_interface", "subnet_id"]))
        .rule(Rule::AtMostOne(&["network_interface", "private_ip"]))
        .rule(Rule::AtMostOne(&["network_interface", "secondary_private_ips"]))
        .rule(Rule::AtMostOne(&["network_interface", "vpc_security_group_ids"]))
        .rule(Rule::AtMostOne(&["network_interface", "security_groups"]))
        .rule(Rule::AtMostOne(&["network_interface", "associate_public_ip_address"]))
}

/// The instance of an id, unless it is terminated.
pub async fn find(call: &Call<'_>, id: &str) -> Result<Found, Failure> {
    let answer = call.ec2.describe_instances().instance_ids(id).send().await.of("DescribeInstances")?;
    let mut instances =
        answer.reservations.unwrap_or_default().into_iter().flat_map(|r| r.instances.unwrap_or_default());
    let instance = instances.next().filter(|instance| state(instance) != "terminated");
    instance.ok_or_else(|| Failure::gone("Instance", id))
}

pub fn state(instance: &Found) -> &str {
    instance.state().and_then(|state| state.name()).map_or("unknown", |name| name.as_str())
}

/// Waits until an instance is in a state; another final state is a failure.
pub async fn wait_for_state(call: &Call<'_>, id: &str, wanted: &str) -> Result<Found, Failure> {
    call.until(&format!("the instance to be {wanted}"), || async {
        let instance = match find(call, id).await {
            Err(failure) if failure.gone => return Ok(Progress::Pending("not found".into())),
            found => found?,
        };
        match state(&instance) {
            state if state == wanted => Ok(Progress::Done(instance)),
            "shutting-down" => {
                let reason = instance.state_reason().and_then(|reason| reason.message()).unwrap_or("no reason given");
                Err(Failure::new(format!("Instance {id} is shutting down: {reason}.")))
            }
            other => Ok(Progress::Pending(other.to_owned())),
        }
    })
    .await
}

/// User data as it is, for a request.
fn encoded_user_data(object: &Object) -> Option<String> {
    let config = object.config()?;
    let encoded = |text: &str| if is_base64(text) { text.to_owned() } else { BASE64.encode(text) };
    config.text("user_data").map(encoded).or_else(|| config.string("user_data_base64"))
}

/// Text that was encoded already is taken as such, as hashicorp/aws does.
fn is_base64(text: &str) -> bool {
    BASE64.decode(text).is_ok()
}

/// The digest that stands for user data in plans and states.
pub fn digest(text: &str) -> String {
    let plain = BASE64.decode(text).unwrap_or_else(|_| text.as_bytes().to_vec());
    Sha1::digest(plain).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn user_data_digest(value: &Value) -> Value {
    match value.as_str() {
        Some("") | None => Value::null(Type::String),
        Some(text) => Value::from(digest(text)),
    }
}

fn user_data_size(value: &Value) -> Result<(), String> {
    match value.as_str().unwrap_or_default().len() {
        0..=16384 => Ok(()),
        size => Err(format!("User data may have 16384 bytes; this has {size}.")),
    }
}

fn base64_text(value: &Value) -> Result<(), String> {
    if is_base64(value.as_str().unwrap_or_default()) { Ok(()) } else { Err("The text is not valid Base64.".into()) }
}

fn one_of(value: &Value, allowed: &[&str]) -> Result<(), String> {
    match value.as_str() {
        Some(text) if allowed.contains(&text) => Ok(()),
        _ => Err(format!("The value must be one of: {}.", allowed.join(", "))),
    }
}

fn enabled(value: &Value) -> Result<(), String> {
    one_of(value, &["enabled", "disabled"])
}

fn http_tokens(value: &Value) -> Result<(), String> {
    one_of(value, &["optional", "required"])
}

fn cpu_credits(value: &Value) -> Result<(), String> {
    one_of(value, &["standard", "unlimited"])
}

fn shutdown_behavior(value: &Value) -> Result<(), String> {
    one_of(value, &["stop", "terminate"])
}

fn tenancy(value: &Value) -> Result<(), String> {
    one_of(value, &["default", "dedicated", "host"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_data_is_hashed_before_its_encoding() {
        assert_eq!(digest("hello\n"), "f572d396fae9206628714fb2ce00f72e94f2258f");
        assert_eq!(digest("aGVsbG8K"), digest("hello\n"));
    }
}
