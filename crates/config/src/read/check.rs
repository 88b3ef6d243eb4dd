//! Conditions and `check` blocks.

use crate::item::{Item, complete};
use crate::name::check_name;
use crate::read::resource::read_data_of_check;
use crate::{CheckBlock, CheckRule, Module, ResourceBlock};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_hcl::{Block, BodySchema, references};
use formwork_model::Resource;

/// A `validation`, `precondition`, `postcondition` or `assert` block.
pub fn read_rule(block: &Block, diagnostics: &mut Diagnostics) -> Option<CheckRule> {
    let schema = BodySchema::new(&[("condition", true), ("error_message", true)], &[]);
    let content = complete(&block.body, &schema, diagnostics);
    let condition = content.attribute("condition").map(|a| a.expr.clone());
    let mut is_constant = false;
    if let Some(condition) = &condition
        && references(condition).is_empty()
    {
        let detail = "The condition must refer to at least one object of the configuration; otherwise its result is \
             always the same and nothing is checked.";
        let summary = format!("Invalid {} expression", block.kind.name);
        diagnostics.push(Diagnostic::error(summary, detail).at(condition.span));
        is_constant = true;
    }
    let error_message = content.attribute("error_message")?.expr.clone();
    (!is_constant).then_some(CheckRule { condition: condition?, error_message, span: block.header_span })
}

/// As [`read_rule`], for a resource: refers to the resource by `self` only.
pub(crate) fn read_rule_of(block: &Block, own: &Resource, diagnostics: &mut Diagnostics) -> Option<CheckRule> {
    let rule = read_rule(block, diagnostics)?;
    for reference in references(&rule.condition).into_iter().chain(references(&rule.error_message)) {
        if crate::reference::resource_of(reference).as_ref() == Some(own) {
            let summary = format!("Invalid reference in {}", block.kind.name);
            let detail =
                format!("The conditions of {own} cannot refer to it by its address; use \"self\" in a postcondition.");
            diagnostics.push(Diagnostic::error(summary, detail).at(reference.span));
        }
    }
    Some(rule)
}

/// `check "NAME"`, with its data source.
pub(crate) fn read_check(
    item: &Item,
    module: &Module,
    diagnostics: &mut Diagnostics,
) -> (CheckBlock, Option<ResourceBlock>) {
    let name = item.label(0);
    check_name(item.block.labels.first(), "Invalid check block name", diagnostics);
    let schema = BodySchema::new(&[], &[("data", &["type", "name"]), ("assert", &[])]);
    let content = complete(&item.block.body, &schema, diagnostics);
    let mut asserts = Vec::new();
    let mut usable = 0;
    for block in content.blocks_of("assert") {
        let mut problems = Diagnostics::new();
        let rule = read_rule(block, &mut problems);
        usable += usize::from(rule.is_some() && !problems.has_errors());
        diagnostics.extend(problems);
        asserts.extend(rule);
    }
    if usable == 0 {
        let detail = "A check block needs at least one assert block; without one nothing is checked.";
        diagnostics.push(Diagnostic::error("Zero assert blocks", detail).at(item.block.header_span));
    }
    let mut data = None;
    for block in content.blocks_of("data") {
        if data.is_some() {
            let detail = "A check block can have one data source only.";
            diagnostics.push(Diagnostic::error("Multiple data resource blocks", detail).at(block.header_span));
            continue;
        }
        data = Some(read_data_of_check(block, &name, module, diagnostics));
    }
    let check = CheckBlock {
        name,
        data: data.as_ref().map(|d| d.resource.clone()),
        asserts,
        span: item.block.span,
        header_span: item.block.header_span,
    };
    (check, data)
}
