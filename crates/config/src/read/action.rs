//! `action` and `action_trigger`.

use crate::item::{Item, complete};
use crate::name::check_name;
use crate::read::provider::{constant_key, read_provider_ref, split_key};
use crate::read::resource::{check_repetition, for_each_of};
use crate::reference::attribute_step;
use crate::reference_list::reference;
use crate::{ActionBlock, ActionFailure, ActionTrigger, Module, ProviderName, ProviderRef, TriggeredAction};
use formwork_diag::{Diagnostic, Diagnostics};
use formwork_hcl::{Block, Body, BodySchema, Expr, as_keyword, as_list, references};
use formwork_model::{ActionEvent, ActionName};

/// `action "TYPE" "NAME"`.
pub(crate) fn read_action(item: &Item, module: &Module, diagnostics: &mut Diagnostics) -> ActionBlock {
    let action = ActionName { kind: item.label(0), name: item.label(1) };
    check_name(item.block.labels.first(), "Invalid action type name", diagnostics);
    check_name(item.block.labels.get(1), "Invalid action name", diagnostics);
    let arguments = [("count", false), ("for_each", false), ("provider", false)];
    let schema = BodySchema::new(&arguments, &[("config", &[])]);
    let content = complete(&item.body(), &schema, diagnostics);
    check_repetition(item, &content, &schema, diagnostics);
    let implied = ProviderRef {
        name: ProviderName::new(action.implied_provider(), None),
        key: None,
        span: item.block.header_span,
        explicit: false,
    };
    let provider =
        content.attribute("provider").and_then(|a| read_provider_ref(&a.expr, diagnostics)).unwrap_or(implied);
    let mut bodies = content.blocks_of("config");
    let body = bodies.next().map_or_else(|| Body::empty(item.block.header_span), |block| block.body.clone());
    for block in bodies {
        let detail = "An action can have one config block only.";
        diagnostics.push(Diagnostic::error("Duplicate config block", detail).at(block.header_span));
    }
    ActionBlock {
        count: content.attribute("count").map(|a| a.expr.clone()),
        for_each: for_each_of(&content),
        provider_address: module.provider_address(&provider.name.name),
        provider,
        body,
        span: item.block.span,
        header_span: item.block.header_span,
        action,
    }
}

/// `action_trigger` of a resource's `lifecycle`.
pub(super) fn read_action_trigger(block: &Block, diagnostics: &mut Diagnostics) -> ActionTrigger {
    let arguments = [("events", true), ("condition", false), ("actions", true), ("on_failure", false)];
    let content = complete(&block.body, &BodySchema::new(&arguments, &[]), diagnostics);
    let events = content.attribute("events").map(|a| read_events(&a.expr, diagnostics));
    let actions = content.attribute("actions").map(|a| read_actions(&a.expr, diagnostics));
    for (list, what) in [(events.as_ref().map(Vec::len), "event"), (actions.as_ref().map(Vec::len), "action")] {
        if list == Some(0) {
            let detail = format!("An action_trigger without any {what} does nothing. Name one, or remove the block.");
            diagnostics.push(Diagnostic::error(format!("No {what}s specified"), detail).at(block.header_span));
        }
    }
    let on_failure = content.attribute("on_failure").map(|a| match as_keyword(&a.expr).as_deref() {
        Some("halt") => ActionFailure::Halt,
        Some("taint") => ActionFailure::Taint,
        Some("continue") => ActionFailure::Continue,
        _ => {
            let detail = "It is one of the words halt, taint and continue.";
            diagnostics.push(Diagnostic::error("Invalid \"on_failure\" keyword", detail).at(a.expr.span));
            ActionFailure::Halt
        }
    });
    ActionTrigger {
        events: events.unwrap_or_default(),
        condition: content.attribute("condition").map(|a| a.expr.clone()),
        actions: actions.unwrap_or_default(),
        on_failure: on_failure.unwrap_or_default(),
        span: block.header_span,
    }
}

fn items(expr: &Expr, diagnostics: &mut Diagnostics) -> Vec<Expr> {
    as_list(expr).unwrap_or_else(|problem| {
        diagnostics.push(problem);
        Vec::new()
    })
}

fn read_events(expr: &Expr, diagnostics: &mut Diagnostics) -> Vec<ActionEvent> {
    let mut events = Vec::new();
    for item in items(expr, diagnostics) {
        let word = as_keyword(&item);
        let event = ActionEvent::ALL.into_iter().find(|event| Some(event.keyword()) == word.as_deref());
        match event {
            Some(event) if events.contains(&event) => {
                let detail = "The event is named twice; once is enough.";
                let summary = format!("Duplicate {:?} event", event.keyword());
                diagnostics.push(Diagnostic::error(summary, detail).at(item.span));
            }
            Some(event) => events.push(event),
            None => {
                let known = ActionEvent::ALL.map(ActionEvent::keyword).join(", ");
                let detail = format!("The events that trigger actions are {known}.");
                let summary = format!("Invalid \"event\" value {}", word.as_deref().unwrap_or_default());
                diagnostics.push(Diagnostic::error(summary.trim_end(), detail).at(item.span));
            }
        }
    }
    events
}

fn read_actions(expr: &Expr, diagnostics: &mut Diagnostics) -> Vec<TriggeredAction> {
    let read = |item: Expr| read_triggered(&item, diagnostics);
    items(expr, &mut Diagnostics::new()).into_iter().filter_map(read).collect()
}

/// `action.TYPE.NAME`, perhaps with a key, which may use `count.index` and `each.key`.
fn read_triggered(expr: &Expr, diagnostics: &mut Diagnostics) -> Option<TriggeredAction> {
    let invalid = || {
        let detail = "Each entry names an action of the same module: action.TYPE.NAME, with a key behind if it has \
                      several instances. The key can use count.index and each.key.";
        Diagnostic::error("Invalid action argument inside action_triggers", detail).at(expr.span)
    };
    let (base, computed) = split_key(expr);
    let mut problems = Diagnostics::new();
    let traversal = reference(&base, &mut problems).filter(|traversal| &*traversal.root == "action");
    let Some(mut traversal) = traversal else {
        diagnostics.push(invalid());
        return None;
    };
    let kind = attribute_step(&traversal, 0).cloned();
    let name = attribute_step(&traversal, 1).cloned();
    let key = computed.or_else(|| constant_key(&mut traversal));
    let suits = key.iter().flat_map(references).all(|reference| {
        let step = attribute_step(reference, 0).map(|name| &**name);
        matches!((&*reference.root, step), ("count", Some("index")) | ("each", Some("key")))
    });
    match (kind, name) {
        (Some(kind), Some(name)) if traversal.steps.len() == 2 && suits => {
            Some(TriggeredAction { action: ActionName { kind, name }, key, span: expr.span })
        }
        _ => {
            diagnostics.push(invalid());
            None
        }
    }
}
