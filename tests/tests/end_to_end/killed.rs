//! SIGKILL at random moments of an apply: no object is lost, and none is created twice without a word.

use super::slow::{cloud, folder, objects, open_gate, recorded, signal, wait_for, wait_for_gate, waits};
use formwork_tests::{Folder, Run};
use nix::sys::signal::Signal;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Child;
use std::sync::Mutex;
use std::time::Duration;

const KILLS: usize = 50;
const OBJECTS: usize = 50;
const DELAY_MS: u64 = 20;

/// So many at a time that the creations take most of the run.
const APPLY: &str = "apply -auto-approve -parallelism=5";

/// Random numbers that repeat (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}

fn fifty() -> Folder {
    folder(
        DELAY_MS,
        &format!("resource \"slow_object\" \"o\" {{\n  count = {OBJECTS}\n  name  = \"n${{count.index}}\"\n}}\n"),
    )
}

/// What the kills of a whole run have met.
#[derive(Debug, Default)]
struct Tally {
    before: usize,
    during: usize,
    after: usize,
    in_doubt: usize,
    existing_in_doubt: usize,
}

impl Tally {
    fn add(&mut self, other: &Tally) {
        self.before += other.before;
        self.during += other.during;
        self.after += other.after;
        self.in_doubt += other.in_doubt;
        self.existing_in_doubt += other.existing_in_doubt;
    }
}

#[test]
fn no_kill_loses_an_object_or_doubles_one() {
    let tally = Mutex::new(Tally::default());
    std::thread::scope(|scope| {
        for half in 0..2 {
            let tally = &tally;
            scope.spawn(move || {
                let mut random = Random(half);
                for round in 0..KILLS / 2 {
                    let moment = Moment {
                        objects: usize::try_from(random.below(OBJECTS as u64)).unwrap(),
                        then: Duration::from_millis(random.below(2 * DELAY_MS)),
                    };
                    kill_and_recover(&format!("kill {half}/{round} {moment:?}"), moment, tally);
                }
            });
        }
    });
    let tally = tally.into_inner().unwrap();
    assert_eq!(tally.before + tally.during + tally.after, KILLS);
    assert!(tally.during >= KILLS / 5, "many kills must meet the creations: {tally:?}");
    assert!(tally.in_doubt > 0 && tally.existing_in_doubt > 0, "some creations must be in doubt: {tally:?}");
}

/// When to kill: so long after there are so many objects.
#[derive(Clone, Copy, Debug)]
struct Moment {
    objects: usize,
    then: Duration,
}

fn kill_and_recover(round: &str, moment: Moment, tally: &Mutex<Tally>) {
    let folder = fifty();
    let mut child = folder.start(APPLY);
    wait_for("the objects", || objects(&folder).len() >= moment.objects);
    // The moment of the kill is what is random here; nothing waits for anything.
    std::thread::sleep(moment.then);
    kill(&folder, &mut child);
    let existing = objects(&folder);
    let mut seen = Tally::default();
    match existing.len() {
        0 => seen.before += 1,
        OBJECTS => seen.after += 1,
        _ => seen.during += 1,
    }
    recover(round, &folder, &existing, &mut seen);
    tally.lock().unwrap().add(&seen);
    folder.run("apply -auto-approve").ok();
    let all = objects(&folder);
    assert_eq!(all, recorded(&folder), "{round}: cloud and state");
    assert_eq!(all.iter().map(|id| name(id)).collect::<BTreeSet<_>>().len(), OBJECTS, "{round}: each name");
    assert_eq!(all.len(), OBJECTS, "{round}: once");
    assert!(existing.iter().all(|id| all.contains(id)), "{round}: what there was is there");
}

/// Kills the program, and waits for the end of its plugin.
pub fn kill(folder: &Folder, child: &mut Child) {
    signal(child, Signal::SIGKILL);
    child.wait().unwrap();
    wait_for_plugin(folder);
}

/// Runs a command until an object waits for its gate, and kills it there.
pub fn kill_at_the_gate(folder: &Folder, command: &str) {
    let mut child = folder.start(command);
    wait_for_gate(folder);
    kill(folder, &mut child);
    std::fs::remove_file(folder.file("gate.reached")).unwrap();
}

/// One object that waits for its gate before the effect or after it.
pub fn waiting(folder: &Folder, name: &str, argument: &str, more: &str) {
    let waits = waits(folder, argument);
    let block = format!("resource \"slow_object\" \"o\" {{\n  name = {name:?}\n  {waits}{more}}}\n");
    folder.write("object.tf", &block);
}

const CREATE_FIRST: &str = "  lifecycle {\n    create_before_destroy = true\n  }\n";

/// A saved plan that was cut off is not applied a second time.
#[test]
fn a_saved_plan_creates_nothing_twice() {
    for (argument, existing) in [("gate", 0), ("hold", 1)] {
        let folder = folder(0, "");
        waiting(&folder, "one", argument, "");
        folder.run("plan -out=my.plan").ok();
        kill_at_the_gate(&folder, "apply my.plan");
        open_gate(&folder);
        assert_eq!(objects(&folder).len(), existing);
        for command in ["apply my.plan", "plan", "apply -auto-approve", "apply my.plan"] {
            folder.run(command).expect(3).says("slow_object.o").says("formwork settle -retry");
        }
        assert_eq!(objects(&folder).len(), existing, "nothing was created");
        match objects(&folder).first() {
            Some(id) => drop(folder.run(&format!("import slow_object.o {id}")).ok()),
            None => {
                folder.run("settle -retry slow_object.o").ok();
                folder.run("apply my.plan").ok().says("1 added");
            }
        }
        folder.run("settle").ok().says("Nothing is in doubt");
        assert_eq!((objects(&folder).len(), objects(&folder)), (1, recorded(&folder)));
    }
}

/// A replacement that was cut off is in doubt although the old object is there.
#[test]
fn a_replacement_is_not_created_twice() {
    for (argument, answer) in [("gate", "retry"), ("hold", "import"), ("hold", "forget")] {
        let folder = folder(0, "");
        folder.write("object.tf", &format!("resource \"slow_object\" \"o\" {{\n  name = \"old\"\n{CREATE_FIRST}}}\n"));
        folder.run("apply -auto-approve").ok();
        waiting(&folder, "new", argument, CREATE_FIRST);
        kill_at_the_gate(&folder, "apply -auto-approve");
        open_gate(&folder);
        let made = objects(&folder).into_iter().find(|id| name(id) == "new");
        assert_eq!(made.is_some(), argument == "hold");
        for _ in 0..2 {
            folder.run("apply -auto-approve").expect(3).says("the replacement of slow_object.o");
        }
        assert_eq!(recorded(&folder).len(), 1, "the old object");
        match (answer, &made) {
            ("import", Some(id)) => drop(folder.run(&format!("import slow_object.o {id}")).ok()),
            _ => drop(folder.run(&format!("settle -{answer} slow_object.o")).ok()),
        }
        let last = folder.run("apply -auto-approve").ok();
        let mut left = objects(&folder);
        if answer == "import" {
            last.says("0 added").says("1 destroyed");
            assert_eq!(left, [made.clone().unwrap()], "the object that was found");
        }
        if answer == "forget" {
            left.retain(|id| Some(id) != made.as_ref());
        }
        assert_eq!(left, recorded(&folder), "{answer}");
        assert_eq!(left.iter().map(|id| name(id)).collect::<Vec<_>>(), ["new"], "{answer}");
        folder.run("plan -detailed-exitcode").ok();
    }
}

/// Updates and destructions are never in doubt: the next plan looks.
#[test]
fn what_was_cut_off_is_looked_at_again() {
    for (argument, change) in [("gate", "update"), ("hold", "update"), ("gate", "destroy")] {
        let folder = folder(0, "");
        waiting(&folder, "one", argument, "");
        open_gate(&folder);
        folder.run("apply -auto-approve").ok();
        std::fs::remove_file(folder.file("gate")).unwrap();
        std::fs::remove_file(folder.file("gate.reached")).unwrap();
        match change {
            "update" => waiting(&folder, "one", argument, "  text = \"changed\"\n"),
            _ => folder.write("object.tf", ""),
        }
        kill_at_the_gate(&folder, "apply -auto-approve");
        open_gate(&folder);
        let count = usize::from(change == "update");
        let next = folder.run("apply -auto-approve").ok().says("0 added");
        assert!(!next.out.contains("0 results"), "{}", next.out);
        assert_eq!((objects(&folder).len(), objects(&folder)), (count, recorded(&folder)), "{argument} {change}");
        folder.run("plan -detailed-exitcode").ok();
    }
}

/// An object that is wanted by what is targeted counts as much as the target; one that an import block takes over is
/// found, and does not come back as a doubt later.
#[test]
fn import_blocks_settle_what_is_in_doubt() {
    let folder = folder(0, "");
    waiting(&folder, "one", "hold", "");
    kill_at_the_gate(&folder, "apply -auto-approve");
    open_gate(&folder);
    let wanting = "resource \"terraform_data\" \"needs\" {\n  input = slow_object.o.id\n}\n";
    folder.write("wanting.tf", wanting);
    folder.run("apply -auto-approve -target=terraform_data.needs").expect(3).says("settle -retry slow_object.o");
    let id = objects(&folder).concat();
    folder.write("import.tf", &format!("import {{\n  to = slow_object.o\n  id = {id:?}\n}}\n"));
    folder.run("apply -auto-approve").ok().says("1 imported");
    folder.run("settle").ok().says("Nothing is in doubt");
    std::fs::remove_file(folder.file("import.tf")).unwrap();
    folder.run("destroy -auto-approve").ok();
    folder.run("apply -auto-approve").ok().says("2 added");
    assert_eq!(objects(&folder).len(), 1);
}

/// The next plan knows every object, or names its address.
fn recover(round: &str, folder: &Folder, existing: &[String], tally: &mut Tally) {
    let plan = folder.run("plan -detailed-exitcode -no-color");
    let known: BTreeSet<String> = recorded(folder).into_iter().collect();
    let doubts = doubts(&plan);
    let expected = if doubts.is_empty() { [0, 2].as_slice() } else { &[3] };
    assert!(plan.code.is_some_and(|code| expected.contains(&code)), "{round}\n{}\n{}", plan.out, plan.err);
    for id in existing.iter().filter(|id| !known.contains(*id)) {
        assert!(doubts.contains(&address(name(id))), "{round}: nobody knows of {id}\n{}\n{}", plan.out, plan.err);
    }
    for doubt in &doubts {
        tally.in_doubt += 1;
        match existing.iter().find(|id| address(name(id)) == *doubt) {
            Some(id) => {
                tally.existing_in_doubt += 1;
                folder.run(&format!("import {doubt} {id}")).ok();
            }
            None => drop(folder.run(&format!("settle -retry {doubt}")).ok()),
        }
    }
}

/// Addresses that a plan names as in doubt.
fn doubts(plan: &Run) -> BTreeSet<String> {
    let words = plan.err.split_whitespace().collect::<Vec<_>>();
    let after = words.windows(2).filter(|pair| pair[0] == "-retry").map(|pair| pair[1].to_owned());
    after.collect()
}

fn name(id: &str) -> &str {
    id.split('.').next().unwrap()
}

fn address(name: &str) -> String {
    format!("slow_object.o[{}]", name.trim_start_matches('n'))
}

/// The plugin ends by itself when its host is gone; until then it may still create what it was asked for.
fn wait_for_plugin(folder: &Folder) {
    let file = cloud(folder).with_extension("process");
    if let Ok(process) = std::fs::read_to_string(file) {
        wait_for("the end of the plugin", || !Path::new(&format!("/proc/{process}")).exists());
    }
}
