//! Finding and loading test files.

use crate::early::RunEarly;
use crate::file::{RunBlock, TestFile};
use crate::read::{FoundMocks, MockSource, read_file, read_mock_file};
use formwork_config::{
    Config, EarlyContext, ModuleCall, ModuleResolution, ModuleSource, is_ignored, join, join_clean, load_beside,
    parse_file,
};
use formwork_diag::{Blame, Diagnostic, Diagnostics, Sources, Span};
use formwork_model::{Files, ModuleManifest, ModulePath};
use formwork_value::Str;
use std::sync::Arc;

/// Where tests lie if nothing else is said.
const DEFAULT_DIR: &str = "tests";

const TEST_EXTENSIONS: [(&str, bool); 2] = [(".tftest.hcl", false), (".tftest.json", true)];
const MOCK_EXTENSIONS: [(&str, bool); 2] = [(".tfmock.hcl", false), (".tfmock.json", true)];

/// The tests of a configuration.
#[derive(Clone, Debug)]
pub struct Suite {
    /// The configuration around them.
    pub config: Arc<Config>,
    /// By name.
    pub files: Vec<TestFile>,
    /// All files that were read, those of the configuration included.
    pub sources: Sources,
    /// The directory beside the root module in which tests are looked for as well.
    pub test_dir: Str,
    /// Test files have errors of their own: the modules that they name may be missing.
    pub broken: bool,
}

/// How to load a suite.
#[derive(Clone, Copy)]
pub struct LoadOptions<'a> {
    /// `None` for the usual one, which need not be there.
    pub test_dir: Option<&'a str>,
    pub manifest: &'a ModuleManifest,
    /// As for [`formwork_config::load`]: of the modules that runs name.
    pub resolution: ModuleResolution,
    /// What is known while the modules of runs are loaded: their calls may refer to variables.
    pub early: Option<&'a dyn EarlyContext>,
}

/// Loads the tests beside a root module, and the modules that their runs name.
pub fn load(files: &dyn Files, config: Config, options: LoadOptions<'_>) -> (Suite, Diagnostics) {
    let test_dir = options.test_dir.unwrap_or(DEFAULT_DIR);
    let mut loader =
        Loader { files, config: &config, options, sources: config.sources.clone(), diagnostics: Diagnostics::new() };
    let mut found = Vec::new();
    let root = &*config.root().dir;
    if let Some(dir) = loader.test_directory(test_dir) {
        let names = loader.names(root, &TEST_EXTENSIONS).into_iter().map(|(path, json)| (path, json, false));
        let inside = if dir == root { Vec::new() } else { loader.names(&dir, &TEST_EXTENSIONS) };
        let inside = inside.into_iter().map(|(path, json)| (path, json, true));
        for (path, json, in_test_dir) in names.chain(inside).collect::<Vec<_>>() {
            let Some(body) = loader.body(&path, json) else { continue };
            let (file, mocks) = read_file(&path, &body, config.root(), &loader.sources, &mut loader.diagnostics);
            found.push((TestFile { in_test_dir, ..file }, mocks));
        }
    }
    found.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
    let broken = loader.diagnostics.has_errors();
    // What is wrong with modules may follow from other errors; to install them is right all the same.
    let installs = options.resolution == ModuleResolution::Direct;
    let complete = |(mut file, mocks): (TestFile, Vec<MockSource>)| {
        let sound = !broken && !config.root_failed;
        if installs || sound {
            loader.complete(&mut file, &mocks);
        }
        if sound {
            file.runs.iter().for_each(|run| loader.passed_providers(run));
        }
        file
    };
    let files = found.into_iter().map(complete).collect();
    let Loader { sources, diagnostics, .. } = loader;
    let mut config = config;
    config.sources = sources.clone();
    (Suite { config: Arc::new(config), files, sources, test_dir: test_dir.into(), broken }, diagnostics)
}

/// Under which path the module of a run is installed: `test.DIR.FILE.RUN`.
pub fn test_module_path(file: &str, run: &str) -> ModulePath {
    let stem = TEST_EXTENSIONS.iter().find_map(|(extension, _)| file.strip_suffix(extension)).unwrap_or(file);
    let parts = std::iter::once("test").chain(stem.split('/')).chain([run]);
    ModulePath(parts.map(Str::from).collect())
}

struct Loader<'a> {
    files: &'a dyn Files,
    config: &'a Config,
    options: LoadOptions<'a>,
    sources: Sources,
    diagnostics: Diagnostics,
}

impl Loader<'_> {
    /// The directory in its shortest form; `None` if it cannot be used.
    fn test_directory(&mut self, dir: &str) -> Option<String> {
        let clean = join_clean(".", &dir.replace('\\', "/"));
        let below = join_clean(&self.config.root().dir, &clean);
        if dir.starts_with('/') || clean.split('/').any(|part| part == "..") {
            let detail = "Tests lie in the root module's directory or below it: give a relative path without \"..\".";
            self.diagnostics.push(Diagnostic::error("Invalid testing directory", detail));
            return None;
        }
        if self.options.test_dir.is_some_and(|dir| dir != DEFAULT_DIR) && !self.files.is_dir(&below) {
            let detail = format!("The directory {dir} for tests does not exist.");
            self.diagnostics.push(Diagnostic::warning("Test directory does not exist", detail));
        }
        Some(below)
    }

    /// Paths of the files with one of the extensions, and whether they are JSON.
    fn names(&self, dir: &str, extensions: &[(&str, bool)]) -> Vec<(String, bool)> {
        let entries = self.files.list(dir).unwrap_or_default();
        let names = entries.into_iter().filter(|(name, is_dir)| !is_dir && !is_ignored(name)).map(|(name, _)| name);
        let classified = names.filter_map(|name| {
            let (_, json) = extensions.iter().find(|(extension, _)| name.ends_with(extension))?;
            Some((join(dir, &name), *json))
        });
        classified.collect()
    }

    fn body(&mut self, path: &str, json: bool) -> Option<formwork_hcl::Body> {
        match self.files.read(path) {
            Ok(bytes) => Some(parse_file(path.to_string(), bytes, json, &mut self.sources, &mut self.diagnostics)),
            Err(error) => {
                let detail = format!("The file {path} could not be read: {error}.");
                self.diagnostics.push(Diagnostic::error("Failed to read file", detail).blame(Blame::Environment));
                None
            }
        }
    }

    /// Loads the mocks and modules that a file names.
    fn complete(&mut self, file: &mut TestFile, mock_sources: &[MockSource]) {
        for source in mock_sources {
            self.mocks(source, file);
        }
        let variables = file.variables.clone();
        for run in &mut file.runs {
            if let Some(call) = &run.module {
                let path = test_module_path(&file.name, &run.name);
                let values = RunEarly { context: self.options.early, file: &variables, run: &run.variables };
                run.config = self.module(&path, call, &values).map(Arc::new);
            }
        }
    }

    /// A configuration can be passed only where one of the same provider is wanted.
    fn passed_providers(&mut self, run: &RunBlock) {
        let tested = run.config.as_ref().map_or(self.config.root(), |config| config.root());
        for pair in run.providers.iter().flatten() {
            let wanted = tested.provider_address(&pair.child.name);
            let passed = self.config.root().provider_address(&pair.parent.name);
            if wanted != passed {
                let detail = format!(
                    "{} stands for {} in the test file, but {} for {} in the module under test.",
                    pair.parent,
                    passed.for_display(),
                    pair.child,
                    wanted.for_display()
                );
                self.diagnostics.push(Diagnostic::error("Provider type mismatch", detail).at(pair.parent_span));
            }
        }
    }

    /// Adds the mocks of a directory to a mock provider, whose own win.
    fn mocks(&mut self, source: &MockSource, file: &mut TestFile) {
        let dir = join_clean(&self.config.root().dir, &source.dir);
        if !self.files.is_dir(&dir) {
            let detail =
                format!("The directory {:?} with mocks, seen from the root module, does not exist.", &*source.dir);
            let problem = Diagnostic::error("Directory does not exist", detail);
            self.diagnostics.push(problem.blame(Blame::Environment).at(source.span));
            return;
        }
        for (path, json) in self.names(&dir, &MOCK_EXTENSIONS) {
            let Some(body) = self.body(&path, json) else { continue };
            let FoundMocks { resources, data_sources, overrides } =
                read_mock_file(&body, source.during_plan, &mut self.diagnostics);
            let Some(mock) = file.mocks.get_mut(&source.name) else { continue };
            for (kind, found) in resources {
                mock.resources.entry(kind).or_insert(found);
            }
            for (kind, found) in data_sources {
                mock.data_sources.entry(kind).or_insert(found);
            }
            for found in overrides {
                if !mock.overrides.iter().any(|known| known.target == found.target) {
                    mock.overrides.push(found);
                }
            }
        }
    }

    /// The module that a run names, with all that it calls.
    fn module(&mut self, path: &ModulePath, call: &ModuleCall, early: &RunEarly<'_>) -> Option<Config> {
        let dir = self.module_dir(path, call)?;
        if !self.files.is_dir(&dir) {
            let detail = format!("The directory \"{dir}\" of the module of the run {:?} does not exist.", &*call.name);
            let problem = Diagnostic::error("Unreadable module directory", detail).blame(Blame::Environment);
            // As for other modules, it has a place only where modules should be there already.
            let place = (self.options.resolution == ModuleResolution::Manifest).then_some(call.header_span);
            self.diagnostics.push(problem.at_opt(place));
            return None;
        }
        let manifest = below(self.options.manifest, path);
        let sources = std::mem::take(&mut self.sources);
        let early = self.options.early.map(|_| early as &dyn EarlyContext);
        let (config, problems) = load_beside(self.files, &dir, &manifest, self.options.resolution, sources, early);
        self.sources = config.sources.clone();
        self.diagnostics.extend(problems);
        Some(config)
    }

    fn module_dir(&mut self, path: &ModulePath, call: &ModuleCall) -> Option<String> {
        let source = call.source.as_ref()?;
        if let (ModuleResolution::Direct, ModuleSource::Local(relative)) = (self.options.resolution, source) {
            return Some(join_clean(&self.config.root().dir, relative));
        }
        let installed = self.options.manifest.modules.get(path);
        match installed {
            Some(installed) if *installed.source == *source.to_string() => Some(installed.dir.to_string()),
            _ if self.options.resolution == ModuleResolution::Direct => None,
            Some(_) => self.refuse("Module source has changed", CHANGED, call.source_span),
            None => self.refuse("Module not installed", NOT_INSTALLED, call.header_span),
        }
    }

    fn refuse(&mut self, summary: &str, detail: &str, at: Span) -> Option<String> {
        self.diagnostics.push(Diagnostic::error(summary, detail).at(at));
        None
    }
}

const CHANGED: &str =
    "The source was changed since the module was installed. Run \"formwork init\" to install it from the new source.";
const NOT_INSTALLED: &str =
    "This module is not installed yet. Run \"formwork init\" to install the modules that tests name.";

/// What of a manifest lies below a path, as seen from there.
fn below(manifest: &ModuleManifest, path: &ModulePath) -> ModuleManifest {
    let inside = manifest.modules.iter().filter_map(|(module, installed)| {
        let rest = module.0.strip_prefix(path.0.as_slice())?;
        (!rest.is_empty()).then(|| (ModulePath(rest.to_vec()), installed.clone()))
    });
    ModuleManifest { modules: inside.collect() }
}
