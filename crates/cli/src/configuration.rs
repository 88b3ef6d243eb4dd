//! Loading the configuration in the working directory.

use crate::arguments::{Arguments, Flag};
use crate::early::Early;
use crate::prompt::ask;
use crate::session::Session;
use formwork_config::{
    Config, GivenValue, ModuleResolution, VariableArgument, VariableFile, VariableInputs, automatic_files,
    collect_variables, config_files, join, load_with, missing_value, missing_variables, prompted_value,
};
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_install::read_manifest;
use formwork_model::{Files, ModuleManifest};
use formwork_testing::{LoadOptions, Suite};
use formwork_value::Str;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Flags of commands that take values of variables.
pub const VARIABLE_FLAGS: &[Flag] = &[
    Flag::value("var", "'NAME=VALUE'", "Give a variable of the root module a value. Can be repeated."),
    Flag::value("var-file", "FILE", "Take values of variables from a file. Can be repeated."),
];

/// What `init` has installed of modules.
pub fn manifest(session: &Session) -> Result<ModuleManifest, Diagnostics> {
    read_manifest(&session.data_dir().modules()).map_err(|error| {
        Diagnostic::error("Unusable list of installed modules", error.to_string()).blame(Blame::Environment).into()
    })
}

/// Loads the whole tree; modules must be installed. Warnings come with it. Diagnostics that are printed from now on can
/// point into the files.
pub fn load_configuration(session: &Session) -> Result<(Config, Diagnostics), Diagnostics> {
    load_configuration_with(session, &session.files())
}

/// As [`load_configuration`], also where the configuration asks for another version of the engine: for commands that
/// only tell what is there.
pub fn load_configuration_of_any_version(session: &Session) -> Result<(Config, Diagnostics), Diagnostics> {
    let resolution = ModuleResolution::Manifest;
    let (config, diagnostics) = load_tree(session, &session.files(), &manifest(session)?, resolution);
    session.set_sources(Arc::new(config.sources.clone()));
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok((config, diagnostics)) }
}

/// Loads the configuration in another directory, with the modules that are installed for this one.
pub fn load_directory(session: &Session, dir: &str) -> Result<(Config, Diagnostics), Diagnostics> {
    let (files, early) = (session.files(), Early::new(session, None));
    let (config, diagnostics) = load_with(&files, dir, &manifest(session)?, ModuleResolution::Manifest, Some(&early));
    session.set_sources(Arc::new(config.sources.clone()));
    usable(config, diagnostics)
}

/// As [`load_configuration`], from other files.
pub fn load_configuration_with(session: &Session, files: &dyn Files) -> Result<(Config, Diagnostics), Diagnostics> {
    let (config, diagnostics) = load_tree(session, files, &manifest(session)?, ModuleResolution::Manifest);
    session.set_sources(Arc::new(config.sources.clone()));
    usable(config, diagnostics)
}

/// What a configuration says counts before the versions that it asks for: newer ones may read it otherwise.
fn usable(config: Config, diagnostics: Diagnostics) -> Result<(Config, Diagnostics), Diagnostics> {
    if diagnostics.has_errors() {
        Err(diagnostics)
    } else if config.refused.has_errors() {
        Err(config.refused)
    } else {
        Ok((config, diagnostics))
    }
}

/// Loads the configuration in a directory with its tests, and what is to be said of both. Errors in test files keep the
/// modules from being judged, as those in the root module do.
pub fn load_with_tests(
    session: &Session,
    dir: &str,
    test_dir: Option<&str>,
) -> Result<(Suite, Diagnostics), Diagnostics> {
    let (known, early) = (manifest(session)?, Early::new(session, None));
    let (config, mut diagnostics) = load_with(&session.files(), dir, &known, ModuleResolution::Manifest, Some(&early));
    let root_failed = config.root_failed;
    let (suite, problems) = add_tests(session, config, test_dir, ModuleResolution::Manifest)?;
    if suite.broken && !root_failed {
        diagnostics = diagnostics.into_iter().filter(|problem| !problem.is_error()).collect();
    }
    diagnostics.extend(problems);
    Ok((suite, diagnostics))
}

/// Loads the configuration with its tests; modules must be installed.
pub fn load_suite(session: &Session, test_dir: Option<&str>) -> Result<Suite, Diagnostics> {
    let (suite, diagnostics) = load_with_tests(session, ".", test_dir)?;
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    session.report(&diagnostics);
    Ok(suite)
}

/// Loads the tests of a configuration.
pub fn add_tests(
    session: &Session,
    config: Config,
    test_dir: Option<&str>,
    resolution: ModuleResolution,
) -> Result<(Suite, Diagnostics), Diagnostics> {
    let known = match resolution {
        ModuleResolution::Manifest => manifest(session)?,
        ModuleResolution::Direct => manifest(session).unwrap_or_default(),
    };
    let early = Early::new(session, None);
    let options = LoadOptions { test_dir, manifest: &known, resolution, early: Some(&early) };
    let (suite, diagnostics) = formwork_testing::load(&session.files(), config, options);
    session.set_sources(Arc::new(suite.sources.clone()));
    Ok((suite, diagnostics))
}

/// Loads a tree; sources of modules and the backend may depend on variables, as far as they are given.
pub fn load_tree(
    session: &Session,
    files: &dyn Files,
    manifest: &ModuleManifest,
    resolution: ModuleResolution,
) -> (Config, Diagnostics) {
    load_with(files, ".", manifest, resolution, Some(&Early::new(session, None)))
}

/// An error unless the working directory has configuration files.
pub fn require_files(session: &Session) -> Result<(), Diagnostics> {
    let files = session.files();
    match config_files(&files, ".") {
        Ok(names) if names.is_empty() => {
            let detail = format!(
                "There are no configuration files (*.tf, *.tf.json) in {}. Go to the folder of the root module, or \
                 name it with -chdir.",
                files.current_dir()
            );
            Err(Diagnostic::error("No configuration files", detail).into())
        }
        // That it cannot be read is told when it is loaded.
        _ => Ok(()),
    }
}

/// Values of the root module's variables from everywhere, asked for if need be and allowed.
pub fn variables(
    session: &Session,
    arguments: &Arguments,
    config: &mut Config,
    input: bool,
) -> Result<(BTreeMap<Str, GivenValue>, Diagnostics), Diagnostics> {
    let inputs = inputs(session, arguments)?;
    let root = config.root().clone();
    let (mut given, mut diagnostics) = collect_variables(&root, inputs, &mut config.sources);
    if diagnostics.iter().any(|problem| problem.summary == UNREADABLE) {
        return Err(diagnostics);
    }
    for block in missing_variables(&root, &given) {
        let typed = if input { ask_for(session, block) } else { None };
        let Some(text) = typed else {
            diagnostics.push(missing_value(block));
            continue;
        };
        let (value, problems) = prompted_value(block, &text, &mut config.sources);
        diagnostics.extend(problems);
        if let Some(value) = value {
            given.insert(block.name.clone(), value);
        }
    }
    session.set_sources(Arc::new(config.sources.clone()));
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok((given, diagnostics)) }
}

/// As [`variables`], but what is missing is left out without a word.
pub fn variables_as_given(
    session: &Session,
    arguments: &Arguments,
    config: &mut Config,
) -> Result<(BTreeMap<Str, GivenValue>, Diagnostics), Diagnostics> {
    let inputs = inputs(session, arguments)?;
    let root = config.root().clone();
    let (given, diagnostics) = collect_variables(&root, inputs, &mut config.sources);
    session.set_sources(Arc::new(config.sources.clone()));
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok((given, diagnostics)) }
}

/// What was given may be the value of any variable, so that nobody can tell which are missing.
pub const UNREADABLE: &str = "Invalid -var option";

fn ask_for(session: &Session, block: &formwork_config::VariableBlock) -> Option<String> {
    let description = block.description.as_ref().map(|text| format!("\n  {text}")).unwrap_or_default();
    ask(session, &format!("var.{}{description}", block.name), "Enter a value:")
}

/// What is given, without asking.
pub fn inputs(session: &Session, arguments: &Arguments) -> Result<VariableInputs, Diagnostics> {
    let flags: Vec<(&str, &str)> = arguments.in_order(&["var", "var-file"]).collect();
    inputs_of(session, &flags)
}

/// As [`inputs`], of flags that are parsed already.
pub fn inputs_of(session: &Session, flags: &[(&str, &str)]) -> Result<VariableInputs, Diagnostics> {
    let files = session.files();
    let mut inputs = VariableInputs::default();
    let environment = session.environment.input_variables();
    inputs.environment.extend(environment.map(|(name, value)| (format!("TF_VAR_{name}"), value.to_owned())));
    for name in automatic_files(&files, ".").unwrap_or_default() {
        inputs.files.push(read_file(&files, &name)?);
    }
    for (flag, value) in flags {
        inputs.arguments.push(match *flag {
            "var-file" => VariableArgument::File(read_file(&files, value)?),
            _ => VariableArgument::Value((*value).to_owned()),
        });
    }
    Ok(inputs)
}

/// As [`inputs`], with the variable files of the directory with tests.
pub fn test_inputs(session: &Session, arguments: &Arguments, test_dir: &str) -> Result<VariableInputs, Diagnostics> {
    let files = session.files();
    let mut inputs = inputs(session, arguments)?;
    for name in automatic_files(&files, test_dir).unwrap_or_default() {
        inputs.files.push(read_file(&files, &join(test_dir, &name))?);
    }
    Ok(inputs)
}

fn read_file(files: &dyn Files, name: &str) -> Result<VariableFile, Diagnostics> {
    let bytes = files.read(name).map_err(|error| {
        let detail = format!("The file {name:?} with values of variables cannot be read: {error}.");
        Diagnostics::from(Diagnostic::error("Failed to read variables file", detail).blame(Blame::Environment))
    })?;
    Ok(VariableFile { name: name.to_owned(), bytes })
}
