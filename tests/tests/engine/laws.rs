//! What holds for every configuration.

use crate::configuration::{Configuration, MODULE, changes, configurations, repeatable_changes};
use formwork_apply::{ApplyOutcome, Resumed};
use formwork_model::{
    Action, Event, ExecutionGraph, JournalEntry, OperationId, OperationKind, Plan, PlanMode, PlanOptions,
};
use formwork_object::Deviation;
use formwork_tests::engine::{Engine, Fault, text};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use std::collections::{BTreeMap, BTreeSet};

/// Enough for every shape to occur; more with PROPTEST_CASES.
fn cases() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(210);
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 150, ..ProptestConfig::default() }
}

fn engine(configuration: &Configuration) -> Engine {
    let mut engine = Engine::new(&configuration.text());
    engine.write("m/main.tf", MODULE);
    engine
}

fn plan(engine: &Engine, mode: PlanMode) -> Result<Plan, TestCaseError> {
    let (plan, problems) = engine.plan(PlanOptions { mode, ..PlanOptions::default() });
    prop_assert!(!problems.has_errors(), "{}", text::problems(&problems, &engine.load()));
    Ok(plan)
}

/// Plans and applies without problems, and checks how that was done.
fn run(engine: &mut Engine, mode: PlanMode) -> Result<ApplyOutcome, TestCaseError> {
    let plan = plan(engine, mode)?;
    let graph = plan.execution.clone();
    let (outcome, events) = engine.apply_until(plan, |_| false);
    prop_assert!(outcome.diagnostics.is_empty(), "{:#?}", outcome.diagnostics);
    prop_assert_eq!(outcome.skipped, 0);
    obeys(&graph, &events)?;
    Ok(outcome)
}

/// Every operation began after all that it waits for had ended. An update that turns out to change nothing is not told.
fn obeys(graph: &ExecutionGraph, events: &[Event]) -> TestCaseResult {
    let told = |event: &Event| match event {
        Event::Started { operation, .. } => *operation,
        _ => None,
    };
    let told: BTreeSet<OperationId> = events.iter().filter_map(told).collect();
    let mut ended: BTreeSet<OperationId> = BTreeSet::new();
    for event in events {
        match event {
            Event::Started { operation: Some(operation), .. } => {
                let mut pending = vec![*operation];
                while let Some(id) = pending.pop() {
                    for other in graph.get(id).into_iter().flat_map(|o| &o.after) {
                        match graph.get(*other).map(|o| &o.kind) {
                            Some(OperationKind::Barrier) => pending.push(*other),
                            Some(OperationKind::Update) if !told.contains(other) => pending.push(*other),
                            _ => prop_assert!(ended.contains(other), "{operation:?} began before {other:?}\n{graph}"),
                        }
                    }
                }
            }
            Event::Finished { operation: Some(operation), .. } => {
                ended.insert(*operation);
            }
            _ => {}
        }
    }
    Ok(())
}

/// What waited for another object when it was created has gone before that one goes.
fn reverses(creation: &ExecutionGraph, destruction: &[Event]) -> TestCaseResult {
    let mut gone: BTreeSet<String> = BTreeSet::new();
    let mut began: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for event in destruction {
        match event {
            Event::Started { object, .. } => drop(began.insert(object.address.to_string(), gone.clone())),
            Event::Finished { object, .. } => drop(gone.insert(object.address.to_string())),
            _ => {}
        }
    }
    for operation in creation.operations.iter().filter(|o| matches!(o.kind, OperationKind::Create)) {
        let mut pending = operation.after.clone();
        let mut seen = BTreeSet::new();
        while let Some(other) = pending.pop().and_then(|id| creation.get(id).filter(|_| seen.insert(id))) {
            pending.extend(other.after.iter().copied());
            if let (OperationKind::Create, Some(before)) = (&other.kind, began.get(&other.address.to_string())) {
                let own = operation.address.to_string();
                prop_assert!(before.contains(&own), "{} went before {own}\n{creation}", other.address);
            }
        }
    }
    Ok(())
}

/// What goes first goes while others still have links to it, if it leaves the configuration or is destroyed to be created
/// anew; those others are changed afterwards. Nothing else goes early: no old object of a replacement that creates first,
/// and nothing before what is destroyed as well.
fn only_early_deletes(engine: &Engine, plan: &Plan) -> TestCaseResult {
    let late = plan.changes.iter().filter(|change| change.action == Action::CreateThenDelete);
    let late: BTreeSet<&str> = late.filter_map(|change| change.before.get("id")?.as_str()).collect();
    let objects = engine.cloud.objects();
    for violation in engine.cloud.take_violations() {
        let (gone, holder) = violation.split_once(" was deleted while ").expect("what was deleted");
        let holder = holder.split(' ').next().unwrap_or_default();
        prop_assert!(!late.contains(gone) && objects.contains_key(holder), "{violation}\n{}", plan.execution);
    }
    Ok(())
}

/// What is left of a plan; what was done is nowhere else but in the plan and the state.
fn resumed(engine: &Engine, plan: &Plan, known: Option<&BTreeSet<OperationId>>) -> Result<Resumed, TestCaseError> {
    let rest = engine.resume(plan, known);
    let lines = |found: &Vec<Deviation>| found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    prop_assert!(rest.is_ok(), "{}\n{}", rest.as_ref().err().map(lines).unwrap_or_default(), plan.execution);
    let rest = rest.expect("it was looked at");
    prop_assert!(rest.plan.verify().is_ok(), "{:?}", rest.plan.verify());
    Ok(rest)
}

fn is_empty(engine: &Engine) -> TestCaseResult {
    let again = plan(engine, PlanMode::Normal)?;
    prop_assert!(!again.has_changes(), "{}\n{}", text::plan(&again, true), text::state(&engine.state.state));
    Ok(())
}

/// The state as text in which ids are replaced by the addresses of their objects. Versions count updates, of which an
/// interrupted run may need more.
fn comparable(engine: &Engine) -> String {
    let mut out = text::state(&engine.state.state);
    for (at, line) in text::state(&engine.state.state).lines().enumerate() {
        if let Some(id) = line.split(" id=\"").nth(1).and_then(|rest| rest.split('"').next()) {
            out = out.replace(&format!("{id}\""), &format!("<{at}>\""));
        }
    }
    let mut plain = String::new();
    for word in out.split_inclusive(' ') {
        if !word.starts_with("version=") {
            plain.push_str(word);
        }
    }
    plain
}

fn same(expected: &str, actual: &str) -> TestCaseResult {
    let lines = |text: &str| text.lines().map(str::to_string).collect::<BTreeSet<_>>();
    let (expected, actual) = (lines(expected), lines(actual));
    let missing: Vec<&String> = expected.difference(&actual).collect();
    let surplus: Vec<&String> = actual.difference(&expected).collect();
    prop_assert!(missing.is_empty() && surplus.is_empty(), "missing {missing:#?}\nsurplus {surplus:#?}");
    Ok(())
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn what_was_applied_plans_empty_and_destroy_leaves_nothing((before, after) in changes()) {
        let mut engine = engine(&before);
        run(&mut engine, PlanMode::Normal)?;
        is_empty(&engine)?;
        engine.configure(&after.text());
        let change = plan(&engine, PlanMode::Normal)?;
        run(&mut engine, PlanMode::Normal)?;
        is_empty(&engine)?;
        only_early_deletes(&engine, &change)?;
        run(&mut engine, PlanMode::Destroy)?;
        prop_assert!(engine.state.state.is_empty(), "{}", text::state(&engine.state.state));
        prop_assert!(engine.cloud.objects().is_empty());
        prop_assert_eq!(engine.cloud.take_violations(), Vec::<String>::new());
    }

    #[test]
    fn plans_do_not_depend_on_timing((before, after) in changes(), seed in any::<u64>()) {
        let mut engine = engine(&before);
        run(&mut engine, PlanMode::Normal)?;
        engine.configure(&after.text());
        let first = plan(&engine, PlanMode::Normal)?;
        engine.cloud.set_jitter(seed | 1);
        let second = plan(&engine, PlanMode::Normal)?;
        prop_assert_eq!(text::plan(&first, true), text::plan(&second, true));
        prop_assert!(first == second);
        let bytes = |plan: &Plan| formwork_backend::plan_file::encode(plan).map_err(|e| TestCaseError::fail(e.to_string()));
        prop_assert_eq!(bytes(&first)?, bytes(&second)?);
        prop_assert!(first.verify().is_ok());
    }

    #[test]
    fn parallelism_does_not_matter((before, after) in repeatable_changes(), seed in any::<u64>()) {
        let mut ends = Vec::new();
        for (parallelism, jitter) in [(1, 0), (32, seed | 1)] {
            let mut engine = engine(&before);
            engine.parallelism = parallelism;
            engine.cloud.set_jitter(jitter);
            run(&mut engine, PlanMode::Normal)?;
            engine.configure(&after.text());
            run(&mut engine, PlanMode::Normal)?;
            ends.push(comparable(&engine));
        }
        same(&ends[0], &ends[1])?;
    }

    #[test]
    fn an_interrupted_apply_is_taken_up_again((before, after) in repeatable_changes(), limit in 0usize..12, serial in any::<bool>()) {
        let mut whole = engine(&before);
        run(&mut whole, PlanMode::Normal)?;
        whole.configure(&after.text());
        run(&mut whole, PlanMode::Normal)?;
        let mut cut = engine(&before);
        cut.parallelism = if serial { 1 } else { 10 };
        run(&mut cut, PlanMode::Normal)?;
        cut.configure(&after.text());
        let begun = plan(&cut, PlanMode::Normal)?;
        let (outcome, _) = cut.apply_until(begun, |started| started >= limit);
        prop_assert!(!outcome.diagnostics.has_errors(), "{:#?}", outcome.diagnostics);
        run(&mut cut, PlanMode::Normal)?;
        is_empty(&cut)?;
        same(&comparable(&whole), &comparable(&cut))?;
        prop_assert_eq!(whole.cloud.objects().len(), cut.cloud.objects().len());
    }

    #[test]
    fn a_failed_apply_is_taken_up_again((before, after) in repeatable_changes(), name in 0usize..8, call in 0usize..3, half in any::<bool>()) {
        let mut whole = engine(&before);
        run(&mut whole, PlanMode::Normal)?;
        whole.configure(&after.text());
        run(&mut whole, PlanMode::Normal)?;
        let mut failing = engine(&before);
        run(&mut failing, PlanMode::Normal)?;
        failing.configure(&after.text());
        let call = ["create", "update", "delete"][call];
        failing.cloud.inject(call, &format!("r{name}"), if half { Fault::Partial } else { Fault::Fail });
        let begun = plan(&failing, PlanMode::Normal)?;
        let outcome = failing.apply(begun);
        let was_met = failing.cloud.faults_left() == 0;
        prop_assert_eq!(outcome.diagnostics.has_errors(), was_met);
        prop_assert!(was_met || outcome.skipped == 0);
        failing.cloud.clear_faults();
        run(&mut failing, PlanMode::Normal)?;
        is_empty(&failing)?;
        same(&comparable(&whole), &comparable(&failing))?;
        prop_assert_eq!(whole.cloud.objects().len(), failing.cloud.objects().len());
    }

    #[test]
    fn a_resumed_plan_ends_as_an_uninterrupted_one(
        (before, after) in repeatable_changes(),
        limits in proptest::collection::vec(0usize..8, 0..3),
        faults in proptest::collection::vec((0usize..8, 0usize..3, any::<bool>()), 0..3),
        is_known in any::<bool>(),
    ) {
        let mut whole = engine(&before);
        run(&mut whole, PlanMode::Normal)?;
        whole.configure(&after.text());
        run(&mut whole, PlanMode::Normal)?;
        let mut cut = engine(&before);
        run(&mut cut, PlanMode::Normal)?;
        cut.configure(&after.text());
        let begun = plan(&cut, PlanMode::Normal)?;
        for (name, call, half) in faults {
            let call = ["create", "update", "delete"][call];
            cut.cloud.inject(call, &format!("r{name}"), if half { Fault::Partial } else { Fault::Fail });
        }
        let mut finished = BTreeSet::new();
        for limit in limits {
            let rest = resumed(&cut, &begun, is_known.then_some(&finished))?;
            let origins = rest.origins.clone();
            let (outcome, _) = cut.apply_resumed(rest, |started| started >= limit);
            finished.extend(outcome.finished.iter().filter_map(|id| origins[id.0 as usize]));
        }
        for _ in 0..4 {
            let rest = resumed(&cut, &begun, is_known.then_some(&finished))?;
            let origins = rest.origins.clone();
            let (outcome, _) = cut.apply_resumed(rest, |_| false);
            finished.extend(outcome.finished.iter().filter_map(|id| origins[id.0 as usize]));
        }
        let rest = resumed(&cut, &begun, is_known.then_some(&finished))?;
        // The state alone does not tell when a data source was read, nor whether an update came to its end: they are done
        // once more, without an effect.
        prop_assert!(rest.left() == 0 || !is_known, "{}\n{}", rest.plan.execution, begun.execution);
        cut.cloud.take_calls();
        cut.apply_resumed(rest.clone(), |_| false);
        let calls = cut.cloud.take_calls();
        prop_assert!(!["create", "update", "delete"].iter().any(|call| calls.contains_key(call)), "{calls:?}");
        prop_assert!(rest.half_made.is_empty());
        same(&comparable(&whole), &comparable(&cut))?;
        prop_assert_eq!(whole.cloud.objects().len(), cut.cloud.objects().len());
        is_empty(&cut)?;
    }

    #[test]
    fn moved_and_back_is_nothing(configuration in configurations(), jitter in any::<u64>()) {
        let mut engine = engine(&configuration);
        engine.cloud.set_jitter(jitter | 1);
        run(&mut engine, PlanMode::Normal)?;
        let before = text::state(&engine.state.state);
        let there = configuration.renamed();
        for next in [&there, &there.renamed()] {
            engine.configure(&next.text());
            let plan = plan(&engine, PlanMode::Normal)?;
            let acts = |change: &&formwork_model::ResourceChange| change.action != Action::NoOp;
            prop_assert!(!plan.changes.iter().any(|c| acts(&c)), "{}", text::plan(&plan, true));
            run(&mut engine, PlanMode::Normal)?;
            is_empty(&engine)?;
        }
        prop_assert_eq!(before, text::state(&engine.state.state));
    }

    #[test]
    fn destruction_reverses_creation(configuration in configurations(), seed in any::<u64>()) {
        let mut engine = engine(&configuration);
        engine.cloud.set_jitter(seed | 1);
        let creation = plan(&engine, PlanMode::Normal)?;
        let (outcome, events) = engine.apply_until(creation.clone(), |_| false);
        prop_assert!(outcome.diagnostics.is_empty(), "{:#?}", outcome.diagnostics);
        obeys(&creation.execution, &events)?;
        let destruction = plan(&engine, PlanMode::Destroy)?;
        let (outcome, events) = engine.apply_until(destruction.clone(), |_| false);
        prop_assert!(outcome.diagnostics.is_empty(), "{:#?}", outcome.diagnostics);
        obeys(&destruction.execution, &events)?;
        reverses(&creation.execution, &events)?;
    }

    #[test]
    fn an_interrupted_destroy_is_taken_up_again(configuration in configurations(), limit in 0usize..12) {
        let mut engine = engine(&configuration);
        run(&mut engine, PlanMode::Normal)?;
        let destruction = plan(&engine, PlanMode::Destroy)?;
        let (outcome, _) = engine.apply_until(destruction, |started| started >= limit);
        prop_assert!(!outcome.diagnostics.has_errors(), "{:#?}", outcome.diagnostics);
        run(&mut engine, PlanMode::Destroy)?;
        prop_assert!(engine.state.state.is_empty(), "{}", text::state(&engine.state.state));
        prop_assert!(engine.cloud.objects().is_empty());
        prop_assert_eq!(engine.cloud.take_violations(), Vec::<String>::new());
    }

    #[test]
    fn what_others_change_is_put_right((before, after) in changes(), drift in proptest::collection::vec((0usize..8, 0u8..3), 1..4)) {
        let mut engine = engine(&before);
        run(&mut engine, PlanMode::Normal)?;
        for (node, what) in drift {
            let name = format!("r{node}");
            match what {
                0 => engine.cloud.remove(&name),
                1 => engine.cloud.set(&name, "zone", "\"elsewhere\""),
                _ => engine.cloud.set(&name, "links", "[\"theirs\"]"),
            };
        }
        engine.configure(&after.text());
        run(&mut engine, PlanMode::Normal)?;
        is_empty(&engine)?;
    }

    #[test]
    fn effects_are_announced_first(configuration in configurations()) {
        let mut engine = engine(&configuration);
        run(&mut engine, PlanMode::Normal)?;
        run(&mut engine, PlanMode::Destroy)?;
        let entries = engine.journal.0.lock().expect("no panic while it was held");
        let mut announced = BTreeSet::new();
        for entry in entries.iter() {
            match entry {
                JournalEntry::Intent { operation, address, .. } => {
                    announced.insert((*operation, address.clone()));
                }
                JournalEntry::Result { operation, address, .. } if &*address.resource.kind == "cloud_thing" => {
                    prop_assert!(announced.contains(&(*operation, address.clone())), "{address}");
                }
                _ => {}
            }
        }
    }
}

/// Kept from a run of [`a_resumed_plan_ends_as_an_uninterrupted_one`]: an object that was made in half is destroyed first,
/// and what waited for its creation waits for that as well.
#[test]
fn what_waits_for_a_creation_waits_for_what_is_left_of_it() {
    let first = |zone: &str| {
        format!(
            "resource \"cloud_thing\" \"r0\" {{\n  name = \"r0-${{each.key}}\"\n  links = []\n  zone = \"{zone}\"\n  \
             for_each = toset([\"a\", \"b\"])\n  lifecycle {{\n    create_before_destroy = true\n  }}\n}}\n"
        )
    };
    let mut engine = Engine::new(&first("z0"));
    run(&mut engine, PlanMode::Normal).unwrap();
    let second = "resource \"cloud_thing\" \"r1\" {\n  name = \"r1\"\n  links = values(cloud_thing.r0)[*].id\n  zone = \"z0\"\n}\n";
    engine.configure(&(first("z1") + second));
    let begun = plan(&engine, PlanMode::Normal).unwrap();
    engine.cloud.inject("create", "r1", Fault::Partial);
    engine.apply_resumed(resumed(&engine, &begun, None).unwrap(), |_| false);
    assert_eq!(engine.cloud.faults_left(), 0);
    let rest = resumed(&engine, &begun, None).unwrap();
    assert_eq!(rest.half_made.len(), 1);
    let (outcome, _) = engine.apply_resumed(rest, |_| false);
    assert!(!outcome.diagnostics.has_errors(), "{:#?}", outcome.diagnostics);
    is_empty(&engine).unwrap();
}
