//! `module`.

use crate::constant::constant_string;
use crate::early::is_early;
use crate::item::{Item, partial};
use crate::name::check_name;
use crate::read::provider::read_provider_ref;
use crate::read::requirement::read_constraints;
use crate::read::resource::{check_enabled, check_repetition, for_each_of};
use crate::read::source::parse_source;
use crate::reference_list::depends_on;
use crate::{ModuleCall, ModuleSource, PassedProvider};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_hcl::{Attribute, Block, Body, BodySchema, Expr, as_map};
use formwork_model::Constraints;
use formwork_value::Str;

fn schema() -> BodySchema {
    let attributes = [
        ("source", true),
        ("version", false),
        ("count", false),
        ("for_each", false),
        ("depends_on", false),
        ("providers", false),
    ];
    BodySchema::new(&attributes, &[("_", &[]), ("lifecycle", &[]), ("locals", &[])])
}

/// `module "NAME"`.
pub(crate) fn read_call(item: &Item, diagnostics: &mut Diagnostics) -> ModuleCall {
    check_name(item.block.labels.first(), "Invalid module instance name", diagnostics);
    item.forbid_depends_on(diagnostics);
    let (content, rest) = partial(&item.body(), &schema(), diagnostics);
    let source = content.attribute("source");
    let version = content.attribute("version");
    let (early_source, constant_source) = split(source.map(|a| &a.expr));
    let (early_version, constant_version) = split(version.map(|a| &a.expr));
    let mut read = Read { has_version: version.is_some(), diagnostics };
    let constraints = constant_version.and_then(|expr| {
        let text = constant_string(expr, read.diagnostics)?;
        read.version(&text, expr)
    });
    let parsed = constant_source.and_then(|expr| {
        let text = constant_string(expr, read.diagnostics)?;
        read.source(&text, expr)
    });
    check_repetition(item, &content, &schema(), diagnostics);
    let mut body = rest;
    let mut enabled = None;
    for block in &content.blocks {
        match &*block.kind.name {
            "_" => {
                body = body.joined_with(&block.body);
                continue;
            }
            "lifecycle" => {
                let (inner, problems) = block.body.content(&BodySchema::new(&[("enabled", true)], &[]));
                enabled = inner.attribute("enabled").map(|a| a.expr.clone()).or(enabled);
                if problems.is_empty() {
                    continue;
                }
            }
            _ => {}
        }
        let detail = match &*block.kind.name {
            "lifecycle" => "The lifecycle of a module call has one argument: \"enabled\".".to_string(),
            kind => format!("The block type {kind:?} has no meaning in a module block yet; the name is reserved."),
        };
        diagnostics.push(Diagnostic::error("Reserved block type name in module block", detail).at(block.kind.span));
    }
    check_enabled(enabled.as_ref(), &content, diagnostics);
    let (text, parsed) = parsed.unzip();
    ModuleCall {
        name: item.label(0),
        source_text: text.unwrap_or_else(|| Str::from("")),
        source: parsed,
        source_span: source.map_or(item.block.header_span, |a| a.expr.span),
        version: constraints,
        version_span: version.map(|a| a.expr.span),
        early_source,
        early_version,
        count: content.attribute("count").map(|a| a.expr.clone()),
        for_each: for_each_of(&content),
        enabled,
        depends_on: content.attribute("depends_on").map(|a| depends_on(&a.expr, diagnostics)).unwrap_or_default(),
        providers: content.attribute("providers").map(|a| read_passed(a, diagnostics)),
        body,
        span: item.block.span,
        header_span: item.block.header_span,
    }
}

/// Sets source and version to what they have turned out to be.
pub(crate) fn set_early(
    call: &mut ModuleCall,
    source: Option<(Str, Expr)>,
    version: Option<(Str, Expr)>,
    diagnostics: &mut Diagnostics,
) {
    let mut read = Read { has_version: call.version_span.is_some(), diagnostics };
    if let Some((text, expr)) = version {
        call.version = read.version(&text, &expr);
    }
    if let Some((text, expr)) = source
        && let Some((text, source)) = read.source(&text, &expr)
    {
        call.source_text = text;
        call.source = Some(source);
    }
}

/// Reads the texts of source and version.
struct Read<'d> {
    has_version: bool,
    diagnostics: &'d mut Diagnostics,
}

impl Read<'_> {
    fn version(&mut self, text: &str, expr: &Expr) -> Option<Constraints> {
        read_constraints(text, expr.span, self.diagnostics)
    }

    fn source(&mut self, text: &Str, expr: &Expr) -> Option<(Str, ModuleSource)> {
        match parse_source(text, self.has_version) {
            Ok(parsed) => Some((text.clone(), parsed)),
            Err((summary, detail)) => {
                self.diagnostics.push(Diagnostic::error(summary, detail).at(expr.span));
                None
            }
        }
    }
}

/// Splits an expression into one that is evaluated early, or a constant.
fn split(expr: Option<&Expr>) -> (Option<Expr>, Option<&Expr>) {
    match expr {
        Some(expr) if is_early(expr) => (Some(expr.clone()), None),
        expr => (None, expr),
    }
}

/// A call outside of a module's files, which has nothing but a source and a version.
pub fn read_plain_call(name: &str, block: &Block, diagnostics: &mut Diagnostics) -> Option<ModuleCall> {
    let schema = BodySchema::new(&[("source", true), ("version", false)], &[]);
    let (content, problems) = block.body.content(&schema);
    diagnostics.extend(problems);
    let version = content.attribute("version").map(|a| &a.expr);
    let source = content.attribute("source")?;
    let mut read = Read { has_version: version.is_some(), diagnostics };
    let constraints = version.and_then(|expr| {
        let text = constant_string(expr, read.diagnostics)?;
        read.version(&text, expr)
    });
    let text = constant_string(&source.expr, read.diagnostics)?;
    let (text, parsed) = read.source(&text, &source.expr)?;
    Some(ModuleCall {
        name: name.into(),
        source_text: text,
        source: Some(parsed),
        source_span: source.expr.span,
        version: constraints,
        version_span: version.map(|expr| expr.span),
        early_source: None,
        early_version: None,
        count: None,
        for_each: None,
        enabled: None,
        depends_on: Vec::new(),
        providers: None,
        body: Body::empty(block.body.span),
        span: block.span,
        header_span: block.header_span,
    })
}

/// The entries of `providers`.
pub fn read_passed(attribute: &Attribute, diagnostics: &mut Diagnostics) -> Vec<PassedProvider> {
    let entries = match as_map(&attribute.expr) {
        Ok(entries) => entries,
        Err(problem) => {
            diagnostics.push(problem);
            return Vec::new();
        }
    };
    let mut passed: Vec<PassedProvider> = Vec::new();
    for (key, value) in &entries {
        let (Some(child), Some(parent)) = (read_provider_ref(key, diagnostics), read_provider_ref(value, diagnostics))
        else {
            continue;
        };
        if let Some(key) = &child.key {
            let detail =
                "The left side names a configuration of the called module; a key belongs on the right side only.";
            diagnostics.push(Diagnostic::error("Invalid module provider configuration", detail).at(key.span));
        }
        if passed.iter().any(|p| p.child == child.name) {
            let detail =
                format!("A configuration was passed for {} already. Each can be passed once only.", child.name);
            diagnostics.push(Diagnostic::error("Duplicate provider address", detail).at(child.span));
            continue;
        }
        passed.push(PassedProvider {
            child: child.name,
            child_span: child.span,
            parent: parent.name,
            key: parent.key,
            parent_span: parent.span,
        });
    }
    passed
}
