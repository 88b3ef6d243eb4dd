//! hashicorp/aws 3.39.0, the official binary, over protocol 5, on a cloud of its own.
//!
//! Some attributes drift there, because the cloud is newer than the provider: then they drift as they do with the
//! reference. What the reference did is kept in `data/official_aws.json`; with the reference on the path and
//! `FORMWORK_RECORD=1` in the environment this file is written anew.

use formwork_tests::fixtures::Cloud;
use formwork_tests::{Folder, Observed, Program, root};
use serde_json::json;

const MAIN: &str = include_str!("data/official_aws.tf");
const RECORD: &str = "tests/tests/end_to_end/data/official_aws.json";

/// Everything of the account that the configuration touches.
const ACCOUNT: &str = "
ec2 = client('ec2')
instances = [i for r in ec2.describe_instances()['Reservations'] for i in r['Instances']]
say({
    'vpcs': sorted(v['CidrBlock'] for v in ec2.describe_vpcs()['Vpcs']),
    'subnets': sorted(s['CidrBlock'] for s in ec2.describe_subnets()['Subnets']),
    'groups': sorted(g['GroupName'] for g in ec2.describe_security_groups()['SecurityGroups']),
    'tables': len(ec2.describe_route_tables()['RouteTables']),
    'instances': [
        {t['Key']: t['Value'] for t in i['Tags']} for i in instances if i['State']['Name'] == 'running'
    ],
    'buckets': [b['Name'] for b in client('s3').list_buckets()['Buckets']],
    'roles': {r['RoleName']: r.get('Description') for r in client('iam').list_roles()['Roles']},
})
";

fn story(program: &Program) -> Observed {
    let cloud = Cloud::start();
    let before = cloud.ask(ACCOUNT);
    let mut folder = Folder::with(MAIN);
    folder.use_mirror();
    folder.set("TF_VAR_endpoint", &cloud.endpoint);
    program.run(&folder, "init -input=false").ok();
    let mut seen = Observed::default();
    seen.plan(program, &folder, "1 look", "");
    assert_eq!(cloud.ask(ACCOUNT), before, "a plan changes nothing");
    seen.apply(program, &folder, "2 create", "");
    let account = cloud.ask(ACCOUNT);
    assert_eq!(account["buckets"], json!(["formwork-tests-logs"]));
    assert_eq!(account["roles"], json!({ "web": "release one" }));
    assert_eq!(account["instances"], json!([{ "Name": "web", "Owner": "tests", "Release": "one" }]));
    seen.plan(program, &folder, "3 again", "");
    seen.apply(program, &folder, "4 update", "-var=release=two");
    assert_eq!(cloud.ask(ACCOUNT)["roles"], json!({ "web": "release two" }));
    seen.apply(program, &folder, "5 destroy", "-destroy");
    assert_eq!(cloud.ask(ACCOUNT), before, "the account is as it was");
    seen
}

#[test]
fn as_the_reference_does() {
    let seen = story(&Program::formwork());
    let path = root().join(RECORD);
    if let Some(terraform) = Program::terraform("plans and states with hashicorp/aws 3.39.0") {
        let theirs = story(&terraform);
        if std::env::var_os("FORMWORK_RECORD").is_some() {
            std::fs::write(&path, serde_json::to_string_pretty(&theirs.0).unwrap() + "\n").unwrap();
        }
        seen.same_as(&theirs, "terraform");
    }
    let recorded = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    seen.same_as(&Observed(recorded), "the record of terraform");
}
