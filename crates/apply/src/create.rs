//! Creating and updating objects.

use crate::operation::{Done, Task};
use crate::recorder::{Intent, Outcome};
use crate::stage::{Configured, Stage};
use crate::{action, check, provision};
use formwork_config::ActionFailure;
use formwork_diag::{Blame, Diagnostic};
use formwork_eval::{decode_block, ignored_changes};
use formwork_model::{
    Action, ApplyProvider, ApplyRequest, ApplyResponse, DeposedKey, ObjectState, ObjectStatus, Schema,
};
use formwork_object::{
    Ignore, ObjectPlan, PlanInput, Stored, check_compatible, encode_object, identity_problem, is_write_only, normalize,
    object_id, plan_object, read_state, with_schema_marks, without_write_only,
};
use formwork_value::{Marks, PathMarks, Str, Value, conforms, json};
use std::sync::Arc;

/// Creates an object. In a replacement that creates first, the old object becomes deposed under the given key.
pub(crate) async fn create(stage: &Stage<'_>, task: &Task<'_>, depose_as: Option<&DeposedKey>) -> Done {
    let Some(ready) = Ready::prepare(stage, task).await else { return Done::Failed };
    let null = Value::null(ready.schema.block.implied_type());
    let prior = Prior { value: null, stored: None, tainted: false };
    ready.carry_out(stage, task, prior, Action::Create, depose_as).await
}

/// Updates an object in place.
pub(crate) async fn update(stage: &Stage<'_>, task: &Task<'_>) -> Done {
    let Some(ready) = Ready::prepare(stage, task).await else { return Done::Failed };
    let address = &task.operation.address;
    let Some(object) = stage.recorder.read(|state| state.object(address).cloned()) else {
        stage.report_one(
            Diagnostic::error(
                "Object to update is missing",
                format!("{address} is to be updated, but the state has no object for it. Make a new plan."),
            )
            .address(address),
        );
        return Done::Failed;
    };
    let (stored, problems) = read_state(&*ready.provider, &ready.schema, address, &object).await;
    let failed = problems.has_errors();
    stage.report(problems);
    let Some(stored) = stored.filter(|_| !failed) else { return Done::Failed };
    let prior =
        Prior { value: stored.value.clone(), tainted: stored.status == ObjectStatus::Tainted, stored: Some(stored) };
    ready.carry_out(stage, task, prior, Action::Update, None).await
}

/// The object as it is before the operation.
struct Prior {
    value: Value,
    stored: Option<Stored>,
    tainted: bool,
}

/// All that an operation needs to begin.
struct Ready {
    configured: Configured,
    provider: Arc<dyn ApplyProvider>,
    schema: Arc<Schema>,
    config: Value,
}

impl Ready {
    /// Evaluates the configuration with the values that are known by now. `None`: that failed and was reported.
    async fn prepare(stage: &Stage<'_>, task: &Task<'_>) -> Option<Ready> {
        let address = &task.operation.address;
        let Some(configured) = stage.configured(address) else {
            stage.report_one(
                Diagnostic::error(
                    "Inconsistent plan",
                    format!("{address} is planned to exist, but the configuration does not have it."),
                )
                .blame(Blame::Engine),
            );
            return None;
        };
        let provider = stage.provider(&task.change.provider).await?;
        let provider = provider.apply_stand_in(address).unwrap_or(provider);
        let schema = stage.schema(&task.change.provider, address)?;
        let scope = stage.scope(&configured, address);
        if !check::before(stage, &configured, &scope, address) {
            return None;
        }
        let (config, problems) = decode_block(&configured.block.body, &schema.block, &scope);
        let failed = problems.has_errors();
        stage.report(configured.block.located(problems, address));
        stage.report(stage.evaluator.take_problems());
        if failed {
            return None;
        }
        if !config.is_wholly_known() {
            if stage.has_failed() {
                // It needs what has failed, and that was reported.
                return None;
            }
            stage.report_one(
                Diagnostic::error("Configuration contains unknown value", format!("The configuration for {address} still contains unknown values during apply. This is a bug in Formwork, please report it."))
                    .blame(Blame::Engine)
                    .at(configured.block.header_span),
            );
            return None;
        }
        Some(Ready { configured, provider, schema, config })
    }

    async fn carry_out(
        &self,
        stage: &Stage<'_>,
        task: &Task<'_>,
        prior: Prior,
        action: Action,
        depose_as: Option<&DeposedKey>,
    ) -> Done {
        let address = &task.operation.address;
        let Some(planned) = self.plan_again(stage, task, &prior, action).await else { return Done::Failed };
        if action == Action::Update && planned.action == Action::NoOp {
            let scope = stage.scope(&self.configured, address).with_self(planned.planned.clone());
            let good = self.only_remember(stage, task, prior, planned).await;
            return Done::of(good && check::after(stage, &self.configured, &scope, address));
        }
        let id = prior.stored.as_ref().and_then(|s| object_id(&s.value));
        if action == Action::Update && same_apart_from_marks(&prior.value, &planned.planned) {
            let ticker = stage.upkeep.begin(Some(task.id), address, None, action, id.clone());
            if !self.only_remember(stage, task, prior, planned).await {
                ticker.fail();
                return Done::Failed;
            }
            self.count(stage, action, false);
            ticker.finish(id);
            return Done::Succeeded;
        }
        if action::run_triggered(stage, &self.configured, address, true).await.is_err() {
            return Done::Failed;
        }
        let pure = self.provider.is_pure(&address.resource.kind) && self.configured.block.provisioners.is_empty();
        if !pure || depose_as.is_some() {
            let intent = Intent {
                operation: task.id,
                address,
                provider: &task.change.provider,
                kind: &task.operation.kind,
                planned: self.shown(&planned),
            };
            if pure {
                // Recovery needs to know the key, once there is a new object.
                stage.recorder.hold(intent);
            } else if let Err(problem) = stage.recorder.intend(intent).await {
                stage.report_one(*problem);
                return Done::Failed;
            }
        }
        let ticker = stage.upkeep.begin(Some(task.id), address, None, action, id);
        if let Some(key) = depose_as {
            stage.recorder.depose(address, key, &task.change.provider);
        }
        let response = self.call(stage, task, &prior, &planned).await;
        let settled = self.settle(stage, task, &planned, response);
        let good = self.conclude(stage, task, settled, prior, action, depose_as).await;
        let Some(value) = good else {
            ticker.fail();
            return Done::Failed;
        };
        ticker.finish(object_id(&value));
        // The change is made, whatever is expected of its result.
        let scope = stage.scope(&self.configured, address).with_self(value);
        Done::of(check::after(stage, &self.configured, &scope, address))
    }

    /// The planned object as JSON for the journal, unknown parts as null, without sensitive values.
    fn shown(&self, planned: &ObjectPlan) -> Option<Str> {
        let (plain, marks) = planned.planned.unmark_deep();
        if marks.iter().any(|m| m.marks.is_sensitive() && m.path.is_root()) {
            return None;
        }
        let hidden = plain.transform(&mut |path, value| -> Result<Value, std::convert::Infallible> {
            let secret = marks.iter().any(|m| m.marks.is_sensitive() && m.path == *path);
            Ok(if secret { Value::null(value.ty()) } else { value })
        });
        let Ok(hidden) = hidden;
        json::encode(&hidden.unknown_as_null(), &self.schema.block.implied_type()).ok().map(Into::into)
    }

    /// Plans once more with all values known, and compares with the plan.
    async fn plan_again(
        &self,
        stage: &Stage<'_>,
        task: &Task<'_>,
        prior: &Prior,
        action: Action,
    ) -> Option<ObjectPlan> {
        let address = &task.operation.address;
        let ignore = match action {
            Action::Create => Ignore::Nothing,
            _ => ignored_changes(&self.configured.block.lifecycle),
        };
        let private: &[u8] = prior.stored.as_ref().map_or(&[], |s| &s.private);
        let meta = self.meta(stage, task);
        let provider_name = task.change.provider.provider.to_string();
        let input = PlanInput {
            address,
            provider_name: &provider_name,
            schema: &self.schema,
            prior: &prior.value,
            prior_status: ObjectStatus::Ready,
            prior_private: private,
            prior_identity: prior.stored.as_ref().and_then(|s| s.identity.as_ref()),
            config: &self.config,
            is_valid: false,
            ignore: &ignore,
            provider_meta: meta.as_ref(),
            force_replace: None,
            create_before_destroy: task.change.create_before_destroy,
        };
        let (planned, problems) = plan_object(&*self.provider, input).await;
        stage.report(self.configured.block.located(problems, address));
        let planned = planned?;
        if planned.action != action && !(action == Action::Update && planned.action == Action::NoOp) {
            stage.report_one(inconsistent(
                "Provider produced inconsistent final plan",
                &format!("When expanding the plan for {address} to include new values learned so far during apply, provider {provider_name:?} changed the planned action from {action:?} to {:?}.", planned.action),
                address,
            ));
            return None;
        }
        let ((before, mut marks), (after, more)) = (task.change.after.unmark_deep(), planned.planned.unmark_deep());
        marks.extend(more);
        let differences = check_compatible(&self.schema.block, &before, &after, &marks);
        for (path, message) in &differences {
            stage.report_one(inconsistent(
                "Provider produced inconsistent final plan",
                &format!("When expanding the plan for {address} to include new values learned so far during apply, provider {provider_name:?} produced an invalid new value for {path}: {message}."),
                address,
            ));
        }
        differences.is_empty().then_some(planned)
    }

    /// What the module tells the provider.
    fn meta(&self, stage: &Stage<'_>, task: &Task<'_>) -> Option<Value> {
        stage.evaluator.provider_meta(Some(self.configured.module), &task.change.provider.provider)
    }

    async fn call(&self, stage: &Stage<'_>, task: &Task<'_>, prior: &Prior, planned: &ObjectPlan) -> ApplyResponse {
        let meta = self.meta(stage, task);
        let (plain_prior, _) = prior.value.unmark_deep();
        let (plain_planned, _) = planned.planned.unmark_deep();
        self.provider
            .apply_resource(ApplyRequest {
                kind: &task.operation.address.resource.kind,
                prior: &plain_prior,
                planned: &plain_planned,
                config: &planned.config,
                planned_private: &planned.private,
                provider_meta: meta.as_ref(),
                planned_identity: planned.identity.as_ref(),
            })
            .await
    }

    /// Checks the provider's answer. Whatever it says, the object stays tracked.
    fn settle(&self, stage: &Stage<'_>, task: &Task<'_>, planned: &ObjectPlan, response: ApplyResponse) -> Settled {
        let address = &task.operation.address;
        let ty = self.schema.block.implied_type();
        let mut failed = response.diagnostics.has_errors();
        stage.report(self.configured.block.located(response.diagnostics, address));
        let value = match response.new_state {
            Some(value) if conforms(&value, &ty) => value,
            Some(_) | None => {
                if !failed {
                    stage.report_one(inconsistent(
                        "Provider produced invalid object",
                        &format!("The provider answered the change of {address} with nothing, or with a value that does not fit its own schema. What it did is not known."),
                        address,
                    ));
                }
                return Settled {
                    value: None,
                    private: response.private,
                    identity: response.identity,
                    failed: true,
                    lost: true,
                };
            }
        };
        if value.is_null() {
            if !failed {
                stage.report_one(inconsistent(
                    "Provider produced inconsistent result after apply",
                    &format!("When applying changes to {address}, the provider produced an unexpected new value: Root object was present, but now absent."),
                    address,
                ));
            }
            return Settled {
                value: None,
                private: response.private,
                identity: response.identity,
                failed: true,
                lost: false,
            };
        }
        let value = if response.legacy_type_system { normalize(&self.schema.block, &value) } else { value };
        let (value, returned) = without_write_only(&self.schema.block, &value);
        for path in &returned {
            failed = true;
            stage.report_one(inconsistent(
                "Provider produced invalid object",
                &format!("The provider returned a value for the write-only attribute {path} of {address}. Write-only attributes cannot be read back; the value was not stored."),
                address,
            ));
        }
        let value = if value.is_wholly_known() {
            value
        } else {
            stage.report_one(inconsistent(
                "Provider returned invalid result object after apply",
                &format!("After the apply operation, the provider still indicated an unknown value for {address}. All values must be known after apply, so unknown ones were saved as null."),
                address,
            ));
            failed = true;
            value.unknown_as_null()
        };
        let name = task.change.provider.provider.to_string();
        let identity = match identity_problem(response.identity.as_ref(), false, &name, address) {
            Some(problem) => {
                failed = true;
                stage.report_one(problem);
                None
            }
            None => response.identity,
        };
        if !failed && !response.legacy_type_system {
            let (expected, marks) = planned.planned.unmark_deep();
            for (path, message) in check_compatible(&self.schema.block, &expected, &value, &marks) {
                failed = true;
                stage.report_one(inconsistent(
                    "Provider produced inconsistent result after apply",
                    &format!("When applying changes to {address}, the provider produced an unexpected new value: {path}: {message}."),
                    address,
                ));
            }
        }
        Settled { value: Some(self.marked(&value)), private: response.private, identity, failed, lost: false }
    }

    /// The new value with the marks of the configuration and the schema.
    fn marked(&self, value: &Value) -> Value {
        let (_, marks) = self.config.unmark_deep();
        let marks: Vec<PathMarks> = marks
            .into_iter()
            .map(|m| PathMarks { marks: m.marks.without(Marks::EPHEMERAL), ..m })
            .filter(|m| !m.marks.is_none() && !is_write_only(&self.schema.block, &m.path))
            .collect();
        let value = if marks.is_empty() { value.clone() } else { value.with_path_marks(&marks) };
        with_schema_marks(&self.schema.block, &value)
    }

    /// Records the outcome and runs provisioners. The new value if all went well.
    async fn conclude(
        &self,
        stage: &Stage<'_>,
        task: &Task<'_>,
        settled: Settled,
        prior: Prior,
        action: Action,
        depose_as: Option<&DeposedKey>,
    ) -> Option<Value> {
        let address = &task.operation.address;
        let Some(value) = settled.value else {
            if let Some(key) = depose_as {
                stage.recorder.restore(address, key, &task.change.provider);
            }
            if action == Action::Create {
                stage.note_emptied(address.resource());
            }
            if !settled.lost {
                // The provider says that nothing was made, or that the old object stays as it was.
                let object = stage.recorder.read(|state| state.object(address).cloned());
                self.record(stage, task, object).await;
            }
            return None;
        };
        let tainted = settled.failed && action == Action::Create || prior.tainted;
        let stored = Stored {
            value: value.clone(),
            private: settled.private,
            identity: settled.identity,
            status: if tainted { ObjectStatus::Tainted } else { ObjectStatus::Ready },
            dependencies: stage.dependencies(&address.config()),
            create_before_destroy: task.change.create_before_destroy,
        };
        let provisions =
            action == Action::Create && !settled.failed && provision::has_create_time(&self.configured.block);
        // Until its provisioners are done, a new object counts as tainted: a crash must not make it look complete.
        let first =
            if provisions { Stored { status: ObjectStatus::Tainted, ..stored.clone() } } else { stored.clone() };
        if !self.record_stored(stage, task, &first).await {
            return None;
        }
        stage.set_value(self.configured.module, address, value.clone());
        self.count(stage, action, settled.failed);
        if settled.failed {
            return None;
        }
        if provisions {
            if !provision::run_create_time(stage, &self.configured, address, &value).await {
                return None;
            }
            if !self.record_stored(stage, task, &stored).await {
                return None;
            }
        }
        if let Err(failure) = action::run_triggered(stage, &self.configured, address, false).await {
            if failure == ActionFailure::Taint && action == Action::Create {
                self.record_stored(stage, task, &Stored { status: ObjectStatus::Tainted, ..stored }).await;
            }
            return None;
        }
        Some(value)
    }

    fn count(&self, stage: &Stage<'_>, action: Action, failed: bool) {
        if failed {
            return;
        }
        let mut counts = stage.counts.borrow_mut();
        match action {
            Action::Create => counts.added += 1,
            _ => counts.changed += 1,
        }
    }

    async fn record_stored(&self, stage: &Stage<'_>, task: &Task<'_>, stored: &Stored) -> bool {
        let identities = self.provider.schema();
        let version = identities.identities.get(&task.operation.address.resource.kind).map_or(0, |i| i.version);
        match encode_object(&self.schema, stored, version) {
            Ok(object) => self.record(stage, task, Some(Arc::new(object))).await,
            Err(message) => {
                stage.report_one(inconsistent(
                    "Provider produced invalid object",
                    &format!("The new value of {} cannot be stored: {message}.", task.operation.address),
                    &task.operation.address,
                ));
                false
            }
        }
    }

    async fn record(&self, stage: &Stage<'_>, task: &Task<'_>, object: Option<Arc<ObjectState>>) -> bool {
        let outcome = Outcome {
            operation: task.id,
            address: &task.operation.address,
            deposed: None,
            provider: &task.change.provider,
            object,
        };
        match stage.recorder.record(outcome).await {
            Ok(()) => true,
            Err(problem) => {
                stage.report_one(*problem);
                false
            }
        }
    }

    /// The provider has nothing to do after all; only what the engine notes itself (marks, dependencies) may be new.
    async fn only_remember(&self, stage: &Stage<'_>, task: &Task<'_>, prior: Prior, planned: ObjectPlan) -> bool {
        let address = &task.operation.address;
        let stored = prior.stored.map(|s| Stored {
            value: planned.planned.clone(),
            dependencies: stage.dependencies(&address.config()),
            ..s
        });
        stage.set_value(self.configured.module, address, planned.planned);
        match stored {
            Some(stored) => self.record_stored(stage, task, &stored).await,
            None => false,
        }
    }
}

fn same_apart_from_marks(prior: &Value, planned: &Value) -> bool {
    planned.is_wholly_known() && prior.unmark_deep().0 == planned.unmark_deep().0
}

/// A checked answer.
struct Settled {
    /// With marks; `None`: no object, or none that could be understood.
    value: Option<Value>,
    private: Vec<u8>,
    identity: Option<Value>,
    failed: bool,
    /// Nobody knows what the provider did: the intent stays open.
    lost: bool,
}

fn inconsistent(summary: &str, detail: &str, address: &formwork_model::ResourceInstance) -> Diagnostic {
    Diagnostic::error(
        summary,
        format!(
            "{detail}\n\nThis is a bug in the provider, which should be reported in the provider's own issue tracker."
        ),
    )
    .blame(Blame::Provider)
    .address(address)
}
