//! States in S3: what is left of them after a kill, and that nothing else is.

use super::gatekeeper::Gatekeeper;
use super::killed::{kill, kill_at_the_gate, waiting};
use super::locked::s3_backend;
use super::slow::{folder, objects, open_gate, signal, wait_for_gate};
use formwork_tests::fixtures::Cloud;
use formwork_tests::{Folder, Run};
use nix::sys::signal::Signal;
use std::io::{BufRead, BufReader};

const ONE: &str = "resource \"terraform_data\" \"a\" {\n  input = 1\n}\n";

/// A cloud with a bucket for states.
fn cloud() -> Cloud {
    let cloud = Cloud::start();
    cloud.ask(
        "client('s3').create_bucket(Bucket='states', CreateBucketConfiguration={'LocationConstraint': 'eu-central-1'})",
    );
    cloud
}

fn keys(cloud: &Cloud) -> Vec<String> {
    let keys = cloud.ask("say([o['Key'] for o in client('s3').list_objects_v2(Bucket='states').get('Contents', [])])");
    serde_json::from_value(keys).unwrap()
}

/// Releases the lock of a run that was killed.
fn unlock(folder: &Folder, cloud: &Cloud, key: &str) {
    let script = format!("say(json.load(client('s3').get_object(Bucket='states', Key='{key}.tflock')['Body'])['ID'])");
    let id = cloud.ask(&script);
    folder.run(&format!("force-unlock -force {}", id.as_str().unwrap())).ok();
}

#[test]
fn a_killed_run_is_known_on_every_machine() {
    for machine_is_lost in [false, true] {
        let cloud = cloud();
        let mut folder = folder(0, "");
        s3_backend(&mut folder, &cloud.endpoint);
        folder.run("init").ok();
        waiting(&folder, "one", "hold", "");
        kill_at_the_gate(&folder, "apply -auto-approve");
        open_gate(&folder);
        unlock(&folder, &cloud, "one.tfstate");
        if machine_is_lost {
            std::fs::remove_dir_all(folder.file(".terraform/journal")).unwrap();
        }
        for _ in 0..2 {
            folder.run("apply -auto-approve").expect(3).says("settle -retry slow_object.o");
        }
        assert_eq!(keys(&cloud), ["one.tfstate.in-doubt"]);
        folder.run(&format!("import slow_object.o {}", objects(&folder).concat())).ok();
        folder.run("apply -auto-approve").ok().says("0 added");
        assert_eq!((keys(&cloud), objects(&folder).len()), (vec!["one.tfstate".to_owned()], 1));
    }
}

/// Ctrl-C in the middle of a short command: it is brought to its end, and leaves no lock.
#[test]
fn an_interrupt_leaves_no_lock() {
    let cloud = cloud();
    let mut folder = Folder::with(ONE);
    s3_backend(&mut folder, &cloud.endpoint);
    folder.run("init").ok();
    folder.run("apply -auto-approve").ok();
    for (command, interrupts, code) in [("taint", 1, 0), ("untaint", 2, 1)] {
        let gatekeeper = Gatekeeper::before(&cloud, "PUT /states/one.tfstate?");
        s3_backend(&mut folder, &gatekeeper.endpoint);
        folder.run("init -reconfigure").ok();
        let mut child = folder.start(&format!("{command} terraform_data.a"));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        gatekeeper.wait();
        for _ in 0..interrupts {
            signal(&child, Signal::SIGINT);
            // Two that come at once count as one.
            lines.by_ref().map_while(Result::ok).find(|line| line.contains("Interrupt"));
        }
        if interrupts == 1 {
            gatekeeper.open();
        }
        let run = Run::of(command.to_owned(), child.wait_with_output().unwrap()).expect(code);
        assert_eq!(keys(&cloud), ["one.tfstate"], "{}\n{}", run.out, run.err);
    }
}

#[test]
fn a_workspace_is_deleted_under_its_lock_and_as_a_whole() {
    let cloud = cloud();
    let mut folder = folder(0, "");
    s3_backend(&mut folder, &cloud.endpoint);
    folder.run("init").ok();
    folder.run("workspace new w").ok();
    waiting(&folder, "one", "gate", "");
    kill_at_the_gate(&folder, "apply -auto-approve");
    unlock(&folder, &cloud, "env:/w/one.tfstate");
    folder.run("workspace select default").ok();
    folder.run("workspace delete w").expect(1).says("slow_object.o").says("formwork settle");
    let gatekeeper = Gatekeeper::before(&cloud, "w/one.tfstate?x-id=DeleteObject");
    s3_backend(&mut folder, &gatekeeper.endpoint);
    folder.run("init -reconfigure").ok();
    let child = folder.start("workspace delete -force w");
    gatekeeper.wait();
    assert!(keys(&cloud).contains(&"env:/w/one.tfstate.tflock".to_owned()), "{:?}", keys(&cloud));
    gatekeeper.open();
    Run::of("delete".to_owned(), child.wait_with_output().unwrap()).ok();
    assert!(keys(&cloud).is_empty(), "{:?}", keys(&cloud));
}

/// What is in doubt moves with the state.
#[test]
fn a_migration_takes_what_a_killed_run_has_left() {
    let cloud = cloud();
    let mut folder = folder(0, "resource \"slow_object\" \"first\" {\n  name = \"first\"\n}\n");
    waiting(&folder, "one", "hold", "  depends_on = [slow_object.first]\n");
    let mut child = folder.start("apply -auto-approve");
    wait_for_gate(&folder);
    kill(&folder, &mut child);
    open_gate(&folder);
    s3_backend(&mut folder, &cloud.endpoint);
    folder.run("init -migrate-state -force-copy").ok();
    assert_eq!(keys(&cloud), ["one.tfstate", "one.tfstate.in-doubt"]);
    assert_eq!(folder.run("state list").ok().out, "slow_object.first\n");
    folder.run("apply -auto-approve").expect(3).says("settle -retry slow_object.o");
    assert_eq!(objects(&folder).len(), 2);
}
