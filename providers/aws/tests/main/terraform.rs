//! The plugin binary under the real Terraform.

use crate::cloud::cloud;
use aws_sdk_ec2::Client;
use aws_sdk_ec2::config::{BehaviorVersion, Credentials, Region};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const ACCOUNT: &str = "AKIATERRAFORM";

/// A folder with a configuration, and Terraform told to use this provider there.
struct Terraform {
    folder: tempfile::TempDir,
    /// Address of the service, for the environment.
    endpoint: String,
    variables: BTreeMap<&'static str, String>,
}

impl Terraform {
    /// `None`, with a word about it, where there is no Terraform.
    fn new(configuration: &Path) -> Option<Terraform> {
        if !Command::new("terraform").arg("version").output().is_ok_and(|output| output.status.success()) {
            eprintln!("NOT TESTED: there is no terraform on PATH.");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        for file in fs::read_dir(configuration).unwrap().map(Result::unwrap) {
            fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
        }
        let binary = Path::new(env!("CARGO_BIN_EXE_terraform-provider-aws"));
        let settings = format!(
            "provider_installation {{\n  dev_overrides {{ \"hashicorp/aws\" = {:?} }}\n  direct {{}}\n}}\n",
            binary.parent().unwrap()
        );
        fs::write(folder.path().join("cli.tfrc"), settings).unwrap();
        let variables = BTreeMap::new();
        Some(Terraform { folder, endpoint: cloud().url.clone(), variables })
    }

    fn set(&mut self, name: &'static str, value: &str) {
        self.variables.insert(name, value.to_owned());
    }

    fn try_run(&self, arguments: &[&str]) -> Output {
        Command::new("terraform")
            .args(arguments)
            .current_dir(self.folder.path())
            .env("TF_CLI_CONFIG_FILE", self.folder.path().join("cli.tfrc"))
            .envs([("CHECKPOINT_DISABLE", "1"), ("TF_IN_AUTOMATION", "1"), ("TF_CLI_ARGS", "-no-color")])
            .env("AWS_ENDPOINT_URL", &self.endpoint)
            .envs([("AWS_ACCESS_KEY_ID", ACCOUNT), ("AWS_SECRET_ACCESS_KEY", "secret")])
            .envs(self.variables.iter().map(|(name, value)| (format!("TF_VAR_{name}"), value)))
            .output()
            .unwrap()
    }

    #[track_caller]
    fn run(&self, arguments: &[&str]) -> String {
        let output = self.try_run(arguments);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "terraform {arguments:?}\n{out}\n{err}");
        out.into_owned()
    }

    /// What a plan would do, by address; the plan is left in the file `plan`.
    #[track_caller]
    fn plan(&self) -> BTreeMap<String, String> {
        self.run(&["plan", "-out=plan"]);
        let mut changes = BTreeMap::new();
        let shown = self.try_run(&["show", "plan"]);
        for line in String::from_utf8_lossy(&shown.stdout).lines() {
            let Some((address, action)) = line.trim().strip_prefix("# ").and_then(|line| line.split_once(' ')) else {
                continue;
            };
            if address.contains('.') && !address.starts_with("data.") {
                changes.insert(address.to_owned(), action.to_owned());
            }
        }
        changes
    }

    #[track_caller]
    fn assert_no_changes(&self) {
        let output = self.try_run(&["plan", "-detailed-exitcode"]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    }

    fn state(&self) -> String {
        fs::read_to_string(self.folder.path().join("terraform.tfstate")).unwrap()
    }
}

/// A client of our own, to look and to interfere.
fn client() -> Client {
    let credentials = Credentials::new(ACCOUNT, "secret", None, None, "test");
    let config = aws_sdk_ec2::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .credentials_provider(credentials)
        .endpoint_url(&cloud().url)
        .region(Region::new("eu-central-1"));
    Client::from_conf(config.build())
}

/// Numbers of all objects that live.
async fn inventory(client: &Client) -> BTreeMap<&'static str, usize> {
    let instances = client.describe_instances().send().await.unwrap();
    let instances = instances.reservations().iter().flat_map(|reservation| reservation.instances());
    let state =
        |instance: &aws_sdk_ec2::types::Instance| instance.state().unwrap().name().unwrap().as_str() == "running";
    BTreeMap::from([
        ("gateways", client.describe_internet_gateways().send().await.unwrap().internet_gateways().len()),
        ("groups", client.describe_security_groups().send().await.unwrap().security_groups().len()),
        ("instances", instances.filter(|instance| state(instance)).count()),
        ("keys", client.describe_key_pairs().send().await.unwrap().key_pairs().len()),
        ("rules", client.describe_security_group_rules().send().await.unwrap().security_group_rules().len()),
        ("subnets", client.describe_subnets().send().await.unwrap().subnets().len()),
        ("tables", client.describe_route_tables().send().await.unwrap().route_tables().len()),
        ("volumes", client.describe_volumes().send().await.unwrap().volumes().len()),
        ("vpcs", client.describe_vpcs().send().await.unwrap().vpcs().len()),
    ])
}

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[tokio::test(flavor = "multi_thread")]
async fn example_aws_network() {
    let Some(mut terraform) = Terraform::new(&folder("../../examples/aws-network")) else { return };
    let client = client();
    terraform.endpoint = "http://127.0.0.1:9".into();
    terraform.set("endpoint", &cloud().url);
    terraform.set("ami", "ami-12c6146b");
    let before = inventory(&client).await;
    assert_eq!(terraform.plan().len(), 17);
    assert_eq!(inventory(&client).await, before, "a plan changes nothing");
    terraform.run(&["apply", "plan"]);
    let with = inventory(&client).await;
    assert_eq!((with["instances"], with["subnets"] - before["subnets"], with["keys"]), (3, 2, 1));
    terraform.assert_no_changes();

    terraform.set("role", "api");
    let changes = terraform.plan();
    assert_eq!(changes.len(), 3);
    assert!(changes.values().all(|action| action == "will be updated in-place"), "{changes:?}");
    terraform.run(&["apply", "plan"]);
    terraform.assert_no_changes();

    terraform.set("ami", "ami-03cf127a");
    let changes = terraform.plan();
    assert!(changes.len() == 3 && changes.values().all(|action| action == "must be replaced"), "{changes:?}");
    let shown = terraform.run(&["apply", "plan"]);
    let (created, destroyed) = (shown.find("Creation complete"), shown.find("Destroying..."));
    assert!(created.is_some() && created < destroyed, "{shown}");
    terraform.assert_no_changes();

    interfere(&client, &terraform).await;
    let changes = terraform.plan();
    assert!(changes.values().all(|action| action == "will be created"), "{changes:?}");
    let kinds: Vec<&str> = changes.keys().filter_map(|address| address.split('.').next()).collect();
    assert_eq!(kinds, ["aws_instance", "aws_route_table_association"]);
    terraform.run(&["apply", "plan"]);
    terraform.assert_no_changes();
    assert_eq!(inventory(&client).await, with);

    terraform.run(&["destroy", "-auto-approve"]);
    assert_eq!(inventory(&client).await, before, "nothing is left");
}

/// Deletes an instance and an association behind Terraform's back.
async fn interfere(client: &Client, terraform: &Terraform) {
    let instances = terraform.run(&["output", "-json", "instance_ids"]);
    let instance = instances.split('"').nth(1).unwrap();
    client.terminate_instances().instance_ids(instance).send().await.unwrap();
    let tables = client.describe_route_tables().send().await.unwrap();
    let mut associations = tables.route_tables().iter().flat_map(|table| table.associations());
    let association = associations.find(|association| association.subnet_id().is_some()).unwrap();
    let id = association.route_table_association_id().unwrap();
    client.disassociate_route_table().association_id(id).send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_lives_and_is_imported() {
    let Some(mut terraform) = Terraform::new(&folder("tests/data/everything")) else { return };
    let client = client();
    let before = inventory(&client).await;
    terraform.run(&["apply", "-auto-approve"]);
    terraform.assert_no_changes();
    let state = terraform.state();
    assert!(!state.contains("#!/bin/sh"), "user data is stored as a digest");

    terraform.set("stage", "second");
    let changes = terraform.plan();
    assert!(changes.values().all(|action| action == "will be updated in-place"), "{changes:?}");
    assert!(changes.len() >= 8, "{changes:?}");
    terraform.run(&["apply", "plan"]);
    terraform.assert_no_changes();

    import_all(&terraform);
    // AWS knows nothing of timeouts, and of nothing else that would be missing.
    let changes = terraform.plan();
    assert_eq!(changes, BTreeMap::from([("aws_subnet.main".into(), "will be updated in-place".into())]));
    terraform.run(&["apply", "plan"]);
    terraform.assert_no_changes();
    terraform.run(&["destroy", "-auto-approve"]);
    assert_eq!(inventory(&client).await, before, "nothing is left");
}

/// Forgets everything and imports it again.
fn import_all(terraform: &Terraform) {
    let addresses = terraform.run(&["state", "list"]);
    let managed = addresses.lines().filter(|address| !address.starts_with("data."));
    let ids = terraform.run(&["output", "-json", "import_ids"]);
    let ids: Vec<&str> = ids.split('"').skip(1).step_by(2).collect();
    let ids: BTreeMap<&str, &str> = ids.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
    for address in managed {
        let id = ids.get(address).unwrap_or_else(|| panic!("no import id for {address}"));
        terraform.run(&["state", "rm", address]);
        terraform.run(&["import", address, id]);
    }
}
