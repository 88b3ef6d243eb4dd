//! `output`.

use crate::OutputBlock;
use crate::constant::{constant_bool, constant_string};
use crate::item::{Item, complete, without_conditions};
use crate::name::check_name;
use crate::read::check::read_rule;
use crate::reference_list::depends_on;
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_hcl::BodySchema;

/// `output "NAME"`; `None` without a value.
pub(crate) fn read_output(item: &Item, diagnostics: &mut Diagnostics) -> Option<OutputBlock> {
    let attributes = [
        ("value", true),
        ("description", false),
        ("sensitive", false),
        ("ephemeral", false),
        ("deprecated", false),
        ("depends_on", false),
    ];
    let schema = BodySchema::new(&attributes, &[("precondition", &[]), ("postcondition", &[])]);
    item.forbid_depends_on(diagnostics);
    check_name(item.block.labels.first(), "Invalid output name", diagnostics);
    let content = complete(&item.body(), &schema, diagnostics);
    let flag = |name: &str, diagnostics: &mut Diagnostics| {
        content.attribute(name).and_then(|a| constant_bool(&a.expr, diagnostics))
    };
    let text = |name: &str, diagnostics: &mut Diagnostics| {
        content.attribute(name).and_then(|a| constant_string(&a.expr, diagnostics))
    };
    let sensitive = flag("sensitive", diagnostics);
    let ephemeral = flag("ephemeral", diagnostics);
    let description = text("description", diagnostics);
    let deprecated = text("deprecated", diagnostics);
    let depends_on = content.attribute("depends_on").map(|a| depends_on(&a.expr, diagnostics)).unwrap_or_default();
    for over in &item.overrides {
        without_conditions(&over.body, diagnostics);
    }
    let (own, _) = item.block.body.content(&schema);
    let mut preconditions = Vec::new();
    for block in own.blocks_of("precondition") {
        preconditions.extend(read_rule(block, diagnostics));
    }
    for block in own.blocks_of("postcondition") {
        let detail = "Outputs can have preconditions only: there is nothing to check after the value is known.";
        diagnostics.push(Diagnostic::error("Postconditions are not allowed", detail).at(block.header_span));
    }
    Some(OutputBlock {
        name: item.label(0),
        value: content.attribute("value")?.expr.clone(),
        description,
        sensitive: sensitive.unwrap_or(false),
        sensitive_set: sensitive.is_some(),
        ephemeral: ephemeral.unwrap_or(false),
        deprecated,
        depends_on,
        preconditions,
        span: item.block.span,
        header_span: item.block.header_span,
    })
}
