//! Packages made for tests.

use formwork_install::{Network, NetworkSettings, Platform};
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use zip::write::SimpleFileOptions;

pub fn platform() -> Platform {
    Platform::parse("linux_amd64").unwrap()
}

/// An unpacked package of `example.test/ns/TYPE` with an executable and a note.
pub fn unpacked(mirror: &Path, kind: &str, version: &str) {
    let dir = mirror.join("example.test/ns").join(kind).join(version).join("linux_amd64");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join(format!("terraform-provider-{kind}_v{version}")), format!("binary {version}")).unwrap();
    fs::write(dir.join("LICENSE"), "free").unwrap();
}

/// The same as a zip archive.
pub fn packed(mirror: &Path, kind: &str, version: &str) {
    let dir = mirror.join("example.test/ns").join(kind);
    fs::create_dir_all(&dir).unwrap();
    let name = format!("terraform-provider-{kind}_v{version}");
    let entries = [(name.as_str(), format!("binary {version}")), ("LICENSE", "free".to_string())];
    let archive = dir.join(format!("terraform-provider-{kind}_{version}_linux_amd64.zip"));
    zip(&archive, &entries.map(|(name, content)| (name, content)));
}

pub fn zip(path: &Path, entries: &[(&str, String)]) {
    let mut writer = zip::ZipWriter::new(fs::File::create(path).unwrap());
    for (name, content) in entries {
        writer.start_file(*name, SimpleFileOptions::default().unix_permissions(0o755)).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.finish().unwrap();
}

/// For tests that need no other host.
pub fn no_network() -> Arc<Network> {
    Arc::new(Network::new(NetworkSettings::default()))
}
