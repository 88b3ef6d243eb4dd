//! Planner and applier together, in memory.

use formwork_model::{PlanMode, PlanOptions};
use formwork_tests::engine::{Engine, actions};

#[test]
fn what_was_applied_plans_empty_and_can_be_destroyed() {
    let mut engine = Engine::new(
        r#"
        locals { names = { x = 1, y = 2 } }
        resource "terraform_data" "a" { input = "hello" }
        resource "terraform_data" "b" {
          for_each = local.names
          input    = "${terraform_data.a.output}-${each.key}"
        }
        resource "terraform_data" "c" {
          count = 2
          input = terraform_data.b["x"].id
        }
        output "ids" { value = terraform_data.c[*].id }
        "#,
    );
    let problems = engine.validate();
    assert!(problems.is_empty(), "{problems:#?}");
    let (plan, problems) = engine.plan(PlanOptions::default());
    assert!(problems.is_empty(), "{problems:#?}");
    assert_eq!(
        plan.execution.to_string(),
        "0: create terraform_data.a\n\
         1: create terraform_data.b[\"x\"] after 0\n\
         2: create terraform_data.b[\"y\"] after 0\n\
         3: create terraform_data.c[0] after 1\n\
         4: create terraform_data.c[1] after 1\n"
    );
    let outcome = engine.apply(plan);
    assert!(outcome.diagnostics.is_empty(), "{:#?}", outcome.diagnostics);
    assert_eq!((outcome.added, outcome.changed, outcome.destroyed), (5, 0, 0));
    let (plan, problems) = engine.plan(PlanOptions::default());
    assert!(problems.is_empty(), "{problems:#?}");
    assert!(!plan.has_changes(), "{}", actions(&plan));
    let (plan, problems) = engine.plan(PlanOptions { mode: PlanMode::Destroy, ..PlanOptions::default() });
    assert!(problems.is_empty(), "{problems:#?}");
    let outcome = engine.apply(plan);
    assert!(outcome.diagnostics.is_empty(), "{:#?}", outcome.diagnostics);
    assert_eq!(outcome.destroyed, 5);
    assert!(engine.state.state.is_empty());
}
