//! Graphs and the scheduler through their public surface.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use formwork_graph::{Graph, Scheduler};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// A graph of letters from lines like `a: b c` (a depends on b and c).
fn graph(lines: &[&str]) -> Graph<String> {
    let mut graph = Graph::new();
    for line in lines {
        let (node, dependencies) = line.split_once(':').unwrap();
        let node = graph.add(node.to_owned());
        for dependency in dependencies.split_whitespace() {
            let dependency = graph.add(dependency.to_owned());
            graph.add_dependency(node, dependency);
        }
    }
    graph
}

fn names(graph: &Graph<String>, nodes: &[usize]) -> String {
    nodes.iter().map(|node| graph.key(*node).unwrap().as_str()).collect::<Vec<_>>().join(" ")
}

/// The direct dependencies of each node.
fn lists<K>(graph: &Graph<K>) -> Vec<Vec<usize>> {
    (0..graph.len()).map(|node| graph.dependencies(node).collect()).collect()
}

/// What nodes depend on, directly or not.
fn reach<K>(graph: &Graph<K>, mut pending: Vec<usize>) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    while let Some(node) = pending.pop() {
        pending.extend(graph.dependencies(node).filter(|next| reached.insert(*next)));
    }
    reached
}

#[test]
fn building() {
    let graph = graph(&["a: b c b", "b:", "c: b"]);
    assert_eq!(graph.len(), 3);
    assert_eq!(graph.keys().collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(graph.index_of(&"c".to_owned()), Some(2));
    assert_eq!(graph.dependencies(0).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(graph.dependents(1).collect::<Vec<_>>(), [0, 2]);
    assert!(graph.depends_on(0, 1) && !graph.depends_on(1, 0));
    assert_eq!(lists(&graph), [vec![1, 2], vec![], vec![1]]);
    let mut other = graph.clone();
    other.add_dependency(0, 99);
    other.add_dependency(99, 0);
    assert_eq!(lists(&other), lists(&graph));
}

#[test]
fn topological_order() {
    let cases: &[(&[&str], &str)] = &[
        (&["a:", "b:", "c:"], "a b c"),
        (&["a: c", "b:", "c:"], "c a b"),
        (&["a: d b", "b: c", "c:", "d: c"], "c d b a"),
        (&["a: b", "c:", "b: c"], "c b a"),
    ];
    for (lines, expected) in cases {
        let graph = graph(lines);
        assert_eq!(names(&graph, &graph.topological_order().unwrap()), *expected, "{lines:?}");
        assert_eq!(graph.cycles(), Vec::<Vec<usize>>::new());
    }
}

#[test]
fn cycles() {
    let cases: &[(&[&str], &[&str])] = &[
        (&["a: a"], &["a"]),
        (&["a: b", "b: c", "c: a"], &["a b c"]),
        // The shortest of several cycles in one group, and what only leads there is not a member.
        (&["x: a", "a: b d", "b: c", "c: a", "d: a y"], &["a d"]),
        (&["a: b", "b: a", "c: d", "d: c", "e: a c"], &["a b", "c d"]),
    ];
    for (lines, expected) in cases {
        let graph = graph(lines);
        assert_eq!(graph.topological_order(), None, "{lines:?}");
        let found: Vec<String> = graph.cycles().iter().map(|cycle| names(&graph, cycle)).collect();
        assert_eq!(found, *expected, "{lines:?}");
    }
}

#[test]
fn reduction() {
    let graph = graph(&["a: b c d", "b: c", "c: d", "d:"]);
    assert_eq!(lists(&graph.reduced()), [vec![1], vec![2], vec![3], vec![]]);
}

#[test]
fn depth_is_no_problem() {
    let mut chain = Graph::new();
    for node in 0..50_000 {
        chain.add(node);
        if node > 0 {
            chain.add_dependency(node - 1, node);
        }
    }
    assert_eq!(chain.topological_order().unwrap().first(), Some(&49_999));
    assert!(chain.cycles().is_empty());
    let mut scheduler = Scheduler::new(lists(&chain));
    assert_eq!(scheduler.take_ready(), Some(49_999));
    assert_eq!(scheduler.fail(49_999).len(), 49_999);
    chain.add_dependency(49_999, 0);
    assert_eq!(chain.cycles().first().map(Vec::len), Some(50_000));
}

#[test]
fn scheduling() {
    // 3 and 2 need 1; 4 needs 2 and 3; 0 is free.
    let mut scheduler = Scheduler::new(vec![vec![], vec![], vec![1, 1], vec![1, 77], vec![2, 3]]);
    assert_eq!((scheduler.take_ready(), scheduler.take_ready(), scheduler.take_ready()), (Some(0), Some(1), None));
    assert_eq!((scheduler.remaining(), scheduler.running()), (5, 2));
    scheduler.finish(4);
    scheduler.finish(99);
    assert_eq!(scheduler.fail(4), [0usize; 0]);
    assert_eq!(scheduler.remaining(), 5);
    scheduler.finish(1);
    scheduler.finish(1);
    assert_eq!((scheduler.take_ready(), scheduler.take_ready(), scheduler.take_ready()), (Some(2), Some(3), None));
    scheduler.finish(3);
    assert_eq!(scheduler.untaken(), [4]);
    assert_eq!(scheduler.fail(2), [4]);
    assert_eq!(scheduler.take_ready(), None);
    assert!(!scheduler.is_done());
    scheduler.finish(0);
    assert!(scheduler.is_done());
    assert_eq!((scheduler.remaining(), scheduler.running()), (0, 0));
}

#[test]
fn nodes_are_skipped_once_and_what_runs_goes_on() {
    // 2 needs 0 and 1, 3 needs 2, 4 needs 1.
    let mut scheduler = Scheduler::new(vec![vec![], vec![], vec![0, 1], vec![2], vec![1]]);
    assert_eq!((scheduler.take_ready(), scheduler.take_ready()), (Some(0), Some(1)));
    assert_eq!(scheduler.fail(0), [2, 3]);
    assert_eq!(scheduler.fail(1), [4]);
    assert!(scheduler.is_done());
}

#[test]
fn nodes_in_a_cycle_never_become_ready() {
    let mut scheduler = Scheduler::new(vec![vec![1], vec![0], vec![]]);
    assert_eq!((scheduler.take_ready(), scheduler.take_ready()), (Some(2), None));
    scheduler.finish(2);
    assert_eq!((scheduler.remaining(), scheduler.running()), (2, 0));
}

/// Lists of dependencies on later or earlier nodes; without cycles if `acyclic`.
fn dependencies(acyclic: bool) -> impl Strategy<Value = Vec<Vec<usize>>> {
    (1usize..12).prop_flat_map(move |count| {
        let lists: Vec<_> =
            (0..count).map(|node| prop::collection::vec(0..if acyclic { node.max(1) } else { count }, 0..4)).collect();
        lists.prop_map(move |mut lists| {
            if acyclic {
                lists[0].clear();
            }
            lists
        })
    })
}

fn numbered(lists: &[Vec<usize>]) -> Graph<usize> {
    let mut graph = Graph::new();
    (0..lists.len()).for_each(|node| assert_eq!(graph.add(node), node));
    for (node, list) in lists.iter().enumerate() {
        list.iter().for_each(|dependency| graph.add_dependency(node, *dependency));
    }
    graph
}

proptest! {
    #[test]
    fn order_respects_every_edge(lists in dependencies(false)) {
        let graph = numbered(&lists);
        match graph.topological_order() {
            Some(order) => {
                prop_assert!(graph.cycles().is_empty());
                prop_assert_eq!(order.iter().copied().collect::<BTreeSet<_>>().len(), lists.len());
                let place = |node: &usize| order.iter().position(|other| other == node).unwrap();
                for (node, list) in lists.iter().enumerate() {
                    for dependency in list {
                        prop_assert!(place(dependency) < place(&node));
                    }
                }
            }
            None => {
                let cycles = graph.cycles();
                prop_assert!(!cycles.is_empty());
                for cycle in cycles {
                    for (at, node) in cycle.iter().enumerate() {
                        prop_assert!(graph.depends_on(*node, cycle[(at + 1) % cycle.len()]));
                    }
                    prop_assert_eq!(cycle.iter().collect::<BTreeSet<_>>().len(), cycle.len());
                }
            }
        }
    }

    #[test]
    fn reduction_keeps_reach_and_nothing_else(lists in dependencies(true)) {
        let graph = numbered(&lists);
        let reduced = graph.reduced();
        for node in 0..graph.len() {
            prop_assert_eq!(reach(&reduced, vec![node]), reach(&graph, vec![node]));
            for dependency in reduced.dependencies(node) {
                let others: Vec<usize> = reduced.dependencies(node).filter(|other| *other != dependency).collect();
                prop_assert!(!reach(&reduced, others).contains(&dependency));
            }
        }
    }

    #[test]
    fn schedule_is_complete_and_in_order(lists in dependencies(true), choices in prop::collection::vec((any::<bool>(), 0u8..8), 100)) {
        let mut scheduler = Scheduler::new(lists.clone());
        let (mut running, mut done, mut gone) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        for (take, choice) in choices {
            if take && let Some(node) = scheduler.take_ready() {
                prop_assert!(lists[node].iter().all(|dependency| done.contains(dependency)));
                prop_assert!(!gone.contains(&node));
                running.push(node);
            } else if !running.is_empty() {
                let node = running.remove(usize::from(choice) % running.len());
                if choice == 0 {
                    let skipped = scheduler.fail(node);
                    for node in &skipped {
                        prop_assert!(gone.insert(*node), "skipped twice");
                    }
                    gone.insert(node);
                } else {
                    scheduler.finish(node);
                    done.insert(node);
                }
            }
            prop_assert_eq!(scheduler.remaining(), lists.len() - done.len() - gone.len());
            prop_assert_eq!(scheduler.running(), running.len());
        }
        // What failed took exactly its dependents along.
        if scheduler.is_done() {
            for (node, list) in lists.iter().enumerate() {
                let doomed = list.iter().any(|dependency| gone.contains(dependency));
                prop_assert!(!doomed || gone.contains(&node));
            }
        }
    }
}
