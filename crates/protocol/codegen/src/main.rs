//! Generates `../src/gen` from `../proto`. Run it in this folder: `cargo run`.

use prost_types::{DescriptorProto, FileDescriptorProto, FileDescriptorSet};
use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

/// Messages of protocol 5 that differ from protocol 6 and get types of their own.
const OWN_OF_5: [&str; 2] = ["Schema", "StringKind"];
/// Names of equal messages in protocol 5 (left) and 6 (right).
const RENAMED: [(&str, &str); 4] = [
    ("ValidateResourceTypeConfig", "ValidateResourceConfig"),
    ("ValidateDataSourceConfig", "ValidateDataResourceConfig"),
    ("Configure", "ConfigureProvider"),
    ("Stop", "StopProvider"),
];
/// Messages of protocol 5 that are not used, and `PrepareProviderConfig`: the answer to it has one field more, which the
/// host ignores.
const UNUSED_OF_5: [&str; 5] =
    ["GetMetadata", "GetProvisionerSchema", "ValidateProvisionerConfig", "ProvisionResource", "PrepareProviderConfig"];

fn main() -> Result<(), Box<dyn Error>> {
    let files = ["tfplugin6.proto", "tfplugin5.proto", "plugin.proto", "health.proto"];
    let mut set = protox::compile(files, ["../proto"])?;
    check_wire_equality(&set)?;
    for file in &mut set.file {
        file.service.clear();
        // Comments are found by position, which no longer holds.
        file.source_code_info = None;
        if file.package() == "tfplugin5" {
            file.message_type.retain(|m| OWN_OF_5.contains(&m.name()));
            file.enum_type.retain(|e| OWN_OF_5.contains(&e.name()));
        }
    }
    set.file.retain(|file| !file.package().starts_with("google."));
    let out = Path::new("../src/gen");
    std::fs::create_dir_all(out)?;
    let mut config = prost_build::Config::new();
    config
        .btree_map(["."])
        .bytes(["."])
        .out_dir(out)
        .extern_path(".google.protobuf.Timestamp", "crate::wire::Timestamp");
    config.compile_fds(set)?;
    Ok(())
}

/// The host uses the messages of protocol 6 for protocol 5 as well. Fails if a shared message differs.
fn check_wire_equality(set: &FileDescriptorSet) -> Result<(), Box<dyn Error>> {
    let file = |package: &str| set.file.iter().find(|f| f.package() == package).ok_or("missing file");
    let (five, six) = (fields(file("tfplugin5")?), fields(file("tfplugin6")?));
    for (key, field) in &five {
        let top = key.split('.').next().unwrap_or_default();
        if OWN_OF_5.contains(&top) || UNUSED_OF_5.contains(&top) {
            continue;
        }
        if six.get(key) != Some(field) {
            return Err(format!("{key} differs: {field} in 5, {:?} in 6", six.get(key)).into());
        }
    }
    Ok(())
}

/// What is on the wire, by message name and field number.
fn fields(file: &FileDescriptorProto) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for message in &file.message_type {
        let renamed = RENAMED.iter().find(|(five, _)| *five == message.name() && file.package() == "tfplugin5");
        collect(renamed.map_or(message.name(), |(_, six)| six), message, &mut found);
    }
    found
}

fn collect(name: &str, message: &DescriptorProto, found: &mut BTreeMap<String, String>) {
    for field in &message.field {
        let shape = format!("{} {:?} {:?}", field.name(), field.r#type(), field.label());
        found.insert(format!("{name}.{}", field.number()), shape);
    }
    for nested in &message.nested_type {
        collect(&format!("{name}.{}", nested.name()), nested, found);
    }
}
