//! `variable`.

use crate::constant::{constant, constant_bool, constant_string};
use crate::item::{Item, complete, without_conditions};
use crate::name::check_name;
use crate::read::check::read_rule;
use crate::reference_list::quoted;
use crate::{CheckRule, VariableBlock};
use formwork_diag::{Diagnostic, Diagnostics, Span};
use formwork_hcl::{Block, BodySchema, Content, Defaults, Expr, apply_defaults, references, type_constraint};
use formwork_value::{Str, Type, Value, convert};

/// Names that module calls use for themselves.
const RESERVED: [&str; 9] =
    ["source", "version", "provider", "providers", "count", "for_each", "lifecycle", "depends_on", "locals"];

/// `variable "NAME"`.
pub(crate) fn read_variable(item: &Item, diagnostics: &mut Diagnostics) -> VariableBlock {
    let attributes = [
        ("type", false),
        ("default", false),
        ("description", false),
        ("sensitive", false),
        ("nullable", false),
        ("ephemeral", false),
        ("deprecated", false),
        ("const", false),
    ];
    let schema = BodySchema::new(&attributes, &[("validation", &[])]);
    let name = item.label(0);
    if check_name(item.block.labels.first(), "Invalid variable name", diagnostics) && RESERVED.contains(&&*name) {
        let detail = format!("The name {:?} is reserved for arguments of module calls. Choose another one.", &*name);
        diagnostics
            .push(Diagnostic::error("Invalid variable name", detail).at_opt(item.block.labels.first().map(|l| l.span)));
    }
    let content = complete(&item.body(), &schema, diagnostics);
    let flag = |name: &str, diagnostics: &mut Diagnostics| {
        content.attribute(name).and_then(|a| constant_bool(&a.expr, diagnostics))
    };
    let text = |name: &str, diagnostics: &mut Diagnostics| {
        content.attribute(name).and_then(|a| constant_string(&a.expr, diagnostics))
    };
    let (ty, defaults) =
        content.attribute("type").map_or((Type::Dynamic, Defaults::default()), |a| read_type(&a.expr, diagnostics));
    let nullable = flag("nullable", diagnostics).unwrap_or(true);
    let description = text("description", diagnostics);
    let sensitive = flag("sensitive", diagnostics).unwrap_or(false);
    let ephemeral = flag("ephemeral", diagnostics).unwrap_or(false);
    let deprecated = text("deprecated", diagnostics);
    let constant = flag("const", diagnostics).unwrap_or(false);
    if constant && (sensitive || ephemeral) {
        let detail = "A constant is known while modules are installed, and shows there: it can be neither sensitive nor \
             ephemeral.";
        let place = content.attribute("const").map(|a| a.name.span);
        diagnostics.push(Diagnostic::error("Invalid constant variable", detail).at_opt(place));
    }
    let place = overriding_part(item, &schema);
    let default = read_default(&content, &ty, &defaults, nullable, place, diagnostics);
    for over in &item.overrides {
        without_conditions(&over.body, diagnostics);
    }
    let (own, _) = item.block.body.content(&schema);
    VariableBlock {
        validations: read_validations(&own, &name, diagnostics),
        name,
        ty,
        defaults,
        ty_written: content.attribute("type").is_some(),
        default,
        description,
        sensitive,
        nullable,
        ephemeral,
        deprecated,
        constant,
        span: item.block.span,
        header_span: item.block.header_span,
    }
}

/// The type constraint; quoted ones are refused.
fn read_type(expr: &Expr, diagnostics: &mut Diagnostics) -> (Type, Defaults) {
    if let Some(text) = quoted(expr) {
        let (summary, hint) = match text {
            "string" | "list" | "map" => ("Invalid quoted type constraints", text),
            _ => ("Invalid legacy variable type hint", text),
        };
        let hint = match hint {
            "list" | "map" => format!("{hint}(string)"),
            other => other.to_string(),
        };
        let detail = format!("Type constraints are written without quotes, for example {hint}.");
        diagnostics.push(Diagnostic::error(summary, detail).at(expr.span));
        return (Type::Dynamic, Defaults::default());
    }
    match type_constraint(expr) {
        Ok(constraint) => constraint,
        Err(problems) => {
            diagnostics.extend(problems);
            (Type::Dynamic, Defaults::default())
        }
    }
}

/// The last override that changes the type and not the default, or the other way round: it is to blame if they do not fit.
fn overriding_part(item: &Item, schema: &BodySchema) -> Option<Span> {
    let changes = |block: &Block| {
        let (content, _) = block.body.content(schema);
        (content.attribute("type").is_some(), content.attribute("default").is_some())
    };
    let last =
        item.overrides.iter().rev().map(|block| (block, changes(block))).find(|(_, (ty, default))| *ty || *default);
    last.filter(|(_, (ty, default))| ty != default).map(|(block, _)| block.header_span)
}

fn read_default(
    content: &Content,
    ty: &Type,
    defaults: &Defaults,
    nullable: bool,
    place: Option<Span>,
    diagnostics: &mut Diagnostics,
) -> Option<Value> {
    let attribute = content.attribute("default")?;
    let mut problems = Diagnostics::new();
    let value = constant(&attribute.expr, &mut problems);
    let failed = problems.has_errors();
    diagnostics.extend(problems);
    if failed {
        return Some(Value::unknown(ty.without_optional()));
    }
    let mut invalid = |why: String| {
        diagnostics.push(
            Diagnostic::error("Invalid default value for variable", why).at(place.unwrap_or(attribute.expr.span)),
        );
        Some(Value::unknown(ty.without_optional()))
    };
    match convert(&apply_defaults(&value, defaults), ty) {
        Ok(value) if value.is_null() && !nullable => {
            invalid("The default is null although the variable has nullable = false. Give another value.".to_string())
        }
        Ok(value) => Some(value),
        Err(error) => invalid(format!("The default does not fit the variable's type: {error}.")),
    }
}

fn read_validations(content: &Content, name: &Str, diagnostics: &mut Diagnostics) -> Vec<CheckRule> {
    let mut rules = Vec::new();
    for block in content.blocks_of("validation") {
        let rule = read_rule(block, diagnostics);
        let (inner, _, _) = block.body.partial_content(&BodySchema::new(&[("condition", false)], &[]));
        let own = |r: &&formwork_hcl::Traversal| {
            &*r.root == "var" && crate::reference::attribute_step(r, 0).is_some_and(|step| step == name)
        };
        if let Some(condition) = inner.attribute("condition")
            && !references(&condition.expr).iter().any(own)
        {
            let detail = format!(
                "The condition must refer to var.{name}: a validation tells whether the value of this variable is \
                 valid."
            );
            diagnostics
                .push(Diagnostic::error("Invalid variable validation condition", detail).at(condition.expr.span));
        }
        rules.extend(rule);
    }
    rules
}
