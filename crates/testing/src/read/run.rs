//! `run` blocks.

use super::file::{read_variables, second_variables};
use super::object_override::{add_override, read_override};
use crate::file::{Command, OverrideKind, RunBlock};
use formwork_config::{constant_bool, constant_string, read_passed, read_plain_call, read_reference, read_rule};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_hcl::{Attribute, Block, BodySchema, Expr, Traversal, as_keyword, as_list, is_identifier};
use formwork_model::PlanMode;

fn schema() -> BodySchema {
    let attributes = [
        ("command", false),
        ("providers", false),
        ("expect_failures", false),
        ("state_key", false),
        ("parallel", false),
    ];
    let blocks: [(&str, &[&str]); 7] = [
        ("plan_options", &[]),
        ("assert", &[]),
        ("variables", &[]),
        ("module", &[]),
        ("override_resource", &[]),
        ("override_data", &[]),
        ("override_module", &[]),
    ];
    BodySchema::new(&attributes, &blocks)
}

/// `run "NAME"`. `parallel` is what the file says.
pub(super) fn read_run(block: &Block, parallel: bool, diagnostics: &mut Diagnostics) -> RunBlock {
    let (content, problems) = block.body.content(&schema());
    diagnostics.extend(problems);
    let label = block.labels.first();
    if let Some(label) = label.filter(|label| !is_identifier(&label.text)) {
        let detail = "The name of a run begins with a letter or an underscore, and has only letters, digits, underscores and \
             dashes.";
        diagnostics.push(Diagnostic::error("Invalid run block name", detail).at(label.span));
    }
    let mut run = RunBlock {
        name: label.map_or_else(|| "".into(), |label| label.text.clone()),
        command: Command::Apply,
        mode: PlanMode::Normal,
        refresh: true,
        replace: Vec::new(),
        targets: Vec::new(),
        variables: Default::default(),
        asserts: Vec::new(),
        overrides: Vec::new(),
        module: None,
        config: None,
        providers: None,
        expect_failures: Vec::new(),
        state_key: None,
        parallel,
        header_span: block.header_span,
    };
    for attribute in &content.attributes {
        read_argument(attribute, &mut run, diagnostics);
    }
    let mut has_variables = false;
    let mut has_options = false;
    for inner in &content.blocks {
        if &*inner.kind.name == "variables" && std::mem::replace(&mut has_variables, true) {
            diagnostics.push(second_variables(inner));
            continue;
        }
        if &*inner.kind.name == "plan_options" && std::mem::replace(&mut has_options, true) {
            let detail = "A run has one plan_options block. Write all options into it.";
            diagnostics.push(Diagnostic::error("Multiple \"plan_options\" blocks", detail).at(inner.header_span));
            continue;
        }
        read_block(inner, &mut run, diagnostics);
    }
    run
}

fn read_argument(attribute: &Attribute, run: &mut RunBlock, diagnostics: &mut Diagnostics) {
    let expr = &attribute.expr;
    match &*attribute.name.name {
        "command" => match as_keyword(expr).as_deref() {
            Some("apply") => run.command = Command::Apply,
            Some("plan") => run.command = Command::Plan,
            _ => {
                let detail = "A run has the command apply or plan, written without quotes.";
                diagnostics.push(Diagnostic::error("Invalid \"command\" keyword", detail).at(expr.span));
            }
        },
        "providers" => run.providers = Some(read_passed(attribute, diagnostics)),
        "expect_failures" => match as_list(expr) {
            Ok(items) => {
                run.expect_failures = items.iter().filter_map(|item| read_reference(item, diagnostics)).collect();
            }
            Err(problem) => diagnostics.push(problem),
        },
        "state_key" => run.state_key = constant_string(expr, diagnostics),
        "parallel" => run.parallel = constant_bool(expr, diagnostics).unwrap_or(false),
        _ => {}
    }
}

fn read_block(block: &Block, run: &mut RunBlock, diagnostics: &mut Diagnostics) {
    let kind = match &*block.kind.name {
        "plan_options" => return read_plan_options(block, run, diagnostics),
        "assert" => return run.asserts.extend(read_rule(block, diagnostics)),
        "variables" => {
            run.variables = read_variables(block, diagnostics);
            return;
        }
        "module" => return read_module(block, run, diagnostics),
        "override_resource" => OverrideKind::Resource,
        "override_data" => OverrideKind::Data,
        _ => OverrideKind::Module,
    };
    if let Some(found) = read_override(kind, block, false, diagnostics) {
        add_override(found, block, &mut run.overrides, diagnostics);
    }
}

fn read_module(block: &Block, run: &mut RunBlock, diagnostics: &mut Diagnostics) {
    if run.module.is_some() {
        let detail = "A run works on one module; there is a module block already.";
        diagnostics.push(Diagnostic::error("Multiple \"module\" blocks", detail).at(block.header_span));
        return;
    }
    let (content, _, _) = block.body.partial_content(&BodySchema::new(&[("source", false)], &[]));
    if content.attribute("source").is_none() {
        let detail = "The module block of a run needs a source: the directory or address of the module to run.";
        let summary = "Missing \"source\" attribute for module block";
        diagnostics.push(Diagnostic::error(summary, detail).at(block.header_span));
        return;
    }
    run.module = read_plain_call(&run.name, block, diagnostics);
}

fn read_plan_options(block: &Block, run: &mut RunBlock, diagnostics: &mut Diagnostics) {
    let schema = BodySchema::new(&[("mode", false), ("refresh", false), ("replace", false), ("target", false)], &[]);
    let (content, problems) = block.body.content(&schema);
    diagnostics.extend(problems);
    if let Some(mode) = content.attribute("mode") {
        match as_keyword(&mode.expr).as_deref() {
            Some("normal") => run.mode = PlanMode::Normal,
            Some("refresh-only") => run.mode = PlanMode::RefreshOnly,
            _ => {
                let detail = "The mode of a plan is normal or refresh-only, written without quotes.";
                diagnostics.push(Diagnostic::error("Invalid \"mode\" keyword", detail).at(mode.expr.span));
            }
        }
    }
    if let Some(refresh) = content.attribute("refresh") {
        run.refresh = constant_bool(&refresh.expr, diagnostics).unwrap_or(true);
    }
    if let Some(replace) = content.attribute("replace") {
        run.replace = read_traversals(&replace.expr, diagnostics);
    }
    if let Some(target) = content.attribute("target") {
        run.targets = read_traversals(&target.expr, diagnostics);
    }
    if run.mode == PlanMode::RefreshOnly && !run.refresh {
        let detail =
            "With mode = refresh-only nothing is planned but what reading finds, so refresh = false leaves nothing.";
        let place = content.attribute("refresh").map_or(block.header_span, |refresh| refresh.expr.span);
        diagnostics.push(Diagnostic::error("Incompatible plan options", detail).at(place));
    }
}

fn read_traversals(expr: &Expr, diagnostics: &mut Diagnostics) -> Vec<Traversal> {
    let items = match as_list(expr) {
        Ok(items) => items,
        Err(problem) => {
            diagnostics.push(problem);
            return Vec::new();
        }
    };
    items.iter().filter_map(|item| read_reference(item, diagnostics)).collect()
}
