//! Checks one module's expressions.

use super::subject::{Subject, subject};
use crate::reference::attribute_step;
use crate::{CheckRule, Config, Module, TriggeredAction};
use formwork_diag::{Diagnostic, Diagnostics, Span, nearest};
use formwork_hcl::{Body, Expr, Traversal, TraversalStep, body_references, references};
use formwork_model::{ModulePath, Resource, ResourceMode};
use formwork_value::Str;

/// What may be referred to where an expression stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place<'a> {
    /// `self`.
    pub own: bool,
    pub count: bool,
    pub each: bool,
    /// The check block around it.
    pub check: Option<&'a Str>,
    /// The resource block around it.
    pub resource: Option<&'a Resource>,
}

/// Is told of references into resources: the module, the resource, the steps after its name, and whether they lead from one
/// instance (`self`).
pub(super) type Visitor<'a> = dyn FnMut(&ModulePath, &Resource, &[TraversalStep], bool) + 'a;

pub(super) struct Checker<'a> {
    pub config: &'a Config,
    pub module: &'a Module,
    pub diagnostics: &'a mut Diagnostics,
    /// Then nothing is checked, only told.
    pub visitor: Option<&'a mut Visitor<'a>>,
}

impl<'a> Checker<'a> {
    pub fn new(config: &'a Config, module: &'a Module, diagnostics: &'a mut Diagnostics) -> Checker<'a> {
        Checker { config, module, diagnostics, visitor: None }
    }

    pub fn path(&self) -> &ModulePath {
        &self.module.path
    }

    pub fn expr(&mut self, expr: &Expr, place: &Place<'_>) {
        for reference in references(expr) {
            self.reference(reference, place);
        }
    }

    pub fn body(&mut self, body: &Body, place: &Place<'_>) {
        for reference in body_references(body) {
            self.reference(&reference, place);
        }
    }

    pub fn rules(&mut self, rules: &[CheckRule], place: &Place<'_>) {
        for rule in rules {
            self.expr(&rule.condition, place);
            self.expr(&rule.error_message, place);
        }
    }

    /// References to whole objects.
    pub fn depends_on(&mut self, depends_on: &[Traversal]) {
        if self.visitor.is_some() {
            return;
        }
        for reference in depends_on {
            let before = self.diagnostics.len();
            if let Err(problem) = subject(reference) {
                self.unclear(reference, *problem);
                continue;
            }
            self.reference(reference, &Place { count: true, each: true, ..Place::default() });
            if self.diagnostics.len() > before {
                continue;
            }
            if let Ok((subject, used)) = subject(reference)
                && goes_inside(&subject, reference.steps.get(used..).unwrap_or(&[]))
            {
                let detail = "A dependency is on a whole object, not on one of its attributes. Shorten the reference.";
                self.error("Invalid depends_on reference", detail.to_string(), reference.span);
            }
        }
    }

    fn error(&mut self, summary: &str, detail: String, span: Span) {
        self.diagnostics.push(Diagnostic::error(summary, detail).at(span));
    }

    fn reference(&mut self, reference: &Traversal, place: &Place<'_>) {
        if self.visitor.is_some() {
            return self.visit(reference, place);
        }
        let (subject, used) = match subject(reference) {
            Ok(found) => found,
            Err(problem) => {
                self.unclear(reference, *problem);
                return self.incomplete(reference);
            }
        };
        let rest = reference.steps.get(used..).unwrap_or(&[]);
        if let (Subject::Resource(_) | Subject::Module(_), Some(span)) = (&subject, fractional_key(rest)) {
            let detail = "The key of an instance must be a string or a whole number of 64 bits at most.";
            return self.error("Invalid index key", detail.to_string(), span);
        }
        match subject {
            Subject::Variable(name) => self.variable(&name, reference),
            Subject::Local(name) => self.local(&name, reference),
            Subject::Module(name) => self.call(&name, rest, reference),
            Subject::Resource(resource) => self.resource(&resource, rest, reference, place),
            Subject::Count => self.count(reference, place),
            Subject::Each(value) => self.each(value, reference, place),
            Subject::Own if !place.own => self.own(reference),
            Subject::Own | Subject::Constant => {}
        }
    }

    /// Reports what is wrong with the form of a reference.
    fn unclear(&mut self, reference: &Traversal, mut problem: Diagnostic) {
        if let Some(hint) = self.meant(&reference.root).filter(|_| reference.steps.is_empty()) {
            problem.detail = format!("{} Did you mean \"{hint}\"?", problem.detail);
        }
        self.diagnostics.push(problem);
    }

    fn visit(&mut self, reference: &Traversal, place: &Place<'_>) {
        let (Some(visitor), Ok((subject, used))) = (&mut self.visitor, subject(reference)) else { return };
        let rest = reference.steps.get(used..).unwrap_or(&[]);
        match (subject, place.resource) {
            (Subject::Resource(resource), _) => visitor(&self.module.path, &resource, rest, false),
            (Subject::Own, Some(resource)) if place.own => visitor(&self.module.path, resource, rest, true),
            _ => {}
        }
    }

    /// A namespace alone is also told once without a place, as the reference does.
    fn incomplete(&mut self, reference: &Traversal) {
        let root = &*reference.root;
        if attribute_step(reference, 0).is_some()
            || !["var", "local", "each", "count", "path", "terraform"].contains(&root)
        {
            return;
        }
        let detail =
            format!("A reference in {} says no more than \"{root}\". Another error shows where.", self.place());
        let problem = Diagnostic::error("Incomplete reference", detail);
        if self.diagnostics.iter().all(|known| known.detail != problem.detail) {
            self.diagnostics.push(problem);
        }
    }

    /// An entry of `actions`.
    pub fn triggered(&mut self, triggered: &TriggeredAction) {
        let action = &triggered.action;
        let Some(block) = self.module.actions.get(action) else {
            let names = self.module.actions.keys().filter(|other| other.kind == action.kind).map(|other| &*other.name);
            let hint = did_you_mean(&format!("action.{}.", action.kind), nearest(&action.name, names))
                .unwrap_or_else(|| format!("Declare it: action {:?} {:?} {{}}.", &*action.kind, &*action.name));
            let detail = format!("There is no {action} in {}. {hint}", self.place());
            return self.error("action_trigger actions references non-existent action", detail, triggered.span);
        };
        let is_repeated = block.count.is_some() || block.for_each.is_some();
        let detail = match (is_repeated, &triggered.key) {
            (true, None) => format!("{action} has several instances. Name the one that is meant, with a key behind."),
            (false, Some(_)) => {
                format!("{action} has neither count nor for_each, so it is referred to without a key.")
            }
            _ => return,
        };
        self.error("Invalid action reference", detail, triggered.span);
    }

    fn variable(&mut self, name: &Str, reference: &Traversal) {
        if self.module.variables.contains_key(name) {
            return;
        }
        let names = self.module.variables.keys().map(|n| &**n);
        let hint = did_you_mean("var.", nearest(name, names))
            .unwrap_or_else(|| format!("Declare it with a block: variable \"{name}\" {{}}."));
        let detail = format!("There is no input variable \"{name}\" in {}. {hint}", self.place());
        self.error("Reference to undeclared input variable", detail, name_span(reference, 1));
    }

    fn local(&mut self, name: &Str, reference: &Traversal) {
        if self.module.locals.contains_key(name) {
            return;
        }
        let names = self.module.locals.keys().map(|n| &**n);
        let hint = did_you_mean("local.", nearest(name, names)).unwrap_or_default();
        let detail = format!("There is no local value \"{name}\" in {}. {hint}", self.place());
        self.error("Reference to undeclared local value", detail.trim_end().to_string(), name_span(reference, 1));
    }

    fn call(&mut self, name: &Str, rest: &[TraversalStep], reference: &Traversal) {
        let Some(call) = self.module.calls.get(name) else {
            let names = self.module.calls.keys().map(|n| &**n);
            let hint = did_you_mean("module.", nearest(name, names)).unwrap_or_default();
            let detail = format!("There is no module call \"{name}\" in {}. {hint}", self.place());
            return self.error("Reference to undeclared module", detail.trim_end().to_string(), reference.span);
        };
        let repeated = call.count.is_some() || call.for_each.is_some();
        let output = match rest {
            [TraversalStep::Attribute { name, .. }, ..] if !repeated => name,
            [TraversalStep::Index { .. }, TraversalStep::Attribute { name, .. }, ..] if repeated => name,
            _ => return,
        };
        let Some(child) = self.config.module(&self.module.path.child(name.clone())) else { return };
        if let Some(message) = child.outputs.get(output).and_then(|o| o.deprecated.as_ref()) {
            let detail = format!("The output module.{name}.{output} is deprecated: {message}");
            let warning = Diagnostic::warning("Value derived from a deprecated source", detail);
            self.diagnostics.push(warning.at(reference.span));
        }
    }

    fn resource(&mut self, resource: &Resource, rest: &[TraversalStep], reference: &Traversal, place: &Place<'_>) {
        let Some(block) = self.module.resources.get(resource) else {
            return self.undeclared_resource(resource, reference);
        };
        if block.check.is_some() && block.check.as_ref() != place.check {
            let detail = format!("{resource} belongs to a check block and can be referred to there only.");
            return self.error("Reference to scoped resource", detail, reference.span);
        }
        let repeated = block.count.is_some() || block.for_each.is_some();
        match rest.first() {
            Some(TraversalStep::Attribute { .. }) if repeated => {
                let key = if block.count.is_some() { "[count.index]" } else { "[each.key]" };
                let detail = format!(
                    "{resource} has several instances. Name the one that is meant, such as {resource}{key}, or all \
                     with {resource}[*]."
                );
                self.error("Missing resource instance key", detail, reference.span);
            }
            Some(TraversalStep::Index { .. }) if !repeated => {
                let detail = format!("{resource} has neither count nor for_each, so it is referred to without a key.");
                self.error("Unexpected resource instance key", detail, reference.span);
            }
            _ => {}
        }
    }

    fn undeclared_resource(&mut self, resource: &Resource, reference: &Traversal) {
        let mode_twin = match resource.mode {
            ResourceMode::Managed => Resource { mode: ResourceMode::Data, ..resource.clone() },
            _ => Resource { mode: ResourceMode::Managed, ..resource.clone() },
        };
        let same_type = self.module.resources.keys().filter(|r| r.mode == resource.mode && r.kind == resource.kind);
        let hint = if self.module.resources.contains_key(&mode_twin) {
            format!("Did you mean {mode_twin}?")
        } else if let Some(meant) = self.meant_root(resource).or_else(|| self.meant_type(resource)) {
            format!("Did you mean \"{meant}\"?")
        } else {
            let prefix = resource.to_string();
            let prefix = prefix.strip_suffix(&*resource.name).unwrap_or("");
            did_you_mean(prefix, nearest(&resource.name, same_type.map(|r| &*r.name))).unwrap_or_default()
        };
        let detail = format!("There is no {resource} in {}. {hint}", self.place());
        let steps = if resource.mode == ResourceMode::Managed { 1 } else { 2 };
        self.error("Reference to undeclared resource", detail.trim_end().to_string(), name_span(reference, steps));
    }

    /// A variable or local value with a name that stands alone.
    fn meant(&self, name: &Str) -> Option<String> {
        let module = self.module;
        if module.variables.contains_key(name) {
            Some(format!("var.{name}"))
        } else if module.locals.contains_key(name) {
            Some(format!("local.{name}"))
        } else {
            module.calls.contains_key(name).then(|| format!("module.{name}"))
        }
    }

    /// What is meant if the type is a misspelt `var`, `local` or `module`: `vars.x`, `locals.x`, `variable.x`.
    fn meant_root(&self, resource: &Resource) -> Option<String> {
        let (module, name) = (self.module, &resource.name);
        let looks_like = |known: &[&str]| known.contains(&&*resource.kind);
        if looks_like(&["vars", "vra", "variable", "variables", "input"]) && module.variables.contains_key(name) {
            return Some(format!("var.{name}"));
        }
        if looks_like(&["locals", "loacl", "lcoal", "locl"]) && module.locals.contains_key(name) {
            return Some(format!("local.{name}"));
        }
        (looks_like(&["modules", "moduel", "mod"]) && module.calls.contains_key(name)).then(|| format!("module.{name}"))
    }

    /// A resource of this name whose type is spelt nearly so.
    fn meant_type(&self, resource: &Resource) -> Option<String> {
        let same_name = self.module.resources.keys().filter(|r| r.mode == resource.mode && r.name == resource.name);
        let kind = nearest(&resource.kind, same_name.map(|r| &*r.kind))?;
        Some(Resource { kind: kind.into(), ..resource.clone() }.to_string())
    }

    fn count(&mut self, reference: &Traversal, place: &Place<'_>) {
        if !place.count {
            let detail = "\"count.index\" can be used only inside of resource and module blocks that have \"count\".";
            self.error("Reference to \"count\" in non-counted context", detail.to_string(), reference.span);
        }
    }

    fn each(&mut self, value: bool, reference: &Traversal, place: &Place<'_>) {
        if place.each {
            return;
        }
        let detail = "\"each\" can be used only inside of resource and module blocks that have \"for_each\".";
        let summary = match value {
            true => "each.value cannot be used in this context",
            false => "Reference to \"each\" in context without for_each",
        };
        self.error(summary, detail.to_string(), reference.span);
    }

    fn own(&mut self, reference: &Traversal) {
        let detail = "\"self\" can be used in provisioners, connections and postconditions only, where it is the \
             object at hand.";
        self.error("Invalid \"self\" reference", detail.to_string(), reference.span);
    }

    fn place(&self) -> String {
        if self.module.path.is_root() { "the root module".to_string() } else { self.module.path.to_string() }
    }
}

fn did_you_mean(prefix: &str, name: Option<&str>) -> Option<String> {
    name.map(|name| format!("Did you mean \"{prefix}{name}\"?"))
}

/// The place of the first key if it is a number that no instance can have.
fn fractional_key(rest: &[TraversalStep]) -> Option<Span> {
    match rest.first()? {
        TraversalStep::Index { key, span } if key.as_number().is_some_and(|n| n.to_i64().is_none()) => Some(*span),
        _ => None,
    }
}

/// True if steps lead into an object rather than to one of its instances or outputs.
fn goes_inside(subject: &Subject, rest: &[TraversalStep]) -> bool {
    !matches!(
        (subject, rest),
        (_, [])
            | (Subject::Resource(_) | Subject::Module(_), [TraversalStep::Index { .. }])
            | (Subject::Module(_), [TraversalStep::Attribute { .. }])
            | (Subject::Module(_), [TraversalStep::Index { .. }, TraversalStep::Attribute { .. }])
    )
}

/// The part of a reference that names the object, without what is taken from it: the root and so many steps.
fn name_span(reference: &Traversal, steps: usize) -> Span {
    let last = steps.checked_sub(1).and_then(|last| reference.steps.get(last));
    last.map_or(reference.span, |step| reference.root_span.to(step.span()))
}
