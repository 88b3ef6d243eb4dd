//! Loading a module tree.

use crate::assemble::assemble;
use crate::early::{EarlyValues, is_early};
use crate::files::{join, parse_dir};
use crate::limits::{MODULE_NESTING, MODULES};
use crate::read::call::set_early;
use crate::{Config, EarlyContext, Module, ModuleCall, ModuleSource};
use formwork_diag::{Blame, Diagnostic, Diagnostics, Sources};
use formwork_hcl::{Attribute, EmptyScope, Expr, evaluate};
use formwork_model::{Files, ModuleManifest, ModulePath};
use formwork_value::{Str, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How calls are resolved to directories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModuleResolution {
    /// Every called module must be in the manifest, with the same source (as after `init`).
    Manifest,
    /// Local modules are found relative to their callers; others must be in the manifest, or are left out without a
    /// word (for `init` itself).
    Direct,
}

/// Loads the root module in a directory and all modules that it calls; with a manifest, these only if the root module has
/// no errors. Static rules are checked; references are not (see [`check_references`](crate::check_references)). Versions
/// that are asked for are no problem here: see [`Config::refused`].
pub fn load(
    files: &dyn Files,
    root_dir: &str,
    manifest: &ModuleManifest,
    resolution: ModuleResolution,
) -> (Config, Diagnostics) {
    load_with(files, root_dir, manifest, resolution, None)
}

/// As [`load`]. With a context, sources and versions of modules and arguments of the backend can be any expressions of
/// what is known so early; without one they must be constant.
pub fn load_with(
    files: &dyn Files,
    root_dir: &str,
    manifest: &ModuleManifest,
    resolution: ModuleResolution,
    early: Option<&dyn EarlyContext>,
) -> (Config, Diagnostics) {
    load_beside(files, root_dir, manifest, resolution, Sources::new(), early)
}

/// The root module alone, without what it calls: enough to know the backend.
pub fn load_root(files: &dyn Files, root_dir: &str, early: Option<&dyn EarlyContext>) -> (Config, Diagnostics) {
    let manifest = ModuleManifest::default();
    let mut loader = Loader::new(files, &manifest, ModuleResolution::Direct, Sources::new(), early);
    loader.root_module(root_dir);
    let Loader { sources, modules, diagnostics, .. } = loader;
    (Config::new(modules, sources), diagnostics)
}

/// As [`load_with`], beside files that were read before: the new ones are added to them.
pub fn load_beside(
    files: &dyn Files,
    root_dir: &str,
    manifest: &ModuleManifest,
    resolution: ModuleResolution,
    sources: Sources,
    early: Option<&dyn EarlyContext>,
) -> (Config, Diagnostics) {
    let mut loader = Loader::new(files, manifest, resolution, sources, early);
    loader.root(root_dir);
    let Loader { sources, modules, mut diagnostics, refused, root_failed, .. } = loader;
    let mut config = Config::new(modules, sources);
    config.refused = refused;
    config.root_failed = root_failed;
    crate::provider_check::check_providers(&config, &mut diagnostics);
    (config, diagnostics)
}

struct Loader<'a> {
    files: &'a dyn Files,
    manifest: &'a ModuleManifest,
    resolution: ModuleResolution,
    sources: Sources,
    modules: BTreeMap<ModulePath, Arc<Module>>,
    /// Modules by directory, for the next call of the same one.
    parsed: BTreeMap<String, Arc<Module>>,
    diagnostics: Diagnostics,
    refused: Diagnostics,
    root_failed: bool,
    early: Option<&'a dyn EarlyContext>,
    /// Values of the root module's variables, once they are asked for.
    given: Option<BTreeMap<Str, Value>>,
}

impl<'a> Loader<'a> {
    fn new(
        files: &'a dyn Files,
        manifest: &'a ModuleManifest,
        resolution: ModuleResolution,
        sources: Sources,
        early: Option<&'a dyn EarlyContext>,
    ) -> Loader<'a> {
        Loader {
            files,
            manifest,
            resolution,
            sources,
            modules: BTreeMap::new(),
            parsed: BTreeMap::new(),
            diagnostics: Diagnostics::new(),
            refused: Diagnostics::new(),
            root_failed: false,
            early,
            given: None,
        }
    }

    fn root(&mut self, dir: &str) {
        let dir = if dir.is_empty() { "." } else { dir };
        let module = self.root_module(dir);
        self.root_failed = self.diagnostics.has_errors();
        // What is wrong with modules may follow from that.
        if self.root_failed && self.resolution == ModuleResolution::Manifest {
            return;
        }
        self.calls(&module, &mut vec![dir.to_string()]);
    }

    fn root_module(&mut self, dir: &str) -> Arc<Module> {
        let path = ModulePath::root();
        let module = match parse_dir(self.files, dir, &mut self.sources, &mut self.diagnostics) {
            Ok(parsed) => assemble(path.clone(), dir, &parsed, &self.sources, &mut self.diagnostics, &mut self.refused),
            Err(error) => {
                let detail = format!("The directory {dir} could not be read: {error}.");
                let problem = Diagnostic::error("Failed to read module directory", detail);
                self.diagnostics.push(problem.blame(Blame::Environment));
                Module::empty(path.clone(), dir)
            }
        };
        let module = self.settle(Arc::new(module));
        self.modules.insert(path, module.clone());
        module
    }

    /// Loads what a module calls. `trail` holds the directories from the root to the module.
    fn calls(&mut self, module: &Arc<Module>, trail: &mut Vec<String>) {
        for call in module.calls.values() {
            let Some(dir) = self.resolve(module, call) else { continue };
            if trail.contains(&dir) || trail.len() > MODULE_NESTING || self.modules.len() >= MODULES {
                self.refuse_nesting(call, trail.contains(&dir));
                continue;
            }
            let Some(child) = self.child(module.path.child(call.name.clone()), &dir, call) else { continue };
            self.modules.insert(child.path.clone(), child.clone());
            trail.push(dir);
            self.calls(&child, trail);
            trail.pop();
        }
    }

    fn refuse_nesting(&mut self, call: &ModuleCall, cycle: bool) {
        let detail = if cycle {
            "The module calls itself, directly or through others, without end. Remove one of the calls.".to_string()
        } else {
            format!("Modules can be nested {MODULE_NESTING} levels deep, and there can be {MODULES} of them in all.")
        };
        let summary = if cycle { "Module calls itself" } else { "Too many modules" };
        self.diagnostics.push(Diagnostic::error(summary, detail).at(call.source_span));
    }

    /// The directory of a called module.
    fn resolve(&mut self, module: &Module, call: &ModuleCall) -> Option<String> {
        let source = call.source.as_ref()?;
        let path = module.path.child(call.name.clone());
        if self.resolution == ModuleResolution::Direct
            && let ModuleSource::Local(relative) = source
        {
            return Some(join_clean(&module.dir, relative));
        }
        let Some(installed) = self.manifest.modules.get(&path) else {
            if self.tells_missing() {
                let detail = "This module is not installed yet. Run \"formwork init\" to install all modules that the \
                     configuration calls.";
                self.diagnostics.push(Diagnostic::error("Module not installed", detail).at(call.header_span));
            }
            return None;
        };
        if *installed.source != *source.to_string() {
            if self.tells_missing() {
                let detail = "The source was changed since the module was installed. Run \"formwork init\" to install \
                     it from the new source.";
                self.diagnostics.push(Diagnostic::error("Module source has changed", detail).at(call.source_span));
            }
            return None;
        }
        let wanted = call.version.as_ref();
        if let (Some(wanted), Some(version)) = (wanted, &installed.version)
            && !wanted.accepts(version)
        {
            if self.tells_missing() {
                let detail = format!(
                    "Version {version} is installed, which the constraint does not accept. Run \"formwork init\" to \
                     install another one."
                );
                let problem = Diagnostic::error("Module version requirements have changed", detail);
                self.diagnostics.push(problem.at_opt(call.version_span));
            }
            return None;
        }
        Some(installed.dir.to_string())
    }

    fn child(&mut self, path: ModulePath, dir: &str, call: &ModuleCall) -> Option<Arc<Module>> {
        if let Some(known) = self.parsed.get(dir) {
            let module = Arc::new(Module { path, ..Module::clone(known) });
            return Some(self.settle(module));
        }
        match parse_dir(self.files, dir, &mut self.sources, &mut self.diagnostics) {
            Ok(parsed) => {
                let module = assemble(path, dir, &parsed, &self.sources, &mut self.diagnostics, &mut self.refused);
                self.warn_backend(&module);
                let module = Arc::new(module);
                self.parsed.insert(dir.to_string(), module.clone());
                Some(self.settle(module))
            }
            Err(error) => {
                self.unreadable(dir, call, &error);
                None
            }
        }
    }

    /// Finds the values that are needed to go on: of sources and versions, of the backend, and of constants.
    fn settle(&mut self, module: Arc<Module>) -> Arc<Module> {
        let is_root = module.path.is_root();
        let backend = module.backend.as_ref().filter(|_| is_root).map(|b| b.body.just_attributes().0);
        let arguments: Vec<Attribute> = backend.into_iter().flatten().filter(|a| is_early(&a.expr)).collect();
        let has_calls = module.calls.values().any(|c| c.early_source.is_some() || c.early_version.is_some());
        let has_constants = !is_root && module.variables.values().any(|v| v.constant);
        if arguments.is_empty() && !has_calls && !has_constants {
            return module;
        }
        let Some(context) = self.early else { return self.refuse_early(module) };
        if self.given.is_none() {
            // The first to ask is the root module, or one that it calls.
            let root = self.modules.get(&ModulePath::root()).unwrap_or(&module).clone();
            self.given = Some(context.variables(&root, &mut self.sources));
        }
        let given = self.given.clone().unwrap_or_default();
        let values = EarlyValues::new(context, &given, &self.modules);
        let mut settled = Module::clone(&module);
        for argument in arguments {
            let value = values.value(&module, &argument.expr);
            if let Some(backend) = &mut settled.backend {
                backend.early.insert(argument.name.name, value);
            }
        }
        for call in settled.calls.values_mut() {
            let (source, version) = (call.early_source.take(), call.early_version.take());
            let mut text = |expr: Expr| Some((values.text(&module, &expr, &mut self.diagnostics)?, expr));
            let (source, version) = (source.and_then(&mut text), version.and_then(&mut text));
            set_early(call, source, version, &mut self.diagnostics);
        }
        for variable in module.variables.values().filter(|v| v.constant && !is_root) {
            self.diagnostics.extend(values.variable(&module, &variable.name).diagnostics);
        }
        Arc::new(settled)
    }

    /// Without a context only constants count; what is said about others is what evaluating them as such gives.
    fn refuse_early(&mut self, module: Arc<Module>) -> Arc<Module> {
        for expr in module.calls.values().flat_map(|call| call.early_source.iter().chain(&call.early_version)) {
            self.diagnostics.extend(evaluate(expr, &EmptyScope).diagnostics);
        }
        module
    }

    fn tells_missing(&self) -> bool {
        self.resolution == ModuleResolution::Manifest
    }

    fn unreadable(&mut self, dir: &str, call: &ModuleCall, error: &std::io::Error) {
        if self.root_failed {
            return;
        }
        let place = self.sources.get(call.source_span.file);
        let place = place.map_or_else(String::new, |f| format!(" at {}:{}", f.name, f.line(call.source_span.start)));
        let detail =
            format!("The directory {dir:?} of the module {:?} called{place} could not be read: {error}.", &*call.name);
        let problem = match self.resolution {
            ModuleResolution::Manifest => Diagnostic::error("Module not installed", detail).at(call.header_span),
            _ => Diagnostic::error("Unreadable module directory", detail),
        };
        self.diagnostics.push(problem);
    }

    /// Backends count in the root module only.
    fn warn_backend(&mut self, module: &Module) {
        let block = module.backend.as_ref().map(|b| (b.header_span, "Backend"));
        let cloud = module.cloud.as_ref().map(|c| (c.header_span, "Cloud"));
        if let Some((span, what)) = block.or(cloud) {
            let detail = "The state is kept where the root module says; such a block in another module has no effect.";
            let problem = Diagnostic::warning(format!("{what} configuration ignored"), detail);
            self.diagnostics.push(problem.at(span));
        }
    }
}

/// A relative path put behind a directory, without needless steps.
pub fn join_clean(dir: &str, relative: &str) -> String {
    let joined = join(dir, relative);
    let absolute = joined.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in joined.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|p| *p != "..") => {
                parts.pop();
            }
            ".." if absolute => {}
            part => parts.push(part),
        }
    }
    let clean = parts.join("/");
    match (absolute, clean.is_empty()) {
        (true, _) => format!("/{clean}"),
        (false, true) => ".".to_string(),
        (false, false) => clean,
    }
}
