//! A provider process that ends, or answers never, in each of its calls: no lock is left, and the next run goes on.

use super::slow::{folder, objects, open_gate, recorded, signal, wait_for, waits};
use formwork_tests::{Folder, Run};
use nix::sys::signal::Signal;
use std::process::Stdio;

/// Calls of the provider, and whether a plan has them.
const CALLS: [(&str, bool); 7] = [
    ("validate-provider", true),
    ("validate", true),
    ("configure", true),
    ("upgrade", true),
    ("read", true),
    ("plan", true),
    ("apply", false),
];

/// One object that is there, and changes; another that is new.
fn changing() -> Folder {
    let folder = folder(0, "resource \"slow_object\" \"old\" {\n  name = \"old\"\n}\n");
    folder.run("apply -auto-approve").ok();
    folder.write(
        "new.tf",
        "resource \"slow_object\" \"new\" {\n  name = slow_object.old.text\n}\nresource \"slow_object\" \"free\" {\n  name = \"free\"\n}\n",
    );
    let main = folder.read("main.tf").replace("name = \"old\"", "name = \"old\"\n  text = \"x\"");
    folder.write("main.tf", &main);
    folder
}

/// Runs with a fault, and stops what hangs by two interrupts.
fn run(folder: &Folder, words: &str, fault: &str) -> Run {
    let once = folder.file("fault.met");
    let mut command = folder.command(words);
    command.env("SLOW_FAULT", fault).env("SLOW_FAULT_ONCE", &once);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    if fault.starts_with("hang") {
        wait_for(fault, || once.exists());
        signal(&child, Signal::SIGTERM);
        signal(&child, Signal::SIGINT);
        // Two signals of one kind may become one; a run that has ended needs no more.
        let process = format!("/proc/{}/status", child.id());
        let is_alive = || std::fs::read_to_string(&process).is_ok_and(|status| !status.contains("State:\tZ"));
        wait_for("the end", || {
            if is_alive() {
                signal(&child, Signal::SIGINT);
            }
            !is_alive()
        });
    }
    let run = Run::of(format!("{words} with {fault}"), child.wait_with_output().unwrap());
    assert!(once.exists(), "{}: the call is not made\n{}\n{}", run.command, run.out, run.err);
    std::fs::remove_file(&once).unwrap();
    run
}

fn goes_on(folder: &Folder, fault: &str, command: &str) {
    assert!(!folder.exists(".terraform.tfstate.lock.info"), "{fault} in {command} leaves a lock");
    let next = folder.run("apply -auto-approve");
    if next.code == Some(3) {
        // Of what was being created nobody knows: whoever looks says so.
        for name in ["new", "free"] {
            let address = format!("slow_object.{name}");
            if next.err.contains(&format!("settle -retry {address}")) {
                folder.run(&format!("settle -retry {address}")).ok();
            }
        }
        folder.run("apply -auto-approve").ok();
    } else {
        next.ok();
    }
    assert_eq!((objects(folder).len(), objects(folder)), (3, recorded(folder)), "{fault} in {command}");
    folder.run("plan -detailed-exitcode").ok();
}

#[test]
fn that_ends_in_a_call() {
    for (call, in_plan) in CALLS {
        let fault = format!("crash {call}");
        for command in ["plan", "apply -auto-approve"] {
            if command == "plan" && !in_plan {
                continue;
            }
            let folder = changing();
            run(&folder, command, &fault).expect(1);
            goes_on(&folder, &fault, command);
        }
    }
}

#[test]
fn that_never_answers() {
    for (call, in_plan) in CALLS {
        let fault = format!("hang {call}");
        let folder = changing();
        let command = if in_plan { "plan" } else { "apply -auto-approve" };
        run(&folder, command, &fault).expect(1);
        goes_on(&folder, &fault, command);
    }
}

#[test]
fn signals_end_a_run_like_an_interrupt() {
    for kind in [Signal::SIGTERM, Signal::SIGHUP] {
        let folder = folder(0, "");
        let gate = waits(&folder, "gate");
        folder.write("o.tf", &format!("resource \"slow_object\" \"o\" {{\n  name = \"o\"\n{gate}}}\n"));
        let mut child = folder.start("apply -auto-approve");
        super::slow::wait_for_gate(&folder);
        signal(&child, kind);
        open_gate(&folder);
        let code = child.wait().unwrap().code();
        assert_eq!(code, Some(1), "{kind}");
        assert_eq!((objects(&folder).len(), objects(&folder)), (1, recorded(&folder)));
        assert!(!folder.exists(".terraform.tfstate.lock.info"));
        folder.run("plan -detailed-exitcode").ok();
    }
}

/// `formwork apply | head -1`: the reader goes, the work does not.
#[test]
fn a_reader_that_goes_away_stops_nothing() {
    let folder = folder(0, "resource \"slow_object\" \"o\" {\n  count = 5\n  name  = \"n${count.index}\"\n}\n");
    let mut child = folder.start("apply -auto-approve");
    drop(child.stdout.take());
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!((objects(&folder).len(), objects(&folder)), (5, recorded(&folder)));
}

/// The question whether to go on is answered by an interrupt.
#[test]
fn an_interrupt_at_the_question_leaves_nothing() {
    let folder = folder(0, "resource \"slow_object\" \"o\" {\n  name = \"o\"\n}\n");
    let mut command = folder.command("apply");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    let mut out = child.stdout.take().unwrap();
    let mut byte = [0; 1];
    while !said.contains("Do you want to perform these actions") {
        assert!(std::io::Read::read(&mut out, &mut byte).unwrap() > 0, "{said}");
        said.push(char::from(byte[0]));
    }
    signal(&child, Signal::SIGINT);
    let code = child.wait().unwrap().code();
    assert_ne!(code, Some(0));
    assert!(!folder.exists(".terraform.tfstate.lock.info"), "the lock is released");
    assert!(objects(&folder).is_empty());
    folder.run("apply -auto-approve").ok().says("1 added");
}
