//! `console`.

mod continuation;
mod dialogue;
mod planned;
mod type_text;

use super::{Command, GENERAL};
use crate::arguments::{Arguments, Flag};
use crate::backend::LocalFlags;
use crate::configuration::{VARIABLE_FLAGS, load_configuration, variables, variables_as_given};
use crate::current::Current;
use crate::exit::Exit;
use crate::planning::{environment, with_defaults};
use crate::providers::Providers;
use crate::session::Session;
use crate::state_access::{LOCK_FLAGS, LockFlags, with_state};
use continuation::goes_on;
use dialogue::Dialogue;
use formwork_backend::StateSession;
use formwork_config::{Config, missing_variables};
use formwork_diag::{Blame, Diagnostic, Diagnostics, Sources};
use formwork_eval::{Evaluator, ModuleId, Phase};
use formwork_hcl::{Expr, ExprKind, TraversalStep, parse_expression, references};
use formwork_model::{
    ModuleInstance, ObjectState, PlanProviders, ProviderSchema, RawState, ResourceInstance, ResourceMode, State,
};
use formwork_render::value_text;
use formwork_value::{Marks, PathMarks, Value, json};
use planned::planned_values;
use std::collections::BTreeMap;
use std::io::{BufRead, IsTerminal, stdin};
use std::sync::Arc;
use type_text::type_text;

pub static COMMAND: Command = Command {
    name: "console",
    arguments: "",
    summary: "Try expressions.",
    description: "Reads expressions and prints their values: functions, variables, locals, and the objects in the \
                  state. An expression goes on in the next line while brackets are open. In a pipe only the last value \
                  is printed. \"exit\" ends it.\n\nWith -plan the objects have the values that an apply would give them, \
                  as far as they are known before.",
    flags: &[
        GENERAL,
        LOCK_FLAGS,
        VARIABLE_FLAGS,
        &[
            Flag::switch("plan", "Plan first, and use the planned values."),
            Flag::value("state", "FILE", "Use this state file. For the local backend only."),
        ],
    ],
    positional: (0, 0),
    run,
};

fn run(session: &Session, arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let (mut config, _) = load_configuration(session)?;
    let current = Current::of_config(session, &config, &LocalFlags::of(arguments))?;
    let lock = LockFlags::of(arguments)?;
    let interactive = stdin().is_terminal();
    let (given, warnings) = if interactive {
        variables(session, arguments, &mut config, true)?
    } else {
        variables_as_given(session, arguments, &mut config)?
    };
    session.report(&warnings);
    let missing = missing_variables(config.root(), &given).into_iter();
    let missing: Vec<_> = missing.map(|block| (block.name.clone(), Value::unknown(block.ty.clone()))).collect();
    let mut values = with_defaults(&config, given);
    values.extend(missing);
    let config = Arc::new(config);
    session.block_on(async {
        let place = current.place(session).await?;
        with_state(session, &place, &lock, "OperationTypeInvalid", async |state: &mut StateSession| {
            let snapshot = state.snapshot().cloned().unwrap_or_default();
            let providers = Providers::prepare(session, &config, Some(&snapshot.state))?;
            let files = Arc::new(session.files());
            let environment =
                environment(session, Phase::Console, &current.workspace, files, &config, &providers.pool).await?;
            let planned = if arguments.switch("plan") {
                let previous = snapshot.clone();
                let planned =
                    planned_values(session, &config, &values, &current, previous, &providers, &environment).await;
                Some(planned?)
            } else {
                None
            };
            let evaluator = Evaluator::new(config.clone(), values, environment);
            let objects = planned.as_ref().map_or(Objects::Stored(&snapshot.state), Objects::Planned);
            fill(&evaluator, &config, &objects, &providers).await?;
            let exit = if interactive { talk(session, &evaluator) } else { read_all(session, &evaluator) };
            providers.pool.shutdown_all().await;
            Ok(exit)
        })
        .await
    })
}

/// Where the values of objects come from.
enum Objects<'a> {
    Stored(&'a State),
    Planned(&'a BTreeMap<ResourceInstance, Value>),
}

/// Gives the evaluator the values of all objects, module by module from the root.
async fn fill(
    evaluator: &Evaluator,
    config: &Config,
    objects: &Objects<'_>,
    providers: &Providers,
) -> Result<(), Diagnostics> {
    for module in config.modules.values() {
        for block in module.resources.values() {
            let schema = providers.pool.schema(&block.provider_address).await?;
            evaluator.add_schema(block.provider_address.clone(), schema);
        }
    }
    let mut modules = vec![ModuleId::ROOT];
    while let Some(module) = modules.pop() {
        let address = evaluator.module_address(module);
        match objects {
            Objects::Stored(state) => fill_module(evaluator, module, &address, state),
            Objects::Planned(values) => {
                for (instance, value) in values.iter().filter(|(instance, _)| instance.module == address) {
                    evaluator.set_instance(module, &instance.resource, instance.key.clone(), value.clone());
                }
            }
        }
        for call in evaluator.module_config(module).calls.keys() {
            if let Ok((_, children, _)) = evaluator.call_instances(module, call) {
                modules.extend(children.values().copied());
            }
        }
    }
    Ok(())
}

fn fill_module(evaluator: &Evaluator, module: ModuleId, address: &ModuleInstance, state: &State) {
    for (instance, resource, stored) in state.instances().filter(|(instance, ..)| instance.module == *address) {
        let schema = evaluator.schema(&resource.provider.provider);
        if let (Some(schema), Some(object)) = (schema, &stored.current)
            && let Some(value) = stored_value(&schema, &instance, object)
        {
            evaluator.set_instance(module, &instance.resource, instance.key.clone(), value);
        }
    }
}

/// `None` for objects of another version: they are as unknown as new ones.
fn stored_value(schema: &ProviderSchema, address: &ResourceInstance, object: &ObjectState) -> Option<Value> {
    let kinds = if address.resource.mode == ResourceMode::Data { &schema.data_sources } else { &schema.resources };
    let schema = kinds.get(&address.resource.kind)?;
    let RawState::Json(text) = &object.attributes else { return None };
    let value = json::decode_state(text, &schema.block.implied_type()).ok()?;
    let mark = |path: &formwork_value::Path| PathMarks { path: path.clone(), marks: Marks::SENSITIVE };
    Some(value.with_path_marks(&object.sensitive.iter().map(mark).collect::<Vec<_>>()))
}

fn evaluate(session: &Session, evaluator: &Evaluator, line: &str) -> Result<String, Diagnostics> {
    let mut sources = Sources::clone(&session.sources());
    let file = sources.add("<console-input>", line);
    session.set_sources(Arc::new(sources));
    let (expr, mut diagnostics) = parse_expression(file, line, 0);
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    let undeclared = undeclared(evaluator, &expr);
    if undeclared.has_errors() {
        return Err(undeclared);
    }
    let scope = evaluator.module_scope(ModuleId::ROOT);
    let type_of = asked_type(&expr);
    let evaluation = evaluator.evaluate(type_of.unwrap_or(&expr), &scope);
    diagnostics.extend(evaluation.diagnostics);
    diagnostics.extend(evaluator.take_problems());
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    session.report(&diagnostics);
    Ok(if type_of.is_some() { type_text(&evaluation.value.ty()) } else { value_text(&evaluation.value) })
}

/// The argument, if the expression is `type(...)`: types are shown, not computed with.
fn asked_type(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        ExprKind::Call { name, args, .. } if &*name.name == "type" && name.namespace.is_empty() => match &**args {
            [argument] => Some(argument),
            _ => None,
        },
        _ => None,
    }
}

/// Names that are declared nowhere are wrong even where their value does not matter.
fn undeclared(evaluator: &Evaluator, expr: &Expr) -> Diagnostics {
    let root = evaluator.module_config(ModuleId::ROOT);
    let mut diagnostics = Diagnostics::new();
    for reference in references(expr) {
        let Some(TraversalStep::Attribute { name, .. }) = reference.steps.first() else { continue };
        let (kind, declared) = match &*reference.root {
            "local" => ("local value", root.locals.contains_key(name)),
            "var" => ("input variable", root.variables.contains_key(name)),
            _ => continue,
        };
        if !declared {
            let detail = format!("The root module declares no {kind} named {name:?}.");
            let summary = format!("Reference to undeclared {kind}");
            diagnostics.push(Diagnostic::error(summary, detail).at(reference.span));
        }
    }
    diagnostics
}

/// From a pipe: the first problem ends it, and only the last value counts.
fn read_all(session: &Session, evaluator: &Evaluator) -> Exit {
    let mut last = String::new();
    let mut text = String::new();
    let mut lines = stdin().lock().lines().map_while(Result::ok).peekable();
    while let Some(line) = lines.next() {
        text.push_str(&line);
        if text.trim() == "exit" {
            return Exit::Success;
        }
        // What is open at the end is a mistake, which evaluating it tells.
        if goes_on(&text) && lines.peek().is_some() {
            text.push('\n');
            continue;
        }
        if !text.trim().is_empty() {
            match evaluate(session, evaluator, &text) {
                Ok(value) => last = value,
                Err(diagnostics) => {
                    session.report(&diagnostics);
                    return Exit::Error;
                }
            }
        }
        text.clear();
    }
    session.output.line(&last);
    Exit::Success
}

/// At a terminal: one after the other, until the end.
fn talk(session: &Session, evaluator: &Evaluator) -> Exit {
    let mut dialogue = match Dialogue::begin(&session.environment) {
        Ok(dialogue) => dialogue,
        Err(error) => {
            let detail = format!("The terminal cannot be used: {error}. Give the expressions through a pipe instead.");
            session.report(&Diagnostic::error("No input", detail).blame(Blame::Environment).into());
            return Exit::Error;
        }
    };
    while let Some(text) = dialogue.next() {
        match text.trim() {
            "exit" => break,
            "" => {}
            _ => match evaluate(session, evaluator, &text) {
                Ok(value) => session.output.line(&value),
                Err(diagnostics) => session.report(&diagnostics),
            },
        }
    }
    Exit::Success
}
