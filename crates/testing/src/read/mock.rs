//! `mock_provider` blocks, and files with mocks.

use super::object_override::{add_override, read_defaults, read_during, read_override};
use crate::file::{MockProvider, MockType, ObjectOverride, OverrideKind};
use formwork_config::{Module, ProviderScope, constant_string, read_provider_block};
use formwork_diag::{Diagnostic, Diagnostics, Span};
use formwork_hcl::{Block, Body, BodySchema, Content};
use formwork_value::Str;
use std::collections::BTreeMap;

/// What a mock provider or a mock file holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct FoundMocks {
    pub resources: BTreeMap<Str, MockType>,
    pub data_sources: BTreeMap<Str, MockType>,
    pub overrides: Vec<ObjectOverride>,
}

/// What a mock provider is read as: itself, the directory with more mocks, and whether its values count in plans.
pub(super) struct ReadMock {
    pub mock: MockProvider,
    pub source: Option<(Str, Span)>,
    pub during_plan: bool,
}

fn blocks() -> [(&'static str, &'static [&'static str]); 4] {
    [("mock_resource", &["type"]), ("mock_data", &["type"]), ("override_resource", &[]), ("override_data", &[])]
}

/// `mock_provider "NAME"`.
pub(super) fn read_mock_provider(block: &Block, root: &Module, diagnostics: &mut Diagnostics) -> Option<ReadMock> {
    let attributes = [("alias", false), ("for_each", false), ("source", false), ("override_during", false)];
    let schema = BodySchema::new(&attributes, &blocks());
    let (content, problems) = block.body.content(&schema);
    diagnostics.extend(problems);
    // What is left for reading the provider itself is its name, and its instances.
    let only_alias = BodySchema::new(&[("source", false), ("override_during", false)], &blocks());
    let (_, rest, _) = block.body.partial_content(&only_alias);
    let mut provider = read_provider_block(&Block { body: rest, ..block.clone() }, root, diagnostics)?;
    provider.scope = ProviderScope::Mocked;
    provider.body = Body::empty(block.body.span);
    let during_plan =
        content.attribute("override_during").and_then(|a| read_during(a, diagnostics)).unwrap_or_default();
    let source =
        content.attribute("source").and_then(|a| Some((constant_string(&a.expr, diagnostics)?, block.header_span)));
    let found = read_content(&content, during_plan, diagnostics);
    let FoundMocks { resources, data_sources, overrides } = found;
    let mock = MockProvider { block: provider, resources, data_sources, overrides };
    Some(ReadMock { mock, source, during_plan })
}

/// The body of a `.tfmock.hcl` file; `during_plan` is what the mock provider says that names it.
pub(crate) fn read_mock_file(body: &Body, during_plan: bool, diagnostics: &mut Diagnostics) -> FoundMocks {
    let (content, problems) = body.content(&BodySchema::new(&[], &blocks()));
    diagnostics.extend(problems);
    read_content(&content, during_plan, diagnostics)
}

fn read_content(content: &Content, during_plan: bool, diagnostics: &mut Diagnostics) -> FoundMocks {
    let mut found = FoundMocks::default();
    for block in &content.blocks {
        let kind = match &*block.kind.name {
            "mock_resource" => {
                add_type(block, during_plan, &mut found.resources, diagnostics);
                continue;
            }
            "mock_data" => {
                add_type(block, during_plan, &mut found.data_sources, diagnostics);
                continue;
            }
            "override_resource" => OverrideKind::Resource,
            _ => OverrideKind::Data,
        };
        if let Some(read) = read_override(kind, block, during_plan, diagnostics) {
            add_override(read, block, &mut found.overrides, diagnostics);
        }
    }
    found
}

fn add_type(block: &Block, during_plan: bool, types: &mut BTreeMap<Str, MockType>, diagnostics: &mut Diagnostics) {
    let Some(label) = block.labels.first() else { return };
    let schema = BodySchema::new(&[("defaults", false), ("override_during", false)], &[]);
    let (content, problems) = block.body.content(&schema);
    diagnostics.extend(problems);
    let given = content.attribute("defaults");
    let (defaults, later) = read_defaults(given, diagnostics);
    let mock = MockType {
        kind: label.text.clone(),
        defaults,
        later,
        defaults_span: given.map_or(block.header_span, |a| a.expr.span),
        during_plan: content
            .attribute("override_during")
            .and_then(|a| read_during(a, diagnostics))
            .unwrap_or(during_plan),
        header_span: block.header_span,
    };
    if types.contains_key(&mock.kind) {
        let detail = format!("The type {:?} is mocked already; write all its values into one block.", &*mock.kind);
        let summary = format!("Duplicate {} block", block.kind.name);
        diagnostics.push(Diagnostic::error(summary, detail).at(block.header_span));
        return;
    }
    types.insert(mock.kind.clone(), mock);
}
