//! Cases: configuration and actions with what must come of them, as text.
//!
//! A file holds cases under `### name`, a case steps under `--- step`. Steps that say something to the engine have the text
//! below them as input: `main` and `file PATH` (configuration), `cloud` (faults and changes by hand, one a line). The
//! others run something and have the expected text below them: `load`, `validate`, `plan [options]`, `apply [options]`,
//! `state`, `checks`, `calls`, `provisioned`.

use super::{Engine, Fault, NotedEvents, text};
use formwork_model::{Plan, PlanMode, PlanOptions, ResourceInstance, TargetAddress};
use std::fmt::Write;

/// A case as written.
pub struct Case {
    pub name: String,
    steps: Vec<Step>,
}

struct Step {
    words: String,
    body: String,
}

/// The cases of a file.
pub fn parse(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("### ") {
            cases.push(Case { name: name.trim().to_string(), steps: Vec::new() });
        } else if let (Some(words), Some(case)) = (line.strip_prefix("--- "), cases.last_mut()) {
            case.steps.push(Step { words: words.trim().to_string(), body: String::new() });
        } else if let Some(step) = cases.last_mut().and_then(|c| c.steps.last_mut()) {
            step.body.push_str(line);
            step.body.push('\n');
        }
    }
    cases
}

impl Case {
    /// Runs the case and writes it down again, with what really came of each step.
    pub fn run(&self) -> String {
        let mut run = Run { engine: Engine::new(""), plan: None, saved: None };
        let mut out = format!("### {}\n", self.name);
        for step in &self.steps {
            let _ = writeln!(out, "--- {}", step.words);
            let body = run.step(step);
            out.push_str(body.trim_end());
            out.push('\n');
        }
        out
    }

    /// The case as it is in the file, in the same form.
    pub fn written(&self) -> String {
        let mut out = format!("### {}\n", self.name);
        for step in &self.steps {
            let _ = writeln!(out, "--- {}\n{}", step.words, step.body.trim_end());
        }
        out
    }
}

struct Run {
    engine: Engine,
    plan: Option<Plan>,
    /// What `save` has kept for `resume`.
    saved: Option<Plan>,
}

impl Run {
    fn step(&mut self, step: &Step) -> String {
        let mut words = step.words.split_whitespace();
        let verb = words.next().unwrap_or_default();
        let words: Vec<&str> = words.collect();
        match (verb, &*words) {
            ("main", _) => {
                self.engine.configure(&step.body);
                step.body.clone()
            }
            ("file", [path]) => {
                self.engine.write(path, &step.body);
                step.body.clone()
            }
            ("cloud", _) => {
                step.body.lines().for_each(|line| self.cloud(line));
                step.body.clone()
            }
            ("load", _) => {
                let (config, problems) = self.engine.try_load();
                text::problems(&problems, &config)
            }
            ("validate", _) => {
                let problems = self.engine.validate();
                text::problems(&problems, &self.engine.load())
            }
            ("plan", words) => self.plan(words),
            ("apply", words) => self.apply(words),
            ("save", _) => {
                self.saved = self.plan.clone();
                String::new()
            }
            ("resume", _) => self.resume(),
            ("state", _) => text::state(&self.engine.state.state),
            ("checks", _) => text::checks(&self.engine.state.state.checks),
            ("calls", _) => lines(self.engine.cloud.take_log()),
            ("provisioned", _) => {
                lines(std::mem::take(&mut *self.engine.provisioner.0.lock().expect("no panic while it was held")))
            }
            _ => panic!("there is no step {:?}", step.words),
        }
    }

    fn plan(&mut self, words: &[&str]) -> String {
        let mut options = PlanOptions::default();
        let (mut values, mut cancel, mut show) = (false, None, false);
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut address = || *words.next().expect("an address");
            match *word {
                "destroy" => options.mode = PlanMode::Destroy,
                "refresh-only" => options.mode = PlanMode::RefreshOnly,
                "no-refresh" => options.refresh = false,
                "values" => values = true,
                "events" => show = true,
                "target" => options.targets.push(TargetAddress::parse(address()).expect("an address")),
                "exclude" => options.excludes.push(TargetAddress::parse(address()).expect("an address")),
                "replace" => options.replace.push(ResourceInstance::parse(address()).expect("an address")),
                "cancel" => cancel = Some(address().parse::<usize>().expect("a number")),
                word => panic!("there is no plan option {word:?}"),
            }
        }
        let cloud = self.engine.cloud.clone();
        let cancelled = || cancel.is_some_and(|limit| cloud.calls("plan") >= limit);
        let events = NotedEvents::default();
        let (plan, problems) = self.engine.plan_told(options, &cancelled, &events);
        let events = events.0.into_inner().expect("no panic while it was held");
        let out = if show { text::events(&events) } else { String::new() };
        let out = out + &text::plan(&plan, values) + &text::problems(&problems, &self.engine.load());
        self.plan = Some(plan);
        out
    }

    fn apply(&mut self, words: &[&str]) -> String {
        let plan = self.plan.take().expect("a plan to apply");
        if plan.errored {
            return "the plan has errors\n".into();
        }
        let (mut limit, mut show) = (usize::MAX, false);
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "cancel" => limit = words.next().and_then(|w| w.parse().ok()).expect("a number"),
                "events" => show = true,
                "serial" => self.engine.parallelism = 1,
                word => panic!("there is no apply option {word:?}"),
            }
        }
        let (outcome, events) = self.engine.apply_until(plan, |started| started >= limit);
        let events = if show { text::events(&events) } else { String::new() };
        events + &text::outcome(&outcome) + &text::problems(&outcome.diagnostics, &self.engine.load())
    }

    /// What is left of the saved plan, and what comes of it.
    fn resume(&mut self) -> String {
        let plan = self.saved.as_ref().expect("a saved plan");
        let rest = match self.engine.resume(plan, None) {
            Ok(rest) => rest,
            Err(deviations) => return deviations.iter().map(|found| format!("refused: {found}\n")).collect(),
        };
        let mut out = rest.plan.execution.to_string();
        rest.half_made.iter().for_each(|address| out.push_str(&format!("half made: {address}\n")));
        let (outcome, _) = self.engine.apply_resumed(rest, |_| false);
        out + &text::outcome(&outcome) + &text::problems(&outcome.diagnostics, &self.engine.load())
    }

    fn cloud(&self, line: &str) {
        let cloud = &self.engine.cloud;
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        let fault = |fault: Fault, call: &str, name: &str| cloud.inject(call, name, fault);
        match &*words {
            [""] => {}
            ["fail", call, name] => fault(Fault::Fail, call, name),
            ["partial", call, name] => fault(Fault::Partial, call, name),
            ["inconsistent", call, name] => fault(Fault::Inconsistent, call, name),
            ["unknown", call, name] => fault(Fault::Unknown, call, name),
            ["nothing", call, name] => fault(Fault::Nothing, call, name),
            ["null", call, name] => fault(Fault::Null, call, name),
            ["slow", call, name, seconds] => cloud.slow_down(call, name, seconds.parse().expect("a number")),
            ["add", id, name] => cloud.add(id, name),
            ["remove", name] => assert!(cloud.remove(name), "there is no {name}"),
            ["set", name, attribute, json] => assert!(cloud.set(name, attribute, json), "{line}"),
            _ => panic!("the cloud does not know {line:?}"),
        }
    }
}

fn lines(lines: Vec<String>) -> String {
    if lines.is_empty() { "none\n".into() } else { lines.join("\n") + "\n" }
}
