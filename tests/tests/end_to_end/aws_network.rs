//! `examples/aws-network` with our own provider, on a cloud of its own.

use formwork_tests::fixtures::{self, Cloud};
use formwork_tests::{Folder, Observed, Program, assert_same, state_values};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Two images that every cloud of the tests has.
const OLD_IMAGE: &str = "-var=ami=ami-12c6146b";
const NEW_IMAGE: &str = "-var=ami=ami-03cf127a";

/// Everything of the account that the example could touch. What is terminated is as good as gone.
const ACCOUNT: &str = "
ec2 = client('ec2')
instances = [i for r in ec2.describe_instances()['Reservations'] for i in r['Instances']]
alive = [i for i in instances if i['State']['Name'] not in ('terminated', 'shutting-down')]
subnets = [s['SubnetId'] for s in ec2.describe_subnets()['Subnets']]
tags = lambda thing: {t['Key']: t['Value'] for t in thing.get('Tags', [])}
say({
    'vpcs': sorted([v['CidrBlock'], tags(v)] for v in ec2.describe_vpcs()['Vpcs']),
    'subnets': sorted([s['CidrBlock'], s['AvailabilityZone']] for s in ec2.describe_subnets()['Subnets']),
    'gateways': [[len(g['Attachments']), tags(g)] for g in ec2.describe_internet_gateways()['InternetGateways']],
    'tables': sorted(
        [len(t['Associations']), sorted(r.get('DestinationCidrBlock', '') for r in t['Routes'])]
        for t in ec2.describe_route_tables()['RouteTables']
    ),
    'groups': sorted(g['GroupName'] for g in ec2.describe_security_groups()['SecurityGroups']),
    'rules': sorted(
        [r['IsEgress'], r['IpProtocol'], r.get('FromPort', 0), r.get('CidrIpv4', '')]
        for r in ec2.describe_security_group_rules()['SecurityGroupRules']
    ),
    'keys': [k['KeyName'] for k in ec2.describe_key_pairs()['KeyPairs']],
    'volumes': len(ec2.describe_volumes()['Volumes']),
    # moto keeps the interfaces of instances that are gone, in subnets that are gone.
    'interfaces': len([
        i for i in ec2.describe_network_interfaces()['NetworkInterfaces'] if i['SubnetId'] in subnets
    ]),
    'instances': sorted([tags(i).get('Name', ''), tags(i).get('Role', ''), i['ImageId']] for i in alive),
})
";

struct Network {
    cloud: Cloud,
    folder: Folder,
}

impl Network {
    fn new() -> Network {
        let cloud = Cloud::start();
        let mut folder = Folder::copy_of("examples/aws-network");
        folder.use_binaries(&[("hashicorp/aws", &fixtures::aws_provider())]);
        folder.set("TF_VAR_endpoint", &cloud.endpoint);
        folder.set("AWS_ACCESS_KEY_ID", "test");
        folder.set("AWS_SECRET_ACCESS_KEY", "test");
        folder.set("AWS_EC2_METADATA_DISABLED", "true");
        Network { cloud, folder }
    }

    fn account(&self) -> Value {
        self.cloud.ask(ACCOUNT)
    }
}

/// The whole life of the network; what was seen of it.
fn life(program: &Program) -> Observed {
    let network = Network::new();
    let (cloud, folder) = (&network.cloud, &network.folder);
    let before = network.account();
    let mut seen = Observed::default();

    seen.plan(program, folder, "1 look", OLD_IMAGE);
    assert_eq!(network.account(), before, "a plan changes nothing");
    assert!(!folder.exists("terraform.tfstate"), "a plan writes no state");

    seen.apply(program, folder, "2 create", OLD_IMAGE);
    let account = network.account();
    let web = |index: usize, role: &str, image: &str| json!([format!("formwork-network-web-{index}"), role, image]);
    assert_eq!(account["instances"], json!([0, 1, 2].map(|index| web(index, "web", "ami-12c6146b"))));
    assert!(account["subnets"].as_array().unwrap().contains(&json!(["10.20.1.0/24", "eu-central-1b"])), "{account}");
    assert_eq!(account["keys"], json!(["formwork-network-admin"]));
    assert!(account["rules"].as_array().unwrap().contains(&json!([false, "tcp", 22, "192.0.2.0/24"])), "{account}");

    seen.plan(program, folder, "3 nothing", OLD_IMAGE);
    assert_eq!(seen.0["3 nothing"]["exit code"], 0, "{:?}", seen.actions("3 nothing"));

    seen.apply(program, folder, "4 tag", &format!("{OLD_IMAGE} -var=role=front"));
    assert_eq!(network.account()["instances"][1], web(1, "front", "ami-12c6146b"));

    seen.apply(program, folder, "5 image", &format!("{NEW_IMAGE} -var=role=front"));
    assert_eq!(network.account()["instances"], json!([0, 1, 2].map(|index| web(index, "front", "ami-03cf127a"))));

    let id = folder.run("output -raw vpc_id").ok().out;
    assert!(id.starts_with("vpc-"), "{id}");
    cloud.ask(&format!(
        "group = [g for g in client('ec2').describe_instances(Filters=[{{'Name': 'tag:Name', 'Values': ['formwork-network-web-1']}}, \
         {{'Name': 'instance-state-name', 'Values': ['running']}}, {{'Name': 'vpc-id', 'Values': ['{id}']}}])['Reservations']]\n\
         client('ec2').terminate_instances(InstanceIds=[group[0]['Instances'][0]['InstanceId']])"
    ));
    seen.apply(program, folder, "6 repair", &format!("{NEW_IMAGE} -var=role=front"));
    assert_eq!(network.account()["instances"], json!([0, 1, 2].map(|index| web(index, "front", "ami-03cf127a"))));

    seen.apply(program, folder, "7 destroy", &format!("{NEW_IMAGE} -var=role=front -destroy"));
    assert_eq!(network.account(), before, "the account is as it was");
    seen
}

fn all_instances(action: &str) -> BTreeMap<String, String> {
    (0..3).map(|index| (format!("aws_instance.web[{index}]"), action.to_owned())).collect()
}

#[test]
fn from_nothing_to_nothing() {
    let seen = life(&Program::formwork());
    assert_eq!(seen.actions("2 create").values().filter(|action| *action == "create").count(), 17, "{seen:?}");
    assert_eq!(seen.actions("3 nothing"), BTreeMap::new());
    assert_eq!(seen.actions("4 tag"), all_instances("update"));
    assert_eq!(seen.actions("5 image"), all_instances("create/delete"));
    let repaired = BTreeMap::from([("aws_instance.web[1]".to_owned(), "create".to_owned())]);
    assert_eq!(seen.actions("6 repair"), repaired);
    assert_eq!(seen.actions("7 destroy").values().filter(|action| *action == "delete").count(), 17);
    if let Some(terraform) = Program::terraform("plans and states of examples/aws-network with our provider") {
        seen.same_as(&life(&terraform), "terraform");
    }
}

#[test]
fn its_state_goes_to_the_reference_and_back() {
    let Some(terraform) = Program::terraform("a network that both programs manage in turn") else { return };
    let formwork = Program::formwork();
    let network = Network::new();
    let folder = &network.folder;
    let before = network.account();
    terraform.run(folder, &format!("apply -auto-approve -no-color {OLD_IMAGE}")).ok();
    formwork.run(folder, &format!("plan -detailed-exitcode -no-color {OLD_IMAGE}")).ok();
    // Some attributes show what was created later: a refresh brings them in.
    terraform.run(folder, &format!("apply -refresh-only -auto-approve -no-color {OLD_IMAGE}")).ok();
    let theirs = state_values(&folder.state());
    formwork.run(folder, &format!("apply -auto-approve -no-color {OLD_IMAGE}")).ok();
    assert_same(&state_values(&folder.state()), &theirs, "terraform");
    formwork.run(folder, &format!("apply -auto-approve -no-color {OLD_IMAGE} -var=role=back")).ok().says("3 changed");
    terraform.run(folder, &format!("plan -detailed-exitcode -no-color {OLD_IMAGE} -var=role=back")).ok();
    terraform.run(folder, &format!("destroy -auto-approve -no-color {OLD_IMAGE}")).ok();
    assert_eq!(network.account(), before);
}

/// Without a variable the image is looked up; then nothing else changes.
#[test]
fn the_newest_image_is_found() {
    let network = Network::new();
    let found = network.cloud.ask(
        "images = client('ec2').describe_images(Owners=['amazon'], Filters=[{'Name': 'name', 'Values': \
         ['al2023-ami-2023.*-x86_64']}])['Images']\nnewest = max(i['CreationDate'] for i in images)\nsay([i['ImageId'] for i in images if \
         i['CreationDate'] == newest])",
    );
    network.folder.run("plan -out=p").ok();
    let plan = network.folder.run("show -json p").ok().json();
    let image = plan["resource_changes"].as_array().unwrap().iter().find(|c| c["address"] == "aws_instance.web[0]");
    let image = &image.unwrap()["change"]["after"]["ami"];
    assert!(found.as_array().unwrap().contains(image), "{image} is not among {found}");
}
