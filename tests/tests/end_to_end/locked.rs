//! Two programs on one state: exactly one runs, the other one names it.

use super::slow::{self, folder, gated, objects, open_gate, recorded, wait_for_gate};
use formwork_tests::fixtures::Cloud;
use formwork_tests::{Folder, Program, Run};
use std::sync::mpsc::channel;

/// Two applies at once. The first to end must be the loser, since the winner waits for the gate; it names the winner.
fn race(folder: &Folder) -> Run {
    let (sender, ended) = channel();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let sender = sender.clone();
            scope.spawn(move || sender.send(folder.run("apply -auto-approve -no-color")).unwrap());
        }
        let loser = ended.recv_timeout(slow::LIMIT).unwrap();
        wait_for_gate(folder);
        open_gate(folder);
        ended.recv_timeout(slow::LIMIT).unwrap().ok().says("1 added");
        loser
    })
}

#[test]
fn one_of_two_applies_on_a_local_state_runs() {
    let folder = folder(0, "");
    folder.write("gated.tf", &gated(&folder, "one"));
    let loser =
        race(&folder).expect(1).says("Error acquiring the state lock").says("Lock Info").says("OperationTypeApply");
    assert!(loser.err.contains("Who:") && loser.err.contains("process"), "{}", loser.err);
    assert_eq!(objects(&folder).len(), 1);
    assert_eq!(objects(&folder), recorded(&folder));
    assert!(!folder.exists(".terraform.tfstate.lock.info"));
}

#[test]
fn the_loser_waits_if_it_is_told_to() {
    let folder = folder(0, "");
    folder.write("gated.tf", &gated(&folder, "one"));
    let first = folder.start("apply -auto-approve");
    wait_for_gate(&folder);
    let second = folder.start("apply -auto-approve -lock-timeout=50s");
    open_gate(&folder);
    Run::of("first".to_owned(), first.wait_with_output().unwrap()).ok().says("1 added");
    Run::of("second".to_owned(), second.wait_with_output().unwrap()).ok().says("No changes");
    assert_eq!(objects(&folder).len(), 1);
}

#[test]
fn one_of_two_applies_on_a_state_in_s3_runs() {
    let cloud = Cloud::start();
    cloud.ask(
        "client('s3').create_bucket(Bucket='states', CreateBucketConfiguration={'LocationConstraint': 'eu-central-1'})",
    );
    let mut folder = folder(0, "");
    folder.write("gated.tf", &gated(&folder, "one"));
    s3_backend(&mut folder, &cloud.endpoint);
    folder.run("init").ok();
    race(&folder).expect(1).says("Error acquiring the state lock").says("Lock Info").says("states/one.tfstate");
    assert_eq!(objects(&folder).len(), 1);
    let keys = cloud.ask("say([o['Key'] for o in client('s3').list_objects_v2(Bucket='states').get('Contents', [])])");
    assert_eq!(keys, serde_json::json!(["one.tfstate"]), "the state, and neither lock nor journal");
    let state = cloud.ask("say(json.load(client('s3').get_object(Bucket='states', Key='one.tfstate')['Body']))");
    let id = &state["resources"][0]["instances"][0]["attributes"]["id"];
    assert_eq!(id.as_str(), objects(&folder).first().map(String::as_str));
    folder.run("plan -detailed-exitcode").ok();
}

pub fn s3_backend(folder: &mut Folder, endpoint: &str) {
    folder.set("AWS_ACCESS_KEY_ID", "test");
    folder.set("AWS_SECRET_ACCESS_KEY", "test");
    folder.write(
        "backend.tf",
        &format!(
            "terraform {{\n  backend \"s3\" {{\n    bucket       = \"states\"\n    key          = \"one.tfstate\"\n    \
             region       = \"eu-central-1\"\n    encrypt      = true\n    use_lockfile = true\n    use_path_style = true\n    \
             skip_credentials_validation = true\n    skip_requesting_account_id = true\n    \
             skip_metadata_api_check = true\n    endpoints    = {{ s3 = {:?} }}\n  }}\n}}\n",
            endpoint
        ),
    );
}

#[test]
fn the_reference_is_kept_out_and_keeps_out() {
    let Some(terraform) = Program::terraform("locks of two programs on one local state") else { return };
    let formwork = Program::formwork();
    for (winner, loser) in [(&formwork, &terraform), (&terraform, &formwork)] {
        let folder = folder(0, "");
        folder.write("gated.tf", &gated(&folder, "one"));
        let running = winner.start(&folder, "apply -auto-approve -no-color");
        wait_for_gate(&folder);
        let lost = loser.run(&folder, "apply -auto-approve -no-color").expect(1).says("Error acquiring the state lock");
        assert!(lost.err.contains("OperationTypeApply"), "{} names its rival: {}", loser.name, lost.err);
        open_gate(&folder);
        Run::of(winner.name.to_owned(), running.wait_with_output().unwrap()).ok().says("1 added");
        assert_eq!(objects(&folder), recorded(&folder));
        loser.run(&folder, "plan -detailed-exitcode -no-color").ok();
    }
}
