//! Few calls at once where that is wanted, few processes, and little of both for nothing.

use crate::slow;
use formwork_tests::Folder;

fn objects(count: usize, arguments: &str) -> String {
    format!("resource \"slow_object\" \"o\" {{\n  count = {count}\n  name  = \"o${{count.index}}\"\n{arguments}}}\n")
}

/// How often the provider has asked for fewer calls.
fn refusals(folder: &Folder) -> usize {
    if folder.exists("cloud.refused") { folder.read("cloud.refused").lines().count() } else { 0 }
}

#[test]
fn a_provider_that_asks_for_fewer_calls_gets_fewer() {
    let (count, bears) = (300, 20);
    let mut folder = slow::folder(20, &objects(count, ""));
    folder.set("SLOW_BEARS", &bears.to_string());
    folder.run("apply -auto-approve -parallelism=100").ok().says("300 added");
    assert_eq!(slow::objects(&folder).len(), count);
    assert_eq!(slow::recorded(&folder), slow::objects(&folder), "nothing is created twice");
    assert_eq!(
        folder.read("cloud.most").parse::<usize>().unwrap(),
        bears,
        "the limit that is found uses what there is"
    );
    // The first wave is refused as far as it is too much, then the halves of it; afterwards it is a rare probe.
    let refused = refusals(&folder);
    assert!((1..=count).contains(&refused), "{refused} refusals");
    folder.run("destroy -auto-approve -parallelism=100").ok().says("300 destroyed");
    assert!(slow::objects(&folder).is_empty());
}

#[test]
fn a_limit_that_is_set_is_kept() {
    for (settings, variable) in [
        ("provider_limits \"example.com/test/slow\" {\n  concurrency = 3\n}\n", ""),
        ("", "example.com/test/slow:slow_object=3"),
    ] {
        let mut folder = slow::folder(2, &objects(30, ""));
        let overrides = std::fs::read_to_string(folder.file("../settings.tfrc")).unwrap();
        folder.settings(&format!("{overrides}{settings}"));
        folder.set("FORMWORK_PROVIDER_LIMITS", variable);
        folder.set("SLOW_BEARS", "3");
        folder.run("apply -auto-approve -parallelism=30").ok();
        assert_eq!((slow::objects(&folder).len(), refusals(&folder)), (30, 0));
    }
}

#[test]
fn what_waits_for_its_provider_keeps_nobody_else() {
    let mut folder = slow::folder(0, "");
    let waits = slow::waits(&folder, "gate");
    let free = "resource \"terraform_data\" \"free\" {\n  provisioner \"local-exec\" {\n    command = \"echo > free\"\n  }\n}\n";
    folder.write("main.tf", &slow::configuration(&folder, 0, &format!("{}{free}", objects(4, &waits))));
    folder.set("FORMWORK_PROVIDER_LIMITS", "example.com/test/slow=1");
    let child = folder.start("apply -auto-approve -parallelism=2");
    slow::wait_for_gate(&folder);
    slow::wait_for("the one that waits for nobody", || folder.exists("free"));
    assert_eq!(slow::objects(&folder).len(), 0);
    slow::open_gate(&folder);
    assert!(child.wait_with_output().unwrap().status.success());
    assert_eq!(slow::objects(&folder).len(), 4);
}

/// Interrupted, operations that wait for their provider are not begun.
#[test]
fn an_interrupt_ends_the_waiting() {
    let mut folder = slow::folder(0, "");
    let waits = slow::waits(&folder, "gate");
    folder.write("main.tf", &slow::configuration(&folder, 0, &objects(4, &waits)));
    folder.set("FORMWORK_PROVIDER_LIMITS", "example.com/test/slow:slow_object=1");
    let child = folder.start("apply -auto-approve -no-color");
    slow::wait_for_gate(&folder);
    slow::signal(&child, nix::sys::signal::Signal::SIGINT);
    slow::open_gate(&folder);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let made = slow::objects(&folder);
    assert!(made.len() < 4, "{made:?}");
    assert_eq!(slow::recorded(&folder), made);
    // Nothing is in doubt: who waited has asked for nothing.
    folder.run("apply -auto-approve").ok();
    assert_eq!(slow::objects(&folder).len(), 4);
}
