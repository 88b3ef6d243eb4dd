//! Ctrl-C in the middle of an apply.

use super::slow::{cloud, folder, gated, objects, open_gate, recorded, signal, wait_for, wait_for_gate};
use formwork_tests::{Folder, Run};
use nix::sys::signal::Signal;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};

/// A running apply whose output is read as it comes.
struct Apply {
    child: Child,
    said: Arc<Mutex<String>>,
    readers: Vec<std::thread::JoinHandle<()>>,
}

impl Apply {
    /// Starts, and waits until an object waits for its gate.
    fn start(folder: &Folder) -> Apply {
        let mut child = folder.start("apply -auto-approve -parallelism=1 -no-color");
        let said = Arc::new(Mutex::new(String::new()));
        let read = |pipe: Box<dyn Read + Send>| {
            let said = said.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                    said.lock().unwrap().push_str(&(line + "\n"));
                }
            })
        };
        let readers = vec![read(Box::new(child.stdout.take().unwrap())), read(Box::new(child.stderr.take().unwrap()))];
        wait_for_gate(folder);
        Apply { child, said, readers }
    }

    fn interrupt(&self, answer: &str) {
        signal(&self.child, Signal::SIGINT);
        wait_for(answer, || self.said.lock().unwrap().contains(answer));
    }

    fn end(mut self) -> Run {
        let code = self.child.wait().unwrap().code();
        for reader in self.readers {
            reader.join().unwrap();
        }
        let out = self.said.lock().unwrap().clone();
        Run { command: "apply".to_owned(), code, out, err: String::new() }
    }
}

/// One object that waits for its gate, and one that needs it.
fn two_objects() -> Folder {
    let folder = folder(0, "resource \"slow_object\" \"later\" {\n  name = slow_object.first.name\n}\n");
    folder.write("gated.tf", &gated(&folder, "first"));
    folder
}

#[test]
fn once_finishes_what_runs_and_begins_nothing() {
    let folder = two_objects();
    let apply = Apply::start(&folder);
    apply.interrupt("Interrupt received");
    open_gate(&folder);
    apply.end().expect(1).says("interrupted");
    assert_eq!(objects(&folder).len(), 1, "the second one was not begun");
    assert_eq!(objects(&folder), recorded(&folder));
    assert!(!folder.exists(".terraform.tfstate.lock.info"), "the lock is released");
    folder.run("apply -auto-approve").ok().says("1 added");
    assert_eq!(objects(&folder), recorded(&folder));
}

#[test]
fn twice_stops_now_and_says_what_is_in_doubt() {
    let folder = two_objects();
    let apply = Apply::start(&folder);
    apply.interrupt("Interrupt received");
    apply.interrupt("Two interrupts received");
    apply.end().expect(1);
    assert!(objects(&folder).is_empty(), "the gate was never opened");
    assert!(!folder.exists(".terraform.tfstate.lock.info"), "the lock is released");
    folder.run("plan").expect(3).says("slow_object.first").says("settle");
    folder.run("settle -retry slow_object.first").ok();
    open_gate(&folder);
    folder.run("apply -auto-approve").ok().says("2 added");
    assert_eq!(objects(&folder), recorded(&folder));
    assert!(cloud(&folder).is_dir());
}

#[test]
fn a_plan_that_is_interrupted_changes_nothing() {
    let script = "#!/bin/sh\necho $$ > started\nexec sleep 600\n";
    let mut folder = Folder::with(&super::broken_inputs::using("script"));
    folder.write("plugin", script);
    super::broken_inputs::make_executable(&folder, "plugin");
    folder.use_binaries(&[("example.com/test/script", &folder.file("plugin"))]);
    let child = folder.start("plan");
    wait_for("the plugin", || folder.exists("started") && folder.read("started").ends_with('\n'));
    signal(&child, Signal::SIGINT);
    signal(&child, Signal::SIGTERM);
    let run = Run::of("plan".to_owned(), child.wait_with_output().unwrap());
    assert_eq!(run.code, Some(1), "{}\n{}", run.out, run.err);
    let process = format!("/proc/{}", folder.read("started").trim());
    assert!(!std::path::Path::new(&process).exists(), "the plugin was ended");
    assert!(!folder.exists("terraform.tfstate") && !folder.exists(".terraform.tfstate.lock.info"));
}

/// A state of some megabytes takes its time to be written.
#[test]
fn while_the_state_is_written_it_is_written_to_the_end() {
    let folder = Folder::with(
        "resource \"terraform_data\" \"t\" {\n  count = 200\n  input = join(\"\", [for n in range(1000) : \"${count.index} and ${n} \"])\n}\n",
    );
    let mut command = folder.command("apply -auto-approve");
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // Room for the state is made early; its content comes at the end.
    let has_content =
        |name: &str| std::fs::read(folder.file(name)).is_ok_and(|bytes| bytes.iter().any(|byte| *byte != 0));
    let begun = || has_content("terraform.tfstate") || has_content("terraform.tfstate.next");
    while !begun() {
        assert!(child.try_wait().unwrap().is_none() || begun(), "nothing was written");
        std::thread::yield_now();
    }
    if child.try_wait().unwrap().is_none() {
        [Signal::SIGINT, Signal::SIGTERM, Signal::SIGINT].iter().for_each(|kind| signal(&child, *kind));
    }
    let code = child.wait().unwrap().code();
    assert!(matches!(code, Some(0 | 1)), "{code:?}");
    let instances = folder.state()["resources"][0]["instances"].as_array().unwrap().len();
    assert_eq!(instances, 200);
    assert!(!folder.exists("terraform.tfstate.next") && !folder.exists(".terraform.tfstate.lock.info"));
    folder.run("plan -detailed-exitcode").ok();
}
