//! Query files: `list` blocks that look for objects.

use crate::files::{is_ignored, parse_file};
use crate::item::{Item, complete, partial};
use crate::name::check_name;
use crate::read::locals::read_locals;
use crate::read::provider::{read_provider_block, read_provider_ref};
use crate::read::resource::{check_repetition, for_each_of};
use crate::read::variable::read_variable;
use crate::{Config, Module, ProviderRef};
use formwork_diag::{Blame, Diagnostic, Diagnostics, Span};
use formwork_hcl::{Block, Body, BodySchema, Expr};
use formwork_model::{Files, ProviderAddress};
use formwork_value::Str;

/// `list` of a query file.
#[derive(Clone, Debug)]
pub struct ListBlock {
    /// The resource type whose objects are listed.
    pub kind: Str,
    pub name: Str,
    pub count: Option<Expr>,
    pub for_each: Option<Expr>,
    pub provider: ProviderRef,
    /// The provider, resolved through the module's requirements.
    pub provider_address: ProviderAddress,
    /// Whether the objects are wanted, or only who they are.
    pub include_resource: Option<Expr>,
    pub limit: Option<Expr>,
    /// What is in the `config` block; empty if there is none.
    pub body: Body,
    pub header_span: Span,
}

/// Reads the query files (`*.tfquery.hcl`, `*.tfquery.json`) of the working directory and adds what they declare to the
/// root module: lists, providers, variables and local values.
pub fn load_queries(files: &dyn Files, config: &Config) -> (Config, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let mut config = config.clone();
    let mut root = (**config.root()).clone();
    let names = match files.list(".") {
        Ok(entries) => entries.into_iter().filter(|(name, is_dir)| !is_dir && !is_ignored(name)).map(|(name, _)| name),
        Err(error) => {
            let detail = format!("The working directory could not be read: {error}.");
            diagnostics.push(Diagnostic::error("Failed to read folder", detail).blame(Blame::Environment));
            return (config, diagnostics);
        }
    };
    let mut names: Vec<String> =
        names.filter(|name| name.ends_with(".tfquery.hcl") || name.ends_with(".tfquery.json")).collect();
    names.sort();
    for name in names {
        match files.read(&name) {
            Ok(bytes) => {
                let json = name.ends_with(".json");
                let body = parse_file(name, bytes, json, &mut config.sources, &mut diagnostics);
                read_file(&body, &mut root, &mut diagnostics);
            }
            Err(error) => {
                let detail = format!("The file {name} could not be read: {error}.");
                diagnostics.push(Diagnostic::error("Failed to read file", detail).blame(Blame::Environment));
            }
        }
    }
    (config.with_root(root), diagnostics)
}

fn read_file(body: &Body, root: &mut Module, diagnostics: &mut Diagnostics) {
    let blocks: [(&str, &[&str]); 4] =
        [("list", &["type", "name"]), ("provider", &["name"]), ("variable", &["name"]), ("locals", &[])];
    let content = complete(body, &BodySchema::new(&[], &blocks), diagnostics);
    for block in &content.blocks {
        match &*block.kind.name {
            "list" => {
                if let Some(list) = read_list(block, root, diagnostics) {
                    add_list(list, root, diagnostics);
                }
            }
            "provider" => {
                if let Some(provider) = read_provider_block(block, root, diagnostics) {
                    let is_known = root.providers.contains_key(&provider.name);
                    if is_new(is_known, &format!("The provider configuration {}", provider.name), block, diagnostics) {
                        root.providers.insert(provider.name.clone(), provider);
                    }
                }
            }
            "variable" => {
                let variable = read_variable(&Item::new(block.clone()), diagnostics);
                let is_known = root.variables.contains_key(&variable.name);
                if is_new(is_known, &format!("The variable {:?}", &*variable.name), block, diagnostics) {
                    root.variables.insert(variable.name.clone(), variable);
                }
            }
            _ => {
                for local in read_locals(&block.body, diagnostics) {
                    let is_known = root.locals.contains_key(&local.name);
                    if is_new(is_known, &format!("The local value {:?}", &*local.name), block, diagnostics) {
                        root.locals.insert(local.name.clone(), local);
                    }
                }
            }
        }
    }
}

fn is_new(is_known: bool, what: &str, block: &Block, diagnostics: &mut Diagnostics) -> bool {
    if is_known {
        let detail = format!("{what} is declared already, in another query file or in the root module.");
        diagnostics.push(Diagnostic::error("Duplicate declaration in a query file", detail).at(block.header_span));
    }
    !is_known
}

fn add_list(list: ListBlock, root: &mut Module, diagnostics: &mut Diagnostics) {
    if root.lists.iter().any(|other| other.kind == list.kind && other.name == list.name) {
        let detail = format!("There is another list block {}.{}. Rename one of them.", list.kind, list.name);
        diagnostics.push(Diagnostic::error("Duplicate list block", detail).at(list.header_span));
    } else {
        root.lists.push(list);
    }
}

fn read_list(block: &Block, root: &Module, diagnostics: &mut Diagnostics) -> Option<ListBlock> {
    let item = Item::new(block.clone());
    check_name(block.labels.get(1), "Invalid list block name", diagnostics);
    let arguments =
        [("count", false), ("for_each", false), ("provider", false), ("include_resource", false), ("limit", false)];
    let schema = BodySchema::new(&arguments, &[("config", &[])]);
    let (content, rest) = partial(&block.body, &schema, diagnostics);
    complete(&rest, &BodySchema::new(&[], &[]), diagnostics);
    check_repetition(&item, &content, &schema, diagnostics);
    let Some(provider) = content.attribute("provider") else {
        let detail = "A list block has to name its provider configuration: provider = NAME.";
        diagnostics.push(Diagnostic::error("Missing \"provider\" attribute", detail).at(block.header_span));
        return None;
    };
    let provider = read_provider_ref(&provider.expr, diagnostics)?;
    let mut bodies = content.blocks_of("config");
    let body = bodies.next().map_or_else(|| Body::empty(block.header_span), |config| config.body.clone());
    for config in bodies {
        let detail = "A list block can have one config block only.";
        diagnostics.push(Diagnostic::error("Duplicate config block", detail).at(config.header_span));
    }
    let argument = |name: &str| content.attribute(name).map(|attribute| attribute.expr.clone());
    Some(ListBlock {
        kind: item.label(0),
        name: item.label(1),
        count: argument("count"),
        for_each: for_each_of(&content),
        provider_address: root.provider_address(&provider.name.name),
        provider,
        include_resource: argument("include_resource"),
        limit: argument("limit"),
        body,
        header_span: block.header_span,
    })
}
