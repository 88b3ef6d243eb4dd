//! The volumes of an instance.

use crate::kit::call::{Call, Progress};
use crate::kit::checks;
use crate::kit::failure::{Answer, Failure};
use crate::kit::field::{flag, number, text, text_map};
use crate::kit::object::{Attributes, Object};
use crate::kit::planner::Plan;
use crate::kit::spec::Body;
use crate::kit::tags;
use aws_sdk_ec2::types::{
    BlockDeviceMapping, EbsBlockDevice, EbsInstanceBlockDeviceSpecification, Instance as Found,
    InstanceBlockDeviceMapping, InstanceBlockDeviceMappingSpecification, Volume, VolumeModificationState, VolumeType,
};
use formwork_value::{Type, Value};
use std::collections::BTreeMap;

/// Attributes that volumes share; `fixed` ones cannot be changed in place.
fn body(fixed: bool) -> Body {
    let may_force = |field: crate::kit::field::Field| if fixed { field.forces_new() } else { field };
    Body::default()
        .attribute("delete_on_termination", may_force(flag().default(true)))
        .attribute("encrypted", flag().optional().computed().forces_new())
        .attribute("iops", may_force(number().optional().computed()))
        .attribute("kms_key_id", text().optional().computed().forces_new())
        .attribute("tags", text_map().optional().check(checks::tags))
        .attribute("tags_all", text_map().computed())
        .attribute("throughput", may_force(number().optional().computed()))
        .attribute("volume_id", text().computed())
        .attribute("volume_size", may_force(number().optional().computed()))
        .attribute("volume_type", may_force(text().optional().computed().check(volume_type)))
}

pub fn root() -> Body {
    body(false).attribute("device_name", text().computed())
}

pub fn ebs() -> Body {
    body(true)
        .attribute("device_name", text().required().forces_new())
        .attribute("snapshot_id", text().optional().computed().forces_new())
}

fn volume_type(value: &Value) -> Result<(), String> {
    super::one_of(value, &["standard", "gp2", "gp3", "io1", "io2", "sc1", "st1"])
}

pub fn plan(plan: &mut Plan<'_>) {
    plan_limits(plan);
    for name in ["root_block_device", "ebs_block_device"] {
        plan_tags(plan, name);
    }
}

/// A root volume of another size or type has other limits, unless they are given.
fn plan_limits(plan: &mut Plan<'_>) {
    let Some(before) = plan.prior.and_then(|prior| prior.one("root_block_device")) else { return };
    let Some(planned) = plan.planned.one("root_block_device").cloned() else { return };
    let changes = ["volume_size", "volume_type"].iter().any(|name| before.get(name) != planned.get(name));
    let config = plan.config.one("root_block_device");
    if !changes {
        return;
    }
    let mut block = Object::from_value(&plan.planned.element_type("root_block_device"), &planned);
    for name in ["iops", "throughput"] {
        if !config.is_some_and(|config| config.has(name)) {
            block.set(name, Value::unknown(Type::Number));
        }
    }
    plan.planned.set("root_block_device", vec![block]);
}

/// Volumes have the default tags and those of their block, or those that all volumes share.
fn plan_tags(plan: &mut Plan<'_>, name: &str) {
    if plan.config.items(name).is_empty() || plan.planned.is_unknown(name) {
        return;
    }
    let kind = plan.planned.element_type(name);
    let shares_tags = plan.planned.has("volume_tags");
    let blocks = plan.planned.items(name).iter().map(|block| {
        if !block.is_known() {
            return block.clone();
        }
        let all = match block.get("tags") {
            Some(own) if !shares_tags => tags::planned_all(plan.default_tags, own),
            _ => Value::map(Type::String, BTreeMap::new()),
        };
        Object::from_value(&kind, block).with("tags_all", all).to_value()
    });
    let blocks: Vec<Value> = blocks.collect();
    plan.planned.set(name, blocks);
}

/// Mappings for the launch, if any volume is configured.
pub async fn mappings(call: &Call<'_>, object: &Object) -> Result<Option<Vec<BlockDeviceMapping>>, Failure> {
    let mut mappings = Vec::new();
    if let Some(block) = object.one("root_block_device") {
        let device = root_device(call, object.text("ami").unwrap_or_default()).await?;
        mappings.push(BlockDeviceMapping::builder().device_name(device).ebs(ebs_device(block)).build());
    }
    for block in object.items("ebs_block_device") {
        let mapping = BlockDeviceMapping::builder().set_device_name(block.string("device_name"));
        mappings.push(mapping.ebs(ebs_device(block)).build());
    }
    for block in object.items("ephemeral_block_device") {
        let no_device = (block.flag("no_device") == Some(true)).then(String::new);
        let mapping = BlockDeviceMapping::builder().set_device_name(block.string("device_name"));
        mappings.push(mapping.set_virtual_name(block.string("virtual_name")).set_no_device(no_device).build());
    }
    Ok((!mappings.is_empty()).then_some(mappings))
}

fn ebs_device(block: &Value) -> EbsBlockDevice {
    EbsBlockDevice::builder()
        .set_delete_on_termination(block.flag("delete_on_termination"))
        // EC2 refuses to be told that a volume of an encrypted snapshot is not encrypted.
        .set_encrypted(block.flag("encrypted").filter(|encrypted| *encrypted))
        .set_iops(block.int("iops").filter(|iops| *iops > 0))
        .set_kms_key_id(block.string("kms_key_id"))
        .set_snapshot_id(block.string("snapshot_id"))
        .set_throughput(block.int("throughput").filter(|throughput| *throughput > 0))
        .set_volume_size(block.int("volume_size").filter(|size| *size > 0))
        .set_volume_type(block.text("volume_type").map(VolumeType::from))
        .build()
}

async fn root_device(call: &Call<'_>, image: &str) -> Result<String, Failure> {
    let answer = call.ec2.describe_images().image_ids(image).send().await.of("DescribeImages")?;
    let device = answer.images.unwrap_or_default().into_iter().find_map(|image| image.root_device_name);
    device.ok_or_else(|| Failure::new(format!("Image {image} does not exist or has no root device.")).at("ami"))
}

/// Device name and volume id of a mapping.
fn attached(mapping: &InstanceBlockDeviceMapping) -> Option<(&str, &str)> {
    Some((mapping.device_name()?, mapping.ebs()?.volume_id()?))
}

fn is_root(instance: &Found, device: &str) -> bool {
    instance.root_device_name() == Some(device)
}

/// Gives new volumes the tags of their blocks.
pub async fn tag_all(call: &Call<'_>, instance: &Found, object: &Object) -> Result<(), Failure> {
    for (device, volume) in instance.block_device_mappings().iter().filter_map(attached) {
        let ebs = object.items("ebs_block_device");
        let block = if is_root(instance, device) {
            object.one("root_block_device")
        } else {
            ebs.iter().find(|block| block.text("device_name") == Some(device))
        };
        let own = block.map(|block| block.text_map("tags")).unwrap_or_default();
        if !own.is_empty() {
            let request = call.ec2.create_tags().resources(volume).set_tags(Some(tags::to_sdk(&own)));
            request.send().await.of("CreateTags")?;
        }
    }
    Ok(())
}

/// Sets the blocks of the volumes, and the tags they have in common.
pub async fn describe(call: &Call<'_>, instance: &Found, object: &mut Object) -> Result<(), Failure> {
    let ids: Vec<String> =
        instance.block_device_mappings().iter().filter_map(attached).map(|(_, id)| id.to_owned()).collect();
    let volumes = if ids.is_empty() {
        Vec::new()
    } else {
        let answer = call.ec2.describe_volumes().set_volume_ids(Some(ids)).send().await.of("DescribeVolumes")?;
        answer.volumes.unwrap_or_default()
    };
    let volumes: BTreeMap<&str, &Volume> =
        volumes.iter().filter_map(|volume| Some((volume.volume_id()?, volume))).collect();
    let shares_tags = object.has("volume_tags");
    let (mut root, mut others) = (Vec::new(), Vec::new());
    for mapping in instance.block_device_mappings() {
        let Some((device, id)) = attached(mapping) else { continue };
        let volume = volumes.get(id).copied();
        let is_root = is_root(instance, device);
        let name = if is_root { "root_block_device" } else { "ebs_block_device" };
        let before = object.items(name).iter().find(|block| is_root || block.text("device_name") == Some(device));
        let mut block = Object::empty(&object.element_type(name)).with("device_name", device).with("volume_id", id);
        let ends = mapping.ebs().and_then(|ebs| ebs.delete_on_termination());
        block.set("delete_on_termination", ends.unwrap_or_default());
        let before_tags = before.and_then(|block| block.get("tags"));
        if shares_tags {
            block.set("tags", before_tags.cloned().unwrap_or_else(|| Value::null(Type::map(Type::String))));
            block.set("tags_all", BTreeMap::new());
        } else {
            let all = volume.map(|volume| tags::observed(call, volume.tags())).unwrap_or_default();
            block.set("tags", tags::own(call, before_tags, &all));
            block.set("tags_all", all);
        }
        describe_volume(volume, is_root, &mut block);
        if is_root { root.push(block) } else { others.push(block) }
    }
    object.set("root_block_device", root);
    object.set("ebs_block_device", others);
    if shares_tags {
        let all = volumes.values().flat_map(|volume| tags::observed(call, volume.tags()));
        let all = all.collect::<BTreeMap<_, _>>();
        object.set("volume_tags", tags::own(call, object.value("volume_tags"), &all));
    }
    Ok(())
}

fn describe_volume(volume: Option<&Volume>, is_root: bool, block: &mut Object) {
    block.set("encrypted", volume.and_then(|v| v.encrypted()).unwrap_or_default());
    block.set_all([
        ("iops", volume.and_then(|v| v.iops()).unwrap_or_default()),
        ("throughput", volume.and_then(|v| v.throughput()).unwrap_or_default()),
        ("volume_size", volume.and_then(|v| v.size()).unwrap_or_default()),
    ]);
    block.set_all([
        ("kms_key_id", volume.and_then(|v| v.kms_key_id()).unwrap_or_default()),
        ("volume_type", volume.and_then(|v| v.volume_type()).map_or("", |kind| kind.as_str())),
    ]);
    if !is_root {
        block.set("snapshot_id", volume.and_then(|v| v.snapshot_id()).unwrap_or_default());
    }
}

pub async fn change(call: &Call<'_>, prior: &Object, object: &Object) -> Result<(), Failure> {
    if object.has("volume_tags") || prior.has("volume_tags") {
        let blocks = prior.items("root_block_device").iter().chain(prior.items("ebs_block_device"));
        for volume in blocks.filter_map(|block| block.text("volume_id")) {
            tags::update(call, volume, prior, object, "volume_tags").await?;
        }
    }
    // Shared tags leave the default ones of a volume alone.
    let name = if object.has("volume_tags") { "tags" } else { "tags_all" };
    if let (Some(old), Some(new)) = (prior.one("root_block_device"), object.one("root_block_device")) {
        let (old, new) = (block(prior, "root_block_device", old), block(prior, "root_block_device", new));
        change_root(call, prior.id(), &old, &new).await.map_err(|failure| failure.at("root_block_device"))?;
        change_tags(call, &old, &new, name).await?;
    }
    for new in object.items("ebs_block_device") {
        let same = |old: &&Value| old.text("device_name") == new.text("device_name");
        if let Some(old) = prior.items("ebs_block_device").iter().find(same) {
            let (old, new) = (block(prior, "ebs_block_device", old), block(prior, "ebs_block_device", new));
            change_tags(call, &old, &new, name).await?;
        }
    }
    Ok(())
}

fn block(object: &Object, name: &str, value: &Value) -> Object {
    Object::from_value(&object.element_type(name), value)
}

async fn change_tags(call: &Call<'_>, old: &Object, new: &Object, name: &str) -> Result<(), Failure> {
    match old.text("volume_id") {
        Some(volume) if !new.is_unknown(name) => tags::update(call, volume, old, new, name).await,
        _ => Ok(()),
    }
}

async fn change_root(call: &Call<'_>, id: &str, old: &Object, new: &Object) -> Result<(), Failure> {
    let changed = |name: &str| new.has(name) && !new.is_unknown(name) && old.value(name) != new.value(name);
    let limits = ["iops", "throughput", "volume_size", "volume_type"];
    if let (Some(volume), true) = (old.text("volume_id"), limits.iter().any(|name| changed(name))) {
        let number = |name: &str| new.int(name).filter(|_| changed(name));
        let request = call
            .ec2
            .modify_volume()
            .volume_id(volume)
            .set_size(number("volume_size"))
            .set_iops(number("iops").filter(|iops| *iops > 0))
            .set_throughput(number("throughput").filter(|throughput| *throughput > 0))
            .set_volume_type(new.text("volume_type").filter(|_| changed("volume_type")).map(VolumeType::from));
        request.send().await.of("ModifyVolume")?;
        wait_for_volume(call, volume).await?;
    }
    if changed("delete_on_termination") {
        let ends = EbsInstanceBlockDeviceSpecification::builder()
            .set_delete_on_termination(new.flag("delete_on_termination"))
            .set_volume_id(old.string("volume_id"));
        let mapping = InstanceBlockDeviceMappingSpecification::builder()
            .set_device_name(old.string("device_name"))
            .ebs(ends.build())
            .build();
        let request = call.ec2.modify_instance_attribute().instance_id(id).block_device_mappings(mapping);
        request.send().await.of("ModifyInstanceAttribute")?;
    }
    Ok(())
}

/// A volume can be used while it is being optimised.
async fn wait_for_volume(call: &Call<'_>, volume: &str) -> Result<(), Failure> {
    call.until("the volume to be modified", || async {
        let request = call.ec2.describe_volumes_modifications().volume_ids(volume);
        let answer = request.send().await.of("DescribeVolumesModifications")?;
        // The latest modification is the last one of its start time.
        let latest = answer.volumes_modifications().iter().max_by_key(|found| found.start_time().map(|t| t.secs()));
        match latest.and_then(|found| found.modification_state()) {
            Some(VolumeModificationState::Modifying) => Ok(Progress::Pending("modifying".into())),
            Some(VolumeModificationState::Failed) => {
                let reason = latest.and_then(|found| found.status_message()).unwrap_or("no reason given");
                Err(Failure::new(format!("The modification of volume {volume} failed: {reason}.")))
            }
            _ => Ok(Progress::Done(())),
        }
    })
    .await
}
