//! SIGKILL at random moments of an apply: no object is lost, and none is created twice without a word.

use super::slow::{cloud, folder, objects, recorded, signal, wait_for};
use formwork_tests::{Folder, Run};
use nix::sys::signal::Signal;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

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
    let folder = fifty();
    let start = Instant::now();
    folder.run(APPLY).ok().says("50 added");
    let length = u64::try_from(start.elapsed().as_millis()).unwrap();
    let tally = Mutex::new(Tally::default());
    std::thread::scope(|scope| {
        for half in 0..2 {
            let tally = &tally;
            scope.spawn(move || {
                let mut random = Random(half);
                for round in 0..KILLS / 2 {
                    let moment = Duration::from_millis(random.below(length));
                    kill_and_recover(&format!("kill {half}/{round} after {moment:?} of {length} ms"), moment, tally);
                }
            });
        }
    });
    let tally = tally.into_inner().unwrap();
    assert_eq!(tally.before + tally.during + tally.after, KILLS);
    assert!(tally.during >= KILLS / 5, "many kills must meet the creations: {tally:?}");
    assert!(tally.in_doubt > 0 && tally.existing_in_doubt > 0, "some creations must be in doubt: {tally:?}");
}

fn kill_and_recover(round: &str, moment: Duration, tally: &Mutex<Tally>) {
    let folder = fifty();
    let mut child = folder.start(APPLY);
    // The moment of the kill is what is random here; nothing waits for anything.
    std::thread::sleep(moment);
    signal(&child, Signal::SIGKILL);
    child.wait().unwrap();
    wait_for_plugin(&folder);
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
