//! Data source `aws_ami`.

use crate::data::filter;
use crate::kit::call::Call;
use crate::kit::failure::{Answer, Failure};
use crate::kit::field::{Field, flag, text, text_list, text_map};
use crate::kit::object::{Attributes, Object};
use crate::kit::resource::DataSource;
use crate::kit::spec::{Spec, Timeouts, minutes};
use crate::kit::tags;
use async_trait::async_trait;
use aws_sdk_ec2::types::{BlockDeviceMapping, Image};
use formwork_value::{Type, Value};
use regex::Regex;
use std::collections::BTreeMap;

pub struct Ami;

#[async_trait]
impl DataSource for Ami {
    fn spec(&self) -> Spec {
        let mapping = Type::object([
            ("device_name", Type::String),
            ("ebs", Type::map(Type::String)),
            ("no_device", Type::String),
            ("virtual_name", Type::String),
        ]);
        let code = Type::object([("product_code_id", Type::String), ("product_code_type", Type::String)]);
        Spec::new("aws_ami", "image")
            .computed_texts(&["architecture", "arn", "boot_mode", "creation_date", "deprecation_time", "description"])
            .computed_texts(&[
                "hypervisor",
                "image_id",
                "image_location",
                "image_owner_alias",
                "image_type",
                "last_launched_time",
            ])
            .computed_texts(&["imds_support", "kernel_id", "name", "owner_id", "platform", "platform_details"])
            .computed_texts(&["ramdisk_id", "root_device_name", "root_device_type", "root_snapshot_id"])
            .computed_texts(&["sriov_net_support", "state", "tpm_support", "usage_operation", "virtualization_type"])
            .attribute("block_device_mappings", Field::of(Type::set(mapping)).computed())
            .attribute("ena_support", flag().computed())
            .attribute("executable_users", text_list().optional())
            .attribute("include_deprecated", flag().optional())
            .attribute("most_recent", flag().optional())
            .attribute("name_regex", text().optional().check(regex))
            .attribute("owners", text_list().optional())
            .attribute("product_codes", Field::of(Type::set(code)).computed())
            .attribute("public", flag().computed())
            .attribute("state_reason", text_map().computed())
            .attribute("tags", text_map().optional().computed())
            .attribute("uefi_data", text().optional())
            .block("filter", filter::block())
            .timeouts(Timeouts { read: minutes(20), ..Timeouts::default() })
    }

    async fn read(&self, call: &Call<'_>, object: &mut Object) -> Result<(), Failure> {
        let image = find(call, object).await?;
        describe(call, &image, object);
        Ok(())
    }
}

fn regex(value: &Value) -> Result<(), String> {
    Regex::new(value.as_str().unwrap_or_default())
        .map(drop)
        .map_err(|error| format!("Invalid regular expression: {error}."))
}

/// The one image that matches, or the newest of them.
async fn find(call: &Call<'_>, object: &Object) -> Result<Image, Failure> {
    let filters = filter::filters(object);
    let request = call
        .ec2
        .describe_images()
        .set_executable_users(object.some_texts("executable_users"))
        .set_filters(Some(filters).filter(|filters| !filters.is_empty()))
        .set_include_deprecated(object.flag("include_deprecated"))
        .set_owners(object.some_texts("owners"));
    let mut images = request.send().await.of("DescribeImages")?.images.unwrap_or_default();
    if let Some(pattern) = object.text("name_regex") {
        let pattern = Regex::new(pattern).map_err(|error| Failure::new(error.to_string()).at("name_regex"))?;
        images.retain(|image| image.name().is_some_and(|name| pattern.is_match(name)));
    }
    if images.len() > 1 && object.flag("most_recent") != Some(true) {
        return Err(Failure::new(format!(
            "{} images match. Add filters until only one does, or set most_recent = true.",
            images.len()
        )));
    }
    // Dates in this format sort as text.
    let newest = images.into_iter().max_by(|a, b| a.creation_date().cmp(&b.creation_date()));
    newest.ok_or_else(|| Failure::new("No image matches. Check owners, filters and the region."))
}

fn describe(call: &Call<'_>, image: &Image, object: &mut Object) {
    let id = image.image_id().unwrap_or_default();
    object.set("arn", format!("arn:{}:ec2:{}::image/{id}", crate::session::partition(&call.region).0, call.region));
    object.set_all([
        ("architecture", image.architecture().map_or("", |it| it.as_str())),
        ("boot_mode", image.boot_mode().map_or("", |it| it.as_str())),
        ("hypervisor", image.hypervisor().map_or("", |it| it.as_str())),
        ("image_type", image.image_type().map_or("", |it| it.as_str())),
        ("imds_support", image.imds_support().map_or("", |it| it.as_str())),
        ("platform", image.platform().map_or("", |it| it.as_str())),
        ("root_device_type", image.root_device_type().map_or("", |it| it.as_str())),
        ("state", image.state().map_or("", |it| it.as_str())),
        ("tpm_support", image.tpm_support().map_or("", |it| it.as_str())),
        ("virtualization_type", image.virtualization_type().map_or("", |it| it.as_str())),
    ]);
    object.set_all([
        ("creation_date", image.creation_date().unwrap_or_default()),
        ("deprecation_time", image.deprecation_time().unwrap_or_default()),
        ("description", image.description().unwrap_or_default()),
        ("id", id),
        ("image_id", id),
        ("image_location", image.image_location().unwrap_or_default()),
        ("image_owner_alias", image.image_owner_alias().unwrap_or_default()),
        ("last_launched_time", image.last_launched_time().unwrap_or_default()),
        ("kernel_id", image.kernel_id().unwrap_or_default()),
        ("name", image.name().unwrap_or_default()),
        ("owner_id", image.owner_id().unwrap_or_default()),
        ("platform_details", image.platform_details().unwrap_or_default()),
        ("ramdisk_id", image.ramdisk_id().unwrap_or_default()),
        ("root_device_name", image.root_device_name().unwrap_or_default()),
        ("sriov_net_support", image.sriov_net_support().unwrap_or_default()),
        ("usage_operation", image.usage_operation().unwrap_or_default()),
    ]);
    object.set_all([
        ("ena_support", image.ena_support().unwrap_or_default()),
        ("public", image.public().unwrap_or_default()),
    ]);
    let mappings = image.block_device_mappings();
    let is_root = |mapping: &&BlockDeviceMapping| mapping.device_name() == image.root_device_name();
    let snapshot = mappings.iter().find(is_root).and_then(|mapping| mapping.ebs()).and_then(|ebs| ebs.snapshot_id());
    object.set("root_snapshot_id", snapshot.unwrap_or_default());
    let kind = object.element_type("block_device_mappings");
    object.set("block_device_mappings", mappings.iter().map(|it| mapping(&kind, it)).collect::<Vec<_>>());
    let kind = object.element_type("product_codes");
    let codes = image.product_codes().iter().map(|code| {
        Object::empty(&kind)
            .with("product_code_id", code.product_code_id())
            .with("product_code_type", code.product_code_type().map(|it| it.as_str()))
    });
    object.set("product_codes", codes.collect::<Vec<_>>());
    let reason = image.state_reason();
    let reason = [
        ("code", reason.and_then(|reason| reason.code()).unwrap_or("UNSET")),
        ("message", reason.and_then(|reason| reason.message()).unwrap_or("UNSET")),
    ];
    object.set("state_reason", BTreeMap::from(reason.map(|(name, text)| (name.to_owned(), text.to_owned()))));
    object.set("tags", tags::observed(call, image.tags()));
}

/// Numbers and flags are texts in this map, as in hashicorp/aws.
fn mapping(kind: &Type, mapping: &BlockDeviceMapping) -> Object {
    let ebs = mapping.ebs().map(|ebs| {
        BTreeMap::from(
            [
                ("delete_on_termination", ebs.delete_on_termination().unwrap_or_default().to_string()),
                ("encrypted", ebs.encrypted().unwrap_or_default().to_string()),
                ("iops", ebs.iops().unwrap_or_default().to_string()),
                ("snapshot_id", ebs.snapshot_id().unwrap_or_default().to_owned()),
                ("throughput", ebs.throughput().unwrap_or_default().to_string()),
                ("volume_initialization_rate", ebs.volume_initialization_rate().unwrap_or_default().to_string()),
                ("volume_size", ebs.volume_size().unwrap_or_default().to_string()),
                ("volume_type", ebs.volume_type().map_or("", |kind| kind.as_str()).to_owned()),
            ]
            .map(|(name, text)| (name.to_owned(), text)),
        )
    });
    Object::empty(kind)
        .with("device_name", mapping.device_name().unwrap_or_default())
        .with("ebs", ebs.unwrap_or_default())
        .with("no_device", mapping.no_device().unwrap_or_default())
        .with("virtual_name", mapping.virtual_name().unwrap_or_default())
}
