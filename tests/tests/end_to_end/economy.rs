//! Few calls at once where that is wanted, few processes, and little of both for nothing.

use crate::slow;
use formwork_tests::{Folder, fixtures};

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
    // Long enough that many are under way at once even on a busy machine.
    let mut folder = slow::folder(100, &objects(count, ""));
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

/// A second provider, the same program under another name and with a cloud of its own.
const OTHER: &str = "example.com/test/other";

/// A folder with two providers: `slow`, and `other` with the cloud `cloud2`.
fn two_providers() -> Folder {
    let mut folder = Folder::new();
    let binary = fixtures::example_provider("slow");
    folder.use_binaries(&[("example.com/test/slow", &binary), (OTHER, &binary)]);
    std::fs::create_dir(slow::cloud(&folder)).unwrap();
    std::fs::create_dir(folder.file("cloud2")).unwrap();
    let main = slow::configuration(&folder, 0, "");
    let required = format!("slow = {{ source = \"example.com/test/slow\" }}\n    other = {{ source = {OTHER:?} }}");
    let main = main.replace("slow = { source = \"example.com/test/slow\" }", &required);
    let second = format!("provider \"other\" {{\n  cloud = {:?}\n}}\n", folder.file("cloud2"));
    folder.write("main.tf", &format!("{main}{second}"));
    folder
}

/// Three objects in a row, those at the ends of the other provider; the one in the middle waits for its gate.
fn row(folder_gate: &str, last: bool) -> String {
    let object =
        |name: &str, more: &str| format!("resource \"slow_object\" {name:?} {{\n  name = {name:?}\n{more}}}\n");
    let mut text = object("first", "  provider = other\n");
    text.push_str(&object("second", &format!("  depends_on = [slow_object.first]\n  gate = {folder_gate:?}\n")));
    if last {
        text.push_str(&object("third", "  provider = other\n  depends_on = [slow_object.second]\n"));
    }
    text
}

fn process_of(folder: &Folder, cloud: &str) -> String {
    folder.read(&format!("{cloud}.process"))
}

fn is_running(process: &str) -> bool {
    std::path::Path::new("/proc").join(process).exists()
}

#[test]
fn a_provider_ends_when_nothing_more_needs_it() {
    let folder = two_providers();
    let gate = folder.file("gate").display().to_string();
    let main = folder.read("main.tf");
    folder.write("main.tf", &format!("{main}{}", row(&gate, false)));
    let child = folder.start("apply -auto-approve");
    slow::wait_for_gate(&folder);
    let (first, second) = (process_of(&folder, "cloud2"), process_of(&folder, "cloud"));
    slow::wait_for("the end of the provider that is done", || !is_running(&first));
    assert!(is_running(&second));
    slow::open_gate(&folder);
    assert!(child.wait_with_output().unwrap().status.success());
}

#[test]
fn with_little_memory_providers_take_turns() {
    let folder = two_providers();
    let gate = folder.file("gate").display().to_string();
    let main = folder.read("main.tf");
    folder.write("main.tf", &format!("{main}{}", row(&gate, true)));
    let child = folder.start("apply -auto-approve -max-memory=1M -no-color");
    slow::wait_for_gate(&folder);
    let first = process_of(&folder, "cloud2");
    slow::wait_for("room for the second provider", || !is_running(&first));
    slow::open_gate(&folder);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("Warning: More memory is needed than allowed") && text.contains("3 added"), "{text}");
    assert_ne!(process_of(&folder, "cloud2"), first, "it was started again");
    folder.run("apply -auto-approve -max-memory=x").expect(1).says("-max-memory takes a size such as 512M or 2G");
}

#[test]
fn the_time_in_providers_is_told_to_who_asks() {
    let mut folder = slow::folder(0, &objects(2, ""));
    folder.run("plan -timings -no-color").ok().says("Time in providers, summed over all calls:").says("(2 calls)");
    let run = folder.run("apply -auto-approve -json -timings").ok();
    let message = run.messages().into_iter().find(|message| message["type"] == "provider_times").unwrap();
    let provider = &message["providers"][0];
    assert_eq!((&provider["provider"], &provider["throttled"]), (&"example.com/test/slow".into(), &0.into()));
    // Two plans, two plans once more with all values known, two changes.
    assert_eq!(provider["calls"], 6);
    folder.set("SLOW_BEARS", "1");
    let run = folder.run("destroy -auto-approve -timings -no-color").ok();
    if refusals(&folder) > 0 {
        run.says("for fewer calls; in the end: 1 of slow_object at once");
    }
    let quiet = folder.run("plan -no-color").ok();
    assert!(!quiet.out.contains("Time in providers"), "{}", quiet.out);
}

/// A package whose program leaves a note of each start.
fn counted(folder: &mut Folder) {
    let real = fixtures::example_provider("slow");
    let program = "mirror/example.com/test/slow/1.0.0/linux_amd64/terraform-provider-slow_v1.0.0";
    let starts = folder.file("starts");
    folder.write(program, &format!("#!/bin/sh\necho started >> {starts:?}\nexec {real:?} \"$@\"\n"));
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.file(program), mode).unwrap();
    let mirror = folder.file("mirror");
    folder.settings(&format!("provider_installation {{\n  filesystem_mirror {{ path = {mirror:?} }}\n}}\n"));
}

/// How often the counted program was started since the last question.
fn starts(folder: &Folder) -> usize {
    let count = if folder.exists("starts") { folder.read("starts").lines().count() } else { 0 };
    folder.write("starts", "");
    count
}

#[test]
fn only_who_must_ask_the_provider_starts_it() {
    let mut folder = slow::folder(0, &objects(1, ""));
    counted(&mut folder);
    let output = "output \"id\" {\n  value = slow_object.o[0].id\n}\n";
    folder.write("more.tf", &format!("{output}output \"name\" {{\n  value = slow_object.o[0].name\n}}\n"));
    folder.run("init").ok();
    assert_eq!(starts(&folder), 0);
    // Never seen before, it must be asked for its schema; the same process does everything else.
    folder.run("apply -auto-approve").ok();
    assert_eq!(starts(&folder), 1);
    folder.run("plan -out=kept.plan -replace=slow_object.o[0]").ok();
    assert_eq!(starts(&folder), 1);
    let without = [
        "fmt",
        "show",
        "show -json",
        "show kept.plan",
        "show -json kept.plan",
        "show -format=markdown kept.plan",
        "graph",
        "graph -type=plan",
        "graph -plan=kept.plan",
        "output",
        "output -json",
        "output -raw name",
        "state list",
        "state show slow_object.o[0]",
        "state pull",
        "state mv slow_object.o[0] slow_object.moved",
        "state mv slow_object.moved slow_object.o[0]",
        "state replace-provider -auto-approve example.com/test/slow example.com/test/slow",
        "taint slow_object.o[0]",
        "untaint slow_object.o[0]",
        "providers",
        "providers schema -json",
        "providers lock -fs-mirror=mirror",
        "providers mirror copied",
        "version",
        "workspace list",
        "get",
        "init",
        "modules -json",
        "vendor",
        "test",
        "metadata functions -json",
    ];
    for words in without {
        folder.run(words).ok();
        assert_eq!(starts(&folder), 0, "{words}");
    }
    folder.run_with_input("console", "slow_object.o[0].name\n").ok().says("o0");
    assert_eq!(starts(&folder), 0, "console");
    for words in [
        "validate",
        "plan",
        "plan -refresh=false",
        "drift",
        "refresh",
        "plan -out=new.plan -replace=slow_object.o[0]",
        "apply new.plan",
        "destroy -auto-approve",
    ] {
        let run = folder.run(words);
        assert!(run.code.is_some_and(|code| code != 1), "{run:?}");
        assert_eq!(starts(&folder), 1, "{words}");
    }
}
