//! A block with what overrides it.

use formwork_diag::{Diagnostic, Diagnostics};
use formwork_hcl::{Block, Body, BodySchema, Content, Expr, ExprKind};
use formwork_value::Str;

/// A top-level block of a primary file, and the blocks of override files that change it.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub block: Block,
    pub overrides: Vec<Block>,
}

impl Item {
    pub fn new(block: Block) -> Item {
        Item { block, overrides: Vec::new() }
    }

    /// The body with all overrides applied: arguments one by one, blocks by type.
    pub fn body(&self) -> Body {
        self.overrides.iter().fold(self.block.body.clone(), |body, over| body.overridden_by(&over.body))
    }

    /// Text of a label.
    pub fn label(&self, index: usize) -> Str {
        self.block.labels.get(index).map_or_else(|| Str::from(""), |l| l.text.clone())
    }

    /// Reports `depends_on` in overrides, where it is not allowed.
    pub fn forbid_depends_on(&self, diagnostics: &mut Diagnostics) {
        let schema = BodySchema::new(&[("depends_on", false)], &[]);
        for over in &self.overrides {
            let (content, _, _) = over.body.partial_content(&schema);
            let is_empty = |expr: &Expr| matches!(&expr.kind, ExprKind::Tuple(items) if items.is_empty());
            if let Some(attribute) = content.attribute("depends_on").filter(|a| !is_empty(&a.expr)) {
                let detail = "An override file cannot change \"depends_on\". Write it in the block that is overridden.";
                diagnostics.push(Diagnostic::error("Unsupported override", detail).at(attribute.name.span));
            }
        }
    }
}

/// Reports conditions in an override, where they are not allowed; the body without them.
pub(crate) fn without_conditions(body: &Body, diagnostics: &mut Diagnostics) -> Body {
    let kinds: [(&str, &[&str]); 3] = [("precondition", &[]), ("postcondition", &[]), ("validation", &[])];
    let (content, rest, _) = body.partial_content(&BodySchema::new(&[], &kinds));
    for block in &content.blocks {
        let summary = format!("Can't override {} blocks", block.kind.name);
        let detail = "An override file cannot change conditions. Write them in the block that is overridden.";
        diagnostics.push(Diagnostic::error(summary, detail).at(block.header_span));
    }
    rest
}

/// Reads what a schema names, and leaves the rest.
pub(crate) fn partial(body: &Body, schema: &BodySchema, diagnostics: &mut Diagnostics) -> (Content, Body) {
    let (content, rest, problems) = body.partial_content(schema);
    diagnostics.extend(problems);
    (content, rest)
}

/// Reads a body completely.
pub(crate) fn complete(body: &Body, schema: &BodySchema, diagnostics: &mut Diagnostics) -> Content {
    let (content, problems) = body.content(schema);
    diagnostics.extend(problems);
    content
}
