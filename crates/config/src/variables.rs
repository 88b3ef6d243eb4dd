//! Values of the root module's variables, given from outside.

mod file;
mod text;

use crate::files::is_ignored;
use crate::{Module, VariableBlock};
use file::file_values;
use formwork_diag::{Diagnostic, Diagnostics, Sources, Span};
use formwork_hcl::apply_defaults;
use formwork_model::Files;
use formwork_value::{Str, Value, convert};
use std::collections::BTreeMap;
use std::io;
use text::{split_argument, text_value};

/// A variable's value from outside, converted to the variable's type.
#[derive(Clone, Debug)]
pub struct GivenValue {
    pub value: Value,
    /// As it was before the conversion.
    pub raw: Value,
    pub origin: Origin,
    /// In a file.
    pub span: Option<Span>,
}

/// Where a value was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `TF_VAR_name`.
    Environment,
    /// A file that is read without being named.
    AutomaticFile,
    /// `-var-file`.
    NamedFile,
    /// `-var`.
    Argument,
    /// Asked for.
    Prompt,
}

/// A file with values, as it was read.
#[derive(Clone, Debug)]
pub struct VariableFile {
    /// As shown in messages. The syntax is JSON if it ends in `.json`.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// `-var` or `-var-file`.
#[derive(Clone, Debug)]
pub enum VariableArgument {
    /// `NAME=VALUE`.
    Value(String),
    File(VariableFile),
}

/// Everything that may hold values, from the weakest to the strongest.
#[derive(Clone, Debug, Default)]
pub struct VariableInputs {
    /// Names with the prefix `TF_VAR_` count, others are skipped.
    pub environment: Vec<(String, String)>,
    /// Files that are read without being named, in the order of [`automatic_files`].
    pub files: Vec<VariableFile>,
    /// In the order of the command line.
    pub arguments: Vec<VariableArgument>,
}

const PREFIX: &str = "TF_VAR_";

/// Names of the files in a directory that are read without being named, weakest first.
pub fn automatic_files(files: &dyn Files, dir: &str) -> io::Result<Vec<String>> {
    let entries = files.list(dir)?;
    let names = || entries.iter().filter(|(_, is_dir)| !is_dir).map(|(name, _)| name.as_str());
    let fixed = ["terraform.tfvars", "terraform.tfvars.json"];
    let mut found: Vec<String> = fixed.into_iter().filter(|f| names().any(|n| n == *f)).map(str::to_string).collect();
    let mut auto: Vec<&str> = names()
        .filter(|n| n.ends_with(".auto.tfvars") || n.ends_with(".auto.tfvars.json"))
        .filter(|n| !is_ignored(n))
        .collect();
    auto.sort_unstable();
    found.extend(auto.into_iter().map(str::to_string));
    Ok(found)
}

/// A value before it is known what its variable wants.
struct Candidate {
    raw: Raw,
    origin: Origin,
}

enum Raw {
    Value(Value, Span),
    Text(String),
}

/// Collects the values of a module's variables; later inputs win. Values for variables that are not declared are an
/// error from the command line, a warning from files, and ignored from the environment. Texts are added to `sources`
/// when they are parsed. A value with an error is unknown; variables without a value are not mentioned (see [`missing_variables`]).
pub fn collect_variables(
    module: &Module,
    inputs: VariableInputs,
    sources: &mut Sources,
) -> (BTreeMap<Str, GivenValue>, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let mut candidates = BTreeMap::new();
    for (name, value) in inputs.environment {
        if let Some(name) = name.strip_prefix(PREFIX) {
            candidates.insert(Str::from(name), Candidate { raw: Raw::Text(value), origin: Origin::Environment });
        }
    }
    candidates.retain(|name, _| module.variables.contains_key(name));
    let mut undeclared = Vec::new();
    for file in inputs.files {
        let values = file_values(file, sources, &mut diagnostics);
        add_values(values, Origin::AutomaticFile, module, &mut candidates, &mut undeclared);
    }
    for argument in inputs.arguments {
        match argument {
            VariableArgument::File(file) => {
                let values = file_values(file, sources, &mut diagnostics);
                add_values(values, Origin::NamedFile, module, &mut candidates, &mut undeclared);
            }
            VariableArgument::Value(text) => {
                let Some((name, value)) = split_argument(&text, &mut diagnostics) else { continue };
                if module.variables.contains_key(name) {
                    let raw = Raw::Text(value.to_string());
                    candidates.insert(name.into(), Candidate { raw, origin: Origin::Argument });
                } else {
                    diagnostics.push(undeclared_argument(name, module));
                }
            }
        }
    }
    warn_undeclared(&undeclared, sources, &mut diagnostics);
    let mut given = BTreeMap::new();
    for (name, candidate) in candidates {
        let Some(block) = module.variables.get(&name) else { continue };
        let origin = candidate.origin.clone();
        // A value that is wrong is not one that is missing.
        let unusable = || {
            let value = Value::unknown(block.ty.without_optional());
            GivenValue { raw: value.clone(), value, origin, span: None }
        };
        let value = give(block, candidate, sources, &mut diagnostics).unwrap_or_else(unusable);
        given.insert(name, value);
    }
    (given, diagnostics)
}

fn add_values(
    values: Vec<(Str, Value, Span)>,
    origin: Origin,
    module: &Module,
    candidates: &mut BTreeMap<Str, Candidate>,
    undeclared: &mut Vec<(Str, Span)>,
) {
    for (name, value, span) in values {
        if module.variables.contains_key(&name) {
            candidates.insert(name, Candidate { raw: Raw::Value(value, span), origin: origin.clone() });
        } else {
            undeclared.push((name, span));
        }
    }
}

fn undeclared_argument(name: &str, module: &Module) -> Diagnostic {
    let hint = formwork_diag::nearest(name, module.variables.keys().map(|n| &**n));
    let hint = hint.map(|n| format!(" Did you mean \"{n}\"?")).unwrap_or_default();
    let detail = format!("The root module has no variable {name:?}, for which a value was given with -var.{hint}");
    Diagnostic::error("Value for undeclared variable", detail)
}

/// Two undeclared names are told, the others counted.
fn warn_undeclared(undeclared: &[(Str, Span)], sources: &Sources, diagnostics: &mut Diagnostics) {
    for (name, span) in undeclared.iter().take(2) {
        let file = sources.get(span.file).map_or("", |file| &file.name);
        let detail = format!(
            "The root module has no variable {:?}, for which the file {file:?} has a value. Declare it, or remove the \
             value; for values that serve several configurations use TF_VAR_ environment variables.",
            &**name
        );
        // Without a place, as tools expect of this warning.
        diagnostics.push(Diagnostic::warning("Value for undeclared variable", detail));
    }
    if let Some(more @ 1..) = undeclared.len().checked_sub(2) {
        let detail = format!("Files hold values for {more} more variables that are not declared.");
        diagnostics.push(Diagnostic::warning("Values for undeclared variables", detail));
    }
}

fn give(
    block: &VariableBlock,
    candidate: Candidate,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Option<GivenValue> {
    let (value, span) = match candidate.raw {
        Raw::Value(value, span) => (value, Some(span)),
        Raw::Text(text) => (text_value(block, &text, sources, diagnostics)?, None),
    };
    let problem = match conclude(block, &value) {
        Ok(suited) => return Some(GivenValue { value: suited, raw: value, origin: candidate.origin, span }),
        Err(problem) => problem,
    };
    diagnostics.push(problem.at(span.unwrap_or(block.header_span)));
    None
}

/// Converts a value as a variable's declaration says. Null stands for the default unless the variable is nullable.
pub fn conclude(block: &VariableBlock, value: &Value) -> Result<Value, Box<Diagnostic>> {
    if value.is_null() && !block.nullable {
        return block.default.clone().ok_or_else(|| {
            let detail = format!("The variable {:?} has nullable = false, so its value cannot be null.", &*block.name);
            Box::new(Diagnostic::error("Required variable not set", detail))
        });
    }
    convert(&apply_defaults(value, &block.defaults), &block.ty).map_err(|error| {
        let detail = format!("The value does not fit the type of the variable {:?}: {error}.", &*block.name);
        Box::new(Diagnostic::error("Invalid value for input variable", detail))
    })
}

/// Reads what the user has typed for a variable.
pub fn prompted_value(block: &VariableBlock, text: &str, sources: &mut Sources) -> (Option<GivenValue>, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let candidate = Candidate { raw: Raw::Text(text.to_string()), origin: Origin::Prompt };
    (give(block, candidate, sources, &mut diagnostics), diagnostics)
}

/// The variables that need a value and have none, by name.
pub fn missing_variables<'m>(module: &'m Module, given: &BTreeMap<Str, GivenValue>) -> Vec<&'m VariableBlock> {
    module.variables.values().filter(|v| v.default.is_none() && !given.contains_key(&v.name)).collect()
}

/// What is said when a variable has no value.
pub fn missing_value(block: &VariableBlock) -> Diagnostic {
    let name = &block.name;
    let detail = format!(
        "The variable \"{name}\" has no default, so a value is needed: with -var '{name}=VALUE', in a file given with \
         -var-file, or in the environment as TF_VAR_{name}."
    );
    Diagnostic::error("No value for required variable", detail).at(block.header_span)
}
