//! `resource`, `data` and `ephemeral`.

use crate::item::{Item, partial, without_conditions};
use crate::name::check_name;
use crate::read::lifecycle::{override_lifecycle, read_lifecycle};
use crate::read::provider::{implied_ref, read_provider_ref};
use crate::read::provisioner::read_provisioner;
use crate::reference_list::depends_on;
use crate::{Lifecycle, Module, ResourceBlock};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_hcl::{Block, Body, BodySchema, Content, Expr};
use formwork_model::{Resource, ResourceMode};
use formwork_value::Str;
use std::sync::LazyLock;

/// What every resource block may hold; read once for each of them.
fn schema(mode: ResourceMode) -> &'static BodySchema {
    static MANAGED: LazyLock<BodySchema> = LazyLock::new(|| {
        let blocks: &[(&str, &[&str])] =
            &[("locals", &[]), ("lifecycle", &[]), ("connection", &[]), ("provisioner", &["type"]), ("_", &[])];
        BodySchema::new(&META_ARGUMENTS, blocks)
    });
    static OTHER: LazyLock<BodySchema> =
        LazyLock::new(|| BodySchema::new(&META_ARGUMENTS, &[("locals", &[]), ("lifecycle", &[]), ("_", &[])]));
    if mode == ResourceMode::Managed { &MANAGED } else { &OTHER }
}

const META_ARGUMENTS: [(&str, bool); 4] =
    [("count", false), ("for_each", false), ("depends_on", false), ("provider", false)];

/// The mode that a block type stands for.
pub(crate) fn mode_of(kind: &str) -> ResourceMode {
    match kind {
        "data" => ResourceMode::Data,
        "ephemeral" => ResourceMode::Ephemeral,
        _ => ResourceMode::Managed,
    }
}

/// The word for a mode in messages and as block type.
pub(crate) fn mode_word(mode: ResourceMode) -> &'static str {
    match mode {
        ResourceMode::Managed => "resource",
        ResourceMode::Data => "data",
        ResourceMode::Ephemeral => "ephemeral",
    }
}

/// A data source inside a check block.
pub(crate) fn read_data_of_check(
    block: &Block,
    check: &Str,
    module: &Module,
    diagnostics: &mut Diagnostics,
) -> ResourceBlock {
    let mut data = read_resource(&Item::new(block.clone()), module, diagnostics);
    data.check = Some(check.clone());
    let (content, _, _) = block.body.partial_content(&BodySchema::new(&[], &[("lifecycle", &[])]));
    for lifecycle in content.blocks_of("lifecycle") {
        let detail = "The data source of a check block has no lifecycle of its own: the check block decides when it is \
             read, and its assertions are the conditions.";
        diagnostics.push(Diagnostic::error("Invalid lifecycle block", detail).at(lifecycle.header_span));
    }
    for (repetition, name) in [(&data.count, "count"), (&data.for_each, "for_each")] {
        if let Some(expr) = repetition {
            let detail = format!("The data source of a check block cannot use {name}.");
            diagnostics.push(Diagnostic::error(format!("Invalid {name:?} attribute"), detail).at(expr.span));
        }
    }
    data
}

/// `resource`, `data` or `ephemeral`.
pub(crate) fn read_resource(item: &Item, module: &Module, diagnostics: &mut Diagnostics) -> ResourceBlock {
    let mode = mode_of(&item.block.kind.name);
    let resource = Resource::new(mode, item.label(0), item.label(1));
    check_name(item.block.labels.first(), "Invalid resource type name", diagnostics);
    check_name(item.block.labels.get(1), "Invalid resource name", diagnostics);
    item.forbid_depends_on(diagnostics);
    let schema = schema(mode);
    let (content, rest) = partial(&item.body(), schema, diagnostics);
    check_repetition(item, &content, schema, diagnostics);
    let provider = content
        .attribute("provider")
        .and_then(|a| read_provider_ref(&a.expr, diagnostics))
        .unwrap_or_else(|| implied_ref(&resource, &item.block));
    let depends_on = content.attribute("depends_on").map(|a| depends_on(&a.expr, diagnostics)).unwrap_or_default();
    let lifecycle = read_lifecycles(item, &content, schema, &resource, diagnostics);
    check_enabled(lifecycle.enabled.as_ref(), &content, diagnostics);
    let inner = read_blocks(&content, rest, mode, diagnostics);
    let mut provisioners = Vec::new();
    for block in content.blocks_of("provisioner") {
        provisioners.extend(read_provisioner(block, Some(&resource), inner.connection.as_ref(), diagnostics));
    }
    ResourceBlock {
        count: content.attribute("count").map(|a| a.expr.clone()),
        for_each: for_each_of(&content),
        depends_on,
        provider_address: module.provider_address(&provider.name.name),
        provider,
        lifecycle,
        provisioners,
        connection: inner.connection,
        body: inner.body,
        check: None,
        span: item.block.span,
        header_span: item.block.header_span,
        resource,
    }
}

struct InnerBlocks {
    connection: Option<Body>,
    body: Body,
}

fn read_blocks(content: &Content, rest: Body, mode: ResourceMode, diagnostics: &mut Diagnostics) -> InnerBlocks {
    let mut inner = InnerBlocks { connection: None, body: rest };
    let mut escaped = false;
    for block in &content.blocks {
        match &*block.kind.name {
            "_" if escaped => {
                let detail = "A block can have one escaping block only.";
                diagnostics.push(Diagnostic::error("Duplicate escaping block", detail).at(block.header_span));
            }
            "_" => {
                escaped = true;
                inner.body = inner.body.joined_with(&block.body);
            }
            "connection" if inner.connection.is_some() => {
                let detail = "A resource can have one connection block only.";
                diagnostics.push(Diagnostic::error("Duplicate connection block", detail).at(block.header_span));
            }
            "connection" => inner.connection = Some(block.body.clone()),
            "lifecycle" | "provisioner" => {}
            other => {
                let summary = format!("Reserved block type name in {} block", mode_word(mode));
                let detail = format!("The block type {other:?} has no meaning here yet; the name is reserved.");
                diagnostics.push(Diagnostic::error(summary, detail).at(block.kind.span));
            }
        }
    }
    inner
}

/// `lifecycle` of the block itself, and what overrides change in it.
fn read_lifecycles(
    item: &Item,
    merged: &Content,
    schema: &BodySchema,
    own: &Resource,
    diagnostics: &mut Diagnostics,
) -> Lifecycle {
    let mut lifecycle = Lifecycle::default();
    let without_overrides = (!item.overrides.is_empty()).then(|| item.block.body.partial_content(schema).0);
    let content = without_overrides.as_ref().unwrap_or(merged);
    for (index, block) in content.blocks_of("lifecycle").enumerate() {
        if index > 0 {
            let detail = "A resource can have one lifecycle block only.";
            diagnostics.push(Diagnostic::error("Duplicate lifecycle block", detail).at(block.header_span));
            continue;
        }
        lifecycle = read_lifecycle(block, own, diagnostics);
    }
    for over in &item.overrides {
        let (content, _, _) = over.body.partial_content(schema);
        for block in content.blocks_of("lifecycle") {
            let block = Block { body: without_conditions(&block.body, diagnostics), ..block.clone() };
            override_lifecycle(&mut lifecycle, read_lifecycle(&block, own, diagnostics));
        }
    }
    lifecycle
}

/// Reports `enabled` together with a repetition.
pub(crate) fn check_enabled(enabled: Option<&Expr>, content: &Content, diagnostics: &mut Diagnostics) {
    let repetition = content.attribute("count").or(content.attribute("for_each"));
    if let (Some(enabled), Some(repetition)) = (enabled, repetition) {
        let name = &repetition.name.name;
        let detail = format!(
            "{name:?} tells how many instances there are, and \"enabled\" whether there is one. Keep one of them."
        );
        let summary = format!("Invalid combination of {name:?} and \"enabled\"");
        diagnostics.push(Diagnostic::error(summary, detail).at(enabled.span));
    }
}

/// `for_each`, which an override may put beside the `count` of the block; then the count goes first.
pub(crate) fn for_each_of(content: &Content) -> Option<Expr> {
    content.attribute("for_each").filter(|_| content.attribute("count").is_none()).map(|a| a.expr.clone())
}

/// Reports `count` together with `for_each` in one block.
pub(crate) fn check_repetition(item: &Item, merged: &Content, schema: &BodySchema, diagnostics: &mut Diagnostics) {
    if item.overrides.is_empty() {
        return check_both(merged, diagnostics);
    }
    for block in std::iter::once(&item.block).chain(&item.overrides) {
        check_both(&block.body.partial_content(schema).0, diagnostics);
    }
}

fn check_both(content: &Content, diagnostics: &mut Diagnostics) {
    if let (Some(_), Some(for_each)) = (content.attribute("count"), content.attribute("for_each")) {
        let detail = "\"count\" and \"for_each\" both tell how many instances there are. Keep one of them.";
        let summary = "Invalid combination of \"count\" and \"for_each\"";
        diagnostics.push(Diagnostic::error(summary, detail).at(for_each.name.span));
    }
}
