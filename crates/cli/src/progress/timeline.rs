//! What the operations of a run have taken, what the others will take, and what the whole waits for.
//!
//! Invariant: no clock in here: times are those since the beginning of the run, and are passed in.

use super::history::History;
use formwork_graph::Scheduler;
use formwork_model::{Event, Operation, OperationKind, Plan};
use formwork_render::elapsed_text;
use std::time::Duration;

/// Operations that the summary names.
const NAMED: usize = 5;

/// What takes less is not worth a line.
const NOTABLE: Duration = Duration::from_secs(1);

/// The operations of a plan with their times.
pub struct Timeline {
    steps: Vec<Step>,
    /// Positions, each after all that it waits for.
    order: Vec<usize>,
    parallelism: u32,
}

struct Step {
    name: String,
    /// `create aws_vpc.main`, without the name of an instance: `create aws_vpc`.
    key: String,
    kind: String,
    after: Vec<usize>,
    is_barrier: bool,
    expected: Option<Duration>,
    began: Option<Duration>,
    ended: Option<Duration>,
}

impl Step {
    fn took(&self) -> Option<Duration> {
        Some(self.ended?.saturating_sub(self.began?))
    }
}

/// The name of what an operation does, as history keeps it.
fn verb(operation: &Operation) -> &'static str {
    match operation.kind {
        OperationKind::Create | OperationKind::CreateReplacement { .. } => "create",
        OperationKind::Update => "update",
        OperationKind::Delete { .. } => "delete",
        OperationKind::Read => "read",
        OperationKind::Forget { .. } => "forget",
        OperationKind::Barrier => "wait",
    }
}

impl Timeline {
    pub fn of(plan: &Plan, history: &History) -> Timeline {
        let step = |operation: &Operation| {
            let verb = verb(operation);
            let key = format!("{verb} {}", operation.address);
            let kind = format!("{verb} {}", operation.address.resource.kind);
            Step {
                name: operation.address.to_string(),
                expected: history.expected(&key, &kind),
                key,
                kind,
                after: operation.after.iter().map(|id| id.0 as usize).collect(),
                is_barrier: operation.kind == OperationKind::Barrier,
                began: None,
                ended: None,
            }
        };
        let steps: Vec<Step> = plan.execution.operations.iter().map(step).collect();
        let mut scheduler = Scheduler::new(steps.iter().map(|step| step.after.clone()).collect());
        let mut order = Vec::with_capacity(steps.len());
        while let Some(at) = scheduler.take_ready() {
            order.push(at);
            scheduler.finish(at);
        }
        let parallelism = u32::try_from(plan.options.parallelism).unwrap_or(u32::MAX).max(1);
        Timeline { steps, order, parallelism }
    }

    pub fn observe(&mut self, event: &Event, now: Duration) {
        let (id, ends) = match event {
            Event::Started { operation: Some(id), .. } => (id, false),
            Event::Finished { operation: Some(id), .. } | Event::Failed { operation: Some(id), .. } => (id, true),
            _ => return,
        };
        if let Some(step) = self.steps.get_mut(id.0 as usize) {
            let time = if ends { &mut step.ended } else { &mut step.began };
            *time = Some(now);
        }
    }

    /// What is known of the durations after the run.
    pub fn durations(&self) -> impl Iterator<Item = (&str, &str, Duration)> {
        self.steps.iter().filter_map(|step| Some((&*step.key, &*step.kind, step.took()?)))
    }

    fn mean(&self) -> Option<Duration> {
        let taken: Vec<Duration> = self.steps.iter().filter_map(Step::took).collect();
        taken.iter().sum::<Duration>().checked_div(u32::try_from(taken.len()).ok()?)
    }

    /// How long it will take, as far as anybody can tell: at least as long as the longest row of operations that wait for each
    /// other, and as all of them shared out. `None`: nothing of the kind has ever been seen.
    pub fn left(&self, now: Duration) -> Option<Duration> {
        let mean = self.mean();
        let (mut longest, mut work) = (Duration::ZERO, Duration::ZERO);
        let mut ends: Vec<Duration> = vec![Duration::ZERO; self.steps.len()];
        for at in &self.order {
            let Some(step) = self.steps.get(*at) else { continue };
            let before = step.after.iter().filter_map(|other| ends.get(*other)).max().copied().unwrap_or_default();
            let own = match (step.is_barrier || step.ended.is_some(), step.began) {
                (true, _) => Duration::ZERO,
                (false, began) => {
                    let elapsed = began.map_or(Duration::ZERO, |began| now.saturating_sub(began));
                    step.expected.or(mean)?.saturating_sub(elapsed)
                }
            };
            work += own;
            if let Some(end) = ends.get_mut(*at) {
                *end = before + own;
                longest = longest.max(*end);
            }
        }
        Some(longest.max(work / self.parallelism))
    }

    /// What runs, how long, what waits for it, and how much is left.
    pub fn line(&self, now: Duration) -> String {
        let effects = || self.steps.iter().filter(|step| !step.is_barrier);
        let done = effects().filter(|step| step.ended.is_some()).count();
        let mut text = format!("Progress: {done} of {} done", effects().count());
        let running = |step: &Step| step.began.filter(|_| step.ended.is_none());
        let count = effects().filter(|step| running(step).is_some()).count();
        let oldest = self
            .steps
            .iter()
            .enumerate()
            .filter_map(|(at, step)| Some((running(step)?, at, step)))
            .min_by_key(|(began, at, _)| (*began, *at));
        if let Some((began, at, step)) = oldest {
            let elapsed = elapsed_text(milliseconds(now.saturating_sub(began)));
            text.push_str(&format!(", {count} running, longest {} ({elapsed}", step.name));
            match self.waiting(at) {
                0 => text.push(')'),
                waiting => text.push_str(&format!(", {waiting} wait for it)")),
            }
        }
        if let Some(left) = self.left(now) {
            text.push_str(&format!(", about {} left", elapsed_text(milliseconds(left))));
        }
        text
    }

    /// How many operations wait for one, directly or through others.
    fn waiting(&self, at: usize) -> usize {
        let mut waits = vec![false; self.steps.len()];
        let mut count = 0;
        for other in &self.order {
            let Some(step) = self.steps.get(*other) else { continue };
            let is_after = step.after.iter().any(|before| *before == at || waits.get(*before) == Some(&true));
            if let Some(place) = waits.get_mut(*other).filter(|_| is_after) {
                *place = true;
                count += usize::from(!step.is_barrier);
            }
        }
        count
    }

    /// The operations that each had to wait for the one before it, up to the one that ended last.
    fn critical_path(&self) -> Vec<&Step> {
        let last = self.steps.iter().filter(|step| step.ended.is_some()).max_by_key(|step| step.ended);
        let mut path: Vec<&Step> = last.into_iter().collect();
        let mut step = last;
        while let Some(current) = step {
            step = self.latest_before(current);
            path.extend(step);
        }
        path.reverse();
        path
    }

    /// Of what a step had to wait for, what ended last.
    fn latest_before(&self, step: &Step) -> Option<&Step> {
        let mut stack: Vec<usize> = step.after.clone();
        let mut latest: Option<&Step> = None;
        let mut seen = std::collections::BTreeSet::new();
        while let Some(at) = stack.pop() {
            let Some(before) = self.steps.get(at).filter(|_| seen.insert(at)) else { continue };
            if before.is_barrier {
                stack.extend(&before.after);
            } else if before.ended.is_some() && latest.is_none_or(|latest| latest.ended < before.ended) {
                latest = Some(before);
            }
        }
        latest
    }

    /// What took the time, for the end of a long run; empty if nothing did.
    pub fn summary(&self, elapsed: Duration) -> String {
        let told = |step: &&Step| step.took().filter(|took| *took >= NOTABLE);
        let line = |step: &&Step| {
            let took = elapsed_text(milliseconds(step.took().unwrap_or_default()));
            format!("  {took:>8}  {}", step.name)
        };
        let path: Vec<String> = self.critical_path().iter().filter(|step| told(step).is_some()).map(line).collect();
        if path.is_empty() {
            return String::new();
        }
        let mut slowest: Vec<&Step> = self.steps.iter().filter(|step| told(step).is_some()).collect();
        slowest.sort_by_key(|step| std::cmp::Reverse(step.took()));
        let slowest: Vec<String> = slowest.iter().take(NAMED).map(line).collect();
        let shown = |lines: &[String]| match lines.len() {
            count if count > 2 * NAMED => {
                let (head, tail) = (lines.iter().take(NAMED), lines.iter().skip(count - NAMED));
                let middle = format!("       ...  {} more", count - 2 * NAMED);
                head.cloned().chain([middle]).chain(tail.cloned()).collect::<Vec<_>>().join("\n")
            }
            _ => lines.join("\n"),
        };
        let took = elapsed_text(milliseconds(elapsed));
        format!(
            "The run took {took}. Its critical path:\n{}\nSlowest operations:\n{}\n",
            shown(&path),
            slowest.join("\n")
        )
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use formwork_model::{Action, ObjectEvent, OperationId, ResourceInstance};

    /// `a`, then `b` and `c`, then a barrier over both, then `d`.
    fn plan() -> Plan {
        let operation = |name: &str, kind: OperationKind, after: &[u32]| Operation {
            address: ResourceInstance::parse(&format!("slow.{name}")).unwrap(),
            kind,
            change: 0,
            after: after.iter().copied().map(OperationId).collect(),
        };
        let mut plan = Plan::default();
        plan.options.parallelism = 10;
        plan.execution.operations = vec![
            operation("a", OperationKind::Create, &[]),
            operation("b", OperationKind::Create, &[0]),
            operation("c", OperationKind::Create, &[0]),
            operation("b", OperationKind::Barrier, &[1, 2]),
            operation("d", OperationKind::Create, &[3]),
        ];
        plan
    }

    fn event(id: u32, ends: bool) -> Event {
        let address = ResourceInstance::parse("slow.x").unwrap();
        let object = ObjectEvent { address, deposed: None, action: Action::Create, id: None, elapsed_ms: 0 };
        let operation = Some(OperationId(id));
        if ends { Event::Finished { operation, object } } else { Event::Started { operation, object } }
    }

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn tells_what_took_the_time_and_what_is_left() {
        let mut history = History::default();
        for (name, time) in [("a", 10), ("b", 20), ("c", 40), ("d", 5)] {
            history.note(&format!("create slow.{name}"), "create slow", seconds(time));
        }
        let mut timeline = Timeline::of(&plan(), &history);
        assert_eq!(timeline.left(seconds(0)), Some(seconds(55)));
        let run = [(0, 0, 10), (1, 10, 35), (2, 10, 31), (4, 35, 40)];
        timeline.observe(&event(0, false), seconds(0));
        assert_eq!(
            timeline.line(seconds(4)),
            "Progress: 0 of 4 done, 1 running, longest slow.a (4s, 3 wait for it), about 51s left"
        );
        for (id, began, ended) in run {
            timeline.observe(&event(id, false), seconds(began));
            timeline.observe(&event(id, true), seconds(ended));
        }
        let path: Vec<&str> = timeline.critical_path().iter().map(|step| &*step.name).collect();
        assert_eq!(path, ["slow.a", "slow.b", "slow.d"]);
        assert_eq!(timeline.left(seconds(40)), Some(seconds(0)));
        let summary = timeline.summary(seconds(40));
        assert!(
            summary.starts_with("The run took 40s. Its critical path:\n       10s  slow.a\n       25s  slow.b\n"),
            "{summary}"
        );
        assert!(
            summary.ends_with(
                "Slowest operations:\n       25s  slow.b\n       21s  slow.c\n       10s  slow.a\n        5s  slow.d\n"
            ),
            "{summary}"
        );
    }

    #[test]
    fn without_a_history_the_run_itself_tells() {
        let mut timeline = Timeline::of(&plan(), &History::default());
        assert_eq!(timeline.left(seconds(0)), None);
        timeline.observe(&event(0, false), seconds(0));
        timeline.observe(&event(0, true), seconds(6));
        assert_eq!(timeline.left(seconds(6)), Some(seconds(12)));
    }
}
