//! Planning one object with its provider.

use crate::check_plan::same;
use crate::{
    Ignore, check_plan, filter_replace, identity_problem, ignore_changes, is_write_only, proposed, with_schema_marks,
};
use formwork_diag::{Blame, Diagnostic, Diagnostics};
use formwork_model::{
    Action, ActionReason, ClientCapabilities, ObjectStatus, PlanProvider, PlanRequest, PlanResponse, ResourceInstance,
    Schema,
};
use formwork_value::{Marks, Path, PathMarks, Type, Value, conforms};

/// What is known of an object when it is planned.
pub struct PlanInput<'a> {
    pub address: &'a ResourceInstance,
    pub provider_name: &'a str,
    pub schema: &'a Schema,
    /// Prior object with marks; null if there is none.
    pub prior: &'a Value,
    pub prior_status: ObjectStatus,
    pub prior_private: &'a [u8],
    pub prior_identity: Option<&'a Value>,
    /// Configuration with marks.
    pub config: &'a Value,
    /// The provider has found the configuration valid before.
    pub is_valid: bool,
    pub ignore: &'a Ignore,
    pub provider_meta: Option<&'a Value>,
    /// A replacement is asked for, for this reason.
    pub force_replace: Option<ActionReason>,
    pub create_before_destroy: bool,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct ObjectPlan {
    pub action: Action,
    pub reason: ActionReason,
    /// With marks.
    pub planned: Value,
    pub private: Vec<u8>,
    pub identity: Option<Value>,
    pub replace_paths: Vec<Path>,
    /// The configuration that was planned, after ignored changes; unmarked.
    pub config: Value,
}

/// Asks the provider what it will do to the object, checks the answer, and chooses the action (fact sheet 8.1).
pub async fn plan_object(provider: &dyn PlanProvider, input: PlanInput<'_>) -> (Option<ObjectPlan>, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let (plain_config, config_marks) = input.config.unmark_deep();
    let kind = &*input.address.resource.kind;
    if !input.is_valid {
        diagnostics.extend(provider.validate_resource(kind, &plain_config).await);
    }
    if diagnostics.has_errors() {
        return (None, diagnostics);
    }
    let tainted = input.prior_status == ObjectStatus::Tainted && !input.prior.is_null();
    let ty = input.schema.block.implied_type();
    let null = Value::null(ty.clone());
    let (plain_prior, prior_marks) = input.prior.unmark_deep();
    let prior = if tainted { &null } else { &plain_prior };
    let prior_private: &[u8] = if tainted { &[] } else { input.prior_private };
    let config = ignore_changes(&input.schema.block, input.ignore, prior, &plain_config);
    let marks: Vec<PathMarks> = config_marks.iter().chain(&prior_marks).cloned().collect();
    let call = Call { provider, input: &input, ty: &ty, marks: &marks };
    let Some(first) = call.plan(prior, &config, prior_private, input.prior_identity, &mut diagnostics).await else {
        return (None, diagnostics);
    };
    let planned = relegacy(&input, &first, prior);
    // There is nothing yet whose changes could be ignored when an object is created.
    let ignored = if prior.is_null() { &Ignore::Nothing } else { input.ignore };
    let marked = restore_marks(&input, &planned, &config_marks, &prior_marks, ignored);
    let replace_paths = match filter_replace(&input.schema.block, prior, &planned, &first.requires_replace) {
        Ok(paths) => paths,
        Err(problem) => {
            diagnostics.push(problem.address(input.address));
            return (None, diagnostics);
        }
    };
    let mut plan = ObjectPlan {
        action: Action::Update,
        reason: ActionReason::None,
        planned: marked,
        private: first.planned_private,
        identity: first.planned_identity,
        replace_paths,
        config,
    };
    choose(&mut plan, &input, prior, &planned, tainted);
    let is_to_be_made = plan.action == Action::Create || plan.action.is_replace();
    if let Some(problem) = identity_problem(plan.identity.as_ref(), is_to_be_made, input.provider_name, input.address) {
        diagnostics.push(problem);
        return (None, diagnostics);
    }
    if plan.action.is_replace() && !prior.is_null() {
        let private = plan.private.clone();
        let identity = plan.identity.clone();
        let Some(second) = call.plan(&null, &plain_config, &private, identity.as_ref(), &mut diagnostics).await else {
            return (None, diagnostics);
        };
        let planned = relegacy(&input, &second, &null);
        plan.planned = restore_marks(&input, &planned, &config_marks, &[], &Ignore::Nothing);
        plan.private = second.planned_private;
        plan.identity = second.planned_identity;
        plan.config = plain_config;
    }
    if plan.action == Action::NoOp && sensitivity(&plan.planned) != sensitivity(input.prior) {
        plan.action = Action::Update;
    }
    (Some(plan), diagnostics)
}

/// The places of sensitive marks, in a comparable order.
fn sensitivity(value: &Value) -> Vec<String> {
    let mut paths: Vec<String> =
        value.unmark_deep().1.into_iter().filter(|m| m.marks.is_sensitive()).map(|m| m.path.to_string()).collect();
    paths.sort();
    paths
}

fn choose(plan: &mut ObjectPlan, input: &PlanInput<'_>, prior: &Value, planned: &Value, tainted: bool) {
    let replace = if input.create_before_destroy { Action::CreateThenDelete } else { Action::DeleteThenCreate };
    if tainted {
        plan.action = replace;
        plan.reason = ActionReason::ReplaceBecauseTainted;
    } else if prior.is_null() {
        plan.action = Action::Create;
        plan.replace_paths.clear();
    } else if let Some(reason) = input.force_replace {
        plan.action = replace;
        plan.reason = reason;
    } else if !plan.replace_paths.is_empty() {
        plan.action = replace;
        plan.reason = ActionReason::ReplaceBecauseCannotUpdate;
    } else if same(planned, prior) && planned.is_wholly_known() {
        plan.action = Action::NoOp;
    }
}

/// Legacy providers may plan changes to what is ignored; those are taken back.
fn relegacy(input: &PlanInput<'_>, response: &PlanResponse, prior: &Value) -> Value {
    if !response.legacy_type_system {
        return response.planned.clone();
    }
    // Not normalized: unknown blocks must come back to the provider as unknown, or it takes them for configured ones.
    match input.ignore {
        Ignore::Everything if !prior.is_null() => prior.clone(),
        Ignore::Everything => response.planned.clone(),
        ignore => ignore_changes(&input.schema.block, ignore, prior, &response.planned),
    }
}

/// Marks of the planned value: those of the configuration, those of ignored parts of the prior value, and the schema's.
fn restore_marks(
    input: &PlanInput<'_>,
    planned: &Value,
    config_marks: &[PathMarks],
    prior_marks: &[PathMarks],
    ignore: &Ignore,
) -> Value {
    let ignored = |path: &Path| match ignore {
        Ignore::Nothing => false,
        Ignore::Everything => true,
        Ignore::Paths(paths) => paths.iter().any(|p| path.starts_with(p)),
    };
    // What is write-only is always null afterwards, and there is nothing secret about that.
    let of_config = config_marks.iter().filter(|m| !ignored(&m.path) && !is_write_only(&input.schema.block, &m.path));
    let of_prior = prior_marks.iter().filter(|m| ignored(&m.path));
    let marks: Vec<PathMarks> = of_config
        .chain(of_prior)
        .filter(|m| reaches(planned, &m.path))
        .map(|m| PathMarks { path: m.path.clone(), marks: m.marks.without(Marks::EPHEMERAL) })
        .filter(|m| !m.marks.is_none())
        .collect();
    let marked = if marks.is_empty() { planned.clone() } else { planned.with_path_marks(&marks) };
    with_schema_marks(&input.schema.block, &marked)
}

/// False if the path goes past what is unknown or null: there is nothing yet that could be marked.
fn reaches(value: &Value, path: &Path) -> bool {
    (0..path.0.len()).all(|length| {
        let way = Path(path.0.iter().take(length).cloned().collect());
        // Elements of sets are not found again; their marks count for the whole set.
        value.at_path(&way).map_or(true, |inner| inner.is_known() && !inner.is_null())
    })
}

struct Call<'a> {
    provider: &'a dyn PlanProvider,
    input: &'a PlanInput<'a>,
    ty: &'a Type,
    /// Of configuration and prior value.
    marks: &'a [PathMarks],
}

impl Call<'_> {
    /// One question to the provider, with the checks of its answer.
    async fn plan(
        &self,
        prior: &Value,
        config: &Value,
        private: &[u8],
        identity: Option<&Value>,
        diagnostics: &mut Diagnostics,
    ) -> Option<PlanResponse> {
        let schema = &self.input.schema.block;
        let proposed = proposed(schema, prior, config);
        let mut response = self
            .provider
            .plan_resource(PlanRequest {
                kind: &self.input.address.resource.kind,
                prior,
                proposed: &proposed,
                config,
                prior_private: private,
                provider_meta: self.input.provider_meta,
                prior_identity: identity,
                capabilities: ClientCapabilities { deferral_allowed: false, write_only_attributes_allowed: true },
            })
            .await;
        diagnostics.extend(std::mem::take(&mut response.diagnostics));
        if diagnostics.has_errors() {
            return None;
        }
        if response.deferred.is_some() {
            diagnostics.push(self.invalid("the provider put the object off although that was not offered"));
            return None;
        }
        if !conforms(&response.planned, self.ty) {
            diagnostics.push(self.invalid("the planned value does not fit the provider's own schema"));
            return None;
        }
        let problems = check_plan(schema, prior, config, &response.planned, self.marks);
        if !response.legacy_type_system && !problems.is_empty() {
            for (path, message) in &problems {
                diagnostics.push(self.invalid(&format!("{path}: {message}")));
            }
            return None;
        }
        Some(response)
    }

    fn invalid(&self, what: &str) -> Diagnostic {
        let (provider, address) = (self.input.provider_name, self.input.address);
        Diagnostic::error(
            "Provider produced invalid plan",
            format!("Provider {provider:?} planned an invalid value for {address}: {what}.\n\nThis is a bug in the provider, which should be reported in the provider's own issue tracker."),
        )
        .blame(Blame::Provider)
        .address(address)
    }
}

/// Plans the destruction of an object; returns the private bytes for apply.
pub async fn plan_destroy(
    provider: &dyn PlanProvider,
    address: &ResourceInstance,
    schema: &Schema,
    prior: &Value,
    private: &[u8],
    identity: Option<&Value>,
    provider_meta: Option<&Value>,
) -> (Option<Vec<u8>>, Diagnostics) {
    if !provider.schema().plan_destroy {
        return (Some(private.to_vec()), Diagnostics::new());
    }
    let null = Value::null(schema.block.implied_type());
    let (prior, _) = prior.unmark_deep();
    let mut response = provider
        .plan_resource(PlanRequest {
            kind: &address.resource.kind,
            prior: &prior,
            proposed: &null,
            config: &null,
            prior_private: private,
            provider_meta,
            prior_identity: identity,
            capabilities: ClientCapabilities { deferral_allowed: false, write_only_attributes_allowed: true },
        })
        .await;
    let mut diagnostics = std::mem::take(&mut response.diagnostics);
    if diagnostics.has_errors() {
        return (None, diagnostics);
    }
    if !response.planned.is_null() {
        diagnostics.push(
            Diagnostic::error(
                "Provider produced invalid plan",
                format!("The provider planned a value for {address} although it is to be destroyed.\n\nThis is a bug in the provider, which should be reported in the provider's own issue tracker."),
            )
            .blame(Blame::Provider)
            .address(address),
        );
        return (None, diagnostics);
    }
    (Some(response.planned_private), diagnostics)
}
