//! The slow provider of `tests/examples`, and its cloud: a folder with a file for each object.

use formwork_tests::{Folder, fixtures};
use std::path::PathBuf;
use std::process::Child;
use std::time::{Duration, Instant};

/// How long anything may take that takes no time.
pub const LIMIT: Duration = Duration::from_secs(60);

/// A folder for configurations with the slow provider.
pub fn folder(delay_ms: u64, resources: &str) -> Folder {
    let mut folder = Folder::new();
    folder.use_binaries(&[("example.com/test/slow", &fixtures::example_provider("slow"))]);
    std::fs::create_dir(cloud(&folder)).unwrap();
    folder.write("main.tf", &configuration(&folder, delay_ms, resources));
    folder
}

pub fn configuration(folder: &Folder, delay_ms: u64, resources: &str) -> String {
    let cloud = cloud(folder);
    format!(
        "terraform {{\n  required_providers {{\n    slow = {{ source = \"example.com/test/slow\" }}\n  }}\n}}\n\n\
         provider \"slow\" {{\n  cloud    = {cloud:?}\n  delay_ms = {delay_ms}\n}}\n\n{resources}\n"
    )
}

pub fn cloud(folder: &Folder) -> PathBuf {
    folder.file("cloud")
}

/// Ids of all objects in the cloud, sorted.
pub fn objects(folder: &Folder) -> Vec<String> {
    let entries = std::fs::read_dir(cloud(folder)).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Ids of all objects in the state, sorted.
pub fn recorded(folder: &Folder) -> Vec<String> {
    // Locking a state that is not there creates an empty one.
    if !folder.exists("terraform.tfstate") || folder.read("terraform.tfstate").is_empty() {
        return Vec::new();
    }
    let state = folder.state();
    let resources = state["resources"].as_array().unwrap();
    let instances = resources.iter().flat_map(|resource| resource["instances"].as_array().unwrap());
    let mut ids: Vec<_> = instances.map(|instance| instance["attributes"]["id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

/// Waits until the condition holds.
#[track_caller]
pub fn wait_for(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < LIMIT, "{what} does not come");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A resource that waits for its gate, a file in the folder.
pub fn gated(folder: &Folder, name: &str) -> String {
    let gate = folder.file("gate");
    format!("resource \"slow_object\" \"{name}\" {{\n  name = \"{name}\"\n  gate = {gate:?}\n}}\n")
}

/// The arguments of an object that waits: before the effect (`gate`) or after it (`hold`).
pub fn waits(folder: &Folder, argument: &str) -> String {
    format!("{argument} = {:?}\n", folder.file("gate"))
}

/// Waits until an object waits for its gate.
#[track_caller]
pub fn wait_for_gate(folder: &Folder) {
    wait_for("the gate", || folder.exists("gate.reached"));
}

pub fn open_gate(folder: &Folder) {
    folder.write("gate", "");
}

/// Sends a signal to a process that this test has started.
pub fn signal(child: &Child, signal: nix::sys::signal::Signal) {
    let process = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
    nix::sys::signal::kill(process, signal).unwrap();
}
