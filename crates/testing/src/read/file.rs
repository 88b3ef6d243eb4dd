//! Whole test files.

use super::mock::{ReadMock, read_mock_provider};
use super::object_override::{add_override, read_override};
use super::run::read_run;
use crate::file::{OverrideKind, TestFile};
use formwork_config::{Module, ProviderName, constant_bool, read_provider_block};
use formwork_diag::{Diagnostic, Diagnostics, Sources, Span};
use formwork_hcl::{Attribute, Block, Body, BodySchema};
use formwork_value::Str;
use std::collections::BTreeMap;

fn schema() -> BodySchema {
    BodySchema::new(
        &[],
        &[
            ("test", &[]),
            ("run", &["name"]),
            ("variables", &[]),
            ("provider", &["name"]),
            ("mock_provider", &["name"]),
            ("override_resource", &[]),
            ("override_data", &[]),
            ("override_module", &[]),
        ],
    )
}

/// A directory with mocks, and the mock provider that names it.
pub(crate) struct MockSource {
    pub name: ProviderName,
    pub dir: Str,
    pub span: Span,
    pub during_plan: bool,
}

/// Reads a test file. `root` tells which providers local names stand for.
pub(crate) fn read_file(
    name: &str,
    body: &Body,
    root: &Module,
    sources: &Sources,
    diagnostics: &mut Diagnostics,
) -> (TestFile, Vec<MockSource>) {
    let (content, problems) = body.content(&schema());
    diagnostics.extend(problems);
    let mut file = TestFile {
        name: name.into(),
        in_test_dir: false,
        variables: BTreeMap::new(),
        providers: BTreeMap::new(),
        mocks: BTreeMap::new(),
        overrides: Vec::new(),
        runs: Vec::new(),
    };
    let mut reader = Reader { root, sources, mock_sources: Vec::new(), parallel: false, has_variables: false };
    for block in content.blocks_of("test") {
        reader.settings(block, diagnostics);
    }
    for block in &content.blocks {
        reader.block(block, &mut file, diagnostics);
    }
    (file, reader.mock_sources)
}

struct Reader<'a> {
    root: &'a Module,
    sources: &'a Sources,
    mock_sources: Vec<MockSource>,
    parallel: bool,
    has_variables: bool,
}

impl Reader<'_> {
    fn settings(&mut self, block: &Block, diagnostics: &mut Diagnostics) {
        let (content, problems) = block.body.content(&BodySchema::new(&[("parallel", false)], &[]));
        diagnostics.extend(problems);
        if let Some(parallel) = content.attribute("parallel") {
            self.parallel = constant_bool(&parallel.expr, diagnostics).unwrap_or(false);
        }
    }

    fn block(&mut self, block: &Block, file: &mut TestFile, diagnostics: &mut Diagnostics) {
        match &*block.kind.name {
            "run" => self.run(block, file, diagnostics),
            "variables" => {
                if std::mem::replace(&mut self.has_variables, true) {
                    diagnostics.push(second_variables(block));
                    return;
                }
                file.variables = read_variables(block, diagnostics);
            }
            "provider" => self.provider(block, file, diagnostics),
            "mock_provider" => self.mock_provider(block, file, diagnostics),
            "override_resource" => self.override_of(OverrideKind::Resource, block, file, diagnostics),
            "override_data" => self.override_of(OverrideKind::Data, block, file, diagnostics),
            "override_module" => self.override_of(OverrideKind::Module, block, file, diagnostics),
            _ => {}
        }
    }

    fn run(&mut self, block: &Block, file: &mut TestFile, diagnostics: &mut Diagnostics) {
        let run = read_run(block, self.parallel, diagnostics);
        if let Some(first) = file.runs.iter().find(|other| other.name == run.name) {
            let place = self.place(first.header_span);
            let detail =
                format!("The file has a run named {:?} already{place}. Each needs a name of its own.", &*run.name);
            diagnostics.push(Diagnostic::error("Duplicate \"run\" block names", detail).at(block.header_span));
            return;
        }
        file.runs.push(run);
    }

    fn provider(&mut self, block: &Block, file: &mut TestFile, diagnostics: &mut Diagnostics) {
        let Some(provider) = read_provider_block(block, self.root, diagnostics) else { return };
        if !self.is_new(&provider.name, file, block.header_span, diagnostics) {
            return;
        }
        file.providers.insert(provider.name.clone(), provider);
    }

    fn mock_provider(&mut self, block: &Block, file: &mut TestFile, diagnostics: &mut Diagnostics) {
        let Some(ReadMock { mock, source, during_plan }) = read_mock_provider(block, self.root, diagnostics) else {
            return;
        };
        let name = mock.block.name.clone();
        if !self.is_new(&name, file, block.header_span, diagnostics) {
            return;
        }
        if let Some((dir, span)) = source {
            self.mock_sources.push(MockSource { name: name.clone(), dir, span, during_plan });
        }
        file.mocks.insert(name, mock);
    }

    fn is_new(&self, name: &ProviderName, file: &TestFile, at: Span, diagnostics: &mut Diagnostics) -> bool {
        let first = file.providers.get(name).map(|p| p.header_span);
        let Some(first) = first.or_else(|| file.mocks.get(name).map(|m| m.block.header_span)) else { return true };
        let place = self.place(first);
        let detail = format!("{name} is configured already{place}. Give one of the two an alias, or remove it.");
        diagnostics.push(Diagnostic::error("Duplicate provider block", detail).at(at));
        false
    }

    fn override_of(&self, kind: OverrideKind, block: &Block, file: &mut TestFile, diagnostics: &mut Diagnostics) {
        if let Some(found) = read_override(kind, block, false, diagnostics) {
            add_override(found, block, &mut file.overrides, diagnostics);
        }
    }

    fn place(&self, span: Span) -> String {
        let file = self.sources.get(span.file);
        file.map(|file| format!(" at {}:{}", file.name, file.line(span.start))).unwrap_or_default()
    }
}

pub(super) fn second_variables(block: &Block) -> Diagnostic {
    let detail = "There is a variables block already; write all values into one.";
    Diagnostic::error("Multiple \"variables\" blocks", detail).at(block.header_span)
}

/// The values in a `variables` block.
pub(super) fn read_variables(block: &Block, diagnostics: &mut Diagnostics) -> BTreeMap<Str, Attribute> {
    let (attributes, problems) = block.body.just_attributes();
    diagnostics.extend(problems);
    attributes.into_iter().map(|attribute| (attribute.name.name.clone(), attribute)).collect()
}
