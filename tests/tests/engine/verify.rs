//! Plans that contradict themselves are found out.

use formwork_model::{DeposedKey, OperationId, OperationKind, Plan, PlanMode, PlanOptions};
use formwork_tests::engine::Engine;
use formwork_value::{Marks, Value};

const MAIN: &str = r#"
resource "cloud_thing" "a" {
  name   = "a"
  secret = "hush"
  zone   = "1"
}
resource "cloud_thing" "b" {
  count = 9
  name  = "b${count.index}"
  links = [cloud_thing.a.id]
}
resource "cloud_thing" "c" {
  name = "c"
  zone = "1"
  lifecycle { create_before_destroy = true }
}
resource "cloud_thing" "d" {
  count = 2
  name  = "d${count.index}"
}
resource "cloud_thing" "e" {
  count      = 9
  name       = "e${count.index}"
  depends_on = [cloud_thing.d]
}
output "o" { value = cloud_thing.a.name }
"#;

/// An engine with everything applied.
fn applied() -> Engine {
    let mut engine = Engine::new(MAIN);
    let (plan, _) = engine.plan(PlanOptions::default());
    let outcome = engine.apply(plan);
    assert!(!outcome.diagnostics.has_errors(), "{:#?}", outcome.diagnostics);
    engine
}

fn plan(engine: &Engine, mode: PlanMode) -> Plan {
    let (plan, problems) = engine.plan(PlanOptions { mode, ..PlanOptions::default() });
    assert!(!problems.has_errors(), "{problems:#?}");
    plan.verify().expect("a good plan");
    plan
}

/// The operation that reads like this.
fn find(plan: &Plan, text: &str) -> usize {
    let operations = &plan.execution.operations;
    operations.iter().position(|o| o.to_string() == text).unwrap_or_else(|| panic!("{text} in\n{}", plan.execution))
}

fn refused(what: &str, plan: &Plan, spoil: impl FnOnce(&mut Plan), message: &str) {
    let mut plan = plan.clone();
    spoil(&mut plan);
    let error = plan.verify().expect_err(what).to_string();
    assert!(error.contains(message), "{what}: {error}");
}

#[test]
fn destroys_wait_for_those_of_dependents() {
    let plan = plan(&applied(), PlanMode::Destroy);
    let a = find(&plan, "delete cloud_thing.a");
    refused("no order", &plan, |p| p.execution.operations[a].after.clear(), "cloud_thing.a does not wait for");
    let barrier = plan.execution.operations.iter().position(|o| o.kind == OperationKind::Barrier).expect("a barrier");
    let less = |p: &mut Plan| assert!(p.execution.operations[barrier].after.pop().is_some());
    refused("one too few", &plan, less, "cloud_thing.d[0] does not wait for delete cloud_thing.e[8]");
}

#[test]
fn operations_are_those_of_the_changes() {
    let mut engine = applied();
    engine.configure(&MAIN.replace("zone = \"1\"", "zone = \"2\"").replace("zone   = \"1\"", "zone   = \"2\""));
    let plan = plan(&engine, PlanMode::Normal);
    let create = find(&plan, "create cloud_thing.a");
    let update = find(&plan, "update cloud_thing.b[0]");
    let late =
        plan.execution.operations.iter().position(|o| matches!(&o.kind, OperationKind::Delete { deposed: Some(_) }));
    let late = late.expect("a late delete");
    let wrong = "is not what its operations do";
    refused("not after the delete", &plan, |p| p.execution.operations[create].after.clear(), wrong);
    refused("not after the create", &plan, |p| p.execution.operations[late].after.clear(), wrong);
    refused("another kind", &plan, |p| p.execution.operations[update].kind = OperationKind::Create, wrong);
    let other = DeposedKey("abcdef01".into());
    let other_key = |p: &mut Plan| p.execution.operations[late].kind = OperationKind::Delete { deposed: Some(other) };
    refused("another key", &plan, other_key, wrong);
    refused("nothing to run", &plan, |p| p.execution.operations.clear(), wrong);
    let twice = |p: &mut Plan| p.changes.push(p.changes[0].clone());
    refused("two changes", &plan, twice, "two changes of cloud_thing.a");
    let again = |p: &mut Plan| p.execution.operations.push(p.execution.operations[update].clone());
    refused("two operations", &plan, again, wrong);
    let round = |p: &mut Plan| {
        let id = |n: usize| OperationId(u32::try_from(n).expect("a small number"));
        p.execution.operations[update].after = vec![id(late)];
        p.execution.operations[late].after.push(id(update));
    };
    refused("in a circle", &plan, round, "cycle");
}

#[test]
fn marks_are_kept() {
    let engine = Engine::new(MAIN);
    let plan = plan(&engine, PlanMode::Normal);
    let bare = |p: &mut Plan| p.changes[0].after = p.changes[0].after.unmark_deep().0;
    refused("a secret", &plan, bare, "sensitive values of cloud_thing.a are not marked");
    let brief = Value::from("x").with_marks(Marks::EPHEMERAL);
    let variable = |p: &mut Plan| drop(p.variables.insert("v".into(), brief.clone()));
    refused("an ephemeral variable", &plan, variable, "ephemeral value of variable v");
    let output = |p: &mut Plan| p.outputs[0].after = brief.clone();
    refused("an ephemeral output", &plan, output, "ephemeral value of output o");
    let sensitive = |p: &mut Plan| p.outputs[0].after = Value::from("x").with_marks(Marks::SENSITIVE);
    refused("a sensitive output", &plan, sensitive, "sensitive values of output o");
}
